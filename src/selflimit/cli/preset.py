"""The verb `interface` with --preset: one of the paper's simulations, its figure, film and comparison."""

import json
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from jobflow import Flow
from monty.json import MontyDecoder

from selflimit.cli.printing import plain, print_json, print_line, print_table
from selflimit.cli.progress_display import Display
from selflimit.documents import ComparisonDoc
from selflimit.errors import InputError
from selflimit.files import write_atomically
from selflimit.mesoscale.paper.presets import DURATION, PRESETS, preset_named
from selflimit.mesoscale.pictures.vtk import export_vtk
from selflimit.settings import Settings
from selflimit.workflows.makers.configuration import Keeper, output_of
from selflimit.workflows.makers.preset import PresetMaker
from selflimit.workflows.running.local import jobs_in_order, locked, run_flow, save_flow, saved_flow
from selflimit.workflows.stores.opening import open_store, redacted

PRESET_FOLDER = "selflimit-presets"
"""Folder of the presets, one folder in it for each."""
COLUMNS = ("quantity", "unit", "paper", "ours", "", "remark")


def run_preset(asked: Namespace) -> None:
    """Run a preset in its folder, or go on with it; print the comparison with the paper."""
    if asked.preset == "list":
        print_table("presets", ("name", "figure", "shows"), [(p.name, p.figure, p.summary) for p in PRESETS.values()])
        return
    preset = preset_named(asked.preset)
    folder = Path(asked.out or Path(PRESET_FOLDER) / asked.preset)
    duration = preset.duration if asked.duration == DURATION else asked.duration  # the option has the paper's default
    maker = PresetMaker(
        grid_cells=tuple(asked.grid_cells), seed=asked.seed, duration=duration, movie=asked.movie
    )  # fmt: skip
    store = open_store(where := asked.store or Settings().store)
    with locked(folder):
        flow = kept_flow(folder, asked.preset, maker)
        with Display([job.name for job in jobs_in_order(flow)]) as display:
            run_flow(flow, store, folder, Keeper(folder, store, display))
    computed, doc = (MontyDecoder().process_decoded(output_of(job, store)) for job in jobs_in_order(flow)[-2:])
    if asked.vtk:
        export_vtk(computed, folder, Path(asked.vtk))
    if asked.json:
        print_json({**plain([doc])[0], "folder": str(folder), "store": redacted(where)})
    else:
        show(doc, folder)


def kept_flow(folder: Path, preset: str, maker: PresetMaker) -> Flow:
    """The folder's flow if it was made with the same options, a new one if there is none.

    Raises
    ------
    InputError
        The folder holds another run.
    """
    path, wanted = folder / "preset.json", {"preset": preset, **asdict(maker)}
    if path.exists():
        there = json.loads(path.read_text(encoding="utf-8"))
        differing = [name for name, value in json.loads(json.dumps(wanted)).items() if there.get(name) != value]
        if differing:
            said = "; ".join(f"{name}: {there.get(name)} there, {wanted[name]} asked" for name in differing)
            raise InputError(f"{folder} holds another run ({said}); ask for the same, or give another --out")
    kept = saved_flow(folder / ".flows" / "flow.json")
    if kept is not None:
        return kept
    write_atomically(path, json.dumps(wanted, indent=1))
    return save_flow(folder / ".flows" / "flow.json", maker.make(preset))


def show(doc: ComparisonDoc, folder: Path) -> None:
    """Print the comparison and where the pictures are."""
    rows = [
        (
            row.quantity,
            row.unit,
            row.published,
            "not within the run" if row.value is None else f"{row.value:.3g}",
            row.basis if row.is_within else f"{row.basis}, outside",
            row.remark,
        )
        for row in doc.rows
    ]
    print_table(f"{doc.preset}: {doc.figure}, {doc.particle} | {doc.electrolyte}", COLUMNS, rows)
    for note in doc.notes:
        print_line(f"note: {note}")
    print_line("files: " + "  ".join(str(folder / name) for name in doc.files))

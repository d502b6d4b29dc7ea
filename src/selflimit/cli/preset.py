"""The verb `interface` with --preset: one of the paper's simulations, its figure, film and comparison."""

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from selflimit.cli.printing import print_json, print_line, print_table, write_plainly
from selflimit.cli.run import OpenRun
from selflimit.documents import ComparisonDoc
from selflimit.mesoscale.paper.presets import PRESETS, find_preset
from selflimit.mesoscale.pictures.vtk import export_vtk
from selflimit.settings import Settings
from selflimit.workflows.makers.preset import PresetMaker
from selflimit.workflows.running.execution import keep_flow
from selflimit.workflows.running.local import locked
from selflimit.workflows.stores.opening import redact

PRESET_FOLDER = "selflimit-presets"
"""Folder of the presets, one folder in it for each."""
COLUMNS = ("quantity", "unit", "paper", "ours", "", "remark")


def run_preset(asked: Namespace) -> None:
    """Run a preset in its folder, or go on with it; print the comparison with the paper."""
    if asked.preset == "list":
        print_table("presets", ("name", "figure", "shows"), [(p.name, p.figure, p.summary) for p in PRESETS.values()])
        return
    given = {name: getattr(asked, name) for name in ("grid_cells", "seed", "duration") if name in asked.given}
    configuration = {"preset": find_preset(asked.preset).name, **asdict(PresetMaker(**given, movie=asked.movie))}
    folder = Path(asked.folder if "folder" in asked.given else Path(PRESET_FOLDER) / asked.preset)
    opened = open_preset(folder, configuration, asked.store or Settings().store)
    if asked.vtk:
        export_vtk(opened.read(opened.outputs.computed), folder, Path(asked.vtk))
    show_preset(opened, asked.json)


def open_preset(folder: Path, configuration: dict[str, Any], where: str) -> OpenRun:
    """Run the preset of a configuration in its folder, or go on with it.

    Parameters
    ----------
    folder
        The run folder, made when it is not there.
    configuration
        Name of the preset, and the fields of its Maker, as plain JSON data.
    where
        Its store: a folder or a MongoDB URI.

    Raises
    ------
    InputError
        The folder holds another run.
    """
    # JSON gives lists back, and the kept configuration is compared with this one
    settings = {**configuration, "grid_cells": list(configuration["grid_cells"])}
    fields = {name: value for name, value in settings.items() if name != "preset"}
    maker = PresetMaker(**(fields | {"grid_cells": tuple(settings["grid_cells"])}))
    with locked(folder):
        opened = OpenRun(folder, where, keep_flow(folder, settings, lambda: maker.make(settings["preset"])))
        opened.run()
    return opened


def show_preset(opened: OpenRun, as_json: bool) -> None:
    """Print the comparison and where the pictures are."""
    doc: ComparisonDoc = opened.read(opened.outputs.comparison)
    if as_json:
        print_json({**write_plainly([doc])[0], "folder": str(opened.folder), "store": redact(opened.where)})
        return
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
    print_line("files: " + "  ".join(str(opened.folder / name) for name in doc.files))
    opened.tell_checkpoints()

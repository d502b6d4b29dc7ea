"""The verb `interface` with --preset: one of the paper's simulations, its figure, film and comparison."""

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from selflimit.cli.printing import print_json, print_line, print_table, write_plainly
from selflimit.cli.run import OpenRun
from selflimit.documents import ComparisonDoc
from selflimit.mesoscale.paper.simulations import PRESETS
from selflimit.mesoscale.pictures.vtk import export_vtk
from selflimit.settings import Settings
from selflimit.workflows.makers.preset import PresetMaker
from selflimit.workflows.running.execution import keep_flow
from selflimit.workflows.running.local import locked
from selflimit.workflows.stores.opening import redact

PRESET_FOLDER = "selflimit-presets"
"""Folder of the presets, one folder in it for each."""
COLUMNS = ("quantity", "unit", "paper", "ours", "", "remark")
PRESET_SETTINGS = ("grid_cells", "seed", "duration", "front", "interface_width")
"""Options that a preset takes, by their names."""


def run_preset(asked: Namespace) -> None:
    """Run a preset in its folder, or go on with it; print the comparison with the paper."""
    if asked.preset == "list":
        print_table("presets", ("name", "figure", "shows"), [(p.name, p.figure, p.summary) for p in PRESETS.values()])
        return
    given = {name: getattr(asked, name) for name in PRESET_SETTINGS if name in asked.given}
    maker = PresetMaker(**given, movie=asked.movie)
    configuration = {"preset": maker.find(asked.preset).name, **asdict(maker)}
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
    cells = configuration["grid_cells"]
    settings = {**configuration, "grid_cells": None if cells is None else list(cells)}
    fields = {name: value for name, value in settings.items() if name != "preset"}
    maker = PresetMaker(**(fields | {"grid_cells": None if cells is None else tuple(cells)}))
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
            row.outcome,
            row.remark,
        )
        for row in doc.rows
    ]
    print_table(f"{doc.preset}: {doc.figure}, {doc.particle} | {doc.electrolyte}", COLUMNS, rows)
    for note in doc.notes:
        print_line(f"note: {note}")
    print_line("files: " + "  ".join(str(opened.folder / name) for name in doc.files))
    opened.tell_checkpoints()

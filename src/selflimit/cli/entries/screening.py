"""The verb `screen`: layers between metal and electrolyte, ranked by what they become."""

import csv
import io
import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from jobflow import Flow
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.cli.entries.competitors import couple_of, ion_of
from selflimit.cli.entries.crystals import competitors_of
from selflimit.cli.manager import hand_over
from selflimit.cli.printing import print_json, print_line, print_table, write_plainly
from selflimit.cli.terminal.progress_display import Display
from selflimit.documents import LayerScreenDoc, UnscreenedLayer
from selflimit.errors import InputError, LevelOfTheoryError
from selflimit.files import write_atomically
from selflimit.phase_diagrams import MechanicalRules, parse_formula
from selflimit.settings import Settings
from selflimit.workflows.entries.screening_layers import LayerScreenMaker
from selflimit.workflows.running.execution import Keeper
from selflimit.workflows.running.local import jobs_in_order, run_flow
from selflimit.workflows.stores.opening import open_store, redact
from selflimit.workflows.stores.reading import read_output

SCREEN_FOLDER = "selflimit-screen"
"""Folder of the results, one folder in it for each electrolyte."""
SCREEN_COLUMNS = (
    "rank", "layer", "K_eff (GPa)", "with the metal (eV/atom)", "dV/V0 (%)", "with the electrolyte (eV/atom)",
    "dV/V0 (%) there", "products conduct electrons", "whole from K_eff (GPa)", "reaction with the metal",
    "reaction with the electrolyte",
)  # fmt: skip


def screen_layers(asked: Namespace) -> None:
    """Screen the layers of a file, here or by a job manager; tables, CSV, figure and documents."""
    flow, notes = screen_flow(asked)
    if asked.submit:
        hand_over(flow, asked)
        return
    where = asked.store or Settings().store
    folder = Path(asked.folder or Path(SCREEN_FOLDER) / parse_formula(asked.electrolyte).reduced_formula)
    store = open_store(where)
    with Display([job.name for job in jobs_in_order(flow)]) as display:
        run_flow(flow, store, Path.cwd(), Keeper(folder, store, display))
    doc: LayerScreenDoc = read_output(flow.output, store)
    write_atomically(folder / "screen.csv", as_csv(doc))
    doc.plot().savefig(folder / "screen.png", dpi=150)
    if asked.json:
        about = {"notes": notes, "folder": str(folder), "store": redact(where)}
        print_json({"screen": write_plainly([doc])[0], **about})
        return
    title = (
        f"Layers between {couple_of(doc.working_ion)} at {doc.voltage:g} V and {doc.electrolyte}, ranked {doc.order}"
    )
    print_table(title, SCREEN_COLUMNS[:-2], [row[:-2] for row in rows_of_screen(doc)])
    for note in notes:
        print_line(note)
    for layer in doc.not_screened:
        print_line(f"not screened: {layer.formula}: {layer.reason}")
    print_line(f"table: {folder / 'screen.csv'}   figure: {folder / 'screen.png'}   store: {redact(where)}")


def screen_flow(asked: Namespace) -> tuple[Flow, list[str]]:
    """The flow of the screen, and what is to be said of its entries.

    Raises
    ------
    InputError
        No layer with entries; the electrolyte has none.
    """
    layers = layers_in(Path(asked.layers))
    rules = MechanicalRules(
        ion_volume=asked.ion_volume, gases=asked.gases, working_ion=asked.working_ion or ion_of([asked.electrolyte])
    )
    held: dict[str, list[ComputedStructureEntry]] = {}
    missing: list[UnscreenedLayer] = []
    notes: list[str] = []
    for layer in layers:
        try:
            found = competitors_of(asked, [asked.electrolyte, layer], rules.working_ion)
        except (InputError, LevelOfTheoryError) as fault:
            missing.append(UnscreenedLayer(formula=layer, reason=str(fault)))
            continue
        lacking = [text for text in (asked.electrolyte, layer) if not found.holds(text)]
        if lacking:
            reason = f"no entry of {' and '.join(lacking)}, whose energy and volume are needed"
            missing.append(UnscreenedLayer(formula=layer, reason=reason))
            continue
        held[layer] = list(found.entries)
        notes += [
            text for text in (f"{found.origin}, {found.level_of_theory.label}.", *found.notes) if text not in notes
        ]
    if not held:
        raise InputError(f"no layer could be screened: {'; '.join(f'{one.formula}: {one.reason}' for one in missing)}")
    maker = LayerScreenMaker(rules=rules, k_effs=tuple(asked.k_effs), voltage=asked.voltage_range[0])
    flow = maker.make(asked.electrolyte, held, missing)
    flow.update_metadata({"tags": list(asked.tag)})
    return flow, notes


def layers_in(path: Path) -> list[str]:
    """Formulas in a file of layers, each once.

    Raises
    ------
    InputError
        The file cannot be read, holds nothing, or something that is no formula; the message names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
        words = (
            json.loads(text) if path.suffix == ".json" else [line.split("#")[0].strip() for line in text.splitlines()]
        )
    except (OSError, ValueError) as fault:
        raise InputError(f"cannot read layers from {path} ({fault}); expected formulas, one a line") from None
    if not isinstance(words, list):
        raise InputError(f"{path} holds no list of formulas; expected one a line, or a JSON list")
    found: dict[str, str] = {}
    for number, word in enumerate(words, start=1):
        if not word:
            continue
        try:
            found.setdefault(parse_formula(str(word)).reduced_formula, str(word))
        except InputError as fault:
            raise InputError(f"{path}, line {number}: {fault}") from None
    if not found:
        raise InputError(f"{path} names no layers; expected formulas, one a line, such as Li3N")
    return list(found.values())


def rows_of_screen(doc: LayerScreenDoc) -> list[tuple[Any, ...]]:
    """Rows of the table: a row for each layer and K_eff, the best first."""
    return [
        (
            rank, layer.formula, contact.k_eff, contact.metal_energy, 100 * contact.metal_strain,
            contact.electrolyte_energy, 100 * contact.electrolyte_strain,
            " ".join([layer.electronic, *layer.conducting]),
            "never" if layer.whole_from is None else layer.whole_from,
            contact.metal_reaction, contact.electrolyte_reaction,
        )
        for rank, layer in enumerate(doc.layers, start=1)
        for contact in layer.contacts
    ]  # fmt: skip


def as_csv(doc: LayerScreenDoc) -> str:
    """The table as CSV."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(SCREEN_COLUMNS)
    writer.writerows(rows_of_screen(doc))
    return text.getvalue()

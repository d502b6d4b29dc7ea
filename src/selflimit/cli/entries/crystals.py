"""Competitors that are relaxed for the diagram: the crystals of a folder, and the bundled ones of its elements."""

import hashlib
import json
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pymatgen.core import Structure
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.cli.entries.competitors import Competitors, read_competitors
from selflimit.cli.terminal.progress_display import Display
from selflimit.documents import LeftOutPhase, RelaxationDoc
from selflimit.errors import InputError
from selflimit.phase_diagrams import competing_entries, parse_formula
from selflimit.phase_diagrams.entries.bundled import bundled_catalogue
from selflimit.phase_diagrams.entries.gases import with_gas_pressures
from selflimit.settings import Settings
from selflimit.structures import load_force_field
from selflimit.structures.relaxation.force_fields import DEFAULT_FORCE_FIELD
from selflimit.workflows.entries.crystals import CrystalBatchMaker, Outcomes, bundled_within, crystals_in, hashes_in
from selflimit.workflows.running.execution import execute, keep_flow
from selflimit.workflows.running.local import jobs_in_order, locked
from selflimit.workflows.stores.opening import open_store
from selflimit.workflows.stores.reading import read_output
from selflimit.workflows.stores.retrying import PatientJobStore

CRYSTALS_FOLDER = "selflimit-crystals"
"""Where batches of relaxations are kept, one folder for each folder of crystals."""


def competitors_of(asked: Namespace, formulas: Sequence[str], working_ion: str) -> Competitors:
    """What competes, relaxed or read, with gases at the pressures asked for.

    Parameters are those of :func:`read_competitors`.

    Raises
    ------
    InputError
        As :func:`relaxed_competitors`, :func:`read_competitors` and
        :func:`~selflimit.phase_diagrams.entries.gases.with_gas_pressures`.
    """
    read = relaxed_competitors if asked.crystals else read_competitors
    found = read(asked, formulas, working_ion)
    if not asked.gas_pressure:
        return found
    pressures = dict(asked.gas_pressure)
    return replace(found, entries=tuple(with_gas_pressures(found.entries, pressures)), is_shipped=False)


def relaxed_competitors(asked: Namespace, formulas: Sequence[str], working_ion: str) -> Competitors:
    """Relax the crystals of ``--crystals`` and the bundled ones of the same elements, or go on with it.

    Parameters are those of :func:`read_competitors`.

    Raises
    ------
    InputError
        Nothing to relax, an element without a crystal of its own, or no such force field.
    """
    elements = {element.symbol for text in formulas for element in parse_formula(text)} | {working_ion}
    folder = Path(asked.crystals)
    every = crystals_in(folder)
    own = {label: one for label, one in every.items() if set(one.composition.as_dict()) <= elements}
    bundled = bundled_within(elements)
    pure = {
        next(iter(one.composition.as_dict())) for one in (*own.values(), *bundled.values()) if len(one.elements) == 1
    }
    if missing := sorted(elements - pure):
        raise InputError(
            f"no crystal of pure {', '.join(missing)} in {folder}, and none is bundled; every element needs one, so "
            "put its CIF or POSCAR there (a diatomic gas as its molecular crystal)"
        )
    # what ships was relaxed with the default force field already
    to_relax = own if asked.force_field == DEFAULT_FORCE_FIELD else bundled | own
    if asked.force_field == "VASP":
        raise InputError(
            "--crystals are relaxed with a force field, got VASP; run VASP yourself and `selflimit import` it"
        )
    load_force_field(asked.force_field)  # an unknown name or element is told before the work
    outcomes = _relaxed(asked, folder, to_relax)
    done = [doc for doc in outcomes if isinstance(doc, RelaxationDoc)]
    failed = [
        LeftOutPhase(formula=doc.label, reason=doc.message) for doc in outcomes if not isinstance(doc, RelaxationDoc)
    ]
    shipped = [] if len(to_relax) > len(own) else _shipped(set(bundled))
    others = sorted(set(every) - set(own))
    notes = [f"Of other elements, and left out: {', '.join(others)}."] if others else []
    notes += [f"Left out, its relaxation failed: {phase.formula} ({phase.reason})" for phase in failed]
    origin = f"{len(done)} crystals relaxed with {asked.force_field} (own: {folder}), {len(shipped)} shipped entries"
    entries = (*(doc.entry() for doc in done), *shipped)
    return Competitors(entries, tuple(failed), origin, tuple(notes), is_shipped=False)


def _shipped(labels: set[str]) -> list[ComputedStructureEntry]:
    systems = bundled_catalogue().systems
    found = {entry.entry_id: entry for system in systems for entry in competing_entries(system, "force-field")}
    return [entry for label, entry in found.items() if label in labels]


def _relaxed(asked: Namespace, folder: Path, crystals: dict[str, Structure]) -> Outcomes:
    """Relax them in a folder of their own, or take what is there."""
    where = asked.store or Settings().store
    maker = CrystalBatchMaker(force_field=asked.force_field, max_force=asked.max_force)
    configuration = {
        "crystals": sorted(crystals), "files": hashes_in(folder), "force_field": asked.force_field,
        "max_force": asked.max_force,
    }  # fmt: skip
    # crystals that were added or changed are another batch; the store gives back what it has of it
    mark = hashlib.sha256(json.dumps(configuration, sort_keys=True).encode()).hexdigest()[:8]
    place = Path(CRYSTALS_FOLDER) / f"{folder.resolve().name}-{mark}"
    with locked(place):
        flow = keep_flow(place, configuration, lambda: maker.make(list(crystals.values()), list(crystals)))
        store = PatientJobStore(open_store(where))
        with Display([job.name for job in jobs_in_order(flow)]) as display:
            execute(place, flow, store, display, None, where, reuse=True)
    return [doc for reference in flow.output for doc in read_output(reference, store)]

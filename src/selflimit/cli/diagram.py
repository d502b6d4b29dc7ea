"""The verb `diagram` with formulas: tables, figures and a page from shipped, downloaded or the user's entries."""

from argparse import Namespace
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from jobflow import Flow, JobStore, OutputReference
from pydantic import ValidationError

from selflimit.cli.entries.competitors import Competitors, couple_of, ion_of
from selflimit.cli.entries.crystals import competitors_of
from selflimit.cli.printing import print_json, print_line, print_table, write_plainly
from selflimit.cli.terminal.progress_display import Display
from selflimit.documents import (
    Document,
    EnergyError,
    ProductsDoc,
)
from selflimit.errors import InputError
from selflimit.phase_diagrams.checks import require_range
from selflimit.phase_diagrams.entries.bulk_moduli import ASSUMED, bulk_moduli
from selflimit.phase_diagrams.functionals.registry import find_functional
from selflimit.phase_diagrams.phases import parse_formula
from selflimit.phase_diagrams.rules import MechanicalRules, Sampling
from selflimit.phase_diagrams.uncertainty.error_models import REACTION_ERROR
from selflimit.report import diagram_tables, tables
from selflimit.report.diagram_page import DiagramStudy, ElectrolyteDiagram, write_diagram_report
from selflimit.settings import Settings
from selflimit.workflows.makers.electrolyte_interface import ElectrolyteInterfaceMaker
from selflimit.workflows.makers.flow_parts import named as named_job
from selflimit.workflows.makers.phase_diagram import DiagramOutputs, PhaseDiagramMaker
from selflimit.workflows.running.execution import Keeper
from selflimit.workflows.running.local import jobs_in_order, run_flow
from selflimit.workflows.stores.opening import open_store, redact
from selflimit.workflows.stores.reading import read_output

DIAGRAM_FOLDER = "selflimit-diagram"
"""Folder of the results, one folder in it for each set of formulas."""


def show_diagrams_of_formulas(asked: Namespace) -> None:
    """Diagrams of the electrolytes that were named, with interfaces between them, into the store and a folder."""
    formulas = list({parse_formula(text).reduced_formula: text for text in [*asked.formulas, *asked.formula]}.values())
    rules = rules_of(asked, formulas)
    competitors = competitors_of(asked, formulas, rules.working_ion)
    named = [text for text in formulas if competitors.holds(text)]
    others = [text for text in formulas if not competitors.holds(text)]
    flow = diagram_flow(asked, rules, competitors, named, others)
    where = asked.store or Settings().store
    folder = Path(asked.folder if "folder" in asked.given else Path(DIAGRAM_FOLDER) / "-".join(formulas))
    store = open_store(where)
    with Display([job.name for job in jobs_in_order(flow)]) as display:
        run_flow(flow, store, Path.cwd(), Keeper(folder, store, display))
    study = study_of(named, flow, store, competitors, notes_on(rules, competitors))
    hulls = {
        text: read_output(reference, store) for text, reference in zip(others, hull_outputs(flow, others), strict=True)
    }
    page = folder / write_diagram_report(study, folder).path if named else None
    if asked.json:
        products = write_plainly([doc for docs in hulls.values() for doc in docs])
        about = {"folder": str(folder), "page": str(page) if page else None, "store": redact(where)}
        print_json({**as_data(study), "products": products, **about})
        return
    print_study(study)
    for text, docs in hulls.items():
        print_hull(text, docs)
    print_line(f"{f'page: {page}   ' if page else ''}results: selflimit results --store {redact(where)}")


def print_hull(formula: str, docs: Sequence[ProductsDoc]) -> None:
    """Products of a formula that is no entry, and what cannot be said of it."""
    print_table(
        f"{formula}: products of its composition, per {docs[0].formula}",
        tables.PRODUCT_COLUMNS,
        tables.product_rows(docs),
    )
    print_line(
        f"{formula} is no entry of this set: the hull says what its composition becomes. Whether it is stable itself, "
        "reaction energies, V0 and strains need a crystal of it, with --crystals or among --entries."
    )


def rules_of(asked: Namespace, formulas: Sequence[str]) -> MechanicalRules:
    """Functional, volumes, and the working ion: that asked for, else :func:`ion_of` the formulas."""
    ion = asked.working_ion or ion_of(formulas)
    return MechanicalRules(model=asked.model, ion_volume=asked.ion_volume, gases=asked.gases, working_ion=ion)


def diagram_flow(
    asked: Namespace,
    rules: MechanicalRules,
    competitors: Competitors,
    formulas: Sequence[str],
    others: Sequence[str] = (),
) -> Flow:
    """A flow for each electrolyte, a job for each pair, and for each other formula; outputs in this order.

    Parameters
    ----------
    asked
        The command line: K_eff (GPa), voltages (V) and how errors are sampled.
    rules
        Mechanical functional, volumes that count, and the working ion.
    competitors
        The entries of the electrolytes and of all that competes.
    formulas
        Formulas of the electrolytes.
    others
        Formulas that have no entry: only products are asked.
    """
    k_effs = tuple(asked.k_effs)
    voltages = require_range(tuple(asked.voltage_range), "voltage_range", "--voltage-range")
    k_eff_range = require_range(tuple(asked.k_eff_range), "k_eff_range", "--k-eff-range")
    maker = PhaseDiagramMaker(
        rules=rules,
        k_effs=k_effs,
        voltage_range=voltages,
        k_eff_range=k_eff_range,
        sampling=sampling_of(asked, competitors) if asked.samples else None,
        sampled=("entries", "DFT") if competitors.is_shipped else ("entries",),
    )
    entries, left_out = maker.collected(competitors.entries), list(competitors.left_out)
    system = rules.diagram(entries).system
    for formula in formulas:
        system.competitors(formula)  # elements without entries are refused before any work
    diagrams = [maker.of_entries(entries, formula) for formula in formulas]
    interfaces = ElectrolyteInterfaceMaker(rules=rules, k_effs=k_effs, voltage=voltages[0])
    scans = [interfaces.make(entries, pair, left_out) for pair in combinations(formulas, 2)]
    hulls = [named_job(maker.hull_products(entries, formula), f"products {formula}") for formula in others]
    jobs = [*scans, *hulls]
    return Flow([*diagrams, *jobs], output=[*(flow.output for flow in diagrams), *(one.output for one in jobs)])


def hull_outputs(flow: Flow, others: Sequence[str]) -> list[OutputReference]:
    """References to the products of formulas without entry, which are a flow's last outputs."""
    return list(flow.output[len(flow.output) - len(others) :])


def sampling_of(asked: Namespace, competitors: Competitors) -> Sampling:
    """Errors and samples as asked for; the default error is one of GGA energies, whatever the entries are.

    Raises
    ------
    InputError
        A number out of range.
    """
    source = REACTION_ERROR.source
    if asked.energy_error is not None:
        source = "given with --energy-error"
    elif competitors.is_shipped:
        source += "; used for force-field energies too, whose error is not known to be smaller"
    try:
        size = REACTION_ERROR.standard_deviation if asked.energy_error is None else asked.energy_error
        error = EnergyError(standard_deviation=size, source=source)
        return Sampling(energy_error=error, samples=asked.samples, seed=asked.seed)
    except ValidationError as fault:
        first = fault.errors()[0]
        name = {"standard_deviation": "--energy-error (eV/atom)"}.get(str(first["loc"][0]), f"--{first['loc'][0]}")
        raise InputError(f"{name}: {first['msg']}, got {first['input']}; see selflimit diagram --help") from None


def notes_on(rules: MechanicalRules, competitors: Competitors) -> tuple[str, ...]:
    """What the numbers refer to, and what these options leave out, and why."""
    ion = rules.working_ion
    notes = [
        f"Functional: {rules.model}; volume of exchanged ions: {rules.ion_volume}; gases: {rules.gases}. "
        f"Voltages against {couple_of(ion)}."
    ]
    if find_functional(rules.model).has_pressure:
        compounds = [entry for entry in competitors.entries if entry.composition.chemical_system != ion]
        assumed = [key for key, modulus in bulk_moduli(compounds).items() if modulus == ASSUMED]
        notes.append(
            "Compressible: volumes under the pressure by Murnaghan with B' = 4; K_eff is then the surrounding's alone. "
            f"Bulk modulus of {', '.join(assumed) or 'no phase'}: {ASSUMED.modulus:g} GPa, {ASSUMED.source}."
        )
        notes.append("Interfaces are computed with the linear functional.")
    if competitors.is_shipped and rules != MechanicalRules():
        notes.append(
            "No spread by DFT energies: no DFT entry of an electrolyte ships, and only the linear functional with the "
            "default volumes does without."
        )
    return tuple(notes)


def study_of(
    formulas: Sequence[str], flow: Flow, store: JobStore, competitors: Competitors, notes: tuple[str, ...]
) -> DiagramStudy:
    """Collect the documents of a finished flow, by electrolyte and by pair.

    Parameters
    ----------
    formulas
        Formulas of the electrolytes, as given to :func:`diagram_flow`.
    flow
        Made by :func:`diagram_flow` from ``formulas``.
    store
        A connected JobStore that holds its outputs.
    competitors
        The entries, whose origin and level of theory the page states.
    notes
        What else the page says.
    """
    # electrolytes first, then pairs in the order of `combinations`, as diagram_flow made them
    pairs = len(formulas) * (len(formulas) - 1) // 2
    diagrams, scans = flow.output[: len(formulas)], flow.output[len(formulas) : len(formulas) + pairs]
    return DiagramStudy(
        electrolytes=tuple(
            electrolyte_of(formula, outputs, store) for formula, outputs in zip(formulas, diagrams, strict=True)
        ),
        interfaces={
            pair: read_output(scan, store) for pair, scan in zip(combinations(formulas, 2), scans, strict=True)
        },
        origin=f"{competitors.origin}: {len(competitors.entries)} phases, {competitors.level_of_theory.label}.",
        left_out=competitors.left_out,
        notes=competitors.notes + notes,
    )


def electrolyte_of(formula: str, outputs: DiagramOutputs, store: JobStore) -> ElectrolyteDiagram:
    """Collect the documents of one electrolyte.

    Parameters
    ----------
    formula
        Formula of the electrolyte.
    outputs
        References to its documents.
    store
        A connected JobStore that holds them.
    """
    return ElectrolyteDiagram(
        formula=formula,
        profiles=tuple(read_output(outputs.stabilities, store)),
        compressible=tuple(read_output(outputs.compressible, store)),
        decompositions=tuple(read_output(outputs.decompositions, store)),
        maps=(read_output(outputs.predominance, store),),
        uncertainties=tuple(read_output(outputs.uncertainties, store)),
    )


def as_data(study: DiagramStudy) -> dict[str, Any]:
    """The study as JSON data."""
    fields: dict[str, Callable[[ElectrolyteDiagram], Sequence[Document]]] = {
        "stabilities": lambda one: one.profiles,
        "compressible": lambda one: one.compressible,
        "decompositions": lambda one: one.decompositions,
        "predominances": lambda one: one.maps,
        "uncertainties": lambda one: one.uncertainties,
    }
    return {
        **{name: write_plainly([doc for one in study.electrolytes for doc in of(one)]) for name, of in fields.items()},
        "interfaces": write_plainly([doc for scans in study.interfaces.values() for doc in scans]),
        "left_out": [phase.model_dump() for phase in study.left_out],
        "origin": study.origin,
        "notes": list(study.notes),
    }


def print_study(study: DiagramStudy) -> None:
    """Tables on the terminal."""
    for line in (study.origin, *study.notes):
        print_line(line)
    for one in study.electrolytes:
        print_electrolyte(one)
    for (first, second), scans in study.interfaces.items():
        title = f"Interface {first} | {second}, x: share of the atoms in {first}; linear functional"
        print_table(title, diagram_tables.INTERFACE_COLUMNS, diagram_tables.interface_rows(scans))
        print_line(diagram_tables.mixing_statement(scans))
    if study.left_out:
        names = ", ".join(phase.formula for phase in study.left_out)
        print_line(f"left out, the results hold without them: {names} (the page says why)")


def print_electrolyte(one: ElectrolyteDiagram) -> None:
    """Window, staircase, and the spread of one electrolyte."""
    t = diagram_tables
    print_line(t.electrolyte_statement(one.profiles[0]))
    print_table(f"{one.formula}: stability", t.WINDOW_COLUMNS, t.window_rows(one.profiles))
    print_table(
        f"{one.formula}: reactions, energies at the lower voltage", t.REACTION_COLUMNS, t.reaction_rows(one.profiles)
    )
    print_line(t.conduction_statement(one.profiles))
    if find_functional(one.profiles[0].functional).has_pressure:
        print_table(
            f"{one.formula}: limits with compressible phases",
            t.SHIFT_COLUMNS,
            t.shift_rows(one.profiles, one.compressible),
        )
        print_line(t.shift_statement(one.profiles, one.compressible))
    if one.uncertainties:
        found, samples = one.uncertainties, one.uncertainties[0].samples
        print_table(f"{one.formula}: K* (GPa), {samples} samples", t.THRESHOLD_COLUMNS, t.threshold_rows(found))
        print_table(f"{one.formula}: K* with the volumes of one source", t.SOURCE_COLUMNS, t.source_rows(found))
        print_table(f"{one.formula}: products and their probability", t.PROBABILITY_COLUMNS, t.probability_rows(found))

"""The verbs `verdict` and `design-map`, and the verdicts of a finished run."""

import json
import sys
import tempfile
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from jobflow import Flow
from pydantic import ValidationError

from selflimit.cli.options.verdicts import ARREST
from selflimit.cli.printing import print_json, print_line, print_table, progress_bar, write_plainly
from selflimit.cli.terminal.progress_display import Display
from selflimit.documents import ArrestDoc, ArrestMapDoc, DecompositionDoc
from selflimit.documents.self_limitation import (
    ClosedLoopDoc,
    Criterion,
    DesignMapDoc,
    DesignPoint,
    DesignPointDoc,
    PressureSpreadDoc,
)
from selflimit.errors import InputError
from selflimit.files import write_atomically
from selflimit.mesoscale.arrest.arrest import ArrestSettings
from selflimit.mesoscale.arrest.arrest_map import (
    ArrestMapSettings,
    channel_designs,
    collect_designs,
    designs_judged_here,
)
from selflimit.mesoscale.bridge import in_pascal, phase_moduli
from selflimit.mesoscale.paper.simulations import PUBLISHED_MODEL
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.phase_diagrams import MechanicalRules, read_entries
from selflimit.phase_diagrams.entries.bundled import bundled_elastic
from selflimit.plausible import KNOWN_UNITS, QUANTITIES, convert
from selflimit.report.arrest_chapter import (
    HONESTY,
    INFLUENCE_COLUMNS,
    MAP_COLUMNS,
    MAP_MEANING,
    OUTCOME_COLUMNS,
    RANGE_COLUMNS,
    STATE_COLUMNS,
    arrest_lines,
    influence_rows,
    map_rows,
    outcome_rows,
    range_rows,
    state_rows,
)
from selflimit.report.verdict_tables import (
    CELL_COLUMNS,
    LOOP_COLUMNS,
    RETAINED_FRACTION_COLUMNS,
    cell_rows,
    layer_label,
    loop_rows,
    retained_fraction_rows,
    verdict_rows,
)
from selflimit.settings import Settings
from selflimit.units import MICROMETRE
from selflimit.workflows.makers.preset import decomposition_of
from selflimit.workflows.makers.verdicts import ArrestMaker
from selflimit.workflows.running.ending import ended_with_its_workers
from selflimit.workflows.running.execution import Keeper
from selflimit.workflows.running.local import run_flow
from selflimit.workflows.stores.opening import open_store
from selflimit.workflows.stores.reading import read_output

if TYPE_CHECKING:
    from selflimit.mesoscale.verdict.design_map import DesignSettings


def judge_arrested(asked: Namespace) -> None:
    """Judge arrest at C = 1: the answers first, then what they rest on."""
    doc = arrest_of(asked)
    if asked.json:
        print_json(write_plainly([doc])[0])
    else:
        print_arrest(doc)


def arrest_of(asked: Namespace) -> ArrestDoc:
    """Run the verdict as a job, so that it is in the store like every result, and keep it in the folder asked for."""
    where = asked.store or Settings().store
    decomposition = own_decomposition(asked) if asked.entries else decomposition_of(asked.electrolyte, asked.k_eff)
    made = ArrestMaker(settings=arrest_settings(asked)).make(decomposition, arrest_parameters(asked, decomposition))
    store = open_store(where)
    with Display([made.name]) as display, tempfile.TemporaryDirectory() as folder:
        run_flow(Flow([made]), store, Path.cwd(), Keeper(Path(asked.out or folder), store, display))
    doc: ArrestDoc = read_output(made.output, store)
    return doc


def own_decomposition(asked: Namespace) -> DecompositionDoc:
    """Decomposition of the electrolyte at lithium metal by the entries of ``--entries``."""
    entries = read_entries(Path(asked.entries))
    return MechanicalRules().diagram(entries).products(asked.electrolyte, 0.0, asked.k_eff)


def arrest_settings(asked: Namespace) -> ArrestSettings:
    """Take currents and ranges from the command line, in SI units.

    Raises
    ------
    InputError
        A value out of range.
    """
    names = [option.replace("-", "_") for option, *_ in ARREST]
    given = {name: _in_si(name, values) for name in names if (values := getattr(asked, name)) is not None}
    return ArrestSettings(
        currents=tuple(asked.current_densities),
        given=given,
        test_time=convert(asked.test_hours, "h", "s"),
        foil=convert(asked.foil, "micrometre", "m"),
        seed=asked.seed,
        seeds=asked.drawn,
    )


def arrest_parameters(asked: Namespace, decomposition: DecompositionDoc) -> InterfaceParameters:
    """The parameters of ``--parameters``, or the defaults with the electrolyte's shipped elastic constants."""
    elastic = bundled_elastic()
    if asked.parameters or decomposition.formula not in elastic:
        if not asked.parameters:
            sys.stderr.write(
                f"selflimit: elastic constants of {decomposition.formula} do not ship, those of Li2ZrCl6 take their "
                "place; give --parameters documents/parameters.json of a run of yours\n"
            )
        return read_parameters(asked)
    return InterfaceParameters(**phase_moduli("electrolyte", in_pascal(elastic[decomposition.formula])))


def print_answers(doc: ArrestDoc) -> None:
    """Print the answer at each current, a line each, and what decides."""
    for line in arrest_lines(doc):
        print_line(line)


def print_arrest(doc: ArrestDoc) -> None:
    """Print the answers, then probabilities, numbers, what decides, and the ranges with their sources."""
    print_answers(doc)
    print_table(f"Lithium at {doc.formula}: {doc.decomposition.reaction}", OUTCOME_COLUMNS, outcome_rows(doc))
    print_table("At the most probable values, products left out", STATE_COLUMNS, state_rows(doc))
    print_table("Share of the spread (Sobol indices)", INFLUENCE_COLUMNS, influence_rows(doc))
    print_table("Ranges (SI units)", RANGE_COLUMNS, range_rows(doc))
    print_line(HONESTY)


def judge_layer(asked: Namespace) -> None:
    """Judge one layer beside the uniform fine layer under the same conditions: the control."""
    from selflimit.mesoscale.verdict.design_map import verdict_on  # the compiled solver takes a second to import

    settings, parameters = settings_of(asked), growth_parameters(asked)
    point = point_of(asked)
    control = point.model_copy(update={"coarse_fraction": 0.0})
    with progress_bar("fine layer") as progress:
        fine = verdict_on(control, settings, parameters, progress)
    with progress_bar("this layer") as progress:
        graded = verdict_on(point, settings, parameters, progress)
    if asked.out:
        for name, doc in (("fine", fine), ("layer", graded)):
            write_atomically(Path(asked.out) / f"verdict-{name}.json", doc.model_dump_json(indent=1))
    if asked.json:
        print_json(write_plainly([fine, graded]))
        return
    shown = {"fine": fine, "this layer": graded}
    print_table(f"Verdict: {graded.geometry.microstructure}", ("", *shown), verdict_rows(list(shown.values())))
    for name, doc in shown.items():
        print_line(f"{name}: {doc.reason}")


def judge_designs(asked: Namespace) -> None:
    """Judge all points of a design map in worker processes, print it and draw it.

    Raises
    ------
    InputError
        A value out of range.
    """
    from selflimit.mesoscale.verdict.design_map import design_map, design_points, judged_here  # as above

    settings, parameters = settings_of(asked), growth_parameters(asked)
    radii = [radius * MICROMETRE for radius in asked.radius]
    seeds = range(asked.seed, asked.seed + (asked.packings or 3))
    fractions = asked.coarse_fraction or [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    points = design_points(fractions, radii, asked.overpotential, asked.correction, list(seeds))
    folder = Path(asked.folder)
    with progress_bar("design map") as progress, ended_with_its_workers():
        found = judged_here(points, settings, parameters, folder / "points", asked.workers, progress)
    made = design_map(found, settings, parameters)
    write_atomically(folder / "design-map.json", made.model_dump_json(indent=1))
    drawn = draw_map(made, folder)
    if asked.json:
        print_json(write_plainly([made])[0])
        return
    print_table("Design map", CELL_COLUMNS, cell_rows(made))
    print_line(
        f"{len(points)} points, {made.cpu_seconds / 60:.1f} min of processor time; {folder}/design-map.json{drawn}"
    )


def judge_channel_designs(asked: Namespace) -> None:
    """Judge all designs of a map at C = 1 in worker processes, print it and draw it.

    Raises
    ------
    InputError
        A value out of range.
    """
    settings = ArrestMapSettings(currents=tuple(asked.current_densities), channel_share=asked.channel_share)
    slots, thicknesses = (
        [value * MICROMETRE for value in values] for values in (asked.slot_width, asked.layer_thickness)
    )
    seeds = range(asked.seed, asked.seed + (asked.packings or 5))
    designs = channel_designs(slots, thicknesses, asked.coarse_fraction or [0.4], list(seeds))
    folder = Path(asked.folder)
    with progress_bar("design map") as progress, ended_with_its_workers():
        found = designs_judged_here(designs, settings, folder / "designs", asked.workers, progress)
    made = collect_designs(found, settings)
    write_atomically(folder / "arrest-map.json", made.model_dump_json(indent=1))
    draw_arrest_map(made, folder / "arrest-map.png")
    if asked.json:
        print_json(write_plainly([made])[0])
        return
    print_table("Layers with drawn channels at C = 1", MAP_COLUMNS, map_rows(made))
    print_line(MAP_MEANING)
    print_line(
        f"{len(designs)} layers, {made.cpu_seconds / 60:.1f} min of processor time; {folder}/arrest-map.json, .png"
    )


def draw_arrest_map(doc: ArrestMapDoc, path: Path) -> None:
    """Draw the map at C = 1 into a file."""
    from matplotlib.figure import Figure  # takes a second to import

    from selflimit.mesoscale.pictures.arrest_map import plot_arrest_map  # imports it too

    figure = Figure(figsize=(15, 5.2), layout="constrained")
    plot_arrest_map(doc, figure)
    figure.savefig(path, dpi=130)


def draw_map(doc: DesignMapDoc, folder: Path) -> str:
    """Draw the map if it has two axes with several values; returns what to say about it."""
    from matplotlib.figure import Figure  # takes a second to import

    from selflimit.mesoscale.pictures.design_map import AXES, plot_design_map  # imports it too

    varied = [name for name in AXES if len({getattr(cell, name) for cell in doc.cells}) > 1]
    if len(varied) != 2:
        return f"; a figure needs two axes with several values, got {len(varied)}"
    figure = Figure(figsize=(12, 4.6), layout="constrained")
    plot_design_map(doc, figure, *varied)
    figure.savefig(folder / "design-map.png", dpi=150)
    return f" and {folder}/design-map.png"


def settings_of(asked: Namespace) -> "DesignSettings":
    """Domain, duration and criterion are taken from the command line.

    Raises
    ------
    InputError
        A value out of range.
    """
    from selflimit.mesoscale.verdict.design_map import DesignSettings  # as above

    try:
        criterion = Criterion(largest_coverage=asked.largest_coverage, least_stress_ratio=asked.least_stress_ratio)
        return DesignSettings(
            grid_cells=tuple(asked.grid_cells),
            crossings=asked.crossings,
            gap=asked.gap * MICROMETRE,
            zone_depth=asked.zone_depth * MICROMETRE,
            front=asked.front,
            criterion=criterion,
        )
    except ValidationError as fault:
        raise InputError(_said(fault)) from None


def point_of(asked: Namespace) -> DesignPoint:
    """The layer and its conditions are taken from the command line.

    Raises
    ------
    InputError
        A value out of range.
    """
    from selflimit.mesoscale.verdict.design_map import design_points  # as above

    radius, voltage, correction = asked.radius * MICROMETRE, asked.overpotential, asked.correction
    return design_points([asked.coarse_fraction], [radius], [voltage], [correction], [asked.seed])[0]


def growth_parameters(asked: Namespace) -> InterfaceParameters:
    """Read the parameters, or take those that go with the equations asked for."""
    return read_parameters(asked, {} if asked.front == "single-ion" else PUBLISHED_MODEL)


def read_parameters(asked: Namespace, defaults: Mapping[str, Any] = MappingProxyType({})) -> InterfaceParameters:
    """Read parameters from a JSON file, e.g. ``documents/parameters.json`` of a run, or take ``defaults``.

    The width of the front is that of the command line.

    Raises
    ------
    InputError
        The file is missing or holds something else; a value is out of range.
    """
    values = read_json(Path(asked.parameters)) if asked.parameters else dict(defaults)
    if not isinstance(values, dict):
        raise InputError(f"expected parameters (a JSON object) in {asked.parameters}, got a {type(values).__name__}")
    known = {name: value for name, value in values.items() if not name.startswith("@")}
    return InterfaceParameters(**(known | {"interface_width": asked.interface_width * MICROMETRE}))


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises
    ------
    InputError
        It is missing, or no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"no such file: {path}; give documents/parameters.json of a finished run") from None
    except (ValueError, RecursionError) as fault:
        raise InputError(f"{path} is no JSON file: {fault}") from None


def print_closed_loop(doc: ClosedLoopDoc) -> None:
    """Print fixed points, their stability, and the sweep of the retained fraction."""
    print_table(f"Closed loop of {doc.formula}, {doc.functional} functional", LOOP_COLUMNS, loop_rows(doc))
    print_table("Other retained fractions", RETAINED_FRACTION_COLUMNS, retained_fraction_rows(doc))
    print_line(doc.statement)


def print_spread(doc: PressureSpreadDoc) -> None:
    """Print the compression at the tip with its spread."""
    print_line(
        f"compression of the zone: {doc.median.value:.3g} MPa, 5-95 % {doc.low.value:.3g} to {doc.high.value:.3g} "
        f"({doc.samples} samples; {doc.without_errors:.3g} without errors, {doc.lithium:.3g} by lithium alone)"
    )


def print_verdicts(docs: Sequence[DesignPointDoc]) -> None:
    """Print the numbers that decide for each layer, or why there is no verdict; nothing for no layers."""
    judged = {layer_label(doc): doc.verdict for doc in docs if doc.verdict is not None}
    if judged:
        print_table("Verdict", ("", *judged), verdict_rows(list(judged.values())))
    for doc in docs:
        print_line(f"{layer_label(doc)}: {doc.failure if doc.verdict is None else doc.verdict.reason}")


def _in_si(name: str, values: Sequence[float]) -> tuple[float, ...]:
    """Values of an option in the SI unit of its quantity."""
    return tuple(KNOWN_UNITS[QUANTITIES[name].unit].factor * value for value in values)


def _said(fault: ValidationError) -> str:
    first = fault.errors()[0]
    return f"--{str(first['loc'][-1]).replace('_', '-')}: {first['msg']}, got {first['input']!r}"

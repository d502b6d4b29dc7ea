"""The verbs `verdict` and `design-map`, and the closed loop of a finished run."""

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from selflimit.documents.self_limitation import (
    ClosedLoopDoc,
    Criterion,
    DesignMapDoc,
    DesignPoint,
    PressureSpreadDoc,
    VerdictDoc,
)
from selflimit.errors import InputError
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.units import MICROMETRE
from selflimit.workflows.design_map import DesignSettings, design_map, design_points, judged_here, verdict_on
from selflimit.workflows.printing import plain, print_json, print_line, print_table, progress_bar
from selflimit.workflows.provenance import write_atomically

LOOP_COLUMNS = (
    "products",
    "K_eff (GPa)",
    "K seen (GPa)",
    "dV/V0",
    "compression (MPa)",
    "stable",
    "after a disturbance",
)
SWEEP_COLUMNS = ("retained fraction", "K seen (GPa)", "products", "compression (MPa)")
VERDICT_COLUMNS = ("", "fine", "this layer")
CELL_COLUMNS = (
    "coarse", "radius (µm)", "overpotential (V)", "C", "self-limiting", "95 %", "localised", "artefacts", "not reached",
    "no packing", "coverage", "detached", "η_m/|η|", "C*",
)  # fmt: skip


def verdict(asked: Namespace) -> None:
    """Judge one layer beside the uniform fine layer under the same conditions: the control."""
    settings, parameters = settings_of(asked), parameters_of(asked)
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
        print_json(plain([fine, graded]))
        return
    print_table(f"Verdict: {graded.geometry.microstructure}", VERDICT_COLUMNS, verdict_rows(fine, graded))
    print_line(f"fine: {fine.reason}")
    print_line(f"this layer: {graded.reason}")


def design_map_here(asked: Namespace) -> None:
    """Judge all points of a design map in worker processes, print it and draw it.

    Raises
    ------
    InputError
        A value out of range, or no packing asked for.
    """
    settings, parameters = settings_of(asked), parameters_of(asked)
    if asked.packings < 1:
        raise InputError(f"expected at least one packing, got --packings {asked.packings}")
    radii = [radius * MICROMETRE for radius in asked.radius]
    seeds = range(asked.seed, asked.seed + asked.packings)
    points = design_points(asked.coarse_fraction, radii, asked.overpotential, asked.correction, list(seeds))
    folder = Path(asked.folder)
    with progress_bar("design map") as progress:
        found = judged_here(points, settings, parameters, folder / "points", asked.workers, progress)
    made = design_map(found, settings, parameters)
    write_atomically(folder / "design-map.json", made.model_dump_json(indent=1))
    drawn = drawn_map(made, folder)
    if asked.json:
        print_json(plain([made])[0])
        return
    print_table("Design map", CELL_COLUMNS, cell_rows(made))
    print_line(
        f"{len(points)} points, {made.cpu_seconds / 60:.1f} min of processor time; {folder}/design-map.json{drawn}"
    )


def drawn_map(doc: DesignMapDoc, folder: Path) -> str:
    """Draw the map if it has two axes with several values; returns what to say about it."""
    from matplotlib.figure import Figure  # takes a second to import

    from selflimit.mesoscale.verdict_plotting import AXES, plot_design_map

    varied = [name for name in AXES if len({getattr(cell, name) for cell in doc.cells}) > 1]
    if len(varied) != 2:
        return f"; a figure needs two axes with several values, got {len(varied)}"
    figure = Figure(figsize=(12, 4.6), layout="constrained")
    plot_design_map(doc, figure, *varied)
    figure.savefig(folder / "design-map.png", dpi=150)
    return f" and {folder}/design-map.png"


def settings_of(asked: Namespace) -> DesignSettings:
    """Domain, duration and criterion as asked for.

    Raises
    ------
    InputError
        A value out of range.
    """
    try:
        criterion = Criterion(largest_coverage=asked.largest_coverage, least_stress_ratio=asked.least_stress_ratio)
        return DesignSettings(
            grid_cells=tuple(asked.grid_cells),
            crossings=asked.crossings,
            zone_depth=asked.zone_depth * MICROMETRE,
            criterion=criterion,
        )
    except ValidationError as fault:
        raise InputError(_said(fault)) from None


def point_of(asked: Namespace) -> DesignPoint:
    """The layer that the command line describes.

    Raises
    ------
    InputError
        A value out of range.
    """
    radius, voltage, correction = asked.radius * MICROMETRE, asked.overpotential, asked.correction
    return design_points([asked.coarse_fraction], [radius], [voltage], [correction], [asked.seed])[0]


def parameters_of(asked: Namespace) -> InterfaceParameters:
    """Parameters from a JSON file, e.g. ``documents/parameters-0.json`` of a run, or the defaults; with the width.

    Raises
    ------
    InputError
        The file is missing or holds something else; a value is out of range.
    """
    values = read_json(Path(asked.parameters)) if asked.parameters else {}
    if not isinstance(values, dict):
        raise InputError(f"expected parameters (a JSON object) in {asked.parameters}, got a {type(values).__name__}")
    known = {name: value for name, value in values.items() if not name.startswith("@")}
    return InterfaceParameters(**(known | {"interface_width": asked.interface_width * MICROMETRE}))


def read_json(path: Path) -> Any:
    """Content of a JSON file.

    Raises
    ------
    InputError
        It is missing, or no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"no such file: {path}; give documents/parameters-0.json of a finished run") from None
    except json.JSONDecodeError as fault:
        raise InputError(f"{path} is no JSON file: {fault}") from None


def verdict_rows(fine: VerdictDoc, graded: VerdictDoc) -> list[tuple[str, ...]]:
    """The numbers that decide, for the control and the layer."""
    shown: list[tuple[str, str, float]] = [
        ("lithium arrives (s)", "arrival", 1.0),
        ("tip velocity until then (nm/s)", "tip_velocity", 1e-9),
        ("flat front without stress, c = 1 (nm/s)", "planar_velocity", 1e-9),
        ("penetration / layer", "penetration", 1.0),
        ("lithium without connection (artefact)", "detached", 1.0),
        ("compression at the contact, lithium (MPa)", "compression_lithium", 1.0),
        ("the same by the reaction (MPa)", "compression_reaction", 1.0),
        ("stress overpotential (mV)", "stress_overpotential", 1e-3),
        ("over the applied overpotential", "stress_ratio", 1.0),
        ("velocity left, c = 1", "velocity_ratio", 1.0),
        ("C from which stress outweighs it", "critical_correction", 1.0),
    ]
    rows: list[tuple[str, ...]] = [
        (label, *(_number(getattr(doc, name), unit) for doc in (fine, graded))) for label, name, unit in shown
    ]
    rows.insert(3, ("covered surface at the end", *(f"{doc.coverage[-1]:.2f}" for doc in (fine, graded))))
    rows.append(("self-limiting", *(_answer(doc.self_limiting) for doc in (fine, graded))))
    return rows


def cell_rows(doc: DesignMapDoc) -> list[tuple[str, ...]]:
    """One row per cell of the map."""
    return [
        (
            f"{c.coarse_fraction:g}", f"{c.radius / MICROMETRE:g}", f"{c.overpotential:g}", f"{c.correction:g}",
            f"{c.self_limiting}/{c.packings}", "" if c.low is None else f"{c.low:.2f}-{c.high:.2f}", str(c.localised),
            str(c.artefacts), str(c.not_reached), str(c.failed),
            _number(c.coverage), _number(c.detached), _number(c.stress_ratio), _number(c.critical_correction),
        )
        for c in doc.cells
    ]  # fmt: skip


def loop_rows(doc: ClosedLoopDoc) -> list[tuple[str, ...]]:
    """One row per fixed point."""
    return [
        (
            point.reaction, f"{point.modulus.k_eff:.3g}", f"{point.index:.3g}", f"{point.reaction_strain:.4f}",
            f"{point.pressure:.3g}", "yes" if point.stable else "no", point.after_disturbance,
        )
        for point in doc.fixed_points
    ]  # fmt: skip


def print_closed_loop(doc: ClosedLoopDoc) -> None:
    """Fixed points, their stability, and the sweep of the retained fraction."""
    print_table(f"Closed loop of {doc.formula}, {doc.functional} functional", LOOP_COLUMNS, loop_rows(doc))
    rows = [
        (f"{row.retained_fraction:.3g}", f"{k:.3g}", reaction, f"{p:.3g}")
        for row in doc.retained_fraction_sweep
        for k, reaction, p in zip(row.indices, row.reactions, row.pressures, strict=True)
    ]
    print_table("Other retained fractions", SWEEP_COLUMNS, rows)
    print_line(doc.statement)


def print_spread(doc: PressureSpreadDoc) -> None:
    """The compression at the tip with its spread."""
    print_line(
        f"compression of the zone: {doc.median.value:.3g} MPa, 5-95 % {doc.low.value:.3g} to {doc.high.value:.3g} "
        f"({doc.samples} samples; {doc.without_errors:.3g} without errors, {doc.lithium:.3g} by lithium alone)"
    )


def _number(value: float | None, unit: float = 1.0) -> str:
    return "-" if value is None else f"{value / unit:.3g}"


def _answer(value: bool | None) -> str:
    return "not reached" if value is None else "yes" if value else "no"


def _said(fault: ValidationError) -> str:
    first = fault.errors()[0]
    return f"--{str(first['loc'][-1]).replace('_', '-')}: {first['msg']}, got {first['input']!r}"

"""Table rows of the closed loop, of verdicts and of design maps: the same on the terminal and in the report."""

from collections.abc import Sequence

from selflimit.documents.self_limitation import ClosedLoopDoc, DesignMapDoc, DesignPointDoc, VerdictDoc
from selflimit.units import MICROMETRE

LOOP_COLUMNS = (
    "products",
    "K_eff (GPa)",
    "K seen (GPa)",
    "dV/V0",
    "compression (MPa)",
    "stable",
    "after a disturbance",
)
RETAINED_FRACTION_COLUMNS = ("retained fraction", "K seen (GPa)", "products", "compression (MPa)")
CELL_COLUMNS = (
    "coarse", "radius (µm)", "overpotential (V)", "C", "self-limiting", "95 %", "localised", "artefacts", "not reached",
    "failed", "coverage", "detached", "η_m/|η|", "C*",
)  # fmt: skip


def verdict_rows(verdicts: Sequence[VerdictDoc]) -> list[tuple[str, ...]]:
    """List the numbers that decide, one column per layer after the first."""
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
        (label, *(_number(getattr(doc, name), unit) for doc in verdicts)) for label, name, unit in shown
    ]
    rows.insert(3, ("covered surface at the end", *(f"{doc.coverage[-1]:.2f}" for doc in verdicts)))
    rows.append(("self-limiting", *(_answer(doc.self_limiting) for doc in verdicts)))
    return rows


def cell_rows(doc: DesignMapDoc) -> list[tuple[str, ...]]:
    """List one row per cell of the map."""
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
    """List one row per fixed point."""
    return [
        (
            point.reaction, f"{point.modulus.k_eff:.3g}", f"{point.index:.3g}", f"{point.reaction_strain:.4f}",
            f"{point.pressure:.3g}", "yes" if point.stable else "no", point.after_disturbance,
        )
        for point in doc.fixed_points
    ]  # fmt: skip


def retained_fraction_rows(doc: ClosedLoopDoc) -> list[tuple[str, ...]]:
    """List the fixed points at other retained fractions."""
    return [
        (f"{row.retained_fraction:.3g}", f"{k:.3g}", reaction, f"{p:.3g}")
        for row in doc.retained_fraction_sweep
        for k, reaction, p in zip(row.indices, row.reactions, row.pressures, strict=True)
    ]


def layer_label(doc: DesignPointDoc) -> str:
    """Name the judged layer in words."""
    return f"{doc.point.coarse_fraction:g} coarse" if doc.point.coarse_fraction > 0 else "fine layer"


def _number(value: float | None, unit: float = 1.0) -> str:
    return "-" if value is None else f"{value / unit:.4g}"


def _answer(value: bool | None) -> str:
    return "not reached" if value is None else "yes" if value else "no"

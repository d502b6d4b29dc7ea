"""What the page shows of one electrolyte at one K_eff and voltage: the same numbers as on the command line."""

from dataclasses import dataclass
from functools import cache

from selflimit.app.limits import HIGHEST_VOLTAGE, SOURCE
from selflimit.documents import DecompositionDoc, PredominanceDoc, StabilityDoc
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, electrolyte_entries
from selflimit.phase_diagrams.pictures.palette import assemblages, styles_of
from selflimit.report.interactive.diagrams import plot_map
from selflimit.report.interactive.layout import PlotlyFigure, name_products, write_readably


@dataclass(frozen=True)
class Study:
    """One electrolyte: its diagram, made once, and its map."""

    diagram: ConstrainedPhaseDiagram
    map: PredominanceDoc
    left_out: tuple[str, ...]
    """Known phases that do not compete."""


@dataclass(frozen=True)
class PointState:
    """What holds at one K_eff and voltage."""

    reaction: DecompositionDoc
    window: StabilityDoc

    @property
    def window_text(self) -> str:
        """The stability window at this K_eff in words."""
        low, high = self.window.stability_low, self.window.stability_high
        if low is None or high is None:
            return "stable at no voltage"
        return f"stable from {low:.3f} to {high:.3f} V vs Li/Li⁺"


@cache
def electrolyte_study(formula: str) -> Study:
    """Make the diagram of an electrolyte from shipped entries; kept for the next move of a slider.

    Raises
    ------
    InputError
        Not a formula, or not one whose competing phases are shipped.
    """
    found = electrolyte_entries([formula], source=SOURCE)
    diagram = ConstrainedPhaseDiagram(found.entries)
    return Study(diagram, diagram.predominance(formula), tuple(phase.formula for phase in found.left_out))


def state_at(formula: str, k_eff: float, voltage: float) -> PointState:
    """Find products, energy and strain at one point, and the window at its K_eff.

    Parameters
    ----------
    formula
        The electrolyte.
    k_eff
        Effective bulk modulus (GPa).
    voltage
        V vs Li/Li+.

    Raises
    ------
    InputError
        As :func:`electrolyte_study`.
    """
    diagram = electrolyte_study(formula).diagram
    return PointState(diagram.products(formula, voltage, k_eff), diagram.profile(formula, k_eff))


def equal_command(formula: str, k_eff: float, voltage: float) -> str:
    """Write the command that prints the same numbers.

    >>> equal_command("Li3N", 5.0, 0.0)
    'selflimit diagram Li3N --source force-field --k-eff 5 --voltage-range 0 6 --samples 0 --json'

    Parameters
    ----------
    formula, k_eff, voltage
        As :func:`state_at`.
    """
    voltages = f"--voltage-range {voltage:g} {HIGHEST_VOLTAGE:g}"
    return f"selflimit diagram {formula} --source {SOURCE} --k-eff {k_eff:g} {voltages} --samples 0 --json"


def describe(formula: str, k_eff: float, voltage: float) -> dict[str, str]:
    """Describe what holds at one point, by what each line is about.

    Parameters
    ----------
    formula, k_eff, voltage
        As :func:`state_at`.
    """
    found = state_at(formula, k_eff, voltage)
    reaction = found.reaction
    return {
        "Window": found.window_text,
        "Products": name_products([product.formula for product in reaction.products]),
        "Reaction": write_readably(reaction.reaction),
        "Energy": f"{reaction.reaction_energy:.3f} eV per formula unit, mechanical work included",
        "Strain": f"ΔV/V₀ = {100 * reaction.reaction_strain:+.1f} %",
        "Left out": ", ".join(map(write_readably, electrolyte_study(formula).left_out)) or "no known phase",
    }


def draw_point(formula: str, k_eff: float, voltage: float) -> PlotlyFigure:
    """Draw the map with the point of the sliders in it.

    Parameters
    ----------
    formula, k_eff, voltage
        As :func:`state_at`.
    """
    doc = electrolyte_study(formula).map
    figure = plot_map(doc, styles_of(assemblages(doc.regions), doc.formula), {})
    point = {
        "type": "scatter", "x": [voltage], "y": [k_eff], "mode": "markers", "hoverinfo": "skip",
        "marker": {"size": 14, "color": "#ffffff", "line": {"color": "#000000", "width": 3}}, "cliponaxis": False,
    }  # fmt: skip
    return {"data": [*figure["data"], point], "layout": figure["layout"]}

"""What a growth says of lithium that flowed and of the product at its contact."""

from collections.abc import Mapping, Sequence

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.documents import FilmRecord, FlowDoc, ProductAmount
from selflimit.mesoscale.arrest.known_ranges import ELECTRONIC_CONDUCTIVITY
from selflimit.mesoscale.equations.electrochemistry import switch
from selflimit.mesoscale.equations.state import FilmAssemblage
from selflimit.mesoscale.equations.time_step import CoupledEquations
from selflimit.mesoscale.flow.equations import FlowEquations
from selflimit.mesoscale.flow.product_zone import product_zone
from selflimit.mesoscale.growth.growth_run import GrowthRun, Output
from selflimit.units import FARADAY, GPA, MPA

FLOWED = (
    "lithium creeps through slots among the particles under the pressure of what is plated where it has no room; the "
    "pressure takes P v_m/F from the drive (C = 1), and no elastic stress is solved"
)
FILMED = (
    "; where it touches the electrolyte a product grows as a film without width on the grid (Deal and Grove), through "
    "which lithium is plated or dissolves again, and its swelling presses on the lithium"
)
UNFILMED = "; nothing reacts"


def describe_flow(equations: CoupledEquations, run: GrowthRun) -> FlowDoc | None:
    """The record of the flow; None where elastic stress was solved."""
    if not isinstance(equations, FlowEquations):
        return None
    flow, film = equations.flow, equations.film
    return FlowDoc(
        statement=FLOWED + (UNFILMED if film is None else FILMED),
        fine_slot=flow.fine_slot,
        coarse_slot=flow.coarse_slot,
        stack_pressure=flow.stack_pressure / MPA,
        products=None if film is None else _branch(film.electronic_conductivity),
        electronic_conductivity=None if film is None else film.electronic_conductivity,
        ionic_conductivity=None if film is None else film.ionic_conductivity,
        film=None if film is None else _film_record(run),
    )


def _branch(conductivity: float) -> str:
    """Whether a product of that sigma_e (S/m) insulates or conducts: which of the known ranges is nearer."""
    middle = (ELECTRONIC_CONDUCTIVITY["insulate"].high * ELECTRONIC_CONDUCTIVITY["conduct"].low) ** 0.5
    return "insulate" if conductivity < middle else "conduct"


def _film_record(run: GrowthRun) -> FilmRecord:
    found = [_assemblage(output) for output in run.outputs]
    last = run.state.contacts
    made = {} if last is None else last.made
    taken_up = 0.0 if last is None else last.reaction_charge / FARADAY
    return FilmRecord(
        equations=[one.equation for one in found],
        reaction_voltage=[one.voltage for one in found],
        local_voltage=[one.local_voltage for one in found],
        k_eff=[one.k_eff / GPA for one in found],
        retained=[one.retained for one in found],
        products=[ProductAmount(formula=name, amount=amount) for name, amount in made.items()],
        element_balance_error=element_imbalance(made, taken_up),
    )


def _assemblage(output: Output) -> FilmAssemblage:
    found = None if output.contacts is None else output.contacts.assemblage
    return FilmAssemblage(0.0, 0.0, 0.0) if found is None else found


def element_imbalance(made: Mapping[str, float], lithium: float) -> float:
    """Largest imbalance of an element relative to what was consumed of it; 0 where nothing was made.

    >>> element_imbalance({"Li2ZrCl6": -1.0, "LiCl": 6.0, "Zr": 1.0}, lithium=4.0)
    0.0

    Parameters
    ----------
    made
        Formula -> mol made, negative where consumed.
    lithium
        Lithium taken up (mol).
    """
    from pymatgen.core import Composition  # takes a second to import

    total, consumed = {"Li": -lithium}, {"Li": lithium}
    for formula, amount in made.items():
        for element, count in Composition(formula).get_el_amt_dict().items():
            total[element] = total.get(element, 0.0) + amount * count
            consumed[element] = consumed.get(element, 0.0) + max(-amount, 0.0) * count
    if not made:
        return 0.0
    return max(abs(total[name]) / amount if amount > 0.0 else abs(total[name]) for name, amount in consumed.items())


def flow_fields(equations: CoupledEquations, states: Sequence[Output]) -> dict[str, tuple[FloatArray, str]]:
    """Film and product of all outputs as (array, unit), time first; empty where elastic stress was solved."""
    if not isinstance(equations, FlowEquations) or equations.film is None:
        return {}
    films = [np.zeros_like(one.xi) if one.contacts is None else one.contacts.film for one in states]
    area, structure = equations.areas.electrolyte, equations.microstructure
    zones = [
        product_zone(structure.grid, structure.electrolyte, (area > 0.0) & (switch(one.xi) > 0.5), film)
        for one, film in zip(states, films, strict=True)
    ]
    return {"film": (np.stack(films), "m"), "product": (np.stack(zones), "1")}

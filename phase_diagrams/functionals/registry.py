"""The mechanical functionals: what each charges for a change of volume, and what follows from that.

Everything that depends on the functional asks its object here, so a further one is added in this table. The solvers are
imported when they are used: the names alone have to be known without delay, for the help of the command line.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from selflimit.errors import InputError
from selflimit.suggestions import did_you_mean

if TYPE_CHECKING:
    from selflimit.phase_diagrams.chemical_system import ChemicalSystem, Electrolyte
    from selflimit.phase_diagrams.functionals.constriction import Constriction
    from selflimit.phase_diagrams.linear_programme import Candidates

Solver = Callable[["ChemicalSystem", "Candidates", "Electrolyte", float], "Constriction"]
"""What makes the ground states of an electrolyte from its system, the competing phases and K_eff (GPa)."""


@dataclass(frozen=True)
class MechanicalFunctional:
    """One form of the work W of a volume change, with the properties that other code depends on."""

    name: str
    """What options and documents call it."""
    work: str
    """W (eV/fu) as a formula, and what it stands for."""
    constrict: Solver
    """Its ground states at one K_eff (GPa)."""
    is_linear: bool
    """W is linear in the volume: assemblages do not coexist at a pressure of their own, nothing needs V0, and borders,
    interfaces and the propagation of errors have closed forms."""
    is_all_or_nothing: bool = False
    """The grain decomposes as a whole or not at all: the electrolyte's formula is not among the products."""
    has_straight_borders: bool = True
    """Rigid phases make straight borders in the voltage-K_eff map, so that it is exact; otherwise it is traced."""

    @property
    def has_pressure(self) -> bool:
        """Whether products settle at a pressure of their own, which can compress them."""
        return not self.is_linear


def _constrict_linear(
    system: "ChemicalSystem", candidates: "Candidates", electrolyte: "Electrolyte", k_eff: float
) -> "Constriction":
    from selflimit.phase_diagrams.functionals.linear import Linear  # only when used: see the top

    return Linear(candidates, electrolyte, system.working_ion, k_eff)


def _constrict_elastically(
    system: "ChemicalSystem", candidates: "Candidates", electrolyte: "Electrolyte", k_eff: float
) -> "Constriction":
    from selflimit.phase_diagrams.functionals.compressibility import compressibility_in  # as above
    from selflimit.phase_diagrams.functionals.elastic import Elastic  # as above

    soft = compressibility_in(system, candidates)
    return Elastic(candidates, electrolyte, system.working_ion, k_eff, soft)


FUNCTIONALS = {
    functional.name: functional
    for functional in (
        MechanicalFunctional(
            name="linear",
            work="W = K_eff (V - V0), the published form",
            constrict=_constrict_linear,
            is_linear=True,
        ),
        MechanicalFunctional(
            name="elastic",
            work="W = K_eff (V - V0)^2 / (2 V0), a closed elastic box",
            constrict=_constrict_elastically,
            is_linear=False,
        ),
        MechanicalFunctional(
            name="inclusion",
            work="the elastic work, of a grain that decomposes as a whole or not at all",
            constrict=_constrict_elastically,
            is_linear=False,
            is_all_or_nothing=True,
            has_straight_borders=False,
        ),
    )
}
"""Name -> functional."""


def find_functional(name: str) -> MechanicalFunctional:
    """The functional of a name.

    >>> find_functional("elastic").has_pressure
    True

    Raises
    ------
    InputError
        There is none of that name.
    """
    if name not in FUNCTIONALS:
        raise InputError(
            f"expected the mechanical functional to be one of {', '.join(map(repr, FUNCTIONALS))}, got {name!r}"
            f"{did_you_mean(name, FUNCTIONALS)}"
        )
    return FUNCTIONALS[name]


def describe_functionals() -> str:
    """Names and works of all functionals in one line, for help and documentation.

    >>> describe_functionals().split(";")[0]
    'linear: W = K_eff (V - V0), the published form'
    """
    return "; ".join(f"{functional.name}: {functional.work}" for functional in FUNCTIONALS.values())

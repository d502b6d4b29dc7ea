"""The closed loop in time: what the film at a contact is made of, at its own voltage, thickness and constriction.

The phase diagram sees the index K. With the linear functional its work is K dV for all of the swelling dV, so an index
stands for a pressure; what really resists is the pressure P of the lithium and the film. The retained fraction is
therefore not given but follows from it,

    r = P V0/(K_eff dV), at most 1,    K = r K_eff in the linear functional, K = r^2 K_eff in the quadratic ones

(:mod:`selflimit.coupling.closed_loop`), with K_eff the modulus of the film in the layer as it has grown. Lithium that
dissolves again limits P and with it r. Products, voltage of the reaction and volumes then belong to K.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from selflimit.documents import DecompositionDoc, ElasticDoc, PhaseAmount
from selflimit.errors import InputError
from selflimit.isotropic import Isotropic
from selflimit.mesoscale.bridge import hill_mixture, reaction_per_charge
from selflimit.mesoscale.equations.state import FilmAssemblage
from selflimit.mesoscale.flow.settings import FilmConditions
from selflimit.phase_diagrams.diagram import ConstrainedPhaseDiagram
from selflimit.units import ANGSTROM, AVOGADRO, GPA

MOST_ROUNDS = 6
"""Rounds of products and index; where they still alternate, two assemblages coexist and the last one stands."""


@dataclass(frozen=True)
class FilmLoop:
    """Products of one electrolyte at a contact, for ``ProductFilm``.

    Attributes
    ----------
    diagram
        The electrolyte and all that competes with it; its functional is used.
    formula
        Formula of the electrolyte.
    elastic
        Elastic constants of every product that can occur, by crystal label or formula.
    """

    diagram: ConstrainedPhaseDiagram
    formula: str
    elastic: Mapping[str, ElasticDoc]

    def __repr__(self) -> str:
        level = self.diagram.level_of_theory.label
        return f"FilmLoop({self.formula!r}, {self.diagram.functional.name!r}, {level!r}, {sorted(self.elastic)})"

    def react(self, asked: FilmConditions) -> FilmAssemblage:
        """The products under these conditions.

        Raises
        ------
        InputError
            If the electrolyte takes up no lithium there, or elastic constants of a product are missing.
        """
        index, seen = 0.0, set[tuple[str, ...]]()
        for _ in range(MOST_ROUNDS):
            found = self.diagram.products(self.formula, asked.voltage, index)
            # volumes, and not only products, may follow the index: the answer to the newest one is kept
            k_eff, retained = self._constriction(found, asked)
            index = (retained if self.diagram.functional.is_linear else retained**2) * k_eff / GPA
            made = tuple(sorted(product.entry_id for product in found.products))
            if made in seen:
                break
            seen.add(made)
        return asked.stamped(_assemblage(found, k_eff, retained))

    def _constriction(self, found: DecompositionDoc, asked: FilmConditions) -> tuple[float, float]:
        """K_eff (Pa) of a film of these products, and the share of their swelling that the pressure retains."""
        k_eff = asked.k_eff(self._moduli(found.products))
        resisted = k_eff * found.reaction_strain
        return k_eff, min(max(asked.pressure, 0.0) / resisted, 1.0) if resisted > 0.0 else 0.0

    def _moduli(self, products: Sequence[PhaseAmount]) -> Isotropic:
        parts = []
        for product in products:
            known = self.elastic.get(product.entry_id) or self.elastic.get(product.formula)
            if known is None:
                raise InputError(
                    f"expected elastic constants of {product.formula} ({product.entry_id}), a product at the contact, "
                    f"got those of {', '.join(sorted(self.elastic))}; compute them with the elastic step"
                )
            if product.amount > 0.0:
                parts.append((product.amount * product.volume, known))
        return hill_mixture(parts)


def _assemblage(found: DecompositionDoc, k_eff: float, retained: float) -> FilmAssemblage:
    amounts: dict[str, float] = {}
    for product in found.products:
        amounts[product.formula] = amounts.get(product.formula, 0.0) + product.amount
    return FilmAssemblage(
        *reaction_per_charge(found),
        equation=found.reaction,
        electrolyte=found.formula,
        electrolyte_volume=found.electrolyte_volume * ANGSTROM**3 * AVOGADRO,
        amounts=amounts,
        k_eff=k_eff,
        retained=retained,
    )

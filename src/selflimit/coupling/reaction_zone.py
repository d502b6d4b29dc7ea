"""A reaction zone of any products in the surroundings of one structure: the mechanical half of the closed loop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from selflimit.documents import ElasticDoc, PhaseAmount
from selflimit.errors import InputError
from selflimit.isotropic import Isotropic, bulk_modulus
from selflimit.mesoscale.bridge import hill_mixture, linear_strain
from selflimit.mesoscale.layers.microstructure import Microstructure
from selflimit.mesoscale.mechanics.effective_modulus import EffectiveModulus, modulus_at_tip
from selflimit.mesoscale.mechanics.static_stress import InterfacePhases
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.units import GPA


@dataclass(frozen=True)
class ReactionZone:
    """The mechanical half of the loop: a zone of any products in the surroundings of one structure.

    Parameters
    ----------
    structure
        An 'interface' microstructure.
    parameters
        Moduli of the surroundings, and the retained fraction.
    elastic
        Elastic constants by crystal label, or by reduced formula.
    depth, contact
        Depth of the zone and thickness of lithium that lies on coarse particles (m), as in ``static_stress``.
    """

    structure: Microstructure
    parameters: InterfaceParameters
    elastic: Mapping[str, ElasticDoc]
    depth: float
    contact: float

    @cached_property
    def phases(self) -> InterfacePhases:
        """Volume fractions of all phases."""
        return InterfacePhases.at_tip(self.structure, self.depth, self.contact)

    @cached_property
    def bound(self) -> float:
        """No zone of the phases in ``elastic`` answers with more (GPa).

        K_eff rises with the stiffness of every cell, and a mixture has at most the largest bulk and shear modulus.
        """
        shear = max(phase.shear_modulus for phase in self.elastic.values()) * GPA
        # also at least 2/3 of the shear modulus, lest the two maxima make a negative Poisson's ratio
        bulk = max(*(phase.bulk_modulus * GPA for phase in self.elastic.values()), bulk_modulus(0.0, shear))
        stiffest = self.with_zone(Isotropic.from_bulk_and_shear(bulk, shear))
        return modulus_at_tip(self.phases, self.structure.grid, stiffest).k_eff / GPA

    def with_products(self, products: Sequence[PhaseAmount]) -> InterfaceParameters:
        """The parameters with the zone's moduli, the Hill average of the products by volume.

        Raises
        ------
        InputError
            If a product has no elastic constants.
        """
        zone = hill_mixture([(p.amount * p.volume, self._constants(p)) for p in products if p.amount > 0])
        return self.with_zone(zone)

    def with_zone(self, zone: Isotropic) -> InterfaceParameters:
        """The parameters with other moduli of the zone."""
        update = {"zone_modulus": zone.youngs_modulus, "zone_poisson": zone.poisson_ratio}
        return self.parameters.model_copy(update=update)

    def modulus(self, products: Sequence[PhaseAmount]) -> EffectiveModulus:
        """Effective modulus of a zone of these products."""
        return modulus_at_tip(self.phases, self.structure.grid, self.with_products(products))

    def compression(self, strain: float, modulus: EffectiveModulus, retained: float) -> float:
        """Return the mean compression of the zone (Pa) by the part of its swelling that is retained.

        Parameters
        ----------
        strain
            Volume change dV/V0 of the reaction.
        modulus
            Effective modulus of the zone in its surroundings (Pa).
        retained
            Share of the linear strain, 0 to 1, that is not relieved.
        """
        return 3.0 * retained * linear_strain(strain) * modulus.k_eff

    def _constants(self, product: PhaseAmount) -> ElasticDoc:
        found = self.elastic.get(product.entry_id) or self.elastic.get(product.formula)
        if found is None:
            raise InputError(
                f"expected elastic constants of {product.formula} ({product.entry_id}), a product below "
                f"{self.bound:.3g} GPa, got those of {', '.join(sorted(self.elastic))}; compute them with the elastic "
                "step"
            )
        return found


def mix_products(lower: Sequence[PhaseAmount], upper: Sequence[PhaseAmount], share: float) -> list[PhaseAmount]:
    """Products of an electrolyte of which the share reacts to ``upper`` and the rest to ``lower``.

    Parameters
    ----------
    lower, upper
        Products of one formula unit of the electrolyte in the two assemblages.
    share
        Part of the electrolyte, 0 to 1, that reacts to ``upper``.
    """
    amounts: dict[str, PhaseAmount] = {}
    for weight, products in ((1.0 - share, lower), (share, upper)):
        for product in products:
            before = amounts[product.entry_id].amount if product.entry_id in amounts else 0.0
            amount = before + weight * product.amount
            amounts[product.entry_id] = product.model_copy(update={"amount": amount})
    return list(amounts.values())

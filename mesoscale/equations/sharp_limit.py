"""How a front of finite width stands for a sharp one: what it conducts, and what its kinetics answers to.

The published model mixes conductivity and diffusivity by h(xi) and lets every point of the front react to the c that it
sees. To first order in the width w that moves the front: Li+ has no way to its rear half, the metal's potential reaches
ahead of it, and the mean c is not that at the sharp front. ``SharpForm`` removes these terms; its constants are
integrals over the profile |d(xi)/dy| = xi (1 - xi)/w, derived in docs/theory/phase-field.md and computed in the tests.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.mesoscale.equations.electrochemistry import Charge, activity, metal_conductivity, mix
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.mesoscale.solver.elements import diffusion_elements, isotropic_elements

DIFFUSIVITY_POWER = 4
"""Power n of the diffusivity's switch 1 - xi^n: with n = 4 the front takes its Li+ up to xi = 0.8 and more."""
FOOT = 125.0 / 12.0
"""k of the resistivity's switch r = (1 - xi)^4 (1 + k xi): int (r - 1 + xi)/xi/(1 - xi) d(xi) = 0, so that a front that
takes all current drops the potential as an electrolyte does that ends at xi = 1/2."""
OFFSET = 0.74697
"""a: weighted with h', the mean c of a front that takes Li+ at the rate J is a w J/D above that at the sharp front."""
LATTICE = 1.0 / 40.0
"""A front on Q1 elements with lumped mass is slower by (dx/w)^2/40: the error of h' in the sum over the nodes."""

FormName = Literal["published", "sharp", "single-ion"]
"""'published': the equations as published; 'sharp': corrected to the first order in the width; 'single-ion': also
c = 1 and two potentials."""
CellMean = Callable[[FloatArray], FloatArray]
"""From nodal values to those of cells, such as ``Grid.to_cells``."""


class Exchange(NamedTuple):
    """Net charge transfer over L_eta h'(xi), and how it answers to c."""

    net: FloatArray
    """Deposition less dissolution, dimensionless, shape ``nodes``."""
    slope: FloatArray
    """d(net)/dc, shape ``nodes``; 0 where saturated."""


class FrontForm(Protocol):
    """What a front of width w conducts and how it reacts."""

    def diffusivity(self, p: InterfaceParameters, xi: FloatArray) -> FloatArray:
        """Diffusivity of Li+ along the normal (m^2/s), shape of ``xi``."""
        ...

    def along(self, p: InterfaceParameters, xi: FloatArray) -> FloatArray | None:
        """What the diffusivity (m^2/s) is smaller along the front than through it, shape of ``xi``; None: not."""
        ...

    def conductivity(self, p: InterfaceParameters, xi: FloatArray, to_cells: CellMean) -> FloatArray:
        """Electric conductivity (S/m) per cell."""
        ...

    def exchange(self, p: InterfaceParameters, charge: Charge, concentration: FloatArray) -> Exchange:
        """Charge transfer at the concentration c."""
        ...

    def fluctuation(self, p: InterfaceParameters, charge: Charge, concentration: FloatArray) -> FloatArray:
        """Exchange rate that noise is relative to, over L_eta h'(xi), shape ``nodes``."""
        ...

    def kinetic_factor(self, spacing_over_width: float) -> float:
        """What L_eta is multiplied by on a grid of that spacing."""
        ...

    def stiffness(self, dimension: int) -> FloatArray:
        """Element matrix of the Laplacian that keeps the profile, shape ``(1, 2^d, 2^d, 1, 1)``."""
        ...


@dataclass(frozen=True)
class PublishedForm:
    """The published model: arithmetic mixtures, kinetics of the local c."""

    def diffusivity(self, p: InterfaceParameters, xi: FloatArray) -> FloatArray:
        """D = h D_Li + (1 - h) D_SSE (m^2/s)."""
        return mix(xi, p.metal_diffusivity, p.electrolyte_diffusivity)

    def along(self, p: InterfaceParameters, xi: FloatArray) -> FloatArray | None:
        """Nothing."""
        return None

    def conductivity(self, p: InterfaceParameters, xi: FloatArray, to_cells: CellMean) -> FloatArray:
        """Mean over a cell of sigma = h sigma_Li + (1 - h) sigma_SSE (S/m)."""
        return to_cells(mix(xi, metal_conductivity(p), p.electrolyte_conductivity))

    def exchange(self, p: InterfaceParameters, charge: Charge, concentration: FloatArray) -> Exchange:
        """Cathodic min(c, c_sat) less anodic."""
        net = charge.cathodic * activity(p, concentration) - charge.anodic
        return Exchange(net, np.where(concentration < p.saturation, charge.cathodic, 0.0))

    def fluctuation(self, p: InterfaceParameters, charge: Charge, concentration: FloatArray) -> FloatArray:
        """The cathodic factor."""
        return charge.cathodic

    def kinetic_factor(self, spacing_over_width: float) -> float:
        """1: the grid's slowness stays."""
        return 1.0

    def stiffness(self, dimension: int) -> FloatArray:
        """That of Q1 elements, whose curvature motion is 4 % weaker along the axes than across at dx = w."""
        return diffusion_elements(dimension)


@dataclass(frozen=True)
class SharpForm:
    """The model whose front moves as a sharp one does, to first order in its width.

    Attributes
    ----------
    transport
        Whether c varies through the front, as it does where growth uses it up; not where c is frozen.
    """

    transport: bool = True

    def diffusivity(self, p: InterfaceParameters, xi: FloatArray) -> FloatArray:
        """D = (1 - xi^4) D_SSE + xi^4 D_Li (m^2/s): Li+ reaches all of the front."""
        inside = np.clip(xi, 0.0, 1.0) ** DIFFUSIVITY_POWER
        return np.asarray(inside * p.metal_diffusivity + (1.0 - inside) * p.electrolyte_diffusivity)

    def along(self, p: InterfaceParameters, xi: FloatArray) -> FloatArray | None:
        """(xi - xi^4) (D_SSE - D_Li) (m^2/s): along it a front conducts as an electrolyte that ends at xi = 1/2."""
        if not self.transport:
            return None
        x = np.clip(xi, 0.0, 1.0)
        return np.asarray((x - x**DIFFUSIVITY_POWER) * (p.electrolyte_diffusivity - p.metal_diffusivity))

    def conductivity(self, p: InterfaceParameters, xi: FloatArray, to_cells: CellMean) -> FloatArray:
        """Inverse of the mean over a cell of 1/sigma = r/sigma_SSE + (1 - r)/sigma_Li (S/m)."""
        x = np.clip(xi, 0.0, 1.0)
        r = (1.0 - x) ** 4 * (1.0 + FOOT * x)
        return np.asarray(1.0 / to_cells(r / p.electrolyte_conductivity + (1.0 - r) / metal_conductivity(p)))

    def exchange(self, p: InterfaceParameters, charge: Charge, concentration: FloatArray) -> Exchange:
        """Charge transfer at the c of the sharp front, which is the c seen here less a w q v/D.

        From v = v_0 {cathodic (c - a w q v/D) - anodic} follows (cathodic c - anodic)/(1 + R) with R = a w q v_0
        cathodic/D, q = c_s/c_0; where the sharp front is saturated it is cathodic c_sat - anodic.
        """
        factor = 1.0 / (1.0 + self.resistance(p) * charge.cathodic)
        supplied = (charge.cathodic * concentration - charge.anodic) * factor
        full = charge.cathodic * p.saturation - charge.anodic
        return Exchange(np.minimum(supplied, full), np.where(supplied < full, charge.cathodic * factor, 0.0))

    def fluctuation(self, p: InterfaceParameters, charge: Charge, concentration: FloatArray) -> FloatArray:
        """The cathodic factor, less by what transport through the front takes of it; whole where saturated."""
        slope = self.exchange(p, charge, concentration).slope
        return np.where(slope > 0.0, slope, charge.cathodic)

    def kinetic_factor(self, spacing_over_width: float) -> float:
        """1 + (dx/w)^2/40 makes up for the slowness on the grid."""
        return 1.0 + LATTICE * spacing_over_width**2

    def stiffness(self, dimension: int) -> FloatArray:
        """One without directions: where nearly all curvature motion is cancelled, what is left must have none."""
        return isotropic_elements(dimension)

    def resistance(self, p: InterfaceParameters) -> float:
        """R over the cathodic factor, a w (c_s/c_0) v_0/D: what the front's width adds to its kinetics."""
        ratio, speed = p.metal_site_density / p.bulk_concentration, 6.0 * p.interface_width * p.reaction_coefficient
        return OFFSET * p.interface_width * ratio * speed / p.electrolyte_diffusivity if self.transport else 0.0


PUBLISHED = PublishedForm()
"""The published model, whose front has no state."""


def front_form(name: FormName, transport: bool) -> FrontForm:
    """The form of that name, for a c that varies through the front or not."""
    return PUBLISHED if name == "published" else SharpForm(transport)

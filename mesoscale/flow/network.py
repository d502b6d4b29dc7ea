"""The pressure of lithium that creeps through slots: one field on the cells that lithium has taken.

    (1/K) dP/dt = div( B (H/2)^n |grad P|^(n-1) grad P ) + sources,   B = A_s H/(2 (n + 2))

A plug in a slot of width H under the gradient G bears tau = H G/2 at its walls and moves at the mean speed u =
A_s tau^n H/(2 (n + 2)) (:mod:`selflimit.mesoscale.arrest.creep`); here it is the flux per area of the layer, because
lithium that takes a volume of the layer takes all of it in this model. On the foil, the bottom, P is the stack's; where
nothing is taken yet there is room, P = 0. The flow is the derivative of a convex energy; it is integrated over Q1
elements with the Gauss points of the stiffness, so it has no preferred direction, and what leaves a node enters others.

Pressures are solved for as work, P v_m/(nF) in V.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from selflimit.arrays import BoolArray, FloatArray, IntArray
from selflimit.mesoscale.arrest.creep import LITHIUM_CREEP, plug_speed
from selflimit.mesoscale.equations.front import Front
from selflimit.mesoscale.flow.settings import LithiumFlow, metal_stiffness
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.layers.microstructure import Microstructure
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.mesoscale.solver.elements import corners, gradients
from selflimit.units import FARADAY

LITHIUM_FROM = 0.5
"""Order parameter above which a node is lithium."""
STEEPEST = 1e9
"""Gradient of the work (V/m) beyond which the power law is cut off: 7 GPa per micrometre."""


def work_per_pressure(p: InterfaceParameters) -> float:
    """v_m/(nF) (V/Pa): what a pressure takes from the drive at C = 1."""
    return p.metal_molar_volume / (p.charge_number * FARADAY)


def volume_per_charge(p: InterfaceParameters) -> float:
    """1/(n F c_s) (m^3/C): volume that a coulomb of lithium takes in the growth."""
    return 1.0 / (p.charge_number * FARADAY * p.metal_site_density)


@dataclass(frozen=True)
class FlowElements:
    """Flow through the cells that lithium has taken, at one front.

    Attributes
    ----------
    cells
        Numbers of the nodes at the corners of each cell that conducts, shape ``(cells, 2^d)``.
    strength
        Flux at the gradient 1 V/m times the open share (m/s), shape ``(cells,)``.
    exponent
        n of the creep law.
    spacing, dimension
        dx (m) and d.
    """

    cells: IntArray
    strength: FloatArray
    exponent: float
    spacing: float
    dimension: int

    @cached_property
    def _gradients(self) -> FloatArray:
        """Gradients of the Q1 functions (1/m), shape ``(points, corners, d)``."""
        return gradients(self.dimension) / self.spacing

    @property
    def _weight(self) -> float:
        return float(self.spacing**self.dimension / 2**self.dimension)

    def leaving(self, work: FloatArray) -> FloatArray:
        """Volume that leaves each node per time (m^2/s; m^3/s in 3-D), of the shape of the flat nodal ``work`` (V)."""
        slope, flow = self._flow(work)
        parts = self._weight * np.einsum("cp,pia,cpa->ci", flow, self._gradients, slope)
        return np.asarray(np.bincount(self.cells.ravel(), parts.ravel(), minlength=len(work)), dtype=np.float64)

    def tangents(self, work: FloatArray) -> FloatArray:
        """Derivatives of :meth:`leaving` by the work in each cell (m^2/(s V)), shape ``(cells, 2^d, 2^d)``."""
        slope, flow = self._flow(work)
        length = np.sqrt((slope**2).sum(axis=-1))
        unit = np.divide(slope, length[..., None], out=np.zeros_like(slope), where=length[..., None] > 0.0)
        along = np.einsum("pia,cpa->cpi", self._gradients, unit)
        across = np.einsum("pia,pja->pij", self._gradients, self._gradients)
        isotropic = np.einsum("cp,pij->cij", flow, across)
        directed = (self.exponent - 1.0) * np.einsum("cp,cpi,cpj->cij", flow, along, along)
        return np.asarray(self._weight * (isotropic + directed))

    def _flow(self, work: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Gradient (V/m), shape ``(cells, points, d)``, and flux per gradient (m^2/(s V)) at the Gauss points."""
        slope = np.einsum("pia,ci->cpa", self._gradients, work[self.cells])
        length = np.minimum(np.sqrt((slope**2).sum(axis=-1)), STEEPEST)
        return slope, self.strength[:, None] * length ** (self.exponent - 1.0)


@dataclass(frozen=True)
class LithiumNetwork:
    """The lithium of one layer: slots, stiffness, and what of it can flow at a front.

    Attributes
    ----------
    p
        Parameters.
    structure
        The layer.
    front
        The order-parameter equation, which knows what is open.
    flow
        Slots, stack pressure and creep.
    """

    p: InterfaceParameters
    structure: Microstructure
    front: Front
    flow: LithiumFlow

    @property
    def grid(self) -> Grid:
        """The grid."""
        return self.front.grid

    @cached_property
    def slot_width(self) -> FloatArray:
        """H of each cell (m), shape ``grid.shape``."""
        narrow, at_coarse = self.flow.fine_slot, self.structure.at_coarse
        return np.asarray(narrow + (self.flow.coarse_slot - narrow) * at_coarse)

    @cached_property
    def strength(self) -> FloatArray:
        """Flux at 1 V/m of the work (m/s), times the open share of each cell, shape ``grid.shape``."""
        share = self.structure.open_share
        whole = np.ones(self.grid.shape) if share is None else share
        if self.flow.creep is None:
            return 0.0 * whole
        at_one = 0.5 * self.slot_width / work_per_pressure(self.p)
        return np.asarray(whole * plug_speed(at_one, self.slot_width, self.flow.creep, self.p.temperature))

    @cached_property
    def corner_nodes(self) -> IntArray:
        """Numbers of the nodes at the corners of every cell, shape ``(cells, 2^d)``."""
        numbers = np.arange(int(np.prod(self.grid.nodes))).reshape(self.grid.nodes)
        parts = []
        for corner in corners(self.grid.dimension).astype(int):
            parts.append(numbers[tuple(slice(1, None) if ahead else slice(None, -1) for ahead in corner)].ravel())
        return np.stack(parts, axis=-1)

    @cached_property
    def storage(self) -> FloatArray:
        """Volume that a node takes up per work (m^2/V; m^3/V in 3-D), V/(K w), shape ``nodes``."""
        return np.asarray(self.front.volumes / (metal_stiffness(self.p) * work_per_pressure(self.p)))

    @cached_property
    def foil(self) -> BoolArray:
        """Nodes on the foil, shape ``nodes``."""
        bottom = np.zeros(self.grid.nodes, dtype=np.bool_)
        bottom[..., 0] = True
        return bottom

    def taken(self, xi: FloatArray) -> BoolArray:
        """Nodes that lithium has taken, shape ``nodes``."""
        return np.asarray(self.front.is_open & (xi > LITHIUM_FROM))

    def elements(self, taken: BoolArray) -> FlowElements:
        """Flow through every cell with a node that is ``taken``, into free space as well."""
        strength = self.strength.ravel()
        conducts = taken.ravel()[self.corner_nodes].any(axis=1) & (strength > 0.0)
        exponent = (self.flow.creep or LITHIUM_CREEP).exponent
        return FlowElements(
            self.corner_nodes[conducts], strength[conducts], exponent, self.grid.spacing, self.grid.dimension
        )

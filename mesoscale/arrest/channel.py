"""A layer with lithium channels under one current, resolved over its height: balance as the minimum of one functional.

Channels of metal (slots of width H_k, one kind each, in the share c_k of all channels, s apart) run from the foil, z =
0, through a layer towards its far side, z = L, where the current i enters. Along a channel's two walls, at its tip and
on the foil lithium is plated, j = 2 i0 sinh(f (eta - w P)/2); the electrolyte of the layer conducts, and lithium flows
as a plug whose speed is that of :mod:`selflimit.mesoscale.arrest.creep`. With a_k = c_k H_k/s, phi = sum_k a_k, and
l_k the height up to which a channel is filled:

    sigma eta'' = (2/s) sum_k c_k j(eta - w P_k) [z < l_k]         charge of the electrolyte
    (u_k H_k)' = -2 w j(eta - w P_k),  u_k = B_k |P_k'|^n          volume of the lithium in a channel, u_k to the foil
    sigma eta'(0) = (1 - phi) j(eta(0)),  P_k(0) = 0               foil
    sigma eta'(L) = i,  sigma [eta'](l_k) = a_k j(eta - w P_k)     far side, tips (at z = L both together)
    u_k(l_k) = w j(eta(l_k) - w P_k(l_k))     where l_k = L: a filled channel, which has no other way out
    P_k(l_k) = 0                              where l_k < L: a free top, which rises by w j - u_k(l_k)

P is measured from the pressure on the foil. With G the integral of j and p = w P these are, together, the conditions
for the minimum of the strictly convex functional

    int sigma eta'^2/2 + sum_k Phi_k(p_k') + (2/s) c_k G(eta - p_k) [z < l_k] dz
        + (1 - phi) G(eta(0)) + sum_k a_k G(eta(l_k) - p_k(l_k)) - i eta(L)

with Phi_k' = (a_k/w) u_k: one solution exists, and Newton's method with a line search finds it. eta is piecewise linear
over the layer and p_k over the filled part of its channel, with as many cells each; with the trapezoidal rule the sum
of all conditions for eta is foil + walls + tips = i: no charge is lost.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array

from selflimit.arrays import BoolArray, FloatArray, IntArray
from selflimit.errors import InputError
from selflimit.mesoscale.arrest.creep import LITHIUM_CREEP, Creep, plug_speed
from selflimit.mesoscale.arrest.kinetics import LITHIUM_CHARGE_VOLUME, ROOM_TEMPERATURE, deposition_current
from selflimit.units import FARADAY, GAS_CONSTANT

LEAST_LENGTH = 1e-4
"""Channels filled to less than this share of the layer, some nanometres, have no walls yet, only a tip on the foil."""


@dataclass(frozen=True)
class ChannelLayer:
    """A layer of electrolyte with channels of lithium.

    Attributes
    ----------
    current
        i, mean over the layer (A/m^2); below zero lithium is stripped.
    length
        L, thickness of the layer (m).
    widths
        H_k of each kind of channel (m), shape ``(kinds,)``.
    pitch
        s, mean distance of neighbouring channels (m).
    conductivity
        sigma of the layer (S/m).
    exchange_current
        i0 of foil, walls and tips (A/m^2).
    shares
        c_k, shape ``(kinds,)``, sum 1; None: all kinds are equally frequent.
    creep
        Law of lithium; None: it does not flow.
    temperature
        T (K).
    cells
        Intervals along z, and along the lithium of each channel.
    filled
        l_k up to which each kind is filled (m), shape ``(kinds,)``; None: all through the layer.

    Raises
    ------
    InputError
        A number that is not positive, shares that do not sum to 1, channels that take more room than there is, or that
        are filled beyond the layer.
    """

    current: float
    length: float
    widths: FloatArray
    pitch: float
    conductivity: float
    exchange_current: float
    shares: FloatArray | None = None
    creep: Creep | None = LITHIUM_CREEP
    temperature: float = ROOM_TEMPERATURE
    cells: int = 64
    filled: FloatArray | None = None

    def __post_init__(self) -> None:
        for name in ("length", "pitch", "conductivity", "exchange_current", "temperature", "cells"):
            value = getattr(self, name)
            if not value > 0.0:
                raise InputError(f"{name} of a layer with channels: expected a positive number, got {value}")
        if not abs(self.current) > 0.0:
            raise InputError(
                f"current of a layer with channels: expected a number that is not zero, got {self.current}"
            )
        frequencies = self.frequencies
        if frequencies.shape != self.widths.shape or not np.isclose(frequencies.sum(), 1.0):
            raise InputError(f"expected as many shares as widths with the sum 1, got {self.shares}")
        if not np.all(self.widths > 0.0) or not self.areas.sum() < 1.0:
            raise InputError(
                f"expected channels of positive width that leave room for the layer, got {self.widths} m, which take "
                f"{self.areas.sum():.3g} of its area; give a larger pitch"
            )
        if self.lengths.shape != self.widths.shape or self.lengths.min() < 0.0 or self.lengths.max() > self.length:
            raise InputError(
                f"expected channels filled up to 0 to {self.length:g} m, one for each width, got {self.filled}"
            )

    @property
    def kinds(self) -> int:
        """How many kinds of channels there are."""
        return len(self.widths)

    @cached_property
    def frequencies(self) -> FloatArray:
        """c_k: the shares, or all equal, shape ``(kinds,)``."""
        return np.full(self.kinds, 1.0 / self.kinds) if self.shares is None else self.shares

    @cached_property
    def areas(self) -> FloatArray:
        """a_k = c_k H_k/s: share of the layer's area that each kind takes, shape ``(kinds,)``."""
        return self.frequencies * self.widths / self.pitch

    @cached_property
    def lengths(self) -> FloatArray:
        """l_k (m), shape ``(kinds,)``."""
        return np.full(self.kinds, self.length) if self.filled is None else self.filled

    @cached_property
    def is_full(self) -> BoolArray:
        """Which kinds are filled to the far side, shape ``(kinds,)``."""
        return np.asarray(self.lengths >= self.length)

    @cached_property
    def flow(self) -> FloatArray:
        """u_k at |p'| = 1 V/m (m/s), shape ``(kinds,)``: the wall stress is then H/(2w). None flows without creep."""
        if self.creep is None:
            return np.zeros(self.kinds)
        return plug_speed(self.widths / (2.0 * LITHIUM_CHARGE_VOLUME), self.widths, self.creep, self.temperature)

    @property
    def exponent(self) -> float:
        """n of the creep law."""
        return LITHIUM_CREEP.exponent if self.creep is None else self.creep.exponent

    @cached_property
    def balance(self) -> "ChannelMatrices":
        """The functional's parts as matrices."""
        return _matrices_of(self)


@dataclass(frozen=True)
class ChannelMatrices:
    """Matrices of the functional; the unknowns x are eta (V) at all nodes, then w P (V) at the free ones of each kind.

    Attributes
    ----------
    drives
        x -> eta - w P on the foil, then at the nodes of each kind's lithium, of which the last is the tip.
    areas
        Area of each per area of the layer; the tip's is in the last node's.
    slopes
        x -> slopes of eta in the cells of the layer, then of w P in those of each kind (V/m).
    strengths
        Flux at the slope 1 V/m times the cell (A or (A/m^2) m), so that strength |slope|^(power + 1)/(power + 1) is its
        part.
    powers
        1 for eta, n for p.
    free
        Which of all nodes, eta's and then each kind's, are in x; elsewhere w P is zero.
    """

    drives: csr_array
    areas: FloatArray
    slopes: csr_array
    strengths: FloatArray
    powers: FloatArray
    free: BoolArray

    @cached_property
    def transposed(self) -> tuple[csr_array, csr_array]:
        """Transposed matrices of drives and slopes."""
        return self.drives.T.tocsr(), self.slopes.T.tocsr()

    @cached_property
    def drive_pairs(self) -> "Pairs":
        """What each drive adds to the curvature."""
        return _pairs_of(self.drives)

    @cached_property
    def slope_pairs(self) -> "Pairs":
        """What each slope adds to the curvature."""
        return _pairs_of(self.slopes)

    @cached_property
    def places(self) -> tuple[IntArray, IntArray]:
        """Row and column of all of them."""
        both = self.drive_pairs, self.slope_pairs
        return np.concatenate([one.rows for one in both]), np.concatenate([one.columns for one in both])


class Pairs(NamedTuple):
    """M^T D M as a sum: each row of M adds the products of its entries, times its own value on the diagonal of D."""

    rows: IntArray
    """Row of each product."""
    columns: IntArray
    """Column of each product."""
    products: FloatArray
    """Product of two entries of a row of M."""
    of: IntArray
    """Which row of M."""


def functional(layer: ChannelLayer, x: FloatArray) -> float:
    """The functional (W/m^2) whose minimum is the balance; infinite where an exponential overflows."""
    m = layer.balance
    with np.errstate(over="ignore", invalid="ignore"):
        plated = m.areas @ _integral(layer, m.drives @ x)
        moved = m.strengths @ (np.abs(m.slopes @ x) ** (m.powers + 1.0) / (m.powers + 1.0))
        total = float(plated + moved - layer.current * x[layer.cells])
    return total if np.isfinite(total) else np.inf


def gradient(layer: ChannelLayer, x: FloatArray) -> FloatArray:
    """Residuals (A/m^2) of charge at each node, then of volume times 1/w at each free node of each kind."""
    drives, slopes = layer.balance.transposed
    residual = drives @ plated_currents(layer, x) + slopes @ moved_currents(layer, x)
    residual[layer.cells] -= layer.current
    return np.asarray(residual)


def curvature(layer: ChannelLayer, x: FloatArray) -> csc_array:
    """Derivative of :func:`gradient` (S/m^2): symmetric, positive definite, sparse."""
    m = layer.balance
    plating = m.areas * _slope(layer, m.drives @ x)
    moving = m.strengths * m.powers * np.abs(m.slopes @ x) ** (m.powers - 1.0)
    values = [pairs.products * of[pairs.of] for pairs, of in ((m.drive_pairs, plating), (m.slope_pairs, moving))]
    return coo_array((np.concatenate(values), m.places), shape=(x.size, x.size)).tocsc()


def plated_currents(layer: ChannelLayer, x: FloatArray) -> FloatArray:
    """Current per area of the layer (A/m^2) that is plated on the foil, then at the nodes of each kind."""
    m = layer.balance
    return np.asarray(m.areas * deposition_current(m.drives @ x, layer.exchange_current, layer.temperature))


def moved_currents(layer: ChannelLayer, x: FloatArray) -> FloatArray:
    """Fluxes times their cells (A/m): charge along the layer, then lithium over w down the channel of each kind."""
    m = layer.balance
    slopes = m.slopes @ x
    return np.asarray(m.strengths * np.sign(slopes) * np.abs(slopes) ** m.powers)


def _pairs_of(matrix: csr_array) -> Pairs:
    entries = np.diff(matrix.indptr)
    found = []
    for width in range(1, int(entries.max()) + 1):
        (of,) = np.nonzero(entries == width)
        place = matrix.indptr[of][:, None] + np.arange(width)
        columns, values = matrix.indices[place], matrix.data[place]
        shape = (of.size, width, width)
        found.append(
            [
                np.broadcast_to(part, shape).ravel()
                for part in (
                    columns[:, :, None], columns[:, None, :], values[:, :, None] * values[:, None, :],
                    of[:, None, None],
                )
            ]
        )  # fmt: skip
    return Pairs(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def _matrices_of(layer: ChannelLayer) -> ChannelMatrices:
    cells, kinds, nodes = layer.cells, layer.kinds, layer.cells + 1
    step, has_walls = layer.length / cells, layer.lengths > LEAST_LENGTH * layer.length
    height = np.outer(layer.lengths, np.linspace(0.0, 1.0, nodes))  # of the nodes of each kind
    below = np.minimum((height / step).astype(int), cells - 1)
    above = height / step - below
    row = 1 + np.arange(kinds * nodes).reshape(kinds, nodes)
    drives = coo_array(
        (
            np.concatenate([[1.0], (1.0 - above).ravel(), above.ravel(), np.full(row.size, -1.0)]),
            (
                np.concatenate([[0], row.ravel(), row.ravel(), row.ravel()]),
                np.concatenate([[0], below.ravel(), below.ravel() + 1, nodes + np.arange(row.size)]),
            ),
        ),
        shape=(1 + row.size, nodes * (kinds + 1)),
    ).tocsr()
    ends = np.full(nodes, 1.0 / cells)
    ends[[0, -1]] /= 2.0
    walls = 2.0 / layer.pitch * np.outer(layer.frequencies * layer.lengths * has_walls, ends)
    walls[:, -1] += layer.areas
    parts = np.concatenate([[step], np.where(has_walls, layer.lengths, layer.length) / cells])
    low = np.arange(nodes * (kinds + 1)).reshape(kinds + 1, nodes)[:, :-1].ravel()
    line, inverse = np.arange(low.size), np.repeat(1.0 / parts, cells)
    slopes = coo_array(
        (np.concatenate([-inverse, inverse]), (np.tile(line, 2), np.concatenate([low, low + 1]))),
        shape=(low.size, nodes * (kinds + 1)),
    ).tocsr()
    free = np.ones((kinds + 1, nodes), dtype=bool)
    free[1:] = has_walls[:, None]
    free[1:, 0], free[1:, -1] = False, layer.is_full
    flux = np.concatenate([[layer.conductivity], layer.areas * layer.flow / LITHIUM_CHARGE_VOLUME])
    return ChannelMatrices(
        drives=drives[:, free.ravel()],
        areas=np.concatenate([[1.0 - layer.areas.sum()], walls.ravel()]),
        slopes=slopes[:, free.ravel()],
        strengths=np.repeat(flux * parts, cells),
        powers=np.repeat(np.concatenate([[1.0], np.full(kinds, layer.exponent)]), cells),
        free=free,
    )


def _integral(layer: ChannelLayer, drive: FloatArray) -> FloatArray:
    """G = (4 i0/f)(cosh(f eta/2) - 1) (W/m^2)."""
    f = FARADAY / (GAS_CONSTANT * layer.temperature)
    return np.asarray(8.0 * layer.exchange_current / f * np.sinh(0.25 * f * drive) ** 2)


def _slope(layer: ChannelLayer, drive: FloatArray) -> FloatArray:
    """dj/d(eta) = i0 f cosh(f eta/2) (S/m^2)."""
    f = FARADAY / (GAS_CONSTANT * layer.temperature)
    return np.asarray(layer.exchange_current * f * np.cosh(0.5 * f * drive))

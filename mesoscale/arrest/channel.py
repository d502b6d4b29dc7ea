"""A layer with lithium channels under one current, resolved over its height: balance as the minimum of one functional.

Channels of metal (slots of width H_k, one kind each, in the share c_k of all channels, s apart) run from the foil, z =
0, through a layer to its far side, z = L, where the current i enters. Along a channel's two walls, at its tip and on
the foil lithium is plated, j = 2 i0 sinh(f (eta - w P)/2); the electrolyte of the layer conducts, and lithium flows
back to the foil as a plug whose speed is that of :mod:`selflimit.mesoscale.arrest.creep`:

    sigma eta'' = (2/s) sum_k c_k j(eta - w P_k)                   charge of the electrolyte
    (u_k H_k)' = -2 w j(eta - w P_k),  u_k = B_k |P_k'|^n          volume of the lithium in a channel
    sigma eta'(0) = (1 - phi) j(eta(0)),  P_k(0) = 0               foil; phi = sum_k a_k, a_k = c_k H_k/s
    sigma eta'(L) = i - sum_k a_k j(eta(L) - w P_k(L)),  u_k(L) = w j(eta(L) - w P_k(L))        far side and tips

P is measured from the pressure on the foil. With G the integral of j and p = w P these are, together, the conditions
for the minimum of the strictly convex functional

    int sigma eta'^2/2 + (2/s) sum_k c_k G(eta - p_k) + sum_k Phi_k(p_k') dz
        + (1 - phi) G(eta(0)) + sum_k a_k G(eta(L) - p_k(L)) - i eta(L)

with Phi_k' = (a_k/w) u_k: one solution exists, and Newton's method with a line search finds it. Piecewise linear
functions and the trapezoidal rule keep the charge: the sum of all conditions for eta is foil + walls + tips = i.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array, csc_array

from selflimit.arrays import FloatArray, IntArray
from selflimit.errors import InputError
from selflimit.mesoscale.arrest.creep import LITHIUM_CREEP, Creep, plug_speed
from selflimit.mesoscale.arrest.kinetics import LITHIUM_CHARGE_VOLUME, ROOM_TEMPERATURE, deposition_current
from selflimit.units import FARADAY, GAS_CONSTANT


@dataclass(frozen=True)
class ChannelLayer:
    """A layer of electrolyte with channels of lithium.

    Attributes
    ----------
    current
        i, mean over the layer (A/m^2).
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
        Intervals along z.

    Raises
    ------
    InputError
        A number that is not positive, shares that do not sum to 1, channels that take more room than there is.
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

    def __post_init__(self) -> None:
        for name in ("current", "length", "pitch", "conductivity", "exchange_current", "temperature", "cells"):
            value = getattr(self, name)
            if not value > 0.0:
                raise InputError(f"{name} of a layer with channels: expected a positive number, got {value}")
        frequencies = self.frequencies
        if frequencies.shape != self.widths.shape or not np.isclose(frequencies.sum(), 1.0):
            raise InputError(f"expected as many shares as widths with the sum 1, got {self.shares}")
        if not np.all(self.widths > 0.0) or not self.areas.sum() < 1.0:
            raise InputError(
                f"expected channels of positive width that leave room for the layer, got {self.widths} m, which take "
                f"{self.areas.sum():.3g} of its area; give a larger pitch"
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
    def walls(self) -> FloatArray:
        """Area of the walls of each kind per area of the layer and node, shape ``(kinds, cells + 1)``."""
        step = np.full(self.cells + 1, self.length / self.cells)
        step[[0, -1]] /= 2.0
        return 2.0 / self.pitch * np.outer(self.frequencies, step)

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


@dataclass(frozen=True)
class ChannelFields:
    """Overpotential and pressure as the solver knows them.

    Attributes
    ----------
    eta
        Potential of the metal against the electrolyte beside it, positive deposits (V), shape ``(cells + 1,)``.
    p
        w P of each kind (V), zero at the foil, shape ``(kinds, cells + 1)``.
    """

    eta: FloatArray
    p: FloatArray

    def shifted(self, change: FloatArray, share: float) -> "ChannelFields":
        """The fields plus a share of a change, a vector as :func:`gradient` gives it."""
        nodes = len(self.eta)
        p = self.p.copy()
        p[:, 1:] += share * change[nodes:].reshape(len(p), nodes - 1)
        return ChannelFields(self.eta + share * change[:nodes], p)


def functional(layer: ChannelLayer, at: ChannelFields) -> float:
    """The functional (W/m^2) whose minimum is the balance; infinite where an exponential overflows."""
    step, n = layer.length / layer.cells, layer.exponent
    slope, slopes = np.diff(at.eta) / step, np.diff(at.p, axis=1) / step
    with np.errstate(over="ignore", invalid="ignore"):
        walls, tips, foil = (_integral(layer, part) for part in _drives(at))
        stored = 0.5 * layer.conductivity * step * (slope**2).sum()
        dissipated = step * (_strength(layer) @ (np.abs(slopes) ** (n + 1.0) / (n + 1.0))).sum()
        plated = (layer.walls * walls).sum() + layer.areas @ tips + (1.0 - layer.areas.sum()) * foil
        total = float(stored + dissipated + plated - layer.current * at.eta[-1])
    return total if np.isfinite(total) else np.inf


def gradient(layer: ChannelLayer, at: ChannelFields) -> FloatArray:
    """Residuals (A/m^2) of charge at each node, then of volume times 1/w at each node of each kind but the foil's."""
    step, n = layer.length / layer.cells, layer.exponent
    walls, tips, foil = (deposition_current(part, layer.exchange_current, layer.temperature) for part in _drives(at))
    plated = layer.walls * walls
    plated[:, -1] += layer.areas * tips
    conducted = layer.conductivity * np.diff(at.eta) / step
    charge = plated.sum(axis=0) - np.diff(conducted, prepend=0.0, append=0.0)
    charge[0] += (1.0 - layer.areas.sum()) * foil
    charge[-1] -= layer.current
    slopes = np.diff(at.p, axis=1) / step
    flowing = _strength(layer)[:, None] * np.sign(slopes) * np.abs(slopes) ** n
    volume = -plated - np.diff(flowing, axis=1, prepend=0.0, append=0.0)
    return np.concatenate([charge, volume[:, 1:].ravel()])


def curvature(layer: ChannelLayer, at: ChannelFields) -> csc_array:
    """Derivative of :func:`gradient` (S/m^2): symmetric, positive definite, sparse."""
    step, n, nodes = layer.length / layer.cells, layer.exponent, layer.cells + 1
    walls, tips, foil = (_slope(layer, part) for part in _drives(at))
    plated = layer.walls * walls
    plated[:, -1] += layer.areas * tips
    own = plated.sum(axis=0)
    own[0] += (1.0 - layer.areas.sum()) * foil
    slopes = np.diff(at.p, axis=1) / step
    flowing = _strength(layer)[:, None] * n * np.abs(slopes) ** (n - 1.0) / step
    eta, p = np.arange(nodes), nodes - 1 + np.arange(layer.kinds)[:, None] * (nodes - 1) + np.arange(nodes)
    conducting = np.full(layer.cells, layer.conductivity / step)
    parts = [
        (eta, eta, own),
        *_stiffness(eta[:-1], eta[1:], conducting),
        (p[:, 1:], p[:, 1:], plated[:, 1:]),
        (np.broadcast_to(eta[1:], p[:, 1:].shape), p[:, 1:], -plated[:, 1:]),
        (p[:, 1:], np.broadcast_to(eta[1:], p[:, 1:].shape), -plated[:, 1:]),
        *_stiffness(p[:, 1:-1], p[:, 2:], flowing[:, 1:]),
        (p[:, 1], p[:, 1], flowing[:, 0]),
    ]
    rows, columns, values = (np.concatenate([np.ravel(part[i]) for part in parts]) for i in range(3))
    size = nodes + layer.kinds * layer.cells
    return coo_array((values, (rows, columns)), shape=(size, size)).tocsc()


def _drives(at: ChannelFields) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Overpotential less the pressure's work (V) at walls, tips and foil."""
    walls = at.eta - at.p
    return walls, walls[:, -1], at.eta[0]


def _strength(layer: ChannelLayer) -> FloatArray:
    """(a_k/w) u_k at |p'| = 1 V/m (A/m^2), shape ``(kinds,)``."""
    return layer.areas * layer.flow / LITHIUM_CHARGE_VOLUME


def _integral(layer: ChannelLayer, drive: FloatArray) -> FloatArray:
    """G = (4 i0/f)(cosh(f eta/2) - 1) (W/m^2)."""
    f = FARADAY / (GAS_CONSTANT * layer.temperature)
    return np.asarray(8.0 * layer.exchange_current / f * np.sinh(0.25 * f * drive) ** 2)


def _slope(layer: ChannelLayer, drive: FloatArray) -> FloatArray:
    """dj/d(eta) = i0 f cosh(f eta/2) (S/m^2)."""
    f = FARADAY / (GAS_CONSTANT * layer.temperature)
    return np.asarray(layer.exchange_current * f * np.cosh(0.5 * f * drive))


def _stiffness(low: IntArray, high: IntArray, values: FloatArray) -> list[tuple[IntArray, IntArray, FloatArray]]:
    """Entries of springs between neighbouring unknowns."""
    return [(low, low, values), (high, high, values), (low, high, -values), (high, low, -values)]

"""A flat front without width that takes its Li+ from an electrolyte in time: shares no code with the model.

Finite volumes whose nodes move with the front: from the electrode to it, and from it to the far electrolyte, where
c = 1. The field is that of Ohm's law, 0 in the metal and uniform before it; the front moves by Butler-Volmer at its c.
"""

import numpy as np
from scipy.linalg import solve_banded

FARADAY = 96485.33212


def mesh(front, end, nodes):
    """Node positions (m), crowded at both sides of the front; its own node is number ``nodes``."""
    fine = np.linspace(0.0, 1.0, nodes + 1) ** 2
    return np.concatenate([front * (1.0 - fine[::-1]), front + (end - front) * fine[1:]])


def volumes(x):
    """Lengths (m) that belong to the nodes."""
    return np.diff(np.concatenate([x[:1], 0.5 * (x[:-1] + x[1:]), x[-1:]]))


def advance(p, front, end, duration, longest=0.1, nodes=200):
    """Distance (m) that the front moves in ``duration`` (s) from the height ``front`` (m) in a cell of height ``end``.

    It begins with c = 1 in the electrolyte and 0 in the metal. Backward Euler; the front's speed by fixed point.
    """
    f, alpha, eta = p.inverse_thermal_voltage, p.transfer_coefficient, p.overpotential
    v0, ratio = p.exchange_current / (FARADAY * p.metal_site_density), p.metal_site_density / p.bulk_concentration
    cathodic, anodic = np.exp(-alpha * f * eta), np.exp((1 - alpha) * f * eta)
    ahead = np.arange(2 * nodes) >= nodes
    diffusivity = np.where(ahead, p.electrolyte_diffusivity, p.metal_diffusivity)
    height, time, dt, speed = front, 0.0, longest / 1000, 0.0
    x, c = mesh(front, end, nodes), np.r_[np.zeros(nodes), 0.5, np.ones(nodes)]
    while time < duration * (1 - 1e-12):
        dt = min(1.05 * dt, longest, duration - time)
        for _ in range(3):
            moved = mesh(height + speed * dt, end, nodes)
            drift = np.where(ahead, -f * eta / (end - height - speed * dt), 0.0)
            carried = 0.5 * (diffusivity * drift + 0.5 * (moved[1:] + moved[:-1] - x[1:] - x[:-1]) / dt)
            kinetics = (v0 * ratio, cathodic, anodic)
            found = _implicit(p, moved, x, c, dt, diffusivity / np.diff(moved), carried, kinetics, nodes)
            speed = v0 * (cathodic * min(found[nodes], p.saturation) - anodic)
        height, x, c, time = height + speed * dt, moved, found, time + dt
    return height - front


def _implicit(p, new, old, c, dt, spread, carried, kinetics, front):
    """c after a step: fluxes spread (c_right - c_left) + carried (c_right + c_left) into each node from its right."""
    rate, cathodic, anodic = kinetics
    lower, upper = np.zeros(len(c)), np.zeros(len(c))
    diagonal, load = volumes(new) / dt, volumes(old) * c / dt
    diagonal[:-1] -= carried - spread
    upper[1:] -= carried + spread
    diagonal[1:] += carried + spread
    lower[:-1] += carried - spread
    if c[front] < p.saturation:
        diagonal[front] += rate * cathodic
        load[front] += rate * anodic
    else:
        load[front] -= rate * (cathodic * p.saturation - anodic)
    diagonal[-1], lower[-2], load[-1] = 1.0, 0.0, 1.0
    return solve_banded((1, 1), np.array([upper, diagonal, lower]), load)

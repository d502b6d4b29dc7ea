"""Explicit fine grains: how much boundary there is, and what it conducts and exchanges."""

from dataclasses import replace

import numpy as np
import pytest

from selflimit.errors import InputError
from selflimit.mesoscale import Grid, GrowthModel, InterfaceParameters, Microstructure, Numerics, add_grains, needles
from selflimit.mesoscale.layers.grains import boundary_share
from selflimit.progress import silent

UM = 1e-6


def boundary_per_measure(sides, spacing, diameter, seeds):
    """Length per area, or area per volume, of the boundaries (1/m).

    In a cell where boundaries meet only the nearest counts: an error of first order in the spacing, extrapolated.
    """
    found = []
    for dx in (spacing, 0.5 * spacing):
        grid = Grid(tuple(round(side / dx) for side in sides), dx)
        found.append(np.mean([boundary_share(grid, diameter, 0.2 * UM, seed).mean() for seed in range(seeds)]))
    return (2.0 * found[1] - found[0]) / (0.2 * UM)


def test_length_and_area_of_the_boundaries():
    """Poisson-Voronoi: 2 sqrt(n) of boundary per area of the plane, 2.910 n^(1/3) per volume (Meijering 1953)."""
    density = 4.0 / (np.pi * (8 * UM) ** 2)
    found = boundary_per_measure((200 * UM, 200 * UM), 0.5 * UM, 8 * UM, seeds=4)
    assert found == pytest.approx(2.0 * np.sqrt(density), rel=0.03)
    density = 6.0 / (np.pi * (12 * UM) ** 3)
    found = boundary_per_measure(3 * (48 * UM,), UM, 12 * UM, seeds=3)
    assert found == pytest.approx(2.910 * density ** (1 / 3), rel=0.05)


def test_boundaries_do_not_depend_on_the_grid():
    """A boundary thinner than a cell takes its share of it."""
    coarse, fine = (boundary_share(Grid((64 * n, 64 * n), UM / n), 10 * UM, 0.5 * UM, 3) for n in (1, 2))
    assert coarse.mean() == pytest.approx(fine.mean(), rel=0.04)  # where boundaries meet larger cells overlap more
    assert np.corrcoef(coarse.ravel(), fine.reshape(64, 2, 64, 2).mean(axis=(1, 3)).ravel())[0, 1] > 0.8


def grown(structure, begun=None, **values):
    """State after 60 s, from a flat strip or from a run ``begun``."""
    p = InterfaceParameters(interface_width=UM, noise_amplitude=0.0, **values)
    case = GrowthModel(p, structure)
    begun = begun or case.begin(needles(structure.grid, UM, count=0, strip=8 * UM), 0.0)
    state = case.advance(begun, [0.0, 60.0], silent).state
    assert case.charge_error(state) < 1e-8
    return state


def test_a_layer_of_boundary_alone_is_a_grain_of_other_properties():
    layer = Microstructure.fine(Grid((4, 32), UM))
    all_boundary = replace(layer, boundaries=np.ones(layer.grid.shape))
    front = {"capillarity": 5e-14, "surface_mobility": 1e-7}
    other = {"electrolyte_conductivity": 0.03, "exchange_current": 600.0, **front}
    # both from one beginning: the profile that a growth begins with is that of the grains alone
    p = InterfaceParameters(interface_width=UM, noise_amplitude=0.0, **other)
    begun = GrowthModel(p, layer).begin(needles(layer.grid, UM, count=0, strip=8 * UM), 0.0)
    found = grown(all_boundary, begun, boundary_conduction=0.3, boundary_exchange=2.0, **front)
    plain = grown(layer, begun, **other)
    assert found.xi == pytest.approx(plain.xi, abs=1e-9)
    assert found.phi == pytest.approx(plain.phi, abs=1e-9)


def test_lithium_leads_along_boundaries_that_conduct_better():
    layer = add_grains(Microstructure.fine(Grid((64, 48), UM)), 12 * UM, UM, seed=2)
    height = grown(layer, boundary_conduction=100.0, boundary_exchange=10.0).xi.sum(axis=1)
    even = grown(layer).xi.sum(axis=1)
    assert np.ptp(even) < 0.01
    assert np.ptp(height) > 0.5
    on_top = layer.grid.to_nodes(layer.boundaries)[np.arange(65), np.round(height).astype(int)]
    assert np.corrcoef(height, on_top)[0, 1] > 0.2


def test_grains_that_the_grid_cannot_draw_and_idle_properties_are_refused():
    layer = Microstructure.fine(Grid((16, 48), UM))
    with pytest.raises(InputError, match="at least 4 cells"):
        add_grains(layer, 2 * UM, 0.5 * UM)
    with pytest.raises(InputError, match="twice as wide as their boundaries"):
        add_grains(layer, 8 * UM, 5 * UM)
    better = InterfaceParameters(interface_width=UM, boundary_conduction=10.0)
    with pytest.raises(InputError, match="add_grains"):
        GrowthModel(better, layer)
    with pytest.raises(InputError, match="front='single-ion'"):
        GrowthModel(better, add_grains(layer, 8 * UM, UM), Numerics(front="published"))

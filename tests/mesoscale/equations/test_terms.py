"""Terms of the growth: the built-in ones, one made up, the directions they prefer, and the published model."""

from dataclasses import dataclass

import numpy as np
import pytest

from selflimit.errors import InputError
from selflimit.mesoscale import (
    PUBLISHED_MODEL,
    Front,
    Grid,
    GrowthModel,
    InterfaceParameters,
    Microstructure,
    Moment,
    Numerics,
    Start,
    needles,
    switch_slope,
)
from selflimit.mesoscale.equations import terms
from selflimit.mesoscale.equations.anisotropy import Anisotropy
from selflimit.mesoscale.equations.capillarity import depleting_front, front_tension, physical_capillarity
from selflimit.mesoscale.equations.electrochemistry import charge_transfer
from selflimit.mesoscale.equations.sharp_limit import SharpForm

UM = 1e-6
W = 0.5 * UM


@dataclass(frozen=True)
class Corrosion:
    """Lithium that dissolves at a constant speed (m/s), whatever the potential: a term that the model does not have."""

    speed: float
    lagged: bool = True

    def rate(self, seen):
        """-v xi (1 - xi)/w (1/s): the profile moves back by v."""
        xi, w = seen.now.xi, seen.front.p.interface_width
        return -self.speed * np.clip(xi * (1 - xi), 0.0, None) / w


def strip(front, added=(), **values):
    grid = Grid((2, 64), W)
    p = InterfaceParameters(
        exchange_current=1e-6, overpotential=0.0, mechanical_correction=0.0, noise_amplitude=0.0, **values
    )
    model = GrowthModel(
        p, Microstructure.fine(grid, 1), Numerics(front=front, mechanics_change=2.0, time_tolerance=1e-3), terms=added
    )
    return model, needles(grid, W, count=0, strip=16 * UM)


@pytest.mark.parametrize("front", ["published", "sharp"])
def test_a_made_up_term_moves_the_front_and_returns_its_lithium(front):
    model, xi = strip(front, (Corrosion(1e-8),))
    run = model.evolve(xi, [0.0, 100.0])
    moved = model.microstructure.grid.integrate(run.state.xi - xi) / model.microstructure.grid.size[0]
    assert moved == pytest.approx(-1e-8 * 100.0, rel=0.05)  # steps of a tenth of w, and dx = w
    assert run.state.c.max() > 1.0  # the Li+ that it gives back
    assert model.lithium_error(run.state) < 1e-6
    assert run.notes == ()


def test_a_term_in_the_registry_acts_in_every_model(monkeypatch):
    monkeypatch.setitem(terms.TERMS, "corrosion", lambda setting: Corrosion(2e-8))
    model, xi = strip("sharp")
    assert Corrosion(2e-8) in model.equations.terms
    assert model.evolve(xi, [0.0, 20.0]).state.xi.sum() < xi.sum()


def test_terms_are_part_of_what_a_checkpoint_belongs_to():
    plain, other = (strip("sharp", added)[0] for added in ((), (Corrosion(1e-8),)))
    xi = strip("sharp")[1]
    start = Start(xi, np.ones_like(xi), np.zeros_like(xi))
    assert plain.configuration(start, [0.0, 1.0]) == plain.configuration(start, [0.0, 1.0])
    assert plain.configuration(start, [0.0, 1.0]) != other.configuration(start, [0.0, 1.0])


@pytest.mark.parametrize("folds", [4, 6])
def test_stiffness_of_an_anisotropic_front_in_the_plane(folds):
    """Along a circle the weighted normal turns by a + a'' = 1 - (m^2 - 1) delta cos m(theta - theta_0)."""
    shape, angle = Anisotropy(0.02, folds, 0.3), np.linspace(0.0, 2 * np.pi, 2001)
    vector = shape.vector(np.stack([np.cos(angle), np.sin(angle)], axis=-1))
    turned = np.gradient(vector, angle, axis=0)
    stiffness = -turned[:, 0] * np.sin(angle) + turned[:, 1] * np.cos(angle)
    expected = 1 - (folds**2 - 1) * 0.02 * np.cos(folds * (angle - 0.3))
    assert stiffness[2:-2] == pytest.approx(expected[2:-2], abs=1e-4)  # second differences of 2000 points


def test_anisotropy_of_the_cube_is_four_folds_in_a_plane_of_two_axes():
    angle = np.linspace(0.0, 2 * np.pi, 50)
    plane = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    space = np.concatenate([plane, 0 * plane[:, :1]], axis=-1)
    shape = Anisotropy(0.04)
    assert shape.factor(space) == pytest.approx(shape.factor(plane))
    assert shape.vector(space)[:, :2] == pytest.approx(shape.vector(plane))
    assert np.isfinite(shape.vector(np.zeros((3, 3)))).all()


@pytest.mark.parametrize(
    ("shape", "dimension", "match"),
    [(Anisotropy(0.05, 6), 2, r"below 1/\(m\^2 - 1\)"), (Anisotropy(0.02, 6), 3, "in space"),
     (Anisotropy(0.02, 4, 0.1), 3, "in space")],
)  # fmt: skip
def test_directions_that_make_no_sense_are_refused(shape, dimension, match):
    with pytest.raises(InputError, match=match):
        shape.checked(dimension, convex=True)


@pytest.mark.parametrize(
    "values",
    [{"front": "published", "anisotropy": 0.044}, {"front": "sharp", "anisotropy": 0.044},
     {"front": "sharp", "anisotropy": 0.02, "anisotropy_folds": 6, "anisotropy_orientation": 0.3},
     {"front": "sharp", "kinetic_anisotropy": 0.3}],
)  # fmt: skip
def test_anisotropic_growth_runs_from_needles(values):
    """Where grad xi is 0 there is no direction: this was 0/0 and never ran."""
    values = dict(values)
    grid, front = Grid((32, 64), W), values.pop("front")
    p = InterfaceParameters(noise_amplitude=0.0, mechanical_correction=0.0, **values)
    model = GrowthModel(p, Microstructure.fine(grid, 1), Numerics(front=front, mechanics_change=2.0))
    run = model.evolve(needles(grid, W, count=1), [0.0, 30.0])
    assert np.isfinite(run.state.xi).all()
    assert run.notes == ()
    assert model.lithium_error(run.state) < 1e-6


@pytest.mark.parametrize("turned", [0.0, np.pi / 4])
def test_kinetic_anisotropy_makes_a_flat_front_faster_or_slower(turned):
    """A front along an axis has the factor 1 + delta_k cos 4 theta_0 of its exchange current; c frozen."""
    grid = Grid((2, 64), W)

    def moved(strength):
        p = InterfaceParameters(
            exchange_current=30.0, kinetic_anisotropy=strength, anisotropy_orientation=turned, noise_amplitude=0.0,
            mechanical_correction=0.0,
        )  # fmt: skip
        numerics = Numerics(front="sharp", frozen_concentration=True, mechanics_change=2.0, time_tolerance=1e-3)
        start = needles(grid, W, count=0, strip=8 * UM)
        last = GrowthModel(p, Microstructure.fine(grid, 1), numerics).evolve(start, [0.0, 100.0]).state
        return grid.integrate(last.xi - start)

    assert moved(0.2) / moved(0.0) == pytest.approx(1 + 0.2 * np.cos(4 * turned), rel=0.02)


@pytest.mark.parametrize("dimension", [2, 3])
def test_noise_along_the_front_does_not_depend_on_the_width(dimension):
    """The velocity of a front fluctuates by A^2 w^(d-1) times an integral over its profile."""
    strengths = []
    for width in (0.5 * UM, 1.0 * UM):
        p = InterfaceParameters(interface_width=width, noise_amplitude=0.1)
        front = Front(Grid((4,) * dimension, width), p, form=SharpForm())
        strengths.append(terms.noise_amplitude(front) ** 2 * width ** (dimension - 1))
    assert strengths[0] == pytest.approx(strengths[1])
    assert terms.noise_amplitude(Front(Grid((4, 4), UM), p)) == 0.1  # as published


def test_noise_is_relative_to_the_exchange_rate_that_transport_leaves():
    p = InterfaceParameters(noise_amplitude=0.5)
    grid = Grid((4, 32), W)
    xi, one = needles(grid, W, count=0, strip=8 * UM), np.ones(grid.nodes)
    charge, now = charge_transfer(p, -0.1 * one), Moment(0.0, xi, 0.1 * one, 0 * one)
    front = Front(grid, p, form=SharpForm())
    found = terms.Noise(1).scaled(front, now, charge, one)
    resistance = SharpForm().resistance(p) * charge.cathodic
    assert found == pytest.approx(0.5 * front.kinetics * switch_slope(xi) * charge.cathodic / (1 + resistance))


def test_surface_tension_is_the_least_multiple_that_the_width_carries():
    p = InterfaceParameters()
    found = front_tension(p, 0.25 * UM, depleting_front(p, 24 * UM), False)
    assert found.wavelength == pytest.approx(12 * p.interface_width)
    assert found.physical == physical_capillarity(p) < found.capillarity
    assert "material's surface tension" in found.statement()
    thin = InterfaceParameters(interface_width=0.01 * UM)
    finer = front_tension(thin, 0.005 * UM, depleting_front(thin, 24 * UM), False)
    assert finer.multiple == pytest.approx(1.0)  # wide enough for the material's own


def test_a_surface_tension_that_the_width_cannot_show_is_refused_and_named():
    p = InterfaceParameters(capillarity=1e-15)
    with pytest.raises(InputError, match=r"at least .* m\^2/s.*narrow interface_width"):
        front_tension(p, W, depleting_front(p, 24 * UM), False)
    assert "those of the width" in front_tension(p, W, depleting_front(p, 24 * UM), True).statement()


PUBLISHED = {
    "layered": {
        "xi": 3.263208847692566e-10, "xi_y": 1.3979060041677417e-15, "c": 1.217687284363413e-09,
        "phi": -1.0092605539284344e-10, "pressure": 3156801333.558405,
    },
}  # fmt: skip
"""Numbers of the published model before there was any other: 100 s on 32 x 48 cells, seed 1, noise 0.5."""


def test_the_published_model_stays_what_it_was():
    grid = Grid((32, 48), UM)
    layer = Microstructure.layered(
        grid, 1, coarse_fraction=0.22, radius=5 * UM, gap=4 * UM, clearance=9 * UM, electrolyte_height=12 * UM,
        contact=0.22,
    )  # fmt: skip
    p = InterfaceParameters(interface_width=UM, noise_amplitude=0.5, **PUBLISHED_MODEL)
    model = GrowthModel(p, layer, Numerics(front="published"))
    last = model.evolve(layer.initial_lithium(UM), [0.0, 100.0]).state
    height = grid.node_coordinates()[-1]
    found = {
        "xi": grid.integrate(last.xi), "xi_y": grid.integrate(last.xi**2 * height), "c": grid.integrate(last.c),
        "phi": grid.integrate(last.phi), "pressure": np.abs(last.pressure).sum(),
    }  # fmt: skip
    assert found == pytest.approx(PUBLISHED["layered"], rel=1e-6)

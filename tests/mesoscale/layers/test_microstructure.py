"""Particle classes: packing, sole difference between fine and graded, impossible inputs; two and three dimensions."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label

from selflimit.errors import InputError
from selflimit.mesoscale import (
    Grid,
    InterfaceParameters,
    LognormalRadii,
    Microstructure,
    NormalRadii,
    Particle,
    needles,
)
from selflimit.mesoscale.layers.packing import Room, draw_radii, pack_coarse_layer, pack_particles
from selflimit.mesoscale.layers.particles import ball_measure, measure_within

GRID = Grid((64, 96), 1e-6)
BOX = Grid((32, 32, 48), 1e-6)
P = InterfaceParameters()
SIDE = 60e-6


def layer(dimension, fraction, radii, seed=0, gap=2e-6, clearance=3e-6, contact=0.0):
    """A packing in a square or cubic layer."""
    room = Room((SIDE,) * (dimension - 1), clearance, SIDE - clearance, gap)
    return pack_coarse_layer(radii, fraction, SIDE, room, contact, seed)


def distances(particles):
    """Distances between the surfaces of all pairs of discs or spheres (m)."""
    return [
        np.linalg.norm(np.subtract(a.centre, b.centre)) - a.semi_axes[0] - b.semi_axes[0]
        for a, b in combinations(particles, 2)
    ]


def test_fine_and_graded_differ_only_in_the_eigenstrain():
    fine, graded = Microstructure.fine(GRID), Microstructure.graded(GRID)
    assert all(np.array_equal(a, b) for a, b in zip(fine.host_moduli(P), graded.host_moduli(P), strict=True))
    ratio = graded.expansion(P) / fine.expansion(P)
    assert ratio.min() == pytest.approx(1.0)
    assert ratio.max() == pytest.approx(1.0 / P.fine_ratio)
    inside = graded.coarse == 1.0
    assert graded.expansion(P)[inside] == pytest.approx(np.broadcast_to(P.coarse_expansion, (inside.sum(), 3)))


def test_growth_is_the_last_axis_of_the_strain_in_three_dimensions():
    plane, box = Microstructure.fine(GRID).expansion(P)[0, 0], Microstructure.fine(BOX).expansion(P)[0, 0, 0]
    x, growth, depth = plane
    assert box == pytest.approx([x, depth, growth])


@pytest.mark.parametrize(
    ("dimension", "fraction", "radii"),
    [
        (2, 0.2, 5e-6),
        (2, 0.6, 5e-6),  # above the 0.547 of random sequential addition
        (2, 0.4, LognormalRadii(4e-6, 1.4)),
        (3, 0.2, 9e-6),
        (3, 0.3, NormalRadii(8e-6, 1.5e-6)),
    ],
)
def test_packings_keep_gaps_and_clearances_and_reach_their_fraction(dimension, fraction, radii):
    gap = 0.2e-6
    particles = layer(dimension, fraction, radii, gap=gap, clearance=1e-6)
    assert min(distances(particles)) >= gap
    heights, sizes = (np.array([p.centre[-1] for p in particles]), np.array([p.semi_axes[0] for p in particles]))
    # a hundredth of the resolution that matters: rounding of sums in m
    assert np.all(heights - sizes >= 1e-6 - 1e-15)
    assert np.all(heights + sizes <= SIDE - 1e-6 + 1e-15)
    box = (SIDE,) * dimension
    inside = sum(measure_within(box, p) for p in particles)
    half = 0.5 * ball_measure(sizes.max(), dimension)
    assert inside == pytest.approx(fraction * SIDE**dimension, abs=half)
    assert particles == layer(dimension, fraction, radii, gap=gap, clearance=1e-6)
    assert particles != layer(dimension, fraction, radii, gap=gap, clearance=1e-6, seed=1)


def test_given_particles_stay_while_others_are_pushed():
    """65 % of the area: random addition finds no room for the last ones, so that all but the first are moved."""
    fixed = [Particle.ball((15e-6, 20e-6), 5e-6), Particle.ball((45e-6, 30e-6), 5e-6)]
    count = round(0.65 * SIDE**2 / ball_measure(4e-6, 2))
    particles = pack_particles([4e-6] * count, Room((SIDE,), 0.0, SIDE, 0.0), np.random.default_rng(0), fixed)
    assert particles[:2] == fixed
    assert len(particles) == count + 2
    assert min(distances(particles)) >= 0.0


def test_the_same_particles_at_every_resolution():
    for kind in (Microstructure.graded, Microstructure.layered):
        coarse, fine = kind(GRID, 3), kind(Grid((128, 192), 0.5e-6), 3)
        means = fine.coarse.reshape(64, 2, 96, 2).mean(axis=(1, 3))
        # edges are one cell wide on either grid, so only cells on an edge can differ
        assert np.abs(means - coarse.coarse).max() < 0.3
        assert np.array_equal(coarse.electrolyte > 0.5, fine.electrolyte[::2, ::2] > 0.5)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31), fraction=st.sampled_from([0.0, 0.05, 0.12]))
def test_particles_on_the_grid_are_separate_and_off_the_ends(seed, fraction):
    structure = Microstructure.graded(GRID, seed, fraction, 7e-6, 5e-6, 10e-6)
    y = GRID.cell_centres()[1]
    found = structure.coarse > 0
    # One cell of smeared edge on either side.
    assert np.all(y[found] > 10e-6 - GRID.spacing)
    assert np.all(y[found] < GRID.size[1] - 10e-6 + GRID.spacing)
    half, box = 0.5 * np.pi * (7e-6) ** 2, GRID.size
    packed = pack_coarse_layer(7e-6, fraction, box[1], Room(box[:1], 10e-6, box[1] - 10e-6, 5e-6), 0.0, seed)
    exact = sum(measure_within(box, particle) for particle in packed)
    assert abs(exact - fraction * 64 * 96e-12) <= half
    assert structure.coarse.sum() * GRID.cell_volume == pytest.approx(exact, rel=0.02)  # the smeared edges
    assert (label(found)[1] > 0) == (fraction > 0)


@pytest.mark.parametrize(("grid", "radius"), [(GRID, 9e-6), (BOX, 9e-6)])
def test_measures_of_a_particle_on_the_grid(grid, radius):
    """Smeared edges keep the area or volume: error of order (dx/R)^2 = 1 %; a face through the centre halves it."""
    centre = [0.5 * side for side in grid.size]
    whole, cut = Particle.ball(centre, radius), Particle.ball([0.0, *centre[1:]], radius)
    exact = ball_measure(radius, grid.dimension)
    for particle, share in ((whole, 1.0), (cut, 0.5)):
        found = Microstructure.of_particles(grid, [particle]).coarse.sum() * grid.cell_volume
        assert found == pytest.approx(share * exact, rel=0.02)
        assert measure_within(grid.size, particle) == pytest.approx(share * exact, rel=0.01)


def test_drawn_radii_follow_their_distribution():
    """4 standard errors of the mean and of the deviation of about 3000 radii."""
    draw, n = np.random.default_rng(0), 3000
    logs = np.log(draw_radii(LognormalRadii(3e-6, 1.3), n * ball_measure(3e-6, 2), 2, draw))
    error = np.log(1.3) / np.sqrt(len(logs))
    assert logs.mean() == pytest.approx(np.log(3e-6), abs=4 * error)
    assert logs.std() == pytest.approx(np.log(1.3), abs=4 * error / np.sqrt(2))
    normal = np.array(draw_radii(NormalRadii(3e-6, 0.5e-6), n * ball_measure(3e-6, 2), 2, draw))
    error = 0.5e-6 / np.sqrt(len(normal))
    assert normal.mean() == pytest.approx(3e-6, abs=4 * error)
    assert normal.std() == pytest.approx(0.5e-6, abs=4 * error / np.sqrt(2))
    assert draw_radii([1e-6, 3e-6], 0.0, 2, draw) == [3e-6, 1e-6]


@pytest.mark.parametrize(("grid", "contact"), [(GRID, 0.4), (BOX, 0.25)])
def test_graded_layer_touches_the_electrolyte_and_leaves_channels(grid, contact):
    structure = Microstructure.layered(
        grid, 1, 0.15, radius=8e-6, gap=4e-6, clearance=4e-6, electrolyte_height=16e-6, contact=contact
    )
    assert structure.name == "graded-on-electrolyte"
    surface = grid.shape[-1] - 16
    assert np.array_equal(structure.electrolyte[..., surface:], np.ones((*grid.shape[:-1], 16)))
    assert not structure.electrolyte[..., :surface].any()
    assert (structure.coarse + structure.electrolyte).max() <= 1.0
    on_coarse = (structure.coarse[..., surface - 1] > 0.5).mean()
    face = 2 * 0.8 * 8 if grid.dimension == 2 else np.pi * (0.8 * 8) ** 2
    # to half a face, and at most a face less where a side cuts it
    assert contact - 1.5 * face / np.prod(grid.shape[:-1]) < on_coarse < contact + 0.7 * face / np.prod(grid.shape[:-1])
    assert on_coarse > 0.0
    # fine particles form one region that reaches from electrode to electrolyte
    pieces, count = label(structure.coarse + structure.electrolyte < 0.5)
    assert count == 1
    assert pieces[..., 0].any()
    assert pieces[..., surface - 1].any()


def test_fine_layer_on_the_electrolyte_is_the_control():
    structure = Microstructure.layered(GRID, 0, coarse_fraction=0.0, electrolyte_height=30e-6)
    assert structure.name == "fine-on-electrolyte"
    assert not structure.coarse.any()
    assert structure.electrolyte.sum() * GRID.cell_volume == pytest.approx(30e-6 * 64e-6)


def test_interface_is_symmetric_with_an_open_channel():
    structure = Microstructure.interface(GRID)
    total = structure.coarse + structure.electrolyte
    assert total.max() <= 1.0
    assert structure.coarse == pytest.approx(structure.coarse[::-1], abs=1e-12)
    width = GRID.spacing * (structure.coarse.max(axis=1) < 0.5).sum()
    assert width == pytest.approx(0.25 * GRID.size[0], abs=2 * GRID.spacing)
    assert structure.electrolyte[:, -1].min() == 1.0
    lam, mu = structure.host_moduli(P)
    assert lam[0, -1] / mu[0, -1] == pytest.approx(2 * P.electrolyte_poisson / (1 - 2 * P.electrolyte_poisson))


def test_interface_in_three_dimensions_has_the_plane_one_as_its_face():
    """On the face through the particles' centres |x/a|^6 + |z/b|^6 is the plane's particle."""
    plane, box = Microstructure.interface(Grid((32, 48), 1e-6)), Microstructure.interface(BOX)
    assert np.abs(box.coarse[:, 0] - plane.coarse).max() < 1e-3  # half a cell beside the centre: (0.5/12)^6
    assert box.coarse == pytest.approx(box.coarse.transpose(1, 0, 2)[::-1, ::-1])


def test_needles_start_from_a_profile_of_width_w():
    for grid in (GRID, BOX):
        flat = needles(grid, 1e-6, count=0, strip=10e-6)
        z = grid.node_coordinates()[-1]
        assert flat == pytest.approx(0.5 * (1 - np.tanh((z - 10e-6) / 2e-6)), abs=1e-15)
        pointed = needles(grid, 1e-6, seed=3)
        assert pointed.shape == grid.nodes
        assert pointed.max() <= 1.0
        assert grid.integrate(pointed) > grid.integrate(needles(grid, 1e-6, count=0))


def test_needles_in_three_dimensions_are_as_many_as_asked_for():
    structure = Microstructure.fine(Grid((96, 64, 32), 0.5e-6), seed=4)
    _, count = label(
        structure.initial_lithium(0.25e-6)[..., 12] > 0.5
    )  # 2 µm above the strip: at least 0.7 x 4 µm high
    assert count == 9
    _, count = label(needles(structure.grid, 0.25e-6, seed=4, count=6)[..., 12] > 0.5)
    assert count == 6


@pytest.mark.parametrize("shape", [(64, 96), (16, 96), (8, 96), (4, 96), (8, 8, 96), (32, 32, 96)])
def test_needles_do_not_add_up_in_a_narrow_domain(shape):
    """The tip is at most the strip and the longest needle, 4 + 1.3 x 4 µm, and 2 % of its neighbours."""
    grid = Grid(shape, 0.5e-6)
    xi = Microstructure.fine(grid, 1).initial_lithium(0.5e-6)
    tip = grid.node_coordinates()[-1][xi > 0.5].max()
    assert tip <= 4e-6 + 1.3 * 4e-6 * 1.02 + 0.5e-6


def test_needles_that_would_overlap_are_refused():
    with pytest.raises(InputError, match="at most 1 needles of half-width 2e-06 m side by side, got 3"):
        needles(Grid((16, 96), 0.5e-6), 0.5e-6, count=3)


def test_a_description_tells_what_distinguishes_the_structure():
    assert Microstructure.fine(GRID, 7).describe() == "fine, seed 7"
    said = Microstructure.graded(GRID, 2, 0.1, LognormalRadii(6e-6, 1.2)).describe()
    assert said.startswith("graded, seed 2: ")
    assert "lognormal, median 6 µm, geometric standard deviation 1.2" in said


@pytest.mark.parametrize(
    "arguments",
    [
        {"coarse_fraction": 0.9},
        {"radius": 1e-6},
        {"radius": 60e-6},
        {"radius": -9e-6},
        {"radius": [9e-6, float("nan")]},
        {"coarse_fraction": -0.1},
        {"coarse_fraction": 1.0},
    ],
)
@pytest.mark.parametrize("kind", [Microstructure.graded, Microstructure.layered])
def test_impossible_packings_are_refused(kind, arguments):
    with pytest.raises(InputError, match="particles"):
        kind(GRID, 0, **arguments)


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        ({"radius": 5e-12}, "1e-10 to 0.01 m, got 5e-12 m"),
        ({"radius": 9.0}, "9e-06 (9 micrometre)"),
        ({"gap": 2.0}, "2e-06 (2 micrometre)"),
        ({"clearance": 9.0}, "9e-06 (9 micrometre)"),
        ({"radius": LognormalRadii(5e-9, 1.2)}, "200000 coarse particles"),
        ({"radius": 5e-9}, "200000 coarse particles"),
    ],
)
def test_lengths_in_another_unit_are_refused_before_particles_are_placed(arguments, meant):
    with pytest.raises(InputError, match="coarse particles") as fault:
        Microstructure.graded(GRID, 0, **arguments)
    assert meant in str(fault.value)


@pytest.mark.parametrize(
    ("coarse", "electrolyte", "message"),
    [
        (np.zeros((96, 64)), np.zeros(GRID.shape), r"coarse must have shape"),
        (np.full(GRID.shape, np.nan), np.zeros(GRID.shape), "coarse must be volume fractions from 0 to 1, got nan"),
        (np.zeros(GRID.shape), np.full(GRID.shape, 1.1), "electrolyte must be volume fractions"),
        (np.full(GRID.shape, 0.6), np.full(GRID.shape, 0.6), r"coarse \+ electrolyte must .* 1\.2"),
        (np.full(GRID.shape, -1e-3), np.zeros(GRID.shape), "from 0 to 1, got -0.001"),
    ],
)
def test_fields_that_are_no_volume_fractions_are_refused(coarse, electrolyte, message):
    with pytest.raises(InputError, match=message):
        Microstructure("particles", 0, GRID, coarse, electrolyte)


def test_a_grid_in_micrometres_is_refused_where_a_layer_lies_on_it():
    with pytest.raises(InputError, match=r"spacing dx .* got 0\.5 m; did you mean 5e-07"):
        Microstructure.fine(Grid((64, 96), 0.5))


def test_an_impossible_packing_says_how_far_it_got():
    with pytest.raises(InputError, match=r"placed \d+ in .* overlaps of .* µm.*0\.\d\d of the space"):
        Microstructure.graded(GRID, 0, 0.6)


def test_impossible_distributions_and_contacts_are_refused():
    with pytest.raises(InputError, match="at least 1"):
        LognormalRadii(5e-6, 0.5)
    with pytest.raises(InputError, match="standard deviation"):
        NormalRadii(5e-6, 6e-6)
    with pytest.raises(InputError, match="contact"):
        Microstructure.layered(GRID, contact=1.2)
    with pytest.raises(InputError, match="electrolyte"):
        Microstructure.layered(GRID, electrolyte_height=96e-6)


def test_given_particles_that_overlap_miss_the_domain_or_are_unresolved_are_refused():
    disc = Particle.ball((20e-6, 30e-6), 8e-6)
    apart = Particle.ball((36.1e-6, 30e-6), 8e-6)
    assert Microstructure.of_particles(GRID, [disc, apart], electrolyte_height=20e-6).describe().startswith("particles")
    for other, message in (
        (Particle.ball((35.9e-6, 30e-6), 8e-6), "numbers? 0 .* 1"),
        (disc, "overlap"),
        (Particle.ball((20e-6, 33e-6), 2e-6), "overlap"),  # one inside the other
        (Particle.ball((20e-6, 120e-6), 8e-6), "reach into the domain"),
        (Particle.ball((40e-6, 60e-6), 1e-6), "two cells"),
        (Particle((40e-6, 60e-6, 3e-6), (8e-6,) * 3), "2 coordinates"),
    ):
        with pytest.raises(InputError, match=message):
            Microstructure.of_particles(GRID, [disc, other])


@pytest.mark.parametrize(("distance", "overlaps"), [(19.0, False), (16.0, True)])
def test_overlap_of_superellipses(distance, overlaps):
    """|x|^6 + |y|^6 = 1 meets the diagonal at 2^(-1/6): two of half width 10 touch 2 x 10 x 2^(-1/6) = 17.8 apart."""
    pair = [Particle((x * 1e-6, y * 1e-6), (10e-6, 10e-6), 6.0) for x, y in ((20, 30), (20 + distance, 30 + distance))]
    if overlaps:
        with pytest.raises(InputError, match="overlap"):
            Microstructure.of_particles(GRID, pair)
    else:
        Microstructure.of_particles(GRID, pair)


def test_impossible_interfaces_and_needles_are_refused():
    with pytest.raises(InputError, match="channel"):
        Microstructure.interface(GRID, channel=1.0)
    with pytest.raises(InputError, match="layer"):
        Microstructure.interface(GRID, height=0.7)
    with pytest.raises(InputError, match="did you mean 4e-06"):
        needles(GRID, 1e-6, strip=4.0)
    with pytest.raises(InputError, match="shorter"):
        needles(GRID, 1e-6, strip=95e-6)


def test_lithium_on_closed_particles_expands_as_at_coarse_ones():
    """Within 1 um of a disc of 8 um, whatever the spacing; farther away as among fine particles."""
    p = InterfaceParameters()
    for spacing in (1e-6, 0.5e-6):
        grid = Grid((round(32e-6 / spacing), round(32e-6 / spacing)), spacing)
        x, y = (grid.to_cells(axis) for axis in grid.node_coordinates())
        distance = np.hypot(x - 16e-6, y - 16e-6)
        layer = Microstructure("particles", 1, grid, (distance < 8e-6) * 1.0, np.zeros(grid.shape), closed=True)
        ratio = layer.expansion(p)[..., 0] / p.coarse_expansion[0]
        assert ratio[distance < 8.9e-6] == pytest.approx(1.0)
        assert ratio[distance > 8e-6 + np.sqrt(2) * 2e-6] == pytest.approx(p.fine_ratio)
        assert replace(layer, closed=False).expansion(p)[..., 0][distance > 8e-6] == pytest.approx(p.fine_expansion[0])

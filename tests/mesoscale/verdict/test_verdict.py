"""Coverage, reaction zone and verdict on made-up growths whose answers are known by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_growths import FRONT
from matplotlib.figure import Figure

from selflimit.documents import Criterion, DesignCell, DesignMapDoc, FieldFile, GrowthDoc
from selflimit.errors import InputError
from selflimit.mesoscale import Contact, Grid, InterfaceParameters, Microstructure, judge, plot_design_map
from selflimit.mesoscale.layers.microstructure import phase_lame
from selflimit.mesoscale.verdict.contact import detached_share
from selflimit.mesoscale.verdict.verdict import critical_correction, stress_at_contact
from selflimit.units import FARADAY

GRID = Grid((16, 32), 1e-6)
LAYER = 20
"""Cells of the particle layer below the electrolyte."""


def layer(coarse_columns=0):
    """Particle layer of 20 cells, coarse in its first columns, below 12 cells of electrolyte."""
    electrolyte, coarse = np.zeros(GRID.shape), np.zeros(GRID.shape)
    electrolyte[:, LAYER:] = 1.0
    coarse[:coarse_columns, 8:LAYER] = 1.0
    return Microstructure("made up", 0, GRID, coarse, electrolyte)


def lithium(columns, height=LAYER):
    """Order parameter of lithium that fills the last ``columns`` columns up to ``height`` cells, all others to 4."""
    xi = np.zeros(GRID.nodes)
    xi[:, :5] = 1.0
    if columns:
        xi[16 - columns :, : height + 1] = 1.0
    return xi


@settings(max_examples=30, deadline=None)
@given(columns=st.integers(0, 16), coarse=st.integers(0, 15))
def test_coverage_counts_columns(columns, coarse):
    contact = Contact.of(layer(coarse), lithium(columns))
    assert contact.coverage == pytest.approx(columns / 16)
    assert contact.coarse_share == pytest.approx(coarse / 16)
    assert contact.coverage_fine == pytest.approx(min(columns, 16 - coarse) / (16 - coarse))
    expected = None if coarse == 0 else pytest.approx(max(0, columns - (16 - coarse)) / coarse)
    assert contact.coverage_coarse == expected


def test_lithium_one_cell_short_does_not_count():
    assert Contact.of(layer(), lithium(16, LAYER - 1)).coverage == 0.0


def test_lithium_without_connection_to_the_electrode_is_counted():
    xi = lithium(0)
    assert detached_share(xi) == 0.0
    xi[3:5, 10:13] = 1.0  # 6 nodes beside the 17 x 5 of the strip
    assert detached_share(xi) == pytest.approx(6 / (6 + 17 * 5))
    xi[3, 5:10] = 1.0
    assert detached_share(xi) == 0.0


def test_in_three_dimensions_faces_are_areas():
    grid = Grid((8, 8, 16), 1e-6)
    electrolyte, xi = np.zeros(grid.shape), np.zeros(grid.nodes)
    electrolyte[..., 10:] = 1.0
    xi[:5, :3, :11] = 1.0  # 4 x 2 cells of 64
    structure = Microstructure("made up", 0, grid, np.zeros(grid.shape), electrolyte)
    assert Contact.of(structure, xi).coverage == pytest.approx(8 / 64)


def test_reaction_zone_is_a_slab_below_full_cover_and_a_half_disc_below_a_point():
    depth = 5e-6
    full = Contact.of(layer(), lithium(16)).reaction_zone(layer(), depth)
    assert full[:, LAYER : LAYER + 5].all() and full.sum() == 16 * 5
    grid = Grid((64, 64), 0.5e-6)
    electrolyte, xi = np.zeros(grid.shape), np.zeros(grid.nodes)
    electrolyte[:, 32:] = 1.0
    xi[32:34, :33] = 1.0  # one column of cells
    structure = Microstructure("made up", 0, grid, np.zeros(grid.shape), electrolyte)
    zone = Contact.of(structure, xi).reaction_zone(structure, depth)
    # a half disc around the cell below the surface, its lowest half cell outside the electrolyte: the staircase of
    # 10 cells radius has the area to some 10 %
    assert zone.sum() * grid.cell_volume == pytest.approx(0.5 * np.pi * depth**2, rel=0.1)


def test_full_cover_carries_the_laminate_stress():
    """Layers of lithium, zone and electrolyte between roller sides and fixed ends."""
    p = InterfaceParameters(coarse_expansion=(1e-3, 1e-3, 1e-3), fine_ratio=0.5)
    structure, xi = layer(), np.zeros(GRID.nodes)
    xi[:, : LAYER + 1] = 1.0
    found = stress_at_contact(structure, xi, Contact.of(structure, xi), p, 5e-6)
    h = np.array([LAYER, 5.0, 7.0])
    moduli = np.array([phase_lame(p, name) for name in ("lithium", "zone", "electrolyte")])
    lam, mu = moduli[:, 0], moduli[:, 1]
    bulk3 = 3 * lam + 2 * mu

    def compression(strain):
        s_yy = -(h * bulk3 * strain / (lam + 2 * mu)).sum() / (h / (lam + 2 * mu)).sum()
        eps = (s_yy + bulk3 * strain) / (lam + 2 * mu)
        return -(s_yy + 2 * (lam * eps - bulk3 * strain)) / 3

    # Q1 is exact on laminates; 1e-6 leaves the solver's residual of 1e-8 a margin for the contrast
    assert found.lithium == pytest.approx(compression(np.array([0.5e-3, 0, 0]))[0], rel=1e-6)
    assert found.reaction == pytest.approx(compression(np.array([0, p.zone_eigenstrain, 0]))[0], rel=1e-6)
    assert found.modulus.k_eff == pytest.approx(compression(np.array([0, 1 / 3, 0]))[1], rel=1e-6)


def growth(heights, times):
    series = [0.0] * len(times)
    return GrowthDoc(
        microstructure="made up", grid_shape=GRID.shape, spacing=1e-6, spacing_over_width=1.0, parameters=[],
        front=FRONT, times=times, tip_height=heights, deposited=series, peak_compression=series,
        interface_compression=series,
        lithium_balance_error=0, charge_balance_error=0, overshoot=0, steps=1, rejected_steps=0, sweeps=1,
        newton_iterations=1, multigrid_iterations=1, notes=[], fields=FieldFile(path="x", sha256="x", arrays={}),
    )  # fmt: skip


def judged(columns, criterion=None, **parameters):
    """Lithium of 4 columns at 100 s, of ``columns`` at 200 s."""
    p = InterfaceParameters(**parameters)
    xi = np.stack([lithium(0), lithium(4 if columns else 0), lithium(columns)])
    doc = growth([4e-6, 20e-6, 20e-6] if columns else [4e-6] * 3, [0.0, 100.0, 200.0])
    return judge(doc, xi, layer(4), p, 200.0, criterion or Criterion(), 5e-6)


def test_localised_and_arrested_are_judged_apart():
    weak, strong = 1.0, 1e4
    answers = {(n, c): judged(n, mechanical_correction=c) for n in (6, 12) for c in (weak, strong)}
    assert {key: (v.localised, v.arrested) for key, v in answers.items()} == {
        (6, weak): (True, False),
        (6, strong): (True, True),
        (12, weak): (False, False),
        (12, strong): (False, True),
    }
    assert [v.self_limiting for v in answers.values()] == [False, True, False, False]
    assert "0.75 of the surface covered" in answers[(12, weak)].reason
    found = answers[(6, weak)]
    assert found.arrival == 100.0 and found.coverage == [0.0, 0.25, 0.375]
    assert found.tip_velocity == pytest.approx(16e-6 / 100)
    assert found.penetration == pytest.approx(1.0)


def test_the_critical_correction_is_where_the_rate_changes_sign():
    compressed = judged(6)
    at = judged(6, mechanical_correction=compressed.critical_correction)
    assert at.stress_ratio == pytest.approx(1.0) and at.velocity_ratio == pytest.approx(0.0, abs=1e-9)
    below = judged(6, mechanical_correction=0.9 * compressed.critical_correction)
    assert below.velocity_ratio > 0 and not below.arrested
    # 20 MPa against 0.1 V: 0.1 x 96485 / (20e6 x 1.3e-5) = 37
    assert critical_correction(InterfaceParameters(), 20e6) == pytest.approx(0.1 * FARADAY / 260.0)
    assert critical_correction(InterfaceParameters(), -1.0) is None


def test_thresholds_decide():
    assert judged(12, Criterion(largest_coverage=0.8)).localised
    ratio = judged(6).stress_ratio
    assert judged(6, Criterion(least_stress_ratio=0.99 * ratio)).arrested
    assert not judged(6, Criterion(least_stress_ratio=1.01 * ratio)).arrested


def test_much_detached_lithium_leaves_no_verdict():
    p, xi = InterfaceParameters(mechanical_correction=1e4), np.stack([lithium(0), lithium(4), lithium(6)])
    xi[2, 1:4, 8:14] = 1.0  # 18 nodes of 205
    doc = growth([4e-6, 20e-6, 20e-6], [0.0, 100.0, 200.0])
    found = judge(doc, xi, layer(4), p, 200.0, Criterion(), 5e-6)
    assert found.detached == pytest.approx(18 / (17 * 5 + 7 * 16 - 10 + 18), rel=0.1)
    assert found.localised and found.arrested and found.self_limiting is None
    assert found.reason.startswith("no verdict: 0.0") and "not connected" in found.reason
    assert judge(doc, xi, layer(4), p, 200.0, Criterion(largest_detached=0.5), 5e-6).self_limiting


def test_a_layer_that_was_not_crossed_gets_no_verdict():
    found = judged(0)
    assert found.self_limiting is None and found.arrival is None and found.stress_ratio is None
    assert found.reason.startswith("no verdict")


def test_structures_without_electrolyte_and_thin_zones_are_refused():
    with pytest.raises(InputError, match="layered"):
        Contact.of(Microstructure.fine(GRID), lithium(1))
    with pytest.raises(InputError, match="two cells"):
        Contact.of(layer(), lithium(4)).reaction_zone(layer(), 1e-6)
    with pytest.raises(InputError, match="found none"):
        Contact.of(layer(), lithium(0)).reaction_zone(layer(), 5e-6)


def cell(coarse, correction, wins, packings, **other):
    known = packings > 0
    values = {
        "radius": 5e-6, "overpotential": -0.1, "packings": packings, "self_limiting": wins, "localised": wins,
        "not_reached": 0, "failed": 0, "artefacts": 0,
        "probability": wins / packings if known else None, "low": None, "high": None,
        "coverage": 0.4 if known else None,
        "detached": 0.0 if known else None, "stress_ratio": 1.5 if known else None, "critical_correction": None,
    }  # fmt: skip
    return DesignCell(coarse_fraction=coarse, correction=correction, **(values | other))


def design_map(cells):
    return DesignMapDoc(
        cells=cells, criterion=Criterion(), crossings=4.0, grid_shape=(64, 96), spacing=5e-7, seeds=[1],
        retained_fraction=0.03, cpu_seconds=1.0,
    )  # fmt: skip


def test_the_figure_shows_every_cell_in_its_place():
    cells = [
        cell(0.0, 30, 0, 3),
        cell(0.4, 30, 2, 3),
        cell(0.0, 60, 0, 0, not_reached=3),
        cell(0.4, 60, 0, 0, failed=3),
    ]
    panels = plot_design_map(design_map(cells), Figure())
    texts = {(round(t.get_position()[0]), round(t.get_position()[1])): t.get_text() for t in panels[0].texts}
    assert texts == {(0, 0): "0/3", (1, 0): "2/3", (0, 1): "not\nreached", (1, 1): "failed"}
    shades = panels[0].images[0].get_array()
    assert shades[0, 1] == pytest.approx(2 / 3) and np.ma.getmaskarray(np.ma.masked_invalid(shades))[1].all()
    assert [label.get_text() for label in panels[0].get_yticklabels()] == ["30", "60"]


def test_a_third_axis_with_several_values_is_refused():
    cells = [cell(0.0, 30, 0, 3), cell(0.0, 30, 0, 3, radius=8e-6)]
    with pytest.raises(InputError, match="one radius"):
        plot_design_map(design_map(cells), Figure())
    with pytest.raises(InputError, match="two of the axes"):
        plot_design_map(design_map(cells), Figure(), "coarse_fraction", "colour")

"""Static stress at the interface against the exact laminate, and its linearity."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selflimit.documents import DecompositionDoc, LevelOfTheory, PhaseAmount
from selflimit.errors import InputError
from selflimit.mesoscale import Grid, InterfaceParameters, Microstructure, load_fields, static_stress
from selflimit.mesoscale.layers.microstructure import phase_lame
from selflimit.mesoscale.mechanics.elasticity import equilibrium, roller_box
from selflimit.mesoscale.mechanics.static_stress import InterfacePhases, interface_stress, tip_compression

GRID = Grid((32, 48), 2e-6)
REACTION = DecompositionDoc(
    formula="Li2ZrCl6",
    working_ion="Li",
    voltage=0.0,
    k_eff=0.0,
    products=[PhaseAmount(formula="LiCl", entry_id="a", amount=6.0, volume=34.0)],
    ion_uptake=4.0,
    reaction="test",
    reaction_energy=-5.0,
    reaction_energy_per_atom=-5.0 / 9,
    grand_potential=-80.0,
    grand_potential_per_atom=-80.0 / 9,
    functional="linear",
    electrolyte_volume=200.0,
    decomposition_volume=26.0,
    reaction_strain=0.13,
    level_of_theory=LevelOfTheory(method="force field", model="test"),
)


def layers(lithium, electrolyte, zone):
    """Phases in layers along y: numbers of cells of lithium (below), electrolyte, zone; the rest fine particles."""
    shape, ends = (4, 32), np.cumsum([lithium, electrolyte, zone])
    masks = []
    for begin, end in zip([0, *ends[:-1]], ends, strict=True):
        mask = np.zeros(shape)
        mask[:, begin:end] = 1.0
        masks.append(mask)
    empty = np.zeros(shape)
    return InterfacePhases(masks[0], empty, empty, masks[1], masks[2])


@settings(deadline=None, max_examples=15)
@given(
    cells=st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9)),
    k=st.floats(1e-4, 1e-2),
    e=st.floats(0, 1e-2),
)
def test_layers_carry_the_laminate_stress(cells, k, e):
    """Exact laminate between roller sides and fixed ends, isotropic eigenstrain k_i in layer i of thickness h_i."""
    p = InterfaceParameters(coarse_expansion=(k, k, k), fine_ratio=1.0)
    grid = Grid((4, 32), 1e-6)
    found = interface_stress(grid, layers(*cells), p).pressure(e)
    h = np.array([*cells, 32 - sum(cells)], dtype=float)
    moduli = np.array([phase_lame(p, name) for name in ("lithium", "electrolyte", "zone", "particle")])
    lam, mu, strain = moduli[:, 0], moduli[:, 1], np.array([k, 0.0, e, 0.0])
    bulk3 = 3 * lam + 2 * mu
    s_yy = -(h * bulk3 * strain / (lam + 2 * mu)).sum() / (h / (lam + 2 * mu)).sum()
    eps = (s_yy + bulk3 * strain) / (lam + 2 * mu)
    pressure = (s_yy + 2 * (lam * eps - bulk3 * strain)) / 3
    order = np.repeat(np.arange(4), h.astype(int))
    # Q1 is exact here; the tolerance is the relative residual 1e-8 of the solves with a margin for the contrast.
    assert np.allclose(found[1], pressure[order], rtol=0, atol=1e-5 * np.abs(pressure).max())


def solved(**parameters):
    p = InterfaceParameters(**parameters)
    phases = InterfacePhases.at_tip(Microstructure.interface(GRID), 8e-6, 2e-6)
    return p, phases, interface_stress(GRID, phases, p)


def test_phases_fill_space_once():
    phases = solved()[1]
    total = phases.lithium + phases.coarse + phases.electrolyte + phases.zone
    assert total == pytest.approx(np.ones(GRID.shape))
    assert 0 < phases.contact.sum() < phases.lithium.sum()
    # Half an ellipse of the channel's width (16 um) and depth 8 um, to the staircase of its cells.
    assert phases.zone.sum() * GRID.cell_volume == pytest.approx(0.5 * np.pi * 8e-6 * 8e-6, rel=0.1)


def test_no_eigenstrain_no_stress():
    _, _, stress = solved(coarse_expansion=(0.0, 0.0, 0.0))
    assert np.abs(stress.pressure(0.0)).max() < 1e-3  # Pa, against 1e7 in the real case


def test_stress_is_linear_in_the_retained_fraction():
    """The sum of two solves against a third, direct solve with the zone's strain and the lithium's at once."""
    p, phases, stress = solved(retained_fraction=0.2)
    lam, mu = phases.moduli(p)
    strain = phases.lithium_strain(p) + p.zone_eigenstrain * phases.unit_zone_strain()
    direct = equilibrium(GRID, lam, mu, strain, roller_box(GRID), np.zeros((*GRID.nodes, 2)), 1e-10).pressure
    assert stress.pressure(p.zone_eigenstrain) == pytest.approx(direct, abs=1e-5 * np.abs(direct).max())


def test_document(tmp_path):
    p = InterfaceParameters()
    doc = static_stress(p, Microstructure.interface(GRID), REACTION, tmp_path, zone_depth=8e-6, contact=2e-6)
    fields = load_fields(tmp_path, doc.fields)
    assert doc.zone_eigenstrain == p.zone_eigenstrain
    assert doc.tip_compression > doc.tip_compression_without_reaction
    sweep = {float(r): tip for r, tip in doc.retained_fraction_sweep.items()}
    assert sweep[0.0] == pytest.approx(doc.tip_compression_without_reaction)
    slope = (sweep[1.0] - sweep[0.0]) / 1.0
    assert doc.tip_compression == pytest.approx(sweep[0.0] + slope * p.retained_fraction)
    assert doc.peak_compression == pytest.approx(-fields["pressure"].min() / 1e6)
    phases = InterfacePhases.at_tip(Microstructure.interface(GRID), 8e-6, 2e-6)
    assert doc.tip_compression == pytest.approx(tip_compression(phases, fields["pressure"]))
    # Mirror symmetry of the geometry.
    assert fields["pressure"] == pytest.approx(fields["pressure"][::-1], abs=1e-5 * np.abs(fields["pressure"]).max())


def test_wrong_microstructures_and_fractions_are_refused(tmp_path):
    with pytest.raises(InputError, match="electrolyte"):
        InterfacePhases.at_tip(Microstructure.fine(GRID), 8e-6, 2e-6)
    with pytest.raises(InputError, match="two cells"):
        InterfacePhases.at_tip(Microstructure.interface(GRID), 1e-6, 2e-6)
    with pytest.raises(InputError, match="retained"):
        static_stress(InterfaceParameters(), Microstructure.interface(GRID), REACTION, tmp_path, sweep=(1.5,))


def test_a_channel_that_is_the_same_at_every_depth_has_the_stress_of_its_plane():
    """Rollers at the front and at the back hold the strain along the depth at zero, which is plane strain."""
    p, plane = InterfaceParameters(), Microstructure.interface(GRID)
    coarse, electrolyte = (np.repeat(a[:, None], 8, axis=1) for a in (plane.coarse, plane.electrolyte))
    space = Microstructure("interface", 0, Grid((32, 8, 48), 2e-6), coarse, electrolyte)
    flat, deep = (InterfacePhases.at_tip(structure, 8e-6, 2e-6) for structure in (plane, space))
    assert np.array_equal(deep.zone, np.repeat(flat.zone[:, None], 8, axis=1))
    found, expected = (interface_stress(s.grid, phases, p) for s, phases in ((space, deep), (plane, flat)))
    # both solved to a relative residual of 1e-8 in energy
    assert found.pressure(0.01)[:, 2] == pytest.approx(
        expected.pressure(0.01), abs=1e-4 * np.abs(expected.pressure(0.01)).max()
    )


def test_crossing_channels_react_along_their_middle():
    structure = Microstructure.interface(Grid((16, 16, 24), 4e-6))
    zone = InterfacePhases.at_tip(structure, 16e-6, 4e-6).zone
    surface = int(np.argmax(structure.electrolyte[0, 0] > 0.5))
    deepest = zone.sum(axis=-1)
    assert deepest[8, 8] == deepest.max() > 2 and deepest[0, 0] == 0
    assert zone[..., :surface].max() == 0 and np.array_equal(zone, zone[::-1]) and np.array_equal(zone, zone[:, ::-1])

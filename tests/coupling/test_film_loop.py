"""Products of the film: those of the diagram at the index that pressure and modulus make, with every atom kept."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from selflimit.coupling import FilmLoop
from selflimit.documents import ElasticDoc
from selflimit.errors import InputError
from selflimit.isotropic import Isotropic
from selflimit.mesoscale import (
    ConstantPotential,
    Grid,
    GrowthModel,
    InterfaceParameters,
    LithiumFlow,
    Microstructure,
    ProductFilm,
    Start,
    load_fields,
    plot_contacts,
    reaction_per_charge,
)
from selflimit.mesoscale.flow.settings import FilmConditions
from selflimit.mesoscale.growth.flow_description import element_imbalance
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, electrolyte_entries
from selflimit.report.tables import flow_rows, half_cycle_rows

K_EFF = 12e9


BULK = {"LiCl": 38.0, "Zr": 89.5, "ZrCl": 18.5, "ZrCl2": 15.3, "ZrCl3": 4.9, "ZrCl4": 10.0}
"""GPa, as in the tests of the closed loop; shear: half of it, so that E/K = 9/7 and nu = 2/7."""


@pytest.fixture(scope="module")
def entries():
    return electrolyte_entries(["Li2ZrCl6"], source="force-field")


@pytest.fixture(scope="module")
def diagram(entries):
    return ConstrainedPhaseDiagram(entries.entries)


@pytest.fixture(scope="module")
def loop(diagram, entries):
    elastic = {
        formula: ElasticDoc(
            label=formula, formula=formula, tensor=[[0.0] * 6] * 6, bulk_modulus=bulk, shear_modulus=0.5 * bulk,
            youngs_modulus=9.0 / 7.0 * bulk, poisson_ratio=2.0 / 7.0, level_of_theory=entries.level_of_theory,
        )
        for formula, bulk in BULK.items()
    }  # fmt: skip
    return FilmLoop(diagram, "Li2ZrCl6", elastic)


def asked(pressure=0.0, voltage=0.0):
    return FilmConditions(voltage, 1e-8, pressure, 0.5, lambda zone: K_EFF)


def test_without_pressure_the_products_are_unconstrained(diagram, loop):
    found, expected = loop.react(asked()), diagram.products("Li2ZrCl6", 0.0, 0.0)
    assert found.equation == expected.reaction
    assert found[:3] == reaction_per_charge(expected)
    assert (found.k_eff, found.retained, found.thickness, found.contact) == (K_EFF, 0.0, 1e-8, 0.5)


def test_pressure_sets_the_retained_fraction_and_with_it_the_index(diagram, loop):
    """r = P V0/(K_eff dV) and K = r K_eff = P V0/dV, whatever K_eff."""
    strain = diagram.products("Li2ZrCl6", 0.0, 0.0).reaction_strain
    found = loop.react(asked(pressure=100e6))
    assert found.retained == pytest.approx(100e6 / (K_EFF * strain))
    expected = diagram.products("Li2ZrCl6", 0.0, 0.1 / strain)
    assert found.voltage == pytest.approx(reaction_per_charge(expected).voltage, rel=1e-3)
    assert loop.react(asked(pressure=1e12)).retained == 1.0


def test_every_atom_is_kept(loop):
    found = loop.react(asked())
    made = {found.electrolyte: -1.0, **found.amounts}
    uptake = 1.0 / (96485.33212 * found.consumed_volume / found.electrolyte_volume)
    assert element_imbalance(made, uptake) < 1e-6
    assert element_imbalance({**made, "LiCl": made["LiCl"] * 1.01}, uptake) > 1e-3


def test_a_product_without_constants_is_refused(diagram):
    with pytest.raises(InputError, match="elastic constants of"):
        FilmLoop(diagram, "Li2ZrCl6", {}).react(asked())


def test_moduli_of_the_film_are_those_of_its_products(loop):
    seen = []
    loop.react(asked()._replace(k_eff=lambda zone: seen.append(zone) or K_EFF))
    assert isinstance(seen[0], Isotropic) and seen[0].youngs_modulus > 0.0


def test_the_loop_is_closed_while_the_layer_grows(loop, diagram, tmp_path):
    """Products, modulus of the film in this very layer and retained fraction at every output; every atom is kept."""
    grid = Grid((8, 16), 1e-6)
    electrolyte = np.zeros(grid.shape)
    electrolyte[:, 8:] = 1.0
    layer = Microstructure("particles", 1, grid, 0.0 * electrolyte, electrolyte, closed=True)
    film = ProductFilm(loop, electronic_conductivity=1e-7, ionic_conductivity=1e-6)
    p = InterfaceParameters(interface_width=1e-6, noise_amplitude=0.0, overpotential=-0.002)
    model = GrowthModel(p, layer, flow=LithiumFlow(creep=None, film=film))
    xi = np.where(model.equations.front.is_open, 1.0, 0.0)
    start = Start(xi, np.ones_like(xi), np.zeros_like(xi))
    doc = model.run([ConstantPotential(-0.002, 600.0)], [300.0, 600.0], tmp_path, start=start)
    assert doc.flow.products == "insulate" and doc.flow.film.equations[-1] == loop.react(asked()).equation
    strain = diagram.products("Li2ZrCl6", 0.0, 0.0).reaction_strain
    pressure, k_eff = doc.contacts.contact_pressure[-1], doc.flow.film.k_eff[-1]
    # asked for again when the pressure has changed by a quarter
    assert doc.flow.film.retained[-1] == pytest.approx(1e-3 * pressure / (k_eff * strain), rel=0.35)
    assert 1.0 < k_eff < 200.0
    assert doc.flow.film.element_balance_error < 1e-6
    made = {row.formula: row.amount for row in doc.flow.film.products}
    assert made["LiCl"] / -made["Li2ZrCl6"] == pytest.approx(6.0)
    assert doc.contacts.reacted[-1] == pytest.approx(doc.contacts.film[-1] * 1e-6 * 8e-6)
    fields = load_fields(tmp_path, doc.fields)
    assert fields["film"][-1, 4, 8] == pytest.approx(doc.contacts.film[-1] * 1e-6)
    figure = Figure()
    panels = plot_contacts(doc, figure)
    assert [ax.get_ylabel().split()[0] for ax in panels] == ["share", "compression", "lithium", "product"]
    assert panels[1].lines[1].get_ydata()[-1] == pytest.approx(pressure)
    assert flow_rows([doc])[0][1] == "insulate" and half_cycle_rows([doc])[0][1] == "1 plating"

"""The Ewald sums against pymatgen's and a known Madelung constant; the search for the lowest against brute force."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymatgen.analysis.ewald import EwaldSummation
from pymatgen.core import Lattice, Structure

from selflimit.errors import InputError
from selflimit.structures import lowest_orderings, orderings_document, parent_cell
from selflimit.structures.orderings import lowest
from selflimit.structures.orderings import search_checkpoint as search_state
from selflimit.structures.orderings.cells import lay_out
from selflimit.structures.orderings.counting import count_in
from selflimit.structures.orderings.electrostatics import electrostatic_energy, ewald_matrix
from selflimit.structures.orderings.lowest import TIE
from selflimit.structures.orderings.orderings import enumerate_in
from selflimit.structures.search.pair_energies import PairEnergy

CHARGES = {"Li": 1, "Zr": 4, "Cl": -1}


def ewald_per_formula(structure: Structure) -> float:
    charged = structure.copy()
    charged.add_oxidation_state_by_element(CHARGES)
    return (
        EwaldSummation(charged).total_energy
        / charged.composition.element_composition.get_reduced_composition_and_factor()[1]
    )


def test_madelung_constant_of_rock_salt():
    # E = -M k e^2 / d per ion pair with M = 1.747564594633 (doi:10.1103/RevModPhys.57.1 and elsewhere); the sums are
    # cut at 1e-11 of their terms, 1e-9 leaves room for their number
    a, coulomb = 5.0, 14.3996454784  # eV Angstrom, e^2/(4 pi eps0) from CODATA 2018
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(a), ["Li", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    charges = np.array([1.0 if site.specie.symbol == "Li" else -1.0 for site in salt])
    energy = charges @ ewald_matrix(salt) @ charges / 4
    assert energy == pytest.approx(-1.747564594633 * coulomb / (a / 2), rel=1e-9)


@pytest.mark.parametrize(
    ("name", "cell"),
    [("LZC-A", "conventional"), ("LZC-D", "conventional"), ("LZC-A", "2x1x1"), ("LZC-trigonal", "1x1x2")],
)
def test_energies_equal_one_ewald_sum_per_ordering(name, cell):
    # removing vacancies changes pymatgen's splitting parameter and cutoffs: an independent sum; 1e-5 eV is asked for
    for item in orderings_document(parent_cell(name), cell, keep=5).orderings:
        assert item.electrostatic_energy == pytest.approx(ewald_per_formula(item.structure), abs=1e-5)


def test_lowest_ordering_fills_4h():
    # known for this framework: Zr on 2a, Li full on 4h, 2d empty (C2/m), already in the primitive cell
    lowest_one = orderings_document(parent_cell("LZC-A"), "primitive").orderings[0]
    assert sorted(lowest_one.structure.site_properties["label"]) == ["Cl1"] * 4 + ["Cl2"] * 2 + ["Li1"] * 2 + ["M1"]
    assert lowest_one.degeneracy == 1


def everything(cell, model):
    """All orderings with their energies by the plain formula, lowest first."""
    blocks = list(enumerate_in(cell))
    energies = np.concatenate([model(block.labels) for block in blocks])
    degeneracies = np.concatenate([block.degeneracies for block in blocks])
    order = np.argsort(energies, kind="stable")
    return energies[order], degeneracies[order]


@pytest.mark.parametrize(("name", "cell"), [("LZC-A", "3x1x1"), ("LZC-C", "conventional"), ("LZC-D", "1x1x2")])
def test_lowest_equal_sorting_everything(name, cell):
    filled = lay_out(parent_cell(name), cell)
    model = electrostatic_energy(filled)
    energies, degeneracies = everything(filled, model)
    for keep in (1, 7, len(energies)):
        found = lowest_orderings(filled, keep)
        expected = int((energies <= energies[keep - 1] + TIE).sum())
        assert len(found) == expected
        # the energies are sums of the same terms in another order: rounding only
        assert sorted(one.energy for one in found) == pytest.approx(energies[:expected], abs=1e-9)
        assert sum(one.ordering.degeneracy for one in found) == degeneracies[:expected].sum()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), group=st.sampled_from(["C2/m", "P4/mmm", "R-3m", "Pm-3m"]))
def test_any_pair_energy_may_be_searched(random_parents, seed, group):
    # a random pair energy made symmetric under the group; several species, several energies equal by chance
    cell = lay_out(random_parents(group, seed, most_sites=8), "conventional")
    random = np.random.default_rng(seed)
    n, s = len(cell.active), max(len(pool.species) for pool in cell.pools)
    site, pair = random.normal(size=(n, s)), random.normal(size=(n, s, n, s))
    pair = pair + pair.transpose(2, 3, 0, 1)
    site = np.mean([site[row] for row in cell.permutations], axis=0)
    pair = np.mean([pair[row][:, :, row] for row in cell.permutations], axis=0)
    model = PairEnergy(random.normal(), site, pair, 2.0)
    energies, _ = everything(cell, model)
    keep = min(5, len(energies))
    found = lowest_orderings(cell, keep, model)
    assert [one.energy for one in found[:keep]] == pytest.approx(energies[:keep], abs=1e-9)


def test_ties_are_kept_with_the_more_degenerate_first():
    # without interaction all orderings have one energy: asking for one gives all
    cell = lay_out(parent_cell("LZC-A"), "2x1x1")
    flat = PairEnergy(1.0, np.zeros((12, 2)), np.zeros((12, 2, 12, 2)), 4.0)
    found = lowest_orderings(cell, 1, flat)
    assert len(found) == 49
    degeneracies = [one.ordering.degeneracy for one in found]
    assert degeneracies == sorted(degeneracies, reverse=True)


def test_energies_within_the_tie_count_as_equal():
    # real energies scaled until they all lie within 1e-5 eV of each other
    cell = lay_out(parent_cell("LZC-A"), "2x1x1")
    model = electrostatic_energy(cell)
    faint = PairEnergy(0.0, 1e-8 * model.site, 1e-8 * model.pair, model.units)
    assert len(lowest_orderings(cell, 1, faint)) == 49


def test_an_energy_that_tells_nothing_is_refused(monkeypatch):
    monkeypatch.setattr(lowest, "MOST_TIES", 20)
    cell = lay_out(parent_cell("LZC-A"), "2x1x1")
    flat = PairEnergy(0.0, np.zeros((12, 2)), np.zeros((12, 2, 12, 2)), 1.0)
    with pytest.raises(InputError, match="does not tell the orderings apart"):
        lowest_orderings(cell, 1, flat)


class InterruptedSearchError(Exception):
    pass


def test_interrupted_search_goes_on_where_it_was(tmp_path, monkeypatch):
    # state saved after every call; the interruption comes in the middle, the second search must not begin again
    monkeypatch.setattr(search_state, "CHECKPOINT_INTERVAL", 0.0)
    monkeypatch.setattr(lowest, "BLOCKS_PER_CALL", 4)
    cell, path = lay_out(parent_cell("LZC-A"), "3x1x1"), tmp_path / "search.npz"
    plain = lowest_orderings(cell, 9)
    heard = []

    def interrupt(part, text):
        heard.append(part)
        if len(heard) == 4:
            raise InterruptedSearchError

    with pytest.raises(InterruptedSearchError):
        lowest_orderings(cell, 9, progress=interrupt, checkpoint=path)
    assert path.exists()
    resumed = []
    again = lowest_orderings(cell, 9, progress=lambda part, text: resumed.append(part), checkpoint=path)
    assert [(one.energy, one.ordering.degeneracy) for one in again] == [
        (one.energy, one.ordering.degeneracy) for one in plain
    ]
    assert resumed[0] > heard[2] > 0
    assert not path.exists()


def test_state_of_another_search_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(search_state, "CHECKPOINT_INTERVAL", 0.0)
    monkeypatch.setattr(lowest, "BLOCKS_PER_CALL", 4)
    cell, path = lay_out(parent_cell("LZC-A"), "3x1x1"), tmp_path / "search.npz"

    def stop(part, text):
        if path.exists():
            raise InterruptedSearchError

    with pytest.raises(InterruptedSearchError):
        lowest_orderings(cell, 9, progress=stop, checkpoint=path)
    with pytest.raises(InputError, match="belongs to a search with another crystal"):
        lowest_orderings(cell, 8, checkpoint=path)
    path.write_text("no state")
    with pytest.raises(InputError, match="is not a saved search"):
        lowest_orderings(cell, 9, checkpoint=path)


def test_document_sums_and_progress():
    heard = []
    document = orderings_document(parent_cell("LZC-A"), "2x1x1", keep=3, progress=lambda f, m: heard.append(f))
    assert (document.raw_count, document.distinct_count, document.formula) == (495, 49, "Li2ZrCl6")
    assert "Li3InCl6" in document.parent_source
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    assert type(document).model_validate_json(document.model_dump_json()).orderings[0].structure.is_ordered


def test_an_energy_of_lower_symmetry_is_refused():
    # one of twelve equivalent or mirrored sites preferred: no ordering has an energy of its own
    cell = lay_out(parent_cell("LZC-A"), "2x1x1")
    site = np.zeros((12, 2))
    site[0, 0] = 1.0
    with pytest.raises(InputError, match="equal energies for equivalent placements"):
        lowest_orderings(cell, 1, PairEnergy(0.0, site, np.zeros((12, 2, 12, 2)), 1.0))


def test_bad_input():
    cell = lay_out(parent_cell("LZC-A"), "primitive")
    with pytest.raises(InputError, match="keep >= 1"):
        lowest_orderings(cell, 0)
    with pytest.raises(InputError, match=r"pair energies of shapes \(3, 2\)"):
        lowest_orderings(cell, 1, PairEnergy(0.0, np.zeros((2, 2)), np.zeros((2, 2, 2, 2)), 1.0))
    with pytest.raises(InputError, match="draw a sample"):
        lowest_orderings(lay_out(parent_cell("LZC-C"), "3x3x3"), 1)


def test_lowest_of_a_larger_cell():
    # 23 thousand distinct: the ten lowest and their energies against one plain evaluation of all
    cell = lay_out(parent_cell("LZC-A"), "4x1x1")
    model = electrostatic_energy(cell)
    energies, _ = everything(cell, model)
    assert len(energies) == count_in(cell).distinct
    assert [one.energy for one in lowest_orderings(cell, 10, model)][:10] == pytest.approx(energies[:10], abs=1e-9)

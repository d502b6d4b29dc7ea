"""The Ewald ranking against pymatgen per ordering, a known Madelung constant and brute force."""

import numpy as np
import pytest
from pymatgen.analysis.ewald import EwaldSummation
from pymatgen.core import Lattice, Structure

from selflimit.errors import InputError
from selflimit.structures.electrostatics import TIE, ewald_matrix, orderings_document, rank_by_electrostatics
from selflimit.structures.orderings import enumerate_orderings
from selflimit.structures.parents import parent_cell

CHARGES = {"Li": 1, "Zr": 4, "Cl": -1}


def ewald_per_formula(structure: Structure) -> float:
    charged = structure.copy()
    charged.add_oxidation_state_by_element(CHARGES)
    return (
        EwaldSummation(charged).total_energy
        / charged.composition.element_composition.get_reduced_composition_and_factor()[1]
    )


def test_madelung_constant_of_rock_salt():
    # E = -M k e^2 / d per ion pair with M = 1.747564594633 (doi:10.1103/RevModPhys.57.1 and elsewhere);
    # the sum's accuracy parameter is 12 digits, 1e-6 leaves room for rounding
    a, coulomb = 5.0, 14.3996454784  # eV Angstrom, e^2/(4 pi eps0) from CODATA 2018
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(a), ["Li", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    charges = np.array([1.0 if site.specie.symbol == "Li" else -1.0 for site in salt])
    energy = charges @ ewald_matrix(salt) @ charges / 4
    assert energy == pytest.approx(-1.747564594633 * coulomb / (a / 2), rel=1e-6)


@pytest.mark.parametrize(("name", "cell"), [("LZC-A", "conventional"), ("LZC-D", "conventional"), ("LZC-A", "2x1x1")])
def test_energies_equal_one_ewald_sum_per_ordering(name, cell):
    # removing vacancies changes pymatgen's splitting parameter and cutoffs: an independent sum; 1e-5 eV is asked for
    for item in orderings_document(parent_cell(name), cell, keep=5).orderings:
        assert item.electrostatic_energy == pytest.approx(ewald_per_formula(item.structure), abs=1e-5)


def test_lowest_ordering_fills_4h():
    # known for this framework: Zr on 2a, Li full on 4h, 2d empty (C2/m), already in the primitive cell
    lowest = orderings_document(parent_cell("LZC-A"), "primitive").orderings[0]
    assert sorted(lowest.structure.site_properties["label"]) == ["Cl1"] * 4 + ["Cl2"] * 2 + ["Li1"] * 2 + ["M1"]
    assert lowest.degeneracy == 1


def test_streamed_ranking_equals_sorting_everything():
    parent = parent_cell("LZC-A")
    everything = rank_by_electrostatics(parent, enumerate_orderings(parent, "3x1x1"), keep=870)
    few = rank_by_electrostatics(parent, enumerate_orderings(parent, "3x1x1"), keep=7)
    assert len(everything) == 870
    assert [one.energy for one in few] == [one.energy for one in everything[: len(few)]]
    assert np.all(np.diff([one.energy for one in everything]) > -TIE)


def test_ties_of_the_last_one_are_kept():
    # the one certain tie: every ordering given twice
    parent = parent_cell("LZC-A")
    found = list(enumerate_orderings(parent, "conventional"))
    kept = rank_by_electrostatics(parent, [*found, *found], keep=1)
    assert len(kept) == 2
    assert kept[0].energy == kept[1].energy


def test_document_sums_and_progress():
    heard = []
    document = orderings_document(parent_cell("LZC-A"), "2x1x1", keep=3, progress=lambda f, m: heard.append(f))
    assert (document.raw_count, document.distinct_count, document.formula) == (495, 49, "Li2ZrCl6")
    assert "Li3InCl6" in document.parent_source
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    assert type(document).model_validate_json(document.model_dump_json()).orderings[0].structure.is_ordered


def test_keep_must_be_positive_and_cells_may_not_mix():
    parent = parent_cell("LZC-A")
    with pytest.raises(InputError, match="keep >= 1"):
        orderings_document(parent, "primitive", keep=0)
    mixed = [*enumerate_orderings(parent, "primitive"), *enumerate_orderings(parent, "conventional")]
    with pytest.raises(InputError, match="one cell"):
        rank_by_electrostatics(parent, mixed, keep=1)

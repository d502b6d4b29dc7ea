"""Ensembles of relaxed orderings against hand calculations; two-stage relaxation on pair potentials."""

import math
from itertools import product

import numpy as np
import pytest
from ase.calculators.lj import LennardJones
from pymatgen.core import Composition, Lattice, Structure

from selflimit.documents import (
    CoarseRelaxationDoc,
    FailedRelaxationDoc,
    LevelOfTheory,
    OrderingDoc,
    OrderingsDoc,
    RelaxationDoc,
)
from selflimit.errors import ConvergenceError, InputError, LevelOfTheoryError
from selflimit.structures import ForceField
from selflimit.structures.relaxation.duplicates import find_duplicates
from selflimit.structures.relaxation.ordering_energies import (
    above_hull,
    boltzmann_weights,
    ordering_energies,
    ordering_labels,
    rank_agreement,
)
from selflimit.structures.relaxation.relaxation import Tolerances
from selflimit.structures.relaxation.stages import relax_in_stages

LEVEL = LevelOfTheory(method="force field", model="model-A", weights_sha256="ab")
OTHER = LevelOfTheory(method="DFT", model="PBE")
K_B = 8.617333262e-5  # eV/K, CODATA 2018
ROCK_SALT = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.1), ["Li", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])


def crystal(stretch=0.0):
    """Rock salt of four formula units, stretched so that its lattices never match for different ``stretch``."""
    return Structure(Lattice.tetragonal(5.1, 5.1 * (1 + stretch)), ROCK_SALT.species, ROCK_SALT.frac_coords)


def relaxed(label, energy_per_atom, structure=None, level=LEVEL, degeneracy=1):
    structure = structure or crystal()
    formula, units = structure.composition.get_reduced_formula_and_factor()
    n = len(structure)
    return RelaxationDoc(
        label=label, formula=formula, structure=structure, energy=n * energy_per_atom, energy_per_atom=energy_per_atom,
        volume=structure.volume, volume_per_formula=structure.volume / units, volume_change=0.0, max_force=0.0,
        max_stress=0.0, steps=1, degeneracy=degeneracy, level_of_theory=level,
    )  # fmt: skip


def coarse(label, energy_per_atom, structure=None, duplicate_of=None):
    return CoarseRelaxationDoc(
        label=label, formula="LiCl", structure=structure or crystal(), coarse_energy_per_atom=energy_per_atom,
        max_force=0.04, max_stress=0.2, steps=1, degeneracy=1, duplicate_of=duplicate_of, level_of_theory=LEVEL,
    )  # fmt: skip


def cell(degeneracies, energies, name="conventional", structure=None):
    structure = structure or crystal()
    return OrderingsDoc(
        parent="P", parent_source="", formula=structure.composition.reduced_formula, cell=name,
        raw_count=sum(degeneracies), distinct_count=len(degeneracies),
        orderings=[
            OrderingDoc(structure=structure, degeneracy=g, electrostatic_energy=e)
            for g, e in zip(degeneracies, energies, strict=True)
        ],
    )  # fmt: skip


def labels(count, name="conventional"):
    return [f"P {name} #{rank}" for rank in range(count)]


def test_weights_entropy_and_mean_are_those_of_the_hand_calculation():
    doc = cell([1, 3], [-5.0, -4.9])
    gap = 0.003  # eV/atom, 8 atoms: 24 meV per cell, about k_B T
    low, high = relaxed("P conventional #0", -3.0), relaxed("P conventional #1", -3.0 + gap, crystal(0.2))
    (ensemble,) = ordering_energies([doc], [low, high], temperature=300.0).ensembles
    boltzmann = 3 * math.exp(-8 * gap / (K_B * 300.0))
    weight = boltzmann / (1 + boltzmann)
    assert [one.weight for one in ensemble.orderings] == pytest.approx([1 - weight, weight], rel=1e-6)
    assert ensemble.formula_units == 4
    assert ensemble.mean_energy == pytest.approx(-6.0 + weight * 2 * gap, rel=1e-9)
    # one configuration of 1 - w, three of w/3 each
    entropy = -(1 - weight) * math.log(1 - weight) - 3 * (weight / 3) * math.log(weight / 3)
    assert ensemble.configurational_entropy == pytest.approx(entropy / 4, rel=1e-6)
    assert [one.above_hull for one in ensemble.orderings] == pytest.approx([0.0, 2 * gap], abs=1e-9)


def test_equal_energies_have_the_entropy_of_all_configurations():
    weights = boltzmann_weights([-1.0, -1.0], [2, 6], 300.0)
    assert weights == pytest.approx([0.25, 0.75])
    docs = [relaxed(label, -3.0, crystal(0.2 * k)) for k, label in enumerate(labels(2))]
    (ensemble,) = ordering_energies([cell([2, 6], [-5.0, -4.9])], docs).ensembles
    assert ensemble.configurational_entropy == pytest.approx(math.log(8) / 4)


def test_a_larger_cell_is_its_own_ensemble():
    """The same gap per formula unit weighs twice in the exponent of a cell twice as large."""
    small, large = cell([1, 1], [-5.0, -4.9]), cell([1, 1], [-5.0, -4.9], "2x1x1", crystal().make_supercell([2, 1, 1]))
    docs = []
    for name, size in (("conventional", [1, 1, 1]), ("2x1x1", [2, 1, 1])):
        for k, label in enumerate(labels(2, name)):
            docs.append(relaxed(label, -3.0 + 0.002 * k, crystal(0.2 * k).make_supercell(size)))
    one, two = ordering_energies([small, large], docs).ensembles
    ratio = [e.orderings[1].weight / e.orderings[0].weight for e in (one, two)]
    assert ratio[1] == pytest.approx(ratio[0] ** 2, rel=1e-6)
    assert [o.crystal for o in two.orderings] == labels(2), "the smaller cell stands for the same crystal"


def test_orderings_that_relaxed_to_one_crystal_are_one():
    doc = cell([2, 3, 4], [-5.0, -4.9, -4.8])
    turned = crystal(0.2).copy()
    turned.make_supercell([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    turned.translate_sites(range(8), [0.1, 0.2, 0.3])
    docs = [relaxed("P conventional #0", -3.0), relaxed("P conventional #1", -3.1, crystal(0.2))]
    docs.append(relaxed("P conventional #2", -3.10005, turned))
    (ensemble,) = ordering_energies([doc], docs).ensembles
    assert [(one.label, one.merged, one.degeneracy) for one in ensemble.orderings] == [
        ("P conventional #1", ["P conventional #2"], 7),
        ("P conventional #0", [], 2),
    ]
    assert ensemble.configurations == 9


def test_crystals_alike_in_energy_or_in_shape_alone_are_not_the_same():
    assert find_duplicates([relaxed("a", -3.0), relaxed("b", -3.0, crystal(0.2))]) == {}
    assert find_duplicates([relaxed("a", -3.0), relaxed("b", -3.001)]) == {}
    assert find_duplicates([relaxed("a", -3.0), relaxed("b", -3.00005)]) == {"a": "b"}
    disordered = crystal()
    disordered.replace(0, "Cl")
    disordered.replace(4, "Li")  # the same sites, one pair exchanged
    assert find_duplicates([relaxed("a", -3.0), relaxed("b", -3.0, disordered)]) == {}
    swapped = crystal(0.2).copy()
    swapped.replace_species({"Li": "Cl", "Cl": "Li"})  # the antisite twin of rock salt is rock salt
    assert find_duplicates([relaxed("a", -3.0, crystal(0.2)), relaxed("b", -3.0, swapped)]) == {"b": "a"}


def test_stage_failures_and_twins_are_on_the_record():
    doc = cell([1, 1, 1, 1], [-5.0, -4.9, -4.8, -4.7])
    failure = FailedRelaxationDoc(label="P conventional #3", message="it ran away", level_of_theory=LEVEL)
    outcomes = [
        relaxed("P conventional #0", -3.0),
        coarse("P conventional #1", -2.9995, duplicate_of="P conventional #0"),
        coarse("P conventional #2", -2.9, crystal(0.2)),
        failure,
    ]
    found = ordering_energies([doc], outcomes)
    first, second = found.ensembles[0].orderings
    assert (first.stage, first.merged) == ("fine", ["P conventional #1"])
    assert first.energy == pytest.approx(-6.0)  # the converged energy, not the twin's coarse one
    assert (second.stage, second.label) == ("coarse", "P conventional #2")
    assert found.failures == [failure]
    assert found.ensembles[0].configurations == 3
    assert found.ensembles[0].all_configurations == 4


def test_several_compositions_are_measured_against_their_hull():
    compositions = [Composition(f) for f in ("Li4Cl4", "Li3Cl4", "Li2Cl4", "Li2Cl4")]
    energies = [-3.0, -2.9, -3.1, -3.05]
    # by hand: Li3Cl4 = (Li4Cl4 + Li2Cl4)/2, energies per cell -24, -18.6
    between = (8 * -3.0 + 6 * -3.1) / 2
    expected = [0.0, -2.9 - between / 7, 0.0, 0.05]
    assert above_hull(compositions, energies) == pytest.approx(expected, abs=1e-9)


def test_needed_counts_ties_and_finds_the_minimum_anywhere():
    cheap = dict(zip("abcde", [0.0, 1.0, 1.0, 2.0, 3.0], strict=True))
    true = dict(zip("abcde", [5.0, 4.0, 1.0, 1.00005, 9.0], strict=True))
    names = ("electrostatics", "DFT")
    found = rank_agreement(cheap, true, 1e-4, names)
    assert found.needed == 3, "c is lowest; b ties with it in the cheap energy and cannot be told from it"
    assert rank_agreement(cheap, true | {"c": 1.1}, 1e-4, names).needed == 4
    # by hand: ranks 1 2.5 2.5 4 5 against 4 3 1 2 5
    ranks, other = np.array([1, 2.5, 2.5, 4, 5]), np.array([4, 3, 1, 2, 5])
    assert found.spearman == pytest.approx(np.corrcoef(ranks, other)[0, 1])
    pairs = [(i, j) for i, j in product(range(5), repeat=2) if i < j]
    signs = [np.sign(ranks[j] - ranks[i]) * np.sign(other[j] - other[i]) for i, j in pairs]
    assert found.kendall == pytest.approx(sum(signs) / math.sqrt(9 * 10))  # tau-b: one pair is tied in the first
    assert rank_agreement({"a": 1.0, "b": 2.0}, {"a": 1.0, "b": 2.0}, 1e-4, names).spearman is None


def test_every_pair_of_rankings_is_compared():
    doc = cell([1, 1, 1], [-5.0, -4.9, -4.8])
    first = [relaxed(label, -3.0 + 0.01 * k, crystal(0.2 * k)) for k, label in enumerate(labels(3))]
    other = [relaxed(label, -4.0 - 0.01 * k, crystal(0.2 * k), OTHER) for k, label in enumerate(labels(3))]
    (ensemble,) = ordering_energies([doc], first, [other]).ensembles
    found = {(a.cheap, a.true): (round(a.spearman, 9), a.needed) for a in ensemble.agreements}
    assert found == {
        ("electrostatics", LEVEL.label): (1.0, 1),
        ("electrostatics", OTHER.label): (-1.0, 3),
        (LEVEL.label, OTHER.label): (-1.0, 3),
    }


def test_bad_input_is_refused():
    doc, low = cell([1], [-5.0]), relaxed("P conventional #0", -3.0)
    with pytest.raises(InputError, match="expected 150 to 2000 K, got -1 K"):
        ordering_energies([doc], [low], temperature=-1.0)
    with pytest.raises(InputError, match=r"got 25 K; did you mean 298\.15 \(25 Celsius\)"):
        ordering_energies([doc], [low], temperature=25.0)
    with pytest.raises(InputError, match="got also: stranger"):
        ordering_energies([doc], [low, relaxed("stranger", -3.0, crystal(0.2))])
    with pytest.raises(LevelOfTheoryError, match="PBE"):
        ordering_energies([doc], [low, relaxed("P conventional #0", -3.0, level=OTHER)])


@pytest.fixture
def argon(monkeypatch):
    """The pair potential of tests/workflows/test_relax.py under any name, in process."""

    def load(name):
        calculator = LennardJones(epsilon=0.4, sigma=2.5, rc=7.0, ro=5.5, smooth=True)
        return ForceField(name, calculator, LevelOfTheory(method="force field", model=name), frozenset({"Ar"}))

    monkeypatch.setattr("selflimit.structures.relaxation.relaxation.recall_force_field", load)


def fcc(a):
    return Structure(Lattice([[0, a / 2, a / 2], [a / 2, 0, a / 2], [a / 2, a / 2, 0]]), ["Ar"], [[0, 0, 0]])


def double_hcp():
    """ABAC stacking of close-packed layers: metastable, between fcc and hcp."""
    sites = [[0, 0, 0], [1 / 3, 2 / 3, 0.25], [0, 0, 0.5], [2 / 3, 1 / 3, 0.75]]
    return Structure(Lattice.hexagonal(2.72, 8.88), ["Ar"] * 4, sites)


def sheet():
    """Square sheets far apart: dearer than close packing by far more than the window, and apart they stay."""
    return Structure(Lattice.tetragonal(2.62, 9.5), ["Ar"], [[0, 0, 0]])


TOLERANCES = Tolerances(max_volume_change=0.5)


@pytest.mark.usefixtures("argon")
def test_only_what_may_be_lowest_is_refined_and_each_twin_once():
    structures = [fcc(3.9), sheet(), fcc(3.8), double_hcp(), fcc(6.5)]
    names = ["fcc", "sheet", "twin", "dhcp", "gas"]
    heard = []
    outcomes = relax_in_stages(
        structures, names, [1, 2, 3, 4, 5], "pair", TOLERANCES, 1, lambda part, _: heard.append(part)
    )
    found = dict(zip(names, outcomes, strict=True))
    assert [doc.label for doc in outcomes] == names
    assert isinstance(found["gas"], FailedRelaxationDoc)
    assert isinstance(found["sheet"], CoarseRelaxationDoc)
    assert found["sheet"].duplicate_of is None
    fine = [name for name in ("fcc", "twin") if isinstance(found[name], RelaxationDoc)]
    assert len(fine) == 1
    (other,) = {"fcc", "twin"} - set(fine)
    assert found[other].duplicate_of == fine[0]
    for name in (*fine, "dhcp"):
        assert found[name].max_force <= TOLERANCES.max_force
        assert found[name].max_stress <= TOLERANCES.max_stress
    start = structures[names.index(fine[0])].volume
    assert found[fine[0]].volume_change == pytest.approx(found[fine[0]].volume / start - 1)
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(1.0)


@pytest.mark.usefixtures("argon")
def test_when_most_fail_the_batch_fails():
    with pytest.raises(ConvergenceError, match=r"2 of 3 relaxations failed: gas: the cell runs away.*; vapour: "):
        relax_in_stages([fcc(3.9), fcc(6.5), fcc(7.0)], ["fcc", "gas", "vapour"], [1, 1, 1], "pair", TOLERANCES, 1)


@pytest.mark.usefixtures("argon")
def test_the_fine_stage_that_does_not_converge_gives_no_energy(monkeypatch):
    """All of the second stage fails: then there is no result, however good the coarse energies look."""
    monkeypatch.setattr("selflimit.structures.relaxation.stages.REFINING_DISPLACEMENT", 0.02)
    steps = Tolerances(max_force=1e-5, max_stress=1e-5, max_steps=1)
    monkeypatch.setattr("selflimit.structures.relaxation.stages.COARSENESS", 1e12)
    with pytest.raises(ConvergenceError, match="1 of 1 relaxations failed: fcc: not converged after"):
        relax_in_stages([fcc(3.9)], ["fcc"], [1], "pair", steps, 1)


def test_labels_are_those_of_the_candidates():
    assert ordering_labels(cell([1, 1], [-5.0, -4.9])) == labels(2)

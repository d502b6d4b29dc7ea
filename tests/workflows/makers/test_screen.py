"""Which crystals a screening passes on, and what is made of the others."""

import pytest
from pymatgen.core import Lattice, Structure

from selflimit.documents import (
    CoarseRelaxationDoc,
    FailedRelaxationDoc,
    LevelOfTheory,
    OrderingDoc,
    OrderingsDoc,
    RelaxationDoc,
)
from selflimit.errors import ConvergenceError, InputError
from selflimit.structures.relaxation.ordering_energies import ordering_energies
from selflimit.workflows import ForceFieldRelaxMaker, ScreenedRelaxMaker
from selflimit.workflows.makers.screening import relaxations_and_duplicates, screened_crystals

CHEAP = LevelOfTheory(method="force field", model="cheap")
DFT = LevelOfTheory(method="DFT", model="PBE (MP GGA)", corrections="MP2020")


def relaxation(label: str, per_atom: float, a: float = 4.0, symbols: str = "LiCl", level=CHEAP) -> RelaxationDoc:
    """A crystal of its own for every lattice parameter ``a`` (Angstrom); energy in eV/atom."""
    kinds = ["Li", "Cl"] if symbols == "LiCl" else [symbols, symbols]
    crystal = Structure(Lattice.cubic(a), kinds, [[0, 0, 0], [0.5, 0.5, 0.5]])
    return RelaxationDoc(
        label=label, formula=crystal.composition.reduced_formula, structure=crystal, energy=2 * per_atom,
        energy_per_atom=per_atom, volume=crystal.volume, volume_per_formula=crystal.volume, volume_change=0.0,
        max_force=0.0, max_stress=0.0, steps=1, degeneracy=2, level_of_theory=level,
    )  # fmt: skip


def coarse(label: str, per_atom: float, a: float, duplicate_of: str | None = None) -> CoarseRelaxationDoc:
    doc = relaxation(label, per_atom, a)
    return CoarseRelaxationDoc(
        label=label, formula=doc.formula, structure=doc.structure, coarse_energy_per_atom=per_atom, max_force=0.0,
        max_stress=0.0, steps=1, degeneracy=3, duplicate_of=duplicate_of, level_of_theory=CHEAP,
    )  # fmt: skip


def failed(label: str) -> FailedRelaxationDoc:
    return FailedRelaxationDoc(label=label, message=f"{label}: runs away", level_of_theory=CHEAP)


def decisions(doc) -> dict[str, str]:
    return {crystal.label: crystal.decision for crystal in doc.crystals}


OUTCOMES = [
    relaxation("low", -3.0, 4.0),
    coarse("near", -2.96, 4.2),
    coarse("nearer", -2.99, 4.4),
    coarse("far", -2.90, 4.6),
    coarse("twin", -3.0, 4.0, duplicate_of="low"),
    failed("bad"),
]


def test_the_window_decides():
    found = screened_crystals(OUTCOMES, window=0.05, most=10)
    assert decisions(found) == {
        "low": "passed on", "near": "passed on", "nearer": "passed on", "far": "outside the window",
        "twin": "duplicate", "bad": "failed",
    }  # fmt: skip
    heights = {crystal.label: crystal.above_hull for crystal in found.crystals}
    assert heights["far"] == pytest.approx(0.10)  # eV/atom above the lowest of the composition
    assert heights["bad"] is None
    assert found.level_of_theory == CHEAP
    assert found.summary == (
        "cheap passed on 3 of 6 crystals within 0.05 eV/atom (at most 10); 1 duplicate, 1 outside the window, 1 failed"
    )


def test_no_more_than_most_are_passed_on_the_lowest_first():
    found = decisions(screened_crystals(OUTCOMES, window=0.05, most=2))
    assert [label for label, decision in found.items() if decision == "passed on"] == ["low", "nearer"]
    assert found["near"] == "cut off"


def test_the_lowest_is_always_passed_on():
    found = decisions(screened_crystals(OUTCOMES, window=0.0, most=1))
    assert [label for label, decision in found.items() if decision == "passed on"] == ["low"]


def test_compositions_compete_on_a_hull():
    # Li and Cl at 0, LiCl at -1 eV/atom; a second Li crystal 0.03 eV/atom higher, a second LiCl 0.2 eV/atom higher
    outcomes = [
        relaxation("Li", 0.0, symbols="Li"), relaxation("Li high", 0.03, 4.5, "Li"),
        relaxation("Cl", 0.0, symbols="Cl"), relaxation("LiCl", -1.0), relaxation("LiCl high", -0.8, 4.5),
    ]  # fmt: skip
    found = decisions(screened_crystals(outcomes, window=0.05, most=10))
    assert [label for label, decision in found.items() if decision == "passed on"] == ["Li", "Li high", "Cl", "LiCl"]


def test_duplicates_that_no_stage_named_are_found():
    outcomes = [relaxation("first", -3.0), relaxation("second", -3.0)]
    found = screened_crystals(outcomes, window=0.05, most=10)
    assert decisions(found) == {"first": "passed on", "second": "duplicate"}
    assert found.crystals[1].same_as == "first"


def test_nothing_left_is_an_error():
    with pytest.raises(ConvergenceError, match="all 1 crystals failed in the screening, the first: bad: runs away"):
        screened_crystals([failed("bad")], window=0.05, most=1)


def test_a_duplicate_keeps_its_degeneracy_and_lends_no_energy():
    labels = ["P primitive #0", "P primitive #1", "P primitive #2"]
    screened = [relaxation(labels[0], -3.0), coarse(labels[1], -3.0, 4.0, labels[0]), coarse(labels[2], -2.0, 4.6)]
    decided = screened_crystals(screened, window=0.05, most=10)
    dft = relaxation(labels[0], -5.0, level=DFT)
    together = relaxations_and_duplicates([dft], screened, decided)
    assert [doc.label for doc in together] == labels[:2]
    structure = relaxation("", -3.0).structure
    orderings = [OrderingDoc(structure=structure, degeneracy=n, electrostatic_energy=0.0) for n in (2, 3, 7)]
    found = OrderingsDoc(
        parent="P", parent_source="test", formula="LiCl", cell="primitive", raw_count=12, distinct_count=3,
        orderings=orderings,
    )  # fmt: skip
    energies = ordering_energies([found], together)
    (ensemble,) = energies.ensembles
    assert energies.level_of_theory == DFT
    (ordering,) = ensemble.orderings
    assert (ordering.degeneracy, ordering.energy) == (5, -10.0)  # eV per formula unit, DFT's
    assert (ensemble.configurations, ensemble.all_configurations) == (5, 12)


@pytest.mark.parametrize(("window", "most", "message"), [(-0.1, 5, "window of 0 eV/atom"), (0.1, 0, "at least 1")])
def test_settings_that_make_no_sense(window, most, message):
    with pytest.raises(InputError, match=message):
        ScreenedRelaxMaker(relax_maker=ForceFieldRelaxMaker(), window=window, most=most)

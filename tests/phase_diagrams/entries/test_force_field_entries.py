"""Precomputed force-field entries: one level of theory, and windows of the electrolytes against published ones."""

import pytest

from selflimit.documents import common_level
from selflimit.errors import InputError
from selflimit.phase_diagrams import (
    ConstrainedPhaseDiagram,
    bundled_catalogue,
    bundled_structure,
    competing_entries,
    electrolyte_entries,
)
from selflimit.phase_diagrams.entries.bundled import left_out_phases


@pytest.fixture(scope="module")
def everything():
    systems = ("Li-Ge-P-S-N", "Li-Zr-P-S-Cl", "Li-Zr-Cl-N")
    found = {str(e.entry_id): e for system in systems for e in competing_entries(system, "force-field")}
    return list(found.values())


def test_one_level_of_theory_with_the_hash_of_the_weights(everything):
    level = common_level(everything)
    assert level.model == "CHGNet r2scan"
    assert len(level.weights_sha256) == 64


def test_every_bundled_crystal_has_an_entry_or_a_reason(everything):
    with_entry = {e.entry_id for e in everything}
    without = {p.label for p in bundled_catalogue().phases} - with_entry
    assert without == {"GeP3 mp-7542"}
    assert "GeP3" in {p.formula for p in left_out_phases("Ge-P")}


def test_relaxed_cells_resemble_the_crystals(everything):
    for e in everything:
        start = bundled_structure(e.entry_id)
        assert e.composition.reduced_formula == start.composition.reduced_formula
        change = e.structure.volume / len(e.structure) / (start.volume / len(start)) - 1
        assert abs(change) <= 0.25, e.entry_id  # the rule by which tools/compute_entries.py refuses


def steps(formula):
    diagram = ConstrainedPhaseDiagram(electrolyte_entries([formula], source="force-field").entries)
    segments = diagram.profile(formula, 0.0, (0.0, 5.0)).segments
    return [({p.formula for p in s.products}, s.voltage_low, s.voltage_high) for s in segments]


def limits(formula):
    """Voltages (V) between which no lithium is exchanged."""
    diagram = ConstrainedPhaseDiagram(electrolyte_entries([formula], source="force-field").entries)
    idle = [s for s in diagram.profile(formula, 0.0, (0.0, 5.0)).segments if s.ion_uptake == 0.0]
    return idle[0].voltage_low, idle[-1].voltage_high


# Published: GGA energies of the Materials Project (Zhu, He & Mo, ACS Appl. Mater. Interfaces 7, 23685 (2015),
# doi:10.1021/acsami.5b07517). r2SCAN binds more strongly than PBE: 0.2 to 0.4 V between the two are usual.
@pytest.mark.parametrize(
    ("formula", "low", "high"),
    [("Li10GeP2S12", 1.71, 2.14), ("Li6PS5Cl", 1.71, 2.01), ("Li3PS4", 1.71, 2.31), ("Li3N", 0.0, 0.44)],
)
def test_windows_near_the_published_ones(formula, low, high):
    found = limits(formula)
    assert found[0] == pytest.approx(low, abs=0.2)
    assert found[1] == pytest.approx(high, abs=0.4)


def test_products_are_the_published_ones():
    """Phosphorus is reduced through Li3P7 and LiP to Li3P; sulfur stays Li2S (same source)."""
    chain = [products for products, _, _ in steps("Li6PS5Cl")]
    salts = {"Li2S", "LiCl"}
    assert chain[:4] == [salts | {p} for p in ("Li3P", "LiP", "Li3P7", "P")]
    assert chain[5] == {"Li3PS4", "LiCl", "S"}
    assert steps("Li10GeP2S12")[0][0] == {"Li15Ge4", "Li3P", "Li2S"}
    reduced = [products for products, _, high in steps("Li10GeP2S12") if high < limits("Li10GeP2S12")[0] + 1e-9]
    assert reduced[-1] == {"P", "Li2S", "Li4GeS4"}


def test_joint_set_of_two_electrolytes():
    found = electrolyte_entries(["Li10GeP2S12", "Li6PS5Cl"], source="force-field")
    assert found.chemsys == "Cl-Ge-Li-P-S"
    assert {"Li10Ge(PS6)2", "Li6PS5Cl"} <= {e.composition.reduced_formula for e in found.entries}
    assert {"GeCl4", "LiP7"} <= {phase.formula for phase in found.left_out}
    alone = ConstrainedPhaseDiagram(electrolyte_entries(["Li6PS5Cl"], source="force-field").entries)
    joint = ConstrainedPhaseDiagram(found.entries)
    both = [diagram.profile("Li6PS5Cl", 7.0).segments for diagram in (alone, joint)]
    assert both[0] == both[1]  # elements that the electrolyte lacks change nothing


def test_electrolyte_without_an_entry():
    with pytest.raises(InputError, match="hold no entry of Li7P3S11"):
        electrolyte_entries(["Li7P3S11"], source="force-field")
    with pytest.raises(InputError, match="no bundled phases for"):
        electrolyte_entries(["Li3YCl6"], source="force-field")
    with pytest.raises(InputError, match="expected source"):
        competing_entries("Li-N", "web")

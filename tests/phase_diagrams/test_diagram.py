"""The linear functional against pymatgen, against a brute-force linear programme, and against closed forms."""

import re
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymatgen.analysis.phase_diagram import GrandPotentialPhaseDiagram, PhaseDiagram
from pymatgen.core import Composition, Element
from pymatgen.core.entries import ComputedStructureEntry
from scipy.optimize import linprog

from selflimit.phase_diagrams import ConstrainedPhaseDiagram, with_experimental_volumes

GPA_A3 = 1e-21 / 1.602176634e-19  # eV; SI defining constant of the electronvolt
PYMATGEN = 1e-8  # eV, V: pymatgen's hull works to about 1e-8 (qhull, formation-energy tolerance)
HIGHS = 1e-7  # eV/fu: HiGHS runs at tolerance 1e-10 per phase; up to some tens of atoms and conditioning multiply it
EXACT = 1e-9  # eV, V, GPa: what the product promises
SEEDS = st.integers(0, 2**32 - 1)
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def energy_per_fu(entries, entry_id):
    found = next(e for e in entries if e.entry_id == entry_id)
    return found.energy / found.composition.get_reduced_composition_and_factor()[1]


def volume_per_fu(entries, entry_id):
    found = next(e for e in entries if e.entry_id == entry_id)
    return found.structure.volume / found.composition.get_reduced_composition_and_factor()[1]


def electrolyte_of(entries):
    """Some compound of the set that holds two closed elements."""
    return next(
        e.composition.reduced_formula for e in reversed(entries) if len(set(e.composition) - {Element("Li")}) > 1
    )


def lowest_own(entries, formula):
    own = [e for e in entries if e.composition.reduced_formula == formula]
    return min(own, key=lambda e: (round(e.energy_per_atom, 9), e.structure.volume / e.composition.num_atoms))


def brute_force(entries, formula, voltage, k_eff):
    """Reaction energy (eV/fu) by one HiGHS solve over raw total energies: an independent second method.

    The metal of the expelled lithium is one more column: it holds what the phases do not, or more.
    """
    metal = min((e for e in entries if e.composition.reduced_formula == "Li"), key=lambda e: e.energy_per_atom)
    lithium = metal.energy_per_atom
    unit = Composition(formula)
    closed = [e for e in unit if e.symbol != "Li"]
    usable = [
        e for e in entries if set(e.composition) <= {*unit, Element("Li")} and any(c in e.composition for c in closed)
    ]

    def grand(e):
        return e.energy - (lithium - voltage) * e.composition["Li"] + k_eff * GPA_A3 * e.structure.volume

    found = linprog(
        [grand(e) for e in usable] + [k_eff * GPA_A3 * metal.structure.volume / len(metal.structure)],
        A_eq=[[e.composition[c] for e in usable] + [0.0] for c in closed],
        b_eq=[unit[c] for c in closed],
        A_ub=[[-e.composition["Li"] for e in usable] + [-1.0]],
        b_ub=[-unit["Li"]],
        method="highs",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    own = lowest_own(entries, formula)
    return found.fun - grand(own) * unit.num_atoms / own.composition.num_atoms


def at_voltage(doc, voltage):
    """Reaction energy (eV/fu) read off the document's segments."""
    s = next(s for s in doc.segments if s.voltage_low <= voltage <= s.voltage_high)
    weight = (voltage - s.voltage_low) / (s.voltage_high - s.voltage_low)
    return (1 - weight) * s.reaction_energy_low + weight * s.reaction_energy_high


def side_atoms(side):
    total = {}
    for term in side.split(" + "):
        coefficient, formula = re.fullmatch(r"(?:([\d/]+) )?(\S+)", term).groups()
        for element, amount in Composition(formula).items():
            total[element] = total.get(element, 0) + Fraction(coefficient or 1) * Fraction(amount).limit_denominator(1)
    return total


# --- K = 0: pymatgen's grand-potential phase diagram -------------------------------------------------------------


def assert_equals_pymatgen(entries, formula, voltages):
    diagram = ConstrainedPhaseDiagram(entries)
    lithium = min(e.energy_per_atom for e in entries if e.composition.reduced_formula == "Li")
    own = lowest_own(entries, formula)
    unit = Composition(formula)
    for voltage in voltages:
        mu = lithium - voltage
        theirs = GrandPotentialPhaseDiagram(entries, {Element("Li"): mu})
        closed = Composition({e: n for e, n in unit.items() if e.symbol != "Li"})
        ours = diagram.products(formula, voltage, 0.0)
        grand = own.energy * unit.num_atoms / own.composition.num_atoms - mu * unit["Li"]
        assert ours.reaction_energy + grand == pytest.approx(theirs.get_hull_energy(closed), abs=PYMATGEN)
        expected = {e.original_entry.entry_id for e in theirs.get_decomposition(closed)}
        assert {p.entry_id for p in ours.products} == expected


def assert_equals_element_profile(entries, formula):
    """Critical voltages and uptakes from pymatgen's element profile, inside the range 0 to 6 V."""
    theirs = PhaseDiagram(entries).get_element_profile(Element("Li"), Composition(formula))
    lithium = theirs[0]["element_reference"].energy_per_atom
    critical, uptakes = [], []
    for step in theirs:  # pymatgen lists a row for each chemical potential; only changes of uptake are transitions
        if not uptakes or abs(step["evolution"] - uptakes[-1]) > PYMATGEN:
            critical.append(lithium - step["chempot"])
            uptakes.append(step["evolution"])
    ours = ConstrainedPhaseDiagram(entries).profile(formula, 0.0)
    inside = [(v, n) for v, n in zip(critical, uptakes, strict=True) if 0.0 < v < 6.0]
    assert [s.voltage_low for s in ours.segments[1:]] == pytest.approx([v for v, _ in inside], abs=PYMATGEN)
    assert [s.ion_uptake for s in ours.segments[1:]] == pytest.approx([n for _, n in inside], abs=PYMATGEN)


def test_unconstrained_chlorides_equal_pymatgen(chloride_entries):
    assert_equals_pymatgen(chloride_entries, "Li2ZrCl6", [0.0, 0.5, 1.2, 1.45, 1.69, 2.5, 3.9, 4.6])
    assert_equals_element_profile(chloride_entries, "Li2ZrCl6")


@FEW
@given(seed=SEEDS, quaternary=st.booleans())
def test_unconstrained_random_sets_equal_pymatgen(random_entries, seed, quaternary):
    elements = ("Li", "P", "S", "Cl") if quaternary else ("Li", "Zr", "Cl")
    entries = random_entries(seed, elements)
    formula = electrolyte_of(entries)
    assert_equals_pymatgen(entries, formula, np.random.default_rng(seed).uniform(0, 5, 2))
    assert_equals_element_profile(entries, formula)


# --- any K: brute force ------------------------------------------------------------------------------------------


@FEW
@given(seed=SEEDS, k_eff=st.floats(0, 50), coarse=st.booleans())
def test_profile_equals_brute_force(random_entries, seed, k_eff, coarse):
    entries = random_entries(seed, ("Li", "P", "S", "Cl"), compounds=20, coarse=coarse)
    formula = electrolyte_of(entries)
    diagram = ConstrainedPhaseDiagram(entries)
    doc = diagram.profile(formula, k_eff)
    middles = [(s.voltage_low + s.voltage_high) / 2 for s in doc.segments]
    for voltage in [0.0, 6.0, *middles, *(s.voltage_low for s in doc.segments)]:
        expected = brute_force(entries, formula, voltage, k_eff)
        assert at_voltage(doc, voltage) == pytest.approx(expected, abs=HIGHS)
        assert diagram.products(formula, voltage, k_eff).reaction_energy == pytest.approx(expected, abs=HIGHS)


@FEW
@given(seed=SEEDS, voltage=st.floats(0, 5), coarse=st.booleans())
def test_constriction_profile_equals_brute_force(random_entries, seed, voltage, coarse):
    entries = random_entries(seed, compounds=15, coarse=coarse)
    formula = electrolyte_of(entries)
    doc = ConstrainedPhaseDiagram(entries).constriction_profile(formula, voltage, (0.0, 40.0))
    for segment in doc.segments:
        middle = (segment.k_eff_low + segment.k_eff_high) / 2
        between = (segment.reaction_energy_low + segment.reaction_energy_high) / 2
        assert between == pytest.approx(brute_force(entries, formula, voltage, middle), abs=HIGHS)
    volumes = [s.decomposition_volume for s in doc.segments]
    assert all(a > b for a, b in pairwise(volumes))  # concavity in K


# --- invariants --------------------------------------------------------------------------------------------------


@FEW
@given(seed=SEEDS, k_eff=st.floats(0, 50), coarse=st.booleans())
def test_segments_obey_thermodynamics(random_entries, seed, k_eff, coarse):
    entries = random_entries(seed, compounds=15, coarse=coarse)
    doc = ConstrainedPhaseDiagram(entries).profile(electrolyte_of(entries), k_eff)
    assert (doc.segments[0].voltage_low, doc.segments[-1].voltage_high) == (0.0, 6.0)
    for s in doc.segments:
        left, right = s.reaction.split(" -> ")
        assert side_atoms(left) == side_atoms(right)  # exact, in fractions
        assert max(s.reaction_energy_low, s.reaction_energy_high) <= EXACT  # energy above hull >= 0
        rise = (s.reaction_energy_high - s.reaction_energy_low) / (s.voltage_high - s.voltage_low)
        # envelope theorem; a 1e-9 V wide segment has round-off 1e-13 eV / 1e-9 V in its slope
        assert rise == pytest.approx(s.ion_uptake, abs=1e-9 + 1e-13 / (s.voltage_high - s.voltage_low))
    for a, b in pairwise(doc.segments):
        assert a.voltage_high == b.voltage_low
        assert a.reaction_energy_high == pytest.approx(b.reaction_energy_low, abs=EXACT)
        assert a.ion_uptake > b.ion_uptake


def numbers(doc):
    return [
        (s.voltage_low, s.voltage_high, s.reaction_energy_low, s.ion_uptake, s.reaction_strain) for s in doc.segments
    ]


def reactions(doc):
    return [(s.reaction, [p.entry_id for p in s.products]) for s in doc.segments]


@FEW
@given(seed=SEEDS, k_eff=st.floats(0, 50), coarse=st.booleans())
def test_order_and_duplicates_do_not_matter(random_entries, seed, k_eff, coarse):
    entries = random_entries(seed, compounds=15, coarse=coarse)
    formula = electrolyte_of(entries)
    mixed = [entries[i] for i in np.random.default_rng(seed).permutation(len(entries))]
    first = ConstrainedPhaseDiagram(entries).profile(formula, k_eff)
    second = ConstrainedPhaseDiagram(mixed + mixed[::2]).profile(formula, k_eff)
    assert reactions(first) == reactions(second)
    np.testing.assert_allclose(numbers(first), numbers(second), rtol=0, atol=EXACT)


@FEW
@given(seed=SEEDS, k_eff=st.floats(0, 50), factor=st.integers(2, 7))
def test_formula_scaling_does_not_matter(random_entries, seed, k_eff, factor):
    entries = random_entries(seed, compounds=15)
    formula = electrolyte_of(entries)
    diagram = ConstrainedPhaseDiagram(entries)
    fractional = Composition(formula) / 2
    for scaled in (Composition(formula) * factor, fractional):
        assert diagram.profile(scaled, k_eff) == diagram.profile(formula, k_eff)


@FEW
@given(seed=SEEDS, k_eff=st.floats(0, 50), shifts=st.tuples(*[st.floats(-5, 5)] * 3))
def test_shift_of_elemental_references_does_not_matter(random_entries, seed, k_eff, shifts):
    entries = random_entries(seed, compounds=15)
    formula = electrolyte_of(entries)
    mu = dict(zip(("Li", "Zr", "Cl"), shifts, strict=True))
    moved = [
        ComputedStructureEntry(
            e.structure,
            e.energy + sum(n * mu[el.symbol] for el, n in e.composition.items()),
            entry_id=e.entry_id,
            parameters=e.parameters,
        )
        for e in entries
    ]
    first, second = (ConstrainedPhaseDiagram(es).profile(formula, k_eff) for es in (entries, moved))
    assert reactions(first) == reactions(second)
    np.testing.assert_allclose(numbers(first), numbers(second), rtol=0, atol=EXACT)


def test_supercells_of_entries_do_not_matter(chloride_entries):
    doubled = [
        ComputedStructureEntry(
            e.structure.copy().make_supercell([2, 1, 1], in_place=False),
            2 * e.energy,
            entry_id=e.entry_id,
            parameters=e.parameters,
        )
        for e in chloride_entries
    ]
    first, second = (ConstrainedPhaseDiagram(es).profile("Li2ZrCl6", 7.0) for es in (chloride_entries, doubled))
    np.testing.assert_allclose(numbers(first), numbers(second), rtol=0, atol=EXACT)


# --- closed forms ------------------------------------------------------------------------------------------------


def zirconium_threshold(entries):
    """K* (GPa) of Zr + 2 LiCl -> ZrCl2 + 2 Li at 0 V by hand: energy gained over volume lost."""
    lithium = min(e.energy_per_atom for e in entries if e.composition.reduced_formula == "Li")
    zr, salt, zrcl2 = "mp-131-GGA", "mp-22905-GGA", "mp-23162-GGA"
    energy = energy_per_fu(entries, zrcl2) + 2 * lithium - energy_per_fu(entries, zr) - 2 * energy_per_fu(entries, salt)
    volume = volume_per_fu(entries, zr) + 2 * volume_per_fu(entries, salt) - volume_per_fu(entries, zrcl2)
    return energy / volume / GPA_A3


@pytest.mark.parametrize(("experimental", "expected"), [(False, 16.7), (True, 13.6)])
def test_zirconium_gives_way_to_its_dichloride(chloride_entries, experimental, expected):
    entries = with_experimental_volumes(chloride_entries) if experimental else chloride_entries
    diagram = ConstrainedPhaseDiagram(entries)
    found = diagram.critical_k_eff("Li2ZrCl6", 0.0)
    assert found == pytest.approx(zirconium_threshold(entries), abs=EXACT)
    assert found == pytest.approx(expected, abs=0.06)  # one decimal is what is known independently
    assert {p.formula for p in diagram.products("Li2ZrCl6", 0.0, found - 0.01).products} == {"LiCl", "Zr"}
    assert {p.formula for p in diagram.products("Li2ZrCl6", 0.0, found + 0.01).products} == {"LiCl", "ZrCl2"}


def test_one_foreign_volume_moves_the_threshold(chloride_entries):
    """ZrCl at its experimental 44.96 A^3 among PBE volumes: Zr + LiCl -> ZrCl + Li wins first, K* by hand."""
    pbe = next(e for e in chloride_entries if e.entry_id == "mp-27440-GGA")
    small = pbe.structure.copy().scale_lattice(2 * 44.96)
    foreign = ComputedStructureEntry(small, pbe.energy, entry_id=pbe.entry_id, parameters=pbe.parameters)
    moved = [foreign if e is pbe else e for e in chloride_entries]
    lithium = min(e.energy_per_atom for e in moved if e.composition.reduced_formula == "Li")
    before, after = ("mp-131-GGA", "mp-22905-GGA"), "mp-27440-GGA"
    energy = energy_per_fu(moved, after) + lithium - sum(energy_per_fu(moved, e) for e in before)
    volume = sum(volume_per_fu(moved, e) for e in before) - volume_per_fu(moved, after)
    diagram = ConstrainedPhaseDiagram(moved)
    found = diagram.critical_k_eff("Li2ZrCl6", 0.0)
    assert found == pytest.approx(energy / volume / GPA_A3, abs=EXACT)
    assert found == pytest.approx(13.31, abs=0.005)  # the documentation's two decimals
    assert {p.formula for p in diagram.products("Li2ZrCl6", 0.0, 14.0).products} == {"LiCl", "ZrCl"}


def test_threshold_does_not_depend_on_the_electrolyte(chloride_entries):
    diagram = ConstrainedPhaseDiagram(chloride_entries)
    found = [diagram.critical_k_eff(formula, 0.0) for formula in ("Li2ZrCl6", "ZrCl4", "ZrCl3")]
    assert found == pytest.approx([found[0]] * 3, abs=EXACT)


@pytest.mark.parametrize("k_eff", [6.5, 10.0, 15.0])
def test_boundary_voltage_falls_linearly(chloride_entries, k_eff):
    """phi(K) = phi(0) - K (V_B - V_A)/(n e), with A the ZrCl2 and B the Zr assemblage and n = 2."""
    zr, salt, zrcl2 = "mp-131-GGA", "mp-22905-GGA", "mp-23162-GGA"
    n, growth = 2, volume_per_fu(chloride_entries, zr) + 2 * volume_per_fu(chloride_entries, salt)
    growth -= volume_per_fu(chloride_entries, zrcl2)
    at_zero = zirconium_threshold(chloride_entries) * GPA_A3 * growth / n
    doc = ConstrainedPhaseDiagram(chloride_entries).profile("Li2ZrCl6", k_eff)
    assert [p.formula for p in doc.segments[0].products] == ["LiCl", "Zr"]
    assert doc.segments[0].voltage_high == pytest.approx(at_zero - k_eff * GPA_A3 * growth / n, abs=EXACT)


def test_rocksalt_takes_over_from_wurtzite(chloride_entries):
    """K* = (E_rocksalt - E_wurtzite)/(v_wurtzite - v_rocksalt), near 0.8 GPa."""
    entries = chloride_entries
    step = energy_per_fu(entries, "mp-22905-GGA") - energy_per_fu(entries, "mp-1185319-GGA")
    shrink = volume_per_fu(entries, "mp-1185319-GGA") - volume_per_fu(entries, "mp-22905-GGA")
    first, second = ConstrainedPhaseDiagram(entries).constriction_profile("Li2ZrCl6", 0.0, (0.0, 5.0)).segments
    assert first.k_eff_high == pytest.approx(step / shrink / GPA_A3, abs=EXACT)
    assert first.k_eff_high == pytest.approx(0.8, abs=0.05)
    assert first.products[0].entry_id == "mp-1185319-GGA"
    assert second.products[0].entry_id == "mp-22905-GGA"


def test_electrolyte_competes_without_mechanical_work(entry):
    """A dense electrolyte, 1 eV above its decomposition, is saved at K* = 1 eV/dV: dG = -1 eV + K dV, never above 0."""
    entries = [entry("Li", 0, 20, "Li"), entry("Zr", 0, 23, "Zr"), entry("Cl2", 0, 50, "Cl")]
    entries += [entry("LiCl", -4, 40, "LiCl"), entry("ZrCl4", -10, 140, "ZrCl4"), entry("Li2ZrCl6", -17, 180, "LZC")]
    diagram = ConstrainedPhaseDiagram(entries)
    dV, expected = 2 * 40 + 140 - 180, 1 / (40 * GPA_A3)
    before, after = (diagram.products("Li2ZrCl6", 2.4, expected + step) for step in (-1.0, 1.0))
    assert before.reaction == "Li2ZrCl6 -> 2 LiCl + ZrCl4"
    assert before.reaction_energy == pytest.approx(-1.0 * GPA_A3 * dV, abs=EXACT)
    assert before.reaction_strain == pytest.approx(dV / 180, abs=EXACT)
    assert after.reaction == "Li2ZrCl6 -> Li2ZrCl6"
    assert (after.reaction_energy, after.reaction_strain, after.ion_uptake) == (0.0, 0.0, 0.0)
    loose, tight = (diagram.profile("Li2ZrCl6", expected + step) for step in (-1.0, 1.0))
    assert (loose.stability_low, loose.stability_high) == (None, None)
    assert tight.stability_low < 2.4 < tight.stability_high


def test_window_and_reaction_by_hand(entry):
    """Li2S against Li (0 eV), S (0 eV), formation -4.2 eV: oxidised above 4.2/2 V to S + 2 Li; K dV/2 shifts it.

    The expelled lithium counts: dV = 30 + 2 x 20 - 47.
    """
    entries = [entry("Li", 0, 20, "Li"), entry("S", 0, 30, "S"), entry("Li2S", -4.2, 47, "Li2S")]
    diagram = ConstrainedPhaseDiagram(entries)
    doc = diagram.profile("Li2S", 10.0)
    assert doc.segments[-1].reaction == "Li2S -> S + 2 Li"
    assert doc.stability_low == 0.0
    assert doc.stability_high == pytest.approx(2.1 + 10.0 * GPA_A3 * (30 + 2 * 20 - 47) / 2, abs=EXACT)
    assert doc.segments[-1].reaction_strain == pytest.approx((30 + 2 * 20 - 47) / 47, abs=EXACT)


def test_tie_rule(entry):
    """At the exact critical voltage the upper side; on a tie line the electrolyte itself; else the denser polymorph."""
    refs = [entry("Li", 0, 20, "Li"), entry("S", 0, 30, "S"), entry("P", 0, 25, "P")]
    at_corner = ConstrainedPhaseDiagram([*refs, entry("Li2S", -4.0, 47, "Li2S")])
    assert at_corner.products("Li2S", 2.0, 0.0).reaction == "Li2S -> S + 2 Li"
    on_line = ConstrainedPhaseDiagram([*refs, entry("PS", -1.0, 55, "PS"), entry("P2S3", -2.0, 140, "P2S3")])
    assert on_line.products("P2S3", 1.0, 0.0).reaction == "P2S3 -> P2S3"
    twins = [entry("PS", -1.0, 60, "a-loose"), entry("PS", -1.0, 55, "b-dense"), entry("P2S3", -1.5, 140, "P2S3")]
    products = ConstrainedPhaseDiagram([*refs, *twins]).products("P2S3", 1.0, 0.0).products
    assert [p.entry_id for p in products] == ["b-dense", "S"]


def test_fractional_formula_finds_its_entry(entry):
    refs = [entry(e, 0, 20, e) for e in ("Li", "P", "S", "Cl")]
    diagram = ConstrainedPhaseDiagram([*refs, entry("Li11P2S9Cl3", -30, 500, "argyrodite")])
    found = diagram.profile("Li5.5PS4.5Cl1.5", 0.0).formula
    assert Composition(found) == Composition("Li11P2S9Cl3")


# --- refused input -----------------------------------------------------------------------------------------------


def test_hull_products_need_no_entry_of_the_composition_and_agree_with_the_profile(mp_entries, entry):
    """With an electrolyte that is never stable (energy 0), both name the same products between the same voltages."""
    with_own = ConstrainedPhaseDiagram([*mp_entries, entry("Li2ZrCl6", 0.0, 210.0, "never stable")])
    alone = ConstrainedPhaseDiagram(mp_entries)
    for k_eff in (0.0, 7.0, 15.0):
        profile, products = with_own.profile("Li2ZrCl6", k_eff), alone.hull_products("Li2ZrCl6", k_eff)
        assert [s.products for s in products.segments] == [s.products for s in profile.segments]
        lows = [s.voltage_low for s in profile.segments]
        assert [s.voltage_low for s in products.segments] == pytest.approx(lows, abs=EXACT)
    critical = with_own.critical_k_eff("Li2ZrCl6", 0.0)
    assert products.critical_k_eff == pytest.approx(critical, abs=EXACT)

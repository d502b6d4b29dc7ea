"""Hundreds of entries, 2 to 6 elements: pymatgen at K = 0, HiGHS at any K. Stable and unstable electrolytes."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymatgen.analysis.phase_diagram import GrandPotentialPhaseDiagram, PhaseDiagram
from pymatgen.core import Composition, Element
from scipy.optimize import linprog

from selflimit.phase_diagrams import ConstrainedPhaseDiagram

GPA_A3 = 1e-21 / 1.602176634e-19  # eV; SI defining constant of the electronvolt
PYMATGEN = 1e-8  # eV, V: what the product promises; qhull itself works to about 1e-10
HIGHS = (
    1e-9  # eV per closed atom: HiGHS runs at its tightest tolerance, 1e-10 per column, columns being per closed atom
)
LITHIUM = Element("Li")
SYSTEMS = ("Li-Cl", "Li-P-S", "Li-Zr-Cl", "Li-P-S-Cl", "Li-Ge-P-S-Cl", "Li-Ge-P-S-Cl-N")


def electrolytes_of(entries, count):
    """Compounds of at least two closed elements where there are any, with and without lithium, stable or not."""
    elements = {e for entry in entries for e in entry.composition}
    wide = [e for e in entries if len(set(e.composition) - {LITHIUM}) >= min(2, len(elements) - 1)]
    return [e.composition.reduced_formula for e in wide[:: max(1, len(wide) // count)]][:count]


def lowest_own(entries, formula):
    own = [e for e in entries if e.composition.reduced_formula == formula]
    return min(own, key=lambda e: (round(e.energy_per_atom, 9), e.structure.volume / e.composition.num_atoms))


def grand_total(entry, mu, unit):
    """Grand potential of one formula unit (eV)."""
    return entry.energy * unit.num_atoms / entry.composition.num_atoms - mu * unit["Li"]


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("seed", [1, 2])
def test_equals_the_grand_potential_phase_diagram(large_set, system, seed):
    entries = large_set(seed, system.split("-"), 60 if system == "Li-Cl" else 400)
    diagram = ConstrainedPhaseDiagram(entries)
    lithium = min(e.energy_per_atom for e in entries if e.composition.reduced_formula == "Li")
    for voltage in np.random.default_rng(seed).uniform(0, 6, 3):
        theirs = GrandPotentialPhaseDiagram(entries, {LITHIUM: lithium - voltage})
        for formula in electrolytes_of(entries, 5):
            unit = Composition(formula)
            closed = Composition({e: n for e, n in unit.items() if e != LITHIUM})
            ours = diagram.products(formula, voltage, 0.0)
            own = grand_total(lowest_own(entries, formula), lithium - voltage, unit)
            assert ours.grand_potential == pytest.approx(theirs.get_hull_energy(closed), abs=PYMATGEN)
            assert ours.reaction_energy == pytest.approx(theirs.get_hull_energy(closed) - own, abs=PYMATGEN)
            assert ours.grand_potential_per_atom * unit.num_atoms == pytest.approx(ours.grand_potential, rel=1e-12)
            formulas = {e.original_entry.composition.reduced_formula for e in theirs.get_decomposition(closed)}
            assert {p.formula for p in ours.products} == formulas


@pytest.mark.parametrize("system", SYSTEMS)
def test_critical_voltages_equal_the_element_profile(large_set, system):
    entries = large_set(3, system.split("-"), 60 if system == "Li-Cl" else 400)
    hull = PhaseDiagram(entries)
    lithium = hull.el_refs[LITHIUM].energy_per_atom
    for formula in electrolytes_of(entries, 4):
        critical, uptakes = [], []
        for step in hull.get_element_profile(LITHIUM, Composition(formula)):
            if (
                not uptakes or abs(step["evolution"] - uptakes[-1]) > PYMATGEN
            ):  # a row is a step where the uptake changes
                critical.append(lithium - step["chempot"])
                uptakes.append(step["evolution"])
        inside = [(v, n) for v, n in zip(critical, uptakes, strict=True) if 0.0 < v < 6.0]
        ours = ConstrainedPhaseDiagram(entries).profile(formula, 0.0)
        assert [s.voltage_low for s in ours.segments[1:]] == pytest.approx([v for v, _ in inside], abs=PYMATGEN)
        assert [s.ion_uptake for s in ours.segments[1:]] == pytest.approx([n for _, n in inside], abs=PYMATGEN)


@pytest.mark.parametrize("system", SYSTEMS)
def test_decomposition_energies_equal_a_brute_force_programme_at_any_modulus(large_set, system):
    entries = large_set(4, system.split("-"), 60 if system == "Li-Cl" else 500)
    diagram = ConstrainedPhaseDiagram(entries)
    rng = np.random.default_rng(4)
    for formula in electrolytes_of(entries, 6):
        voltage, k_eff = rng.uniform(0, 6), rng.uniform(0, 50)
        expected, atoms = by_highs(entries, formula, voltage, k_eff)
        found = diagram.products(formula, voltage, k_eff).reaction_energy
        assert found / atoms == pytest.approx(expected / atoms, abs=HIGHS)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32 - 1),
    voltage=st.floats(0, 6),
    k_eff=st.floats(0, 50),
    count=st.integers(2, 6),
    coarse=st.booleans(),
)
def test_random_sets_equal_a_brute_force_programme(random_entries, seed, voltage, k_eff, count, coarse):
    entries = random_entries(seed, ("Li", "Zr", "Cl", "P", "S", "N")[:count], compounds=40, coarse=coarse)
    formula = electrolytes_of(entries, 1)[0]
    expected, atoms = by_highs(entries, formula, voltage, k_eff)
    found = ConstrainedPhaseDiagram(entries).products(formula, voltage, k_eff).reaction_energy
    assert found / atoms == pytest.approx(expected / atoms, abs=HIGHS)


def by_highs(entries, formula, voltage, k_eff):
    """Reaction energy (eV/fu) and closed atoms per fu: one HiGHS solve, amounts counted in closed atoms.

    The metal of the expelled lithium is one more column: it holds what the phases do not, or more.
    """
    metal = min((e for e in entries if e.composition.reduced_formula == "Li"), key=lambda e: e.energy_per_atom)
    lithium = metal.energy_per_atom
    unit = Composition(formula)
    closed = [e for e in unit if e != LITHIUM]
    usable = [e for e in entries if set(e.composition) <= {*unit, LITHIUM} and any(c in e.composition for c in closed)]
    atoms = sum(unit[c] for c in closed)

    def per_closed_atom(e):
        grand = e.energy - (lithium - voltage) * e.composition["Li"] + k_eff * GPA_A3 * e.structure.volume
        return grand / sum(e.composition[c] for c in closed)

    balance = [[e.composition[c] / sum(e.composition[x] for x in closed) for e in usable] + [0.0] for c in closed]
    found = linprog(
        [per_closed_atom(e) for e in usable] + [k_eff * GPA_A3 * metal.structure.volume / len(metal.structure)],
        A_eq=balance,
        b_eq=[unit[c] / atoms for c in closed],
        A_ub=[[-e.composition["Li"] / sum(e.composition[x] for x in closed) for e in usable] + [-1.0]],
        b_ub=[-unit["Li"] / atoms],
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    own = lowest_own(entries, formula)
    return (found.fun - per_closed_atom(own)) * atoms, atoms

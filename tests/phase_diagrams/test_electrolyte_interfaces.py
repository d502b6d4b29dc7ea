"""Interfaces between two electrolytes against pymatgen, brute force and closed forms."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymatgen.analysis.interface_reactions import GrandPotentialInterfacialReactivity, InterfacialReactivity
from pymatgen.analysis.phase_diagram import GrandPotentialPhaseDiagram, PhaseDiagram
from pymatgen.core import Composition, Element
from scipy.optimize import linprog

from selflimit.errors import InputError
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, electrolyte_entries, interface_scan
from selflimit.units import GPA_ANGSTROM3_TO_EV

PAIRS = [("Li3N", "Li2ZrCl6"), ("Li3N", "Li10GeP2S12"), ("Li6PS5Cl", "Li2ZrCl6")]
EXACT = 1e-8  # eV/atom: what is asked for; both codes solve the same small linear systems


@pytest.fixture(scope="module")
def sets():
    return {pair: electrolyte_entries(pair, source="force-field") for pair in PAIRS}


@pytest.fixture(scope="module")
def diagrams(sets):
    return {pair: ConstrainedPhaseDiagram(found.entries) for pair, found in sets.items()}


def interpolated(doc, x):
    """Reaction energy (eV/atom) at x: straight between the kinks."""
    return np.interp(x, [k.mixing_ratio for k in doc.kinks], [k.reaction_energy_per_atom for k in doc.kinks])


@pytest.mark.parametrize("pair", PAIRS)
def test_closed_interface_equals_pymatgen(pair, sets, diagrams):
    entries = list(sets[pair].entries)
    theirs = InterfacialReactivity(*map(Composition, pair), PhaseDiagram(entries), norm=True)
    ours = interface_scan(diagrams[pair], *pair)
    kinks = theirs.get_kinks()
    assert [k.mixing_ratio for k in ours.kinks] == pytest.approx([k[1] for k in kinks], abs=1e-8)  # ratio of atoms
    assert [k.reaction_energy_per_atom for k in ours.kinks] == pytest.approx([k[2] for k in kinks], abs=EXACT)
    assert all(k.ion_uptake == 0.0 for k in ours.kinks)


@pytest.mark.parametrize("voltage", [0.0, 1.9, 4.0])
@pytest.mark.parametrize("pair", PAIRS)
def test_open_interface_equals_pymatgen(pair, voltage, sets, diagrams):
    """pymatgen gives the mixing ratio in atoms, as here, but energies per atom of the closed elements."""
    entries = list(sets[pair].entries)
    whole = PhaseDiagram(entries)
    lithium = whole.el_refs[Element("Li")].energy_per_atom
    grand = GrandPotentialPhaseDiagram(entries, {Element("Li"): lithium - voltage})
    theirs = GrandPotentialInterfacialReactivity(
        *map(Composition, pair), grand, whole, norm=True, include_no_mixing_energy=True, use_hull_energy=False
    )
    doc = interface_scan(diagrams[pair], *pair, voltage=voltage)
    closed = [1 - Composition(f).get_atomic_fraction("Li") for f in pair]
    kinks = theirs.get_kinks()
    assert [k.mixing_ratio for k in doc.kinks] == pytest.approx([k[1] for k in kinks], abs=1e-8)  # ratio of atoms
    for ours, (_, x, energy, *_) in zip(doc.kinks, kinks, strict=True):
        closed_atoms = x * closed[0] + (1 - x) * closed[1]  # per atom of the mixture
        assert ours.reaction_energy_per_atom == pytest.approx(energy * closed_atoms, abs=EXACT)


def brute_force(entries, pair, x, k_eff, voltage):
    """Lowest energy of a mixture (eV/atom) by HiGHS, from the entries alone."""
    open_ion = {"Li"} if voltage is not None else set()
    inside = {e.symbol for f in pair for e in Composition(f)} | open_ion
    conserved = sorted(inside - open_ion)
    lithium = min(e.energy_per_atom for e in entries if e.composition.reduced_formula == "Li")
    pool = [e for e in entries if {s.symbol for s in e.composition} <= inside]
    pool = [e for e in pool if any(s.symbol in conserved for s in e.composition)]

    def cost(e):
        mu = lithium - voltage if voltage is not None else 0.0
        return e.energy + k_eff * GPA_ANGSTROM3_TO_EV * e.structure.volume - mu * e.composition["Li"] * bool(open_ion)

    ends = [min((e for e in pool if e.composition.reduced_formula == Composition(f).reduced_formula),
                key=lambda e: (e.energy_per_atom, e.structure.volume / len(e.structure))) for f in pair]  # fmt: skip
    demand = [
        sum(w * e.composition[s] / e.composition.num_atoms for w, e in zip((x, 1 - x), ends, strict=True))
        for s in conserved
    ]
    metal = min((e for e in entries if e.composition.reduced_formula == "Li"), key=lambda e: e.energy_per_atom)
    held = sum(w * e.composition["Li"] / e.composition.num_atoms for w, e in zip((x, 1 - x), ends, strict=True))
    # one more column, the metal of the lithium that leaves both electrolytes; nothing leaves a closed interface
    expelled = k_eff * GPA_ANGSTROM3_TO_EV * metal.structure.volume / len(metal.structure)
    found = linprog(
        [*(cost(e) for e in pool), expelled],
        A_eq=[[*(e.composition[s] for e in pool), 0.0] for s in conserved],
        b_eq=demand,
        A_ub=[[*(-e.composition["Li"] for e in pool), -1.0]],
        b_ub=[-held],
        bounds=(0, None),
        method="highs",
        options={"dual_feasibility_tolerance": 1e-10, "primal_feasibility_tolerance": 1e-10},
    )
    assert found.success
    unreacted = sum(w * cost(e) / e.composition.num_atoms for w, e in zip((x, 1 - x), ends, strict=True))
    return found.fun - unreacted


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10**6), x=st.floats(0.0, 1.0), k_eff=st.floats(0.0, 30.0),
    voltage=st.one_of(st.none(), st.floats(0.0, 5.0)), coarse=st.booleans(),
)  # fmt: skip
def test_every_mixture_equals_brute_force(random_entries, seed, x, k_eff, voltage, coarse):
    entries = random_entries(seed, elements=("Li", "Zr", "Cl", "N"), compounds=16, coarse=coarse)
    formulas = sorted(
        {e.composition.reduced_formula for e in entries if len(e.composition) > 1 and "Zr" in e.composition}
    )
    if len(formulas) < 2:
        return
    pair = formulas[0], formulas[-1]
    doc = interface_scan(ConstrainedPhaseDiagram(entries), *pair, k_eff=k_eff, voltage=voltage)
    # 1e-8: HiGHS' own feasibility tolerance of 1e-10 times the potentials of some 10 eV
    assert interpolated(doc, x) == pytest.approx(brute_force(entries, pair, x, k_eff, voltage), abs=1e-8)


@pytest.mark.parametrize("voltage", [None, 1.0])
@pytest.mark.parametrize("pair", PAIRS)
def test_reactions_balance(pair, voltage, diagrams):
    doc = interface_scan(diagrams[pair], *pair, k_eff=5.0, voltage=voltage)
    first, second = (Composition(f) for f in pair)
    for kink in doc.kinks:
        start = first.get_el_amt_dict(), second.get_el_amt_dict()
        shares = kink.molar_ratio, 1 - kink.molar_ratio
        for element in first.elements + second.elements:
            before = sum(w * part.get(element.symbol, 0.0) for w, part in zip(shares, start, strict=True))
            before += kink.ion_uptake if element.symbol == "Li" else 0.0
            after = sum(p.amount * Composition(p.formula)[element] for p in kink.products)
            assert after == pytest.approx(before, abs=1e-8)  # formula units, amounts of order one
        volume = sum(p.amount * p.volume for p in kink.products)
        unreacted = shares[0] * doc.first_volume + shares[1] * doc.second_volume
        assert kink.decomposition_volume == pytest.approx(volume - unreacted, abs=1e-6)
        assert kink.reaction_strain == pytest.approx(volume / unreacted - 1, abs=1e-8)


def test_work_of_the_mixture(diagrams):
    """With the same products, the energy rises by K dV: the slope of the reaction energy in K is the volume change."""
    pair = PAIRS[0]
    low, high = (interface_scan(diagrams[pair], *pair, k_eff=k) for k in (1.0, 1.001))
    for a, b in zip(low.kinks, high.kinks, strict=True):
        slope = (b.reaction_energy - a.reaction_energy) / 0.001
        # the energy is piecewise linear in K, so differences are exact up to round-off / 0.001
        assert slope == pytest.approx(GPA_ANGSTROM3_TO_EV * a.decomposition_volume, abs=1e-6)


def test_kinks_are_corners_and_convex(diagrams):
    for pair, diagram in diagrams.items():
        doc = interface_scan(diagram, *pair)
        points = [(k.mixing_ratio, k.reaction_energy_per_atom) for k in doc.kinks]
        slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(points)]
        assert all(right > left + 1e-9 for left, right in pairwise(slopes))
        assert [(s.mixing_ratio_low, s.mixing_ratio_high) for s in doc.segments] == list(
            pairwise([k.mixing_ratio for k in doc.kinks])
        )
        for segment, (left, right) in zip(doc.segments, pairwise(doc.kinks), strict=True):
            ends = {p.formula for k in (left, right) for p in k.products}
            assert ends <= set(segment.products)  # a corner holds a part of what lies beside it


def test_swapped_electrolytes_give_the_mirrored_scan(diagrams):
    pair = PAIRS[1]
    doc, mirrored = interface_scan(diagrams[pair], *pair), interface_scan(diagrams[pair], *reversed(pair))
    assert [1 - k.mixing_ratio for k in reversed(mirrored.kinks)] == pytest.approx(
        [k.mixing_ratio for k in doc.kinks], abs=1e-9
    )
    assert {k.reaction for k in doc.kinks[1:-1]} == {swap(k.reaction) for k in mirrored.kinks[1:-1]}


def swap(reaction):
    left, right = reaction.split(" -> ")
    return f"{' + '.join(reversed(left.split(' + ')))} -> {right}"


def test_left_out_phases_travel_with_the_answer(sets, diagrams):
    pair = PAIRS[1]
    doc = interface_scan(diagrams[pair], *pair, left_out=sets[pair].left_out)
    assert "Li7PN4" in {phase.formula for phase in doc.left_out}
    assert all(phase.reason for phase in doc.left_out)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("Li3N", "Li3N"), "two different"),
        (("Li3N", "Li6N2"), "two different"),
        (("Li3N", "Li7N4"), "no entry for Li7N4"),
        (("Li3N", "Li2ZrCl6", -1.0), "k_eff"),
        (("Li3N", "Li2ZrCl6", 0.0, -0.5), "voltage"),
        (("Li3N", "Li2ZrCl6", float("nan")), "k_eff"),
    ],
)
def test_bad_input(diagrams, arguments, message):
    with pytest.raises(InputError, match=message):
        interface_scan(diagrams[PAIRS[0]], *arguments)

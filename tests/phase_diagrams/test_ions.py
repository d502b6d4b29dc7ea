"""Working ions of charge one and two: voltages of pymatgen's grand-potential diagram, volumes and uptakes per ion."""

import itertools

import numpy as np
import pytest
from pymatgen.analysis.phase_diagram import PhaseDiagram
from pymatgen.core import Composition, Element, Lattice, Structure
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import LevelOfTheory, with_level
from selflimit.errors import InputError
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, interface_scan
from selflimit.phase_diagrams.phases import ION_CHARGES
from selflimit.units import GPA_ANGSTROM3_TO_EV

LEVEL = LevelOfTheory(method="DFT", model="made up")


def entry(formula, energy, volume):
    """An entry of one formula unit, energies in eV and volumes in Angstrom^3 per formula unit."""
    symbols = [e.symbol for e, n in Composition(formula).items() for _ in range(int(n))]
    crystal = Structure(
        Lattice.cubic(volume ** (1 / 3)), symbols, np.linspace(0, 0.9, len(symbols))[:, None] * [1, 1, 1]
    )
    return with_level(ComputedStructureEntry(crystal, energy, entry_id=formula), LEVEL)


def system(ion, charge):
    """Made-up sulfides of scandium and an ion: the spinel, binaries, and what it reduces to."""
    n = 3 // charge if charge == 3 else {1: 2, 2: 1}[charge]
    spinel, sulfide = (f"{ion}{n if n > 1 else ''}Sc2S4", f"{ion}{n if n > 1 else ''}S")
    return spinel, [
        entry(ion, -1.5, 23.0), entry("Sc", -6.3, 25.0), entry("S", -4.1, 26.0),
        entry(sulfide, -1.5 * n - 4.1 - 4.0, 35.0),
        entry("Sc2S3", -2 * 6.3 - 3 * 4.1 - 11.5, 92.0), entry("ScS", -6.3 - 4.1 - 4.0, 35.5),
        entry(spinel, -1.5 * n - 2 * 6.3 - 4 * 4.1 - 15.8, 124.0),
    ]  # fmt: skip


@pytest.mark.parametrize("ion", ["Li", "Na", "K", "Mg", "Ca", "Zn"])
def test_critical_voltages_are_pymatgens(ion):
    charge = ION_CHARGES[ion]
    formula, entries = system(ion, charge)
    doc = ConstrainedPhaseDiagram(entries, working_ion=ion).profile(formula, 0.0)
    profile = PhaseDiagram(entries).get_element_profile(Element(ion), Composition(formula))
    metal = next(e.energy_per_atom for e in entries if e.composition.reduced_formula == ion)
    voltages = sorted({round((metal - part["chempot"]) / charge, 8) for part in profile} - {0.0})
    expected = [v for v in voltages if 1e-6 < v < 6.0]
    assert [s.voltage_high for s in doc.segments[:-1]] == pytest.approx(expected, abs=1e-7)
    evolution = {round((metal - p["chempot"]) / charge, 6): p["evolution"] for p in profile}
    uptake = [segment.ion_uptake for segment in doc.segments]
    assert min(abs(e - u) for e, u in itertools.product(evolution.values(), uptake)) < 1e-6
    assert f"{ion}" in doc.segments[0].reaction


@pytest.mark.parametrize("ion", ["Li", "Mg", "Ca"])
def test_the_work_of_expelled_ions_is_that_of_their_atoms(ion):
    """MS -> M + S in closed form: V = [g + K (v_M + v_S - v_MS)] / (z e), v_M whole although an ion carries 2 e."""
    charge = ION_CHARGES[ion]
    n = {1: 2, 2: 1}[charge]
    formula = f"{ion}{n if n > 1 else ''}S"
    entries = [entry(ion, -1.5, 23.0), entry("S", -4.1, 26.0), entry(formula, -1.5 * n - 4.1 - 4.0, 35.0)]
    for k_eff in (0.0, 7.0):
        doc = ConstrainedPhaseDiagram(entries, working_ion=ion).profile(formula, k_eff)
        work = k_eff * GPA_ANGSTROM3_TO_EV * (n * 23.0 + 26.0 - 35.0)
        assert doc.stability_high == pytest.approx((4.0 + work) / (n * charge), abs=1e-9)
        assert doc.segments[-1].ion_uptake == pytest.approx(-n)
        assert doc.segments[-1].decomposition_volume == pytest.approx(n * 23.0 + 26.0 - 35.0)


def test_an_open_interface_of_a_divalent_ion_meets_its_ends():
    formula, entries = system("Mg", 2)
    diagram = ConstrainedPhaseDiagram(entries, working_ion="Mg")
    for k_eff in (0.0, 10.0):
        scan = interface_scan(diagram, formula, "Sc2S3", k_eff=k_eff, voltage=0.4)
        for kink, name in ((scan.kinks[0], "Sc2S3"), (scan.kinks[-1], formula)):
            alone = diagram.products(name, 0.4, k_eff)
            assert kink.reaction_energy == pytest.approx(alone.reaction_energy, abs=1e-9)
            assert kink.ion_uptake == pytest.approx(alone.ion_uptake, abs=1e-9)


def test_an_ion_of_unknown_charge_is_refused():
    _, entries = system("Mg", 2)
    with pytest.raises(InputError, match="whose charge is known"):
        ConstrainedPhaseDiagram(entries, working_ion="Sc")

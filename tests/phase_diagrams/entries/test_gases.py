"""Partial pressures of gases: chemical potentials of the tables, and voltages in closed form."""

import json
import math

import pytest
from pymatgen.analysis.compatibility.computed_entries import GibbsComputedStructureEntry

from selflimit.documents import common_level
from selflimit.errors import InputError
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, competing_entries, read_entries
from selflimit.phase_diagrams.entries.gases import with_gas_pressures

K_B = 8.617333262e-5
"""eV/K (CODATA 2018)."""


def oxidation(entries):
    """Voltage at which Li3N gives up its nitrogen, without constriction (V)."""
    return ConstrainedPhaseDiagram(entries).profile("Li3N", 0.0).segments[0].voltage_high


def test_a_pressure_moves_the_limit_by_its_logarithm():
    entries = [e for e in competing_entries("Li-N", "force-field") if "LiN3" not in e.entry_id]
    one, thousandth = (with_gas_pressures(entries, {"N2": p}) for p in (1.0, 1e-3))
    # Li3N -> 3 Li + N2/2: kT ln(p) / 2 by three electrons
    moved = K_B * 298.15 * math.log(1e-3) / 6
    assert oxidation(thousandth) - oxidation(one) == pytest.approx(moved, abs=1e-6)
    # mu(298 K, 1 bar) - H(0 K) of N2 is -48.458 kJ/mol: -(-8.670 + 298.15 * 0.191609)
    assert oxidation(one) - oxidation(entries) == pytest.approx((8.670 - 298.15 * 0.191609) / 96.48533 / 6, abs=1e-6)
    assert "N2 at 0.001 bar and 298.15 K" in common_level(thousandth).label
    assert common_level(entries).label == "CHGNet r2scan"


def test_gibbs_entries_keep_their_own_temperature(tmp_path):
    plain = {e.entry_id: e for e in competing_entries("Li-N", "force-field")}
    entries = [
        GibbsComputedStructureEntry(
            plain[key].structure, energy, temp=700, parameters=plain[key].parameters, entry_id=key
        )
        for key, energy in {"Li mp-135": 0.0, "N2 mp-25": 0.0, "Li3N mp-2251": -0.43}.items()
    ]  # fmt: skip
    (tmp_path / "gibbs.json").write_text(json.dumps([entry.as_dict() for entry in entries]))
    found = read_entries(tmp_path / "gibbs.json")
    low = with_gas_pressures(found, {"N2": 0.01})
    assert oxidation(low) - oxidation(found) == pytest.approx(K_B * 700 * math.log(0.01) / 6, abs=1e-6)
    level = common_level(low)
    assert level.temperature == 700.0 and "0.01 bar and 700 K" in level.label
    doc = ConstrainedPhaseDiagram(low).products("Li3N", 0.0, 0.0)
    assert doc.level_of_theory.temperature == 700.0


def test_pressures_that_mean_nothing_are_refused():
    entries = competing_entries("Li-N", "force-field")
    for pressures, said in (
        ({"Li3N": 1.0}, "expected a gas"), ({"O2": 1.0}, "no entry of O2"), ({"N2": 0.0}, "above 0 bar"),
        ({"N2": math.inf}, "above 0 bar"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=said):
            with_gas_pressures(entries, pressures)
    assert with_gas_pressures(entries, {}) == entries

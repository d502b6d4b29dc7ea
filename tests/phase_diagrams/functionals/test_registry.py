"""A functional is one row of a table: a made-up one runs through the diagram, the map, the window and the spread."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from selflimit.documents import EnergyError
from selflimit.errors import InputError
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, sample_uncertainty
from selflimit.phase_diagrams.functionals.constriction import Constriction
from selflimit.phase_diagrams.functionals.registry import FUNCTIONALS, MechanicalFunctional, describe_functionals
from selflimit.phase_diagrams.phases import phase_from_entry
from selflimit.phase_diagrams.uncertainty.question import Question

FORMULA, RANGE = "Li2ZrCl6", (0.0, 6.0)


@dataclass(frozen=True)
class Doubled:
    """Twice the elastic work, W = K_eff (V - V0)^2 / V0: whatever the elastic functional says at twice the K_eff."""

    elastic: Constriction
    """At twice the K_eff."""

    @property
    def candidates(self):
        return self.elastic.candidates

    def _halved(self, outcome):
        return replace(outcome, k_eff=outcome.k_eff / 2)

    def at(self, voltage):
        return self._halved(self.elastic.at(voltage))

    def segments(self, low, high):
        return [tuple(map(self._halved, course)) for course in self.elastic.segments(low, high)]

    def moduli(self, voltage, low, high):
        return [tuple(map(self._halved, course)) for course in self.elastic.moduli(voltage, 2 * low, 2 * high)]

    def tiling(self, voltages, k_effs):
        found = self.elastic.tiling(voltages, tuple(2 * k for k in k_effs))
        half = np.array([1.0, 0.5])
        return replace(
            found,
            regions=tuple(replace(region, corners=region.corners * half) for region in found.regions),
            borders=tuple(replace(border, ends=border.ends * half) for border in found.borders),
            junctions=tuple((point * half, regions) for point, regions in found.junctions),
        )

    def reaction_in(self, region, shares):
        return self.elastic.reaction_in(region, shares)


def constrict_doubly(system, candidates, electrolyte, k_eff):
    return Doubled(FUNCTIONALS["elastic"].constrict(system, candidates, electrolyte, 2 * k_eff))


@pytest.fixture
def doubled(monkeypatch, chloride_entries):
    row = MechanicalFunctional("doubled", "W = K_eff (V - V0)^2 / V0", constrict_doubly, is_linear=False)
    monkeypatch.setitem(FUNCTIONALS, "doubled", row)
    return ConstrainedPhaseDiagram(chloride_entries, model="doubled")


@pytest.fixture(scope="module")
def elastic(chloride_entries):
    return ConstrainedPhaseDiagram(chloride_entries, model="elastic")


def test_its_ground_states_are_those_at_twice_the_modulus(doubled, elastic):
    """Numbers of one functional from another: exact, but for the K_eff that the documents state."""
    point, half = elastic.products(FORMULA, 1.7, 10.0), doubled.products(FORMULA, 1.7, 5.0)
    assert half.functional == "doubled"
    assert (half.k_eff, half.reaction_energy, half.pressure) == (5.0, point.reaction_energy, point.pressure)
    assert doubled.profile(FORMULA, 5.0).segments == elastic.profile(FORMULA, 10.0).segments
    ours = doubled.constriction_profile(FORMULA, 0.0, (0.0, 25.0)).segments
    theirs = elastic.constriction_profile(FORMULA, 0.0, (0.0, 50.0)).segments
    assert [(2 * s.k_eff_low, 2 * s.k_eff_high, s.reaction) for s in ours] == [
        (s.k_eff_low, s.k_eff_high, s.reaction) for s in theirs
    ]


def test_its_map_is_the_other_one_at_half_the_height(doubled, elastic):
    ours, theirs = doubled.predominance(FORMULA, RANGE, (0, 10)), elastic.predominance(FORMULA, RANGE, (0, 20))
    for mine, other in zip(ours.regions, theirs.regions, strict=True):
        assert (mine.reaction, mine.reaction_strain) == (other.reaction, other.reaction_strain)
        assert np.array(mine.vertices) * [1, 2] == pytest.approx(np.array(other.vertices))


def test_errors_are_propagated_through_it(doubled, elastic, chloride_entries):
    """The same draws at twice the K_eff: the same bands."""
    error = EnergyError(standard_deviation=0.02, source="made up")
    volumes = {str(e.entry_id): {"own": phase_from_entry(e).volume} for e in chloride_entries}
    found = [
        sample_uncertainty(
            chloride_entries, Question(FORMULA, (k,), model=model), error, volumes, 20, volume_model="scattered"
        )
        for model, k in (("doubled", 5.0), ("elastic", 10.0))
    ]
    assert found[0].functional == "doubled"
    assert [band.median for band in found[0].boundaries] == [band.median for band in found[1].boundaries]
    assert all(band.linear_deviation is None for band in found[0].boundaries)  # a closed form of the linear one only


def test_what_needs_the_linear_functional_refuses_it(doubled):
    with pytest.raises(InputError, match="linear functional"):
        doubled.hull_products(FORMULA, 5.0)


def test_it_is_in_the_help_and_a_misspelt_name_is_answered(doubled, chloride_entries):
    assert "doubled: W = K_eff (V - V0)^2 / V0" in describe_functionals()
    with pytest.raises(InputError, match="got 'double'; did you mean doubled"):
        ConstrainedPhaseDiagram(chloride_entries, model="double")

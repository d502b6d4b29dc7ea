"""The report says that products are settled only where every source and every error model agrees with it."""

from typing import get_args

import pytest

from selflimit.documents import Fate
from selflimit.phase_diagrams import MechanicalRules, Sampling, competing_entries
from selflimit.report.answers import is_settled
from selflimit.report.interactive.verdicts import FATES


@pytest.fixture(scope="module")
def by_dft():
    """Zirconium without constriction; at 15 GPa ZrCl2 in most samples, but not under every error model."""
    question = MechanicalRules().question("Li2ZrCl6", (0.0, 15.0), 0.0)
    return Sampling(samples=60).of(competing_entries("Li-Zr-Cl"), question)


def told(made, k_eff, *names):
    products = [made.PhaseAmount(formula=name, entry_id=name, amount=1.0, volume=30.0) for name in names]
    return made.decomposition(k_eff, 0.0).model_copy(update={"products": products})


def test_products_that_another_source_contradicts_are_not_settled(by_dft, made):
    assert is_settled([by_dft], told(made, 0.0, "LiCl", "Zr"))
    assert not is_settled([by_dft], told(made, 15.0, "LiCl", "Zr")), "another source says ZrCl2"
    assert not is_settled([by_dft], told(made, 15.0, "LiCl", "ZrCl2")), "under some error models Zr stays"
    assert not is_settled([], told(made, 0.0, "LiCl", "Zr")), "nothing was sampled"


def test_every_outcome_has_a_bar():
    """Or the bars of the verdict, which are shares of all samples, would not be full."""
    assert set(FATES) == set(get_args(Fate))
    assert len({(style.colour, style.hatch) for style in FATES.values()}) == len(FATES)

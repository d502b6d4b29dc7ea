"""The first screen of a run's report: four questions, their answers, how sure they are, and what the paper says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pymatgen.core import Composition

from selflimit.documents import ArrestDoc, DecompositionDoc, StressDoc, UncertaintyDoc, products_text
from selflimit.documents.arrest import CurrentVerdict
from selflimit.report.comparison import PUBLISHED_ELECTROLYTE, threshold_of
from selflimit.report.content import ReportContent

Light = Literal["green", "amber", "red"]
Agreement = Literal["agrees with the paper", "disagrees with the paper", "not comparable with the paper"]

REACTS_IN_PAPER = (PUBLISHED_ELECTROLYTE, "Li10GeP2S12")
"""Electrolytes of which the paper says that they react with lithium (its Fig. 1A)."""
PUBLISHED_PRODUCTS = ({"LiCl", "Zr"}, {"LiCl", "ZrCl2"})
"""Products under lithium by the paper's Fig. 7 at the lowest and the highest K_eff, 0 and 15 GPa."""
PUBLISHED_K_EFFS = (0.0, 15.0)
PUBLISHED_TIP = 40.0
"""Pressure (MPa) up to which the paper's Fig. 8D goes at the tip with products."""
SURE = 0.9
"""Probability from which an answer counts as sure."""


@dataclass(frozen=True)
class ReportAnswer:
    """One answer of the first screen."""

    question: str
    light: Light
    """Green: good for the cell; red: bad; amber: it depends, or is not known well enough."""
    word: str
    """The light in a word, for those who do not see its colour."""
    value: str
    uncertainty: str
    agreement: Agreement
    why: str
    """What the paper says, and what makes the difference."""


def answer_all(content: ReportContent) -> list[ReportAnswer]:
    """ReportAnswer the four questions from the documents of a run."""
    return [
        answer_stability(content),
        answer_products(content),
        answer_pressure(content.electrolyte.formula, content.stresses, content.arrest),
        answer_limitation(content.electrolyte.formula, content.arrest),
    ]


def write_title(doc: ArrestDoc) -> str:
    """Write the title of a report: what the verdict says, whatever it is."""
    limited = [one for one in doc.currents if one.limits_itself >= 0.5]
    if len(limited) == len(doc.currents):
        return f"{doc.formula} limits its lithium at {_currents(doc.currents)}"
    others = [one for one in doc.currents if one not in limited]
    answers = dict.fromkeys(one.answer for one in others)
    ends = ", ".join(f"{said} at {_currents([one for one in others if one.answer == said])}" for said in answers)
    if limited:
        return f"{doc.formula} limits its lithium at {_currents(limited)}; it {ends}"
    return f"{doc.formula} does not limit its lithium by stress: it {ends}"


def _currents(verdicts: Sequence[CurrentVerdict]) -> str:
    values = sorted(one.current for one in verdicts)
    if len(values) > 2:
        return f"{values[0]:g} to {values[-1]:g} mA/cm²"
    return f"{' and '.join(f'{value:g}' for value in values)} mA/cm²"


def answer_stability(content: ReportContent) -> ReportAnswer:
    """ReportAnswer whether the electrolyte survives lithium: its window, and the energy of its reaction."""
    free, profile = content.decompositions[0], content.stabilities[0]
    formula, error = free.formula, reaction_error(free, content.uncertainties)
    is_stable = {product.formula for product in free.products} == {formula}
    if profile.stability_low is not None and profile.stability_high is not None:
        window = f"stable from {profile.stability_low:.2f} to {profile.stability_high:.2f} V vs Li/Li⁺"
    else:
        window = "stable at no voltage"
    reacts = f"under lithium it releases {-free.reaction_energy:.3g} eV per formula unit"
    is_sure = error is not None and abs(free.reaction_energy) > 2 * error
    light: Light = "green" if is_stable else "red" if is_sure or error is None else "amber"
    known = formula in REACTS_IN_PAPER
    return ReportAnswer(
        question="Is it stable against lithium?",
        light=light,
        word={"green": "yes", "red": "no", "amber": "not sure"}[light],
        value=f"Yes: {window}" if is_stable else f"No: {window}; {reacts}.",
        uncertainty=_energy_uncertainty(error, content.uncertainties),
        agreement=_agreement(None if not known else not is_stable),
        why=f"lithium reacts directly with {formula} there (its Fig. 1A)." if known else f"It has no {formula}.",
    )


def reaction_error(doc: DecompositionDoc, found: Sequence[UncertaintyDoc]) -> float | None:
    """Standard error (eV per formula unit) of a reaction energy; None where no error of energies is stated.

    Errors of formation energies are independent and normal, and those of elements are zero: the error of their sum.
    """
    if not found:
        return None
    per_atom = found[0].energy_error.standard_deviation
    phases = [(doc.formula, 1.0), *((product.formula, product.amount) for product in doc.products)]
    atoms = [amount * Composition(formula).num_atoms for formula, amount in phases if len(Composition(formula)) > 1]
    return float(per_atom * np.sqrt(np.sum(np.square(atoms))))


def _energy_uncertainty(error: float | None, found: Sequence[UncertaintyDoc]) -> str:
    if error is None:
        return "not estimated: no errors are stated for energies of this chemical system."
    size = 1000 * found[0].energy_error.standard_deviation
    return f"± {error:.1g} eV, if each compound is off by {size:.2g} meV/atom, which is a lower bound."


def answer_products(content: ReportContent) -> ReportAnswer:
    """ReportAnswer what forms under lithium without and with constriction, and where it changes."""
    ends = content.decompositions[0], content.decompositions[-1]
    names = [{product.formula for product in doc.products} for doc in ends]
    low, high = (products_text(doc.products) for doc in ends)
    spans = f"{ends[0].k_eff:g} to {ends[-1].k_eff:g} GPa"
    value = f"{low} at K_eff {spans}." if names[0] == names[1] else (
        f"{low} at K_eff {ends[0].k_eff:g}, {high} at {ends[1].k_eff:g} GPa."
    )  # fmt: skip
    threshold = threshold_of(content.constriction)
    here = "no change below 50 GPa here" if threshold is None else f"change at {threshold:.3g} GPa here"
    light: Light = "green" if is_settled(content.uncertainties, ends[-1]) else "amber"
    comparable = ends[0].formula == PUBLISHED_ELECTROLYTE and (ends[0].k_eff, ends[1].k_eff) == PUBLISHED_K_EFFS
    return ReportAnswer(
        question="What forms?",
        light=light,
        word="settled" if light == "green" else "hangs on K_eff and source",
        value=value,
        uncertainty=f"{here}; {_threshold_uncertainty(content.uncertainties)}",
        agreement=_agreement(tuple(names) == PUBLISHED_PRODUCTS if comparable else None),
        why=f"{_products_in_paper()}; the thresholds of different sources lie on both sides of 15 GPa."
        if comparable
        else f"It gives no products of {ends[0].formula} at these K_eff.",
    )


def _products_in_paper() -> str:
    said = (f"{' + '.join(sorted(p))} at {k:g}" for p, k in zip(PUBLISHED_PRODUCTS, PUBLISHED_K_EFFS, strict=True))
    return f"{', '.join(said)} GPa there (its Fig. 7)"


def is_settled(found: Sequence[UncertaintyDoc], told: DecompositionDoc) -> bool:
    """Whether the products that are told are sure by every source that was sampled, and under every error model."""
    names = sorted({product.formula for product in told.products})
    return bool(found) and all(_least_share(doc, names, told.k_eff) >= SURE for doc in found)


def _least_share(doc: UncertaintyDoc, names: Sequence[str], k_eff: float) -> float:
    """Least probability of the products ``names`` at ``k_eff`` (GPa) under any error model; 0 if they never form."""
    rows = [row for row in doc.products if row.k_eff == k_eff and sorted(row.products) == names]
    return min((min(row.probability, *(row.model_range or ())) for row in rows), default=0.0)


def _threshold_uncertainty(found: Sequence[UncertaintyDoc]) -> str:
    if not found:
        return "its error was not sampled."
    band = found[0].thresholds[0]
    low, high = (f"{end.value:.3g}" if end else f"above {band.largest:g}" for end in (band.low, band.high))
    label = found[0].level_of_theory.label
    return f"{low} to {high} GPa (5-95 %) over errors of the {label} energies; see its probabilities below."


def answer_pressure(formula: str, stresses: Sequence[StressDoc], verdict: ArrestDoc) -> ReportAnswer:
    """ReportAnswer how many MPa act at the tip, beside what opens a crack.

    Parameters
    ----------
    formula
        Electrolyte, reduced formula.
    stresses
        Static stress with each decomposition in place; the largest is told.
    verdict
        Says which pressure opens a crack.
    """
    doc = max(stresses, key=lambda one: one.tip_compression)
    whole = max(doc.retained_fraction_sweep.values(), default=doc.tip_compression)
    least, crack = doc.tip_compression_without_reaction, verdict.currents[0].central.crack_pressure
    light: Light = "green" if max(whole, doc.tip_compression) < crack else "red" if least > crack else "amber"
    said = {"green": "below cracking", "amber": "may crack", "red": "cracks"}[light]
    known = formula == PUBLISHED_ELECTROLYTE
    return ReportAnswer(
        question="How many MPa at the tip?",
        light=light,
        word=said,
        value=f"{doc.tip_compression:.3g} MPa with products in place; {two_digits(crack)} MPa open a crack.",
        uncertainty=f"{two_digits(least)} MPa (lithium alone) to {two_digits(whole)} MPa (all reaction strain kept).",
        agreement=_agreement(None),
        why=f"Up to {PUBLISHED_TIP:g} MPa there (its Fig. 8D), but the share of strain that is kept is calibrated here."
        if known
        else f"It gives no pressure for {formula}.",
    )


def answer_limitation(formula: str, doc: ArrestDoc) -> ReportAnswer:
    """ReportAnswer whether the layer limits its lithium, at each current."""
    shares = [one.limits_itself for one in doc.currents]
    light: Light = "green" if min(shares) >= SURE else "red" if max(shares) <= 1.0 - SURE else "amber"
    told = (f"{one.current:g} mA/cm²: {one.answer} ({one.probabilities[one.answer]:.2f})" for one in doc.currents)
    ends = "; ".join(told)
    branches = [branch.limits_itself for one in doc.currents for branch in one.branches]
    known = formula in REACTS_IN_PAPER
    return ReportAnswer(
        question="Does it limit itself?",
        light=light,
        word={"green": "yes", "red": "no", "amber": "it depends"}[light],
        value=f"{ends}.",
        uncertainty=f"probability to limit itself {min(branches):.2f} to {max(branches):.2f}: currents, and products "
        "that insulate or conduct.",
        agreement=_agreement(doc.currents[0].harmless >= 0.5 if known else None),
        why="its cells ran on, so a premise of the verdict does not hold for them."
        if known and doc.currents[0].harmless < 0.5
        else "its cells with a graded layer ran on; but its images show lithium that arrives."
        if known and shares[0] < 0.5
        else "its cells with a graded layer ran on."
        if known
        else f"It has no cell with {formula}.",
    )


def two_digits(value: float) -> str:
    """Write two significant digits without an exponent.

    >>> two_digits(430.1), two_digits(3.03), two_digits(0.0312)
    ('430', '3.0', '0.031')
    """
    return np.format_float_positional(float(f"{value:.1e}"), 2, fractional=False, min_digits=2, trim="k").rstrip(".")


def _agreement(agrees: bool | None) -> Agreement:
    if agrees is None:
        return "not comparable with the paper"
    return "agrees with the paper" if agrees else "disagrees with the paper"

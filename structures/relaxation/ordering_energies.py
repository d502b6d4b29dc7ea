"""Relaxed orderings as an ensemble: duplicates merged, energies above the hull, Boltzmann weights, rank agreement.

Every configuration of a cell has probability ``exp(-E/k_B T)/Z`` with the energy E of the whole cell, so cells of
different size are different ensembles: each is weighted for itself, and only energies per formula unit are compared.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from ase.units import kB
from pymatgen.core import Composition

from selflimit.arrays import FloatArray
from selflimit.documents import (
    CoarseRelaxationDoc,
    FailedRelaxationDoc,
    OrderingEnergiesDoc,
    OrderingEnergy,
    OrderingEnsemble,
    OrderingsDoc,
    RankAgreement,
    RelaxationDoc,
    common_level,
)
from selflimit.errors import InputError
from selflimit.plausible import require_plausible
from selflimit.structures.relaxation.duplicates import ENERGY_TIE, find_duplicates

UNREACHED = 10.0
"""Energy (eV/atom) above the highest ordering at which the elements close the hull: nothing decomposes into them."""

FEWEST_RANKED = 3
"""Orderings from which on a rank correlation is given."""

Relaxed = RelaxationDoc | CoarseRelaxationDoc
"""An ordering with an energy: converged, or ranked only."""

Outcome = Relaxed | FailedRelaxationDoc
"""What became of an ordering: converged, ranked only, or neither."""


def ordering_labels(doc: OrderingsDoc) -> list[str]:
    """The labels under which a cell's orderings are relaxed, lowest electrostatic energy first."""
    return [f"{doc.parent} {doc.cell} #{rank}" for rank in range(len(doc.orderings))]


def ordering_energies(
    found: Sequence[OrderingsDoc],
    outcomes: Sequence[Outcome],
    compared: Sequence[Sequence[Outcome]] = (),
    temperature: float = 300.0,
) -> OrderingEnergiesDoc:
    """What the relaxations of a parent's orderings say.

    Parameters
    ----------
    found
        Orderings of every cell; of one or several compositions.
    outcomes
        What became of each, in any order, found by label (:func:`ordering_labels`).
    compared
        The same orderings at other levels of theory (another force field, DFT): only their ranking is compared.
    temperature
        Of the Boltzmann weights (K).

    Raises
    ------
    InputError
        No converged relaxation, one of an ordering that is not in ``found``, or an implausible temperature.
    LevelOfTheoryError
        Relaxations of more than one level of theory in ``outcomes``.
    """
    require_plausible("temperature", temperature)
    level = common_level([doc.entry() for doc in outcomes if isinstance(doc, RelaxationDoc)])
    crystals = resolve_duplicates(outcomes)
    _require_known(crystals, found)
    docs = {crystal.label: crystal for crystal in crystals.values()}
    heights = above_hull([d.structure.composition for d in docs.values()], [_per_atom(d) for d in docs.values()])
    by_crystal = dict(zip(docs, heights, strict=True))
    rankings = {level.label: crystals} | {_level_label(other): resolve_duplicates(other) for other in compared}
    return OrderingEnergiesDoc(
        parent=found[0].parent,
        formula=found[0].formula,
        ensembles=[
            _ensemble(doc, crystals, by_crystal, rankings, temperature)
            for doc in found
            if crystals.keys() & set(ordering_labels(doc))
        ],
        failures=[doc for doc in outcomes if isinstance(doc, FailedRelaxationDoc)],
        level_of_theory=level,
    )


def resolve_duplicates(outcomes: Sequence[Outcome]) -> dict[str, Relaxed]:
    """Label of every ordering with an energy -> the document that holds its crystal: its own or its twin's."""
    relaxed = {doc.label: doc for doc in outcomes if not isinstance(doc, FailedRelaxationDoc)}
    twins = find_duplicates([doc for doc in relaxed.values() if isinstance(doc, RelaxationDoc)])
    for doc in relaxed.values():
        if isinstance(doc, CoarseRelaxationDoc) and doc.duplicate_of in relaxed:
            twins[doc.label] = twins.get(doc.duplicate_of, doc.duplicate_of)
    return {label: relaxed[twins.get(label, label)] for label in relaxed}


def above_hull(compositions: Sequence[Composition], energies: Sequence[float]) -> list[float]:
    """Energies above the convex hull of the crystals themselves (eV/atom); for one composition above the lowest.

    >>> above_hull([Composition("LiCl"), Composition("LiCl")], [-3.0, -2.875])
    [0.0, 0.125]

    Parameters
    ----------
    compositions, energies
        Of each crystal; energies in eV/atom. The diagram needs elements: they are put so high that none forms.
    """
    from pymatgen.analysis.phase_diagram import PDEntry, PhaseDiagram  # brings plotting libraries with it

    entries = [
        PDEntry(composition, energy * composition.num_atoms)
        for composition, energy in zip(compositions, energies, strict=True)
    ]
    elements = {element for composition in compositions for element in composition}
    corners = [PDEntry(Composition({element: 1.0}), max(energies) + UNREACHED) for element in elements]
    diagram = PhaseDiagram([*entries, *corners])
    return [max(0.0, float(diagram.get_e_above_hull(entry) or 0.0)) for entry in entries]


def boltzmann_weights(
    energies: Sequence[float] | FloatArray, degeneracies: Sequence[int], temperature: float
) -> FloatArray:
    """Canonical weights ``g exp(-E/k_B T) / Z``, which sum to 1.

    >>> boltzmann_weights([0.0, 0.05], [1, 2], temperature=300.0).round(3)
    array([0.776, 0.224])

    Parameters
    ----------
    energies
        Of the whole cell (eV), one cell size for all.
    degeneracies
        Configurations of each energy.
    temperature
        In K.
    """
    relative = np.asarray(energies) - np.min(energies)
    weights = np.asarray(degeneracies) * np.exp(-relative / (kB * temperature))
    normalised: FloatArray = weights / weights.sum()
    return normalised


def rank_agreement(
    cheap: Mapping[str, float], true: Mapping[str, float], tie: float, names: tuple[str, str]
) -> RankAgreement:
    """Rank correlations of two sets of energies, and how many of the cheap one's lowest hold the true minimum.

    Parameters
    ----------
    cheap, true
        Label -> energy; labels in both count (at least one).
    tie
        True energies within this of the lowest are the minimum (unit of the energies). Orderings that tie in the cheap
        energy (within a thousandth of ``tie``) cannot be told apart, so all of them are needed.
    names
        Of the two.
    """
    from scipy.stats import kendalltau, spearmanr  # a second of imports, for a table of the orderings only

    labels = sorted(cheap.keys() & true.keys())
    first, second = np.array([cheap[x] for x in labels]), np.array([true[x] for x in labels])
    minima = first[second <= second.min() + tie]
    needed = int((first <= minima.min() + 1e-3 * tie).sum())
    is_ranked = len(labels) >= FEWEST_RANKED and np.ptp(first) > 0 and np.ptp(second) > 0
    spearman, kendall = (float(measure(first, second)[0]) if is_ranked else None for measure in (spearmanr, kendalltau))
    return RankAgreement(
        cheap=names[0], true=names[1], count=len(labels), spearman=spearman, kendall=kendall, needed=needed
    )


def _ensemble(
    doc: OrderingsDoc,
    crystals: Mapping[str, Relaxed],
    heights: Mapping[str, float],
    rankings: Mapping[str, Mapping[str, Relaxed]],
    temperature: float,
) -> OrderingEnsemble:
    per_formula = Composition(doc.formula).num_atoms
    formula_units = len(doc.orderings[0].structure) / per_formula
    groups = _merged(doc, crystals)
    energies = np.array([per_formula * _per_atom(crystals[labels[0]]) for labels in groups])
    degeneracy = dict(zip(ordering_labels(doc), (item.degeneracy for item in doc.orderings), strict=True))
    counts = [sum(degeneracy[label] for label in labels) for labels in groups]
    weights = boltzmann_weights(energies * formula_units, counts, temperature)
    return OrderingEnsemble(
        cell=doc.cell,
        formula=doc.formula,
        formula_units=formula_units,
        temperature=temperature,
        configurations=sum(counts),
        all_configurations=doc.raw_count,
        orderings=[
            OrderingEnergy(
                label=labels[0],
                merged=labels[1:],
                crystal=crystals[labels[0]].label,
                stage="fine" if isinstance(crystals[labels[0]], RelaxationDoc) else "coarse",
                energy=energy,
                above_hull=per_formula * heights[crystals[labels[0]].label],
                degeneracy=count,
                weight=weight,
            )
            for labels, energy, count, weight in zip(groups, energies, counts, weights, strict=True)
        ],
        mean_energy=float(weights @ energies),
        configurational_entropy=_entropy(weights, counts) / formula_units,
        agreements=_agreements(doc, rankings, per_formula),
    )


def _merged(doc: OrderingsDoc, crystals: Mapping[str, Relaxed]) -> list[list[str]]:
    """The cell's orderings by crystal, lowest energy first."""
    labels = [label for label in ordering_labels(doc) if label in crystals]
    groups: dict[str, list[str]] = {}
    for label in labels:
        groups.setdefault(crystals[label].label, []).append(label)
    return sorted(groups.values(), key=lambda group: _per_atom(crystals[group[0]]))


def _entropy(weights: FloatArray, counts: Sequence[int]) -> float:
    """``-sum p ln p`` over configurations (k_B per cell), each of the g of a crystal with probability w/g."""
    return math.fsum(-w * math.log(w / g) for w, g in zip(weights, counts, strict=True) if w > 0)


def _agreements(
    doc: OrderingsDoc, rankings: Mapping[str, Mapping[str, Relaxed]], per_formula: float
) -> list[RankAgreement]:
    """Every pair of rankings of the cell's orderings; energies per formula unit."""
    labels = ordering_labels(doc)
    energies = {"electrostatics": dict(zip(labels, (o.electrostatic_energy for o in doc.orderings), strict=True))}
    for name, crystals in rankings.items():
        energies[name] = {label: per_formula * _per_atom(crystals[label]) for label in labels if label in crystals}
    return [
        rank_agreement(energies[one], energies[other], ENERGY_TIE * per_formula, (one, other))
        for one, other in combinations(energies, 2)
        if energies[one].keys() & energies[other].keys()
    ]


def _per_atom(doc: Relaxed) -> float:
    return doc.energy_per_atom if isinstance(doc, RelaxationDoc) else doc.coarse_energy_per_atom


def _level_label(outcomes: Sequence[Outcome]) -> str:
    return common_level([doc.entry() for doc in outcomes if isinstance(doc, RelaxationDoc)]).label


def _require_known(crystals: Mapping[str, Relaxed], found: Sequence[OrderingsDoc]) -> None:
    unknown = crystals.keys() - {label for doc in found for label in ordering_labels(doc)}
    if unknown:
        raise InputError(f"expected relaxations of the orderings given, got also: {', '.join(sorted(unknown))}")

"""Documents of orderings, relaxations and elastic constants."""

from typing import Literal

from pydantic import Field
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents.records import Crystal, Document, LevelOfTheory, Record, with_level


class OrderingDoc(Record):
    """One symmetry-distinct ordering of a disordered parent in one supercell."""

    structure: Crystal = Field(description="Ordered crystal, not relaxed; lattice in Angstrom")
    degeneracy: int = Field(ge=1, description="Number of raw orderings that symmetry maps onto this one")
    electrostatic_energy: float = Field(description="Ewald energy of the formal charges (eV per formula unit)")


class PoolDoc(Record):
    """What the sites of one pool hold in a cell."""

    sites: list[str] = Field(description="Labels of the sites that share the atoms")
    atoms: dict[str, int] = Field(description="Sites that each species takes, 'vacancy' included")
    deviations: dict[str, float] = Field(
        description="Occupancy of each species minus the refined one (dimensionless); 0 unless it was rounded"
    )


class OrderingsDoc(Document):
    """All symmetry-distinct orderings of a parent in one supercell, lowest electrostatic energy first."""

    parent: str = Field(description="Name of the disordered parent model, e.g. 'LZC-A'")
    parent_source: str = Field(description="Where the parent's cell and occupancies come from")
    notes: list[str] = Field([], description="What was made of the input, e.g. occupancies taken as fractions")
    formula: str = Field(description="Reduced formula, e.g. 'Li2ZrCl6'")
    cell: str = Field(description="Which cell was filled, e.g. 'primitive', 'conventional'")
    exclude_within: float = Field(
        0.0, ge=0, description="Sites closer than this hold at most one ion (Angstrom); 0: sites are independent"
    )
    charges: dict[str, float] = Field({}, description="Formal charge of each species that the energies are of (e)")
    pools: list[PoolDoc] = Field([], description="What is placed where, and how far it is from the refined occupancies")
    raw_count: int = Field(ge=1, description="Orderings before symmetry; the degeneracies of all of them sum to it")
    distinct_count: int = Field(ge=1, description="Symmetry-distinct orderings, from Burnside's lemma")
    lower_bound: float | None = Field(
        None,
        description="Annealed orderings: no ordering of the cell has a lower energy (eV per formula unit); None: the "
        "orderings kept are proven to be the lowest",
    )
    orderings: list[OrderingDoc] = Field(description="Orderings kept, lowest electrostatic energy first")


class CandidatesDoc(Document):
    """Crystals to relax: three lists of equal length."""

    structures: list[Crystal] = Field(description="Crystals as they enter the relaxation; lattices in Angstrom")
    labels: list[str] = Field(description="What each is, e.g. 'LiCl_rocksalt_mp-22905'")
    degeneracies: list[int] = Field(description="Degeneracy of each ordering; 1 for an ordered crystal")


class RelaxationDoc(Document):
    """A crystal relaxed in cell and positions to its force and stress tolerance. Unconverged ones are never made."""

    label: str = Field(description="What was relaxed, e.g. 'LiCl mp-22905' or 'LZC-A primitive #0'")
    formula: str = Field(description="Reduced formula")
    structure: Crystal = Field(description="Relaxed crystal; lattice in Angstrom")
    energy: float = Field(description="Total energy of the cell (eV)")
    energy_per_atom: float = Field(description="Total energy per atom (eV/atom)")
    volume: float = Field(gt=0, description="Volume of the cell (Angstrom^3)")
    volume_per_formula: float = Field(gt=0, description="Volume per reduced formula unit (Angstrom^3)")
    volume_change: float = Field(description="Relative volume change of the relaxation, V/V_initial - 1")
    max_force: float = Field(ge=0, description="Largest force on an atom at the end (eV/Angstrom)")
    max_stress: float = Field(ge=0, description="Largest component of the residual stress (GPa)")
    steps: int = Field(ge=0, description="Optimiser steps taken")
    degeneracy: int = Field(
        1, ge=1, description="Degeneracy of the ordering that was relaxed; 1 for an ordered crystal"
    )
    level_of_theory: LevelOfTheory = Field(description="How the energy was obtained")

    def entry(self) -> ComputedStructureEntry:
        """Make pymatgen's entry of it, carrying its level of theory and label."""
        made = ComputedStructureEntry(self.structure, self.energy, entry_id=self.label)
        return with_level(made, self.level_of_theory)


class LearnedOrderingDoc(Record):
    """One ordering that a cluster expansion has chosen for relaxation."""

    label: str = Field(description="Which ordering: parent, cell and number among the candidates")
    degeneracy: int = Field(ge=1, description="Number of raw orderings that symmetry maps onto this one")
    coarse_energy_per_atom: float | None = Field(
        description="Energy after the coarse relaxation (eV/atom); None: the relaxation failed"
    )
    above_hull: float | None = Field(
        description="Coarse energy above the hull of the relaxed ones (eV/atom); None: the relaxation failed"
    )


class LearnedOrderingsDoc(Document):
    """The lowest relaxed orderings of a parent, found with a cluster expansion that is learned on the way."""

    parent: str = Field(description="Name of the disordered parent model, e.g. 'LZC-A'")
    parent_source: str = Field(description="Where the parent's cell and occupancies come from")
    notes: list[str] = Field([], description="What was made of the input, e.g. occupancies taken as fractions")
    cell: str = Field(description="Which cell was filled, e.g. 'primitive', 'conventional'")
    charges: dict[str, float] = Field({}, description="Formal charge of each species (e)")
    candidates: int = Field(ge=1, description="Distinct orderings among which the lowest was looked for")
    relaxed: list[LearnedOrderingDoc] = Field(description="Orderings that were relaxed, in the order of the search")
    lowest: list[RelaxationDoc] = Field(description="Those near the hull, relaxed to the tolerance; lowest first")
    cross_validation_error: float = Field(
        ge=0, description="Root mean square error of coarse energies that the expansion is not told (eV/atom)"
    )
    rounds: int = Field(ge=1, description="Expansions that were fitted")
    is_converged: bool = Field(description="Whether the last rounds found nothing lower; else relaxations ran out")
    level_of_theory: LevelOfTheory = Field(description="What the energies are of")


class CoarseRelaxationDoc(Document):
    """An ordering relaxed to the coarse tolerance only: good enough to rank it, never a converged energy."""

    label: str = Field(description="What was relaxed, e.g. 'LZC-A primitive #0'")
    formula: str = Field(description="Reduced formula")
    structure: Crystal = Field(description="Crystal at the coarse tolerance; lattice in Angstrom")
    coarse_energy_per_atom: float = Field(description="Energy per atom (eV/atom), within the error of the tolerance")
    max_force: float = Field(ge=0, description="Largest force on an atom at the end (eV/Angstrom)")
    max_stress: float = Field(ge=0, description="Largest component of the residual stress (GPa)")
    steps: int = Field(ge=0, description="Optimiser steps taken")
    degeneracy: int = Field(ge=1, description="Degeneracy of the ordering")
    duplicate_of: str | None = Field(
        description="Label of the ordering that had relaxed to the same crystal; None: none, its energy was too high"
    )
    level_of_theory: LevelOfTheory = Field(description="How the energy was obtained")


class FailedRelaxationDoc(Document):
    """A crystal whose relaxation did not converge or ran away, or that is elastically unstable: what happened."""

    label: str = Field(description="What was to be relaxed or strained")
    message: str = Field(description="What went wrong, with values and remedy")
    level_of_theory: LevelOfTheory = Field(description="What was to do it")


class OrderingEnergy(Record):
    """One crystal that orderings of one cell relax to."""

    label: str = Field(description="Label of the ordering; of merged ones the first")
    merged: list[str] = Field(description="Orderings of the same cell that relaxed to the same crystal, beside it")
    crystal: str = Field(description="Label of the relaxation that holds crystal and energy; another cell's if smaller")
    stage: Literal["fine", "coarse"] = Field(
        description="fine: converged to the relaxation's tolerance; coarse: ranked only, the energy has its error"
    )
    energy: float = Field(description="Energy (eV per formula unit)")
    above_hull: float = Field(
        ge=0,
        description="Above the hull of all relaxed orderings (eV per formula unit); one composition: above the lowest",
    )
    degeneracy: int = Field(ge=1, description="Configurations of the cell that relax to it; merged ones added up")
    weight: float = Field(ge=0, le=1, description="Boltzmann weight among the configurations of the cell")


class RankAgreement(Record):
    """How far two ways to compute energies order the same crystals alike."""

    cheap: str = Field(description="The one that would choose, e.g. 'electrostatics'")
    true: str = Field(description="The one that is trusted, e.g. 'CHGNet r2scan'")
    count: int = Field(ge=1, description="Orderings compared")
    spearman: float | None = Field(description="Spearman's rank correlation; None: fewer than 3 or all tied")
    kendall: float | None = Field(description="Kendall's tau-b; None: fewer than 3 or all tied")
    needed: int = Field(
        ge=1, description="Lowest orderings of the cheap one that must be relaxed to have the true minimum among them"
    )


class OrderingEnsemble(Record):
    """The canonical ensemble of one cell's relaxed orderings. Cells of different size are different ensembles."""

    cell: str = Field(description="Which cell was filled")
    formula: str = Field(description="Reduced formula")
    formula_units: float = Field(gt=0, description="Reduced formula units in the cell")
    temperature: float = Field(gt=0, description="Temperature of the Boltzmann weights (K)")
    configurations: int = Field(ge=1, description="Configurations that the relaxed orderings stand for")
    all_configurations: int = Field(ge=1, description="Configurations of the cell; those not relaxed have no weight")
    orderings: list[OrderingEnergy] = Field(min_length=1, description="Crystals, lowest energy first")
    mean_energy: float = Field(description="Boltzmann average (eV per formula unit)")
    configurational_entropy: float = Field(ge=0, description="-k_B sum p ln p (k_B per formula unit)")
    agreements: list[RankAgreement] = Field(description="Of the ways in which the cell's orderings were ranked")


class OrderingEnergiesDoc(Document):
    """Relaxed orderings of one parent: duplicates merged, above the hull, weighted, and how the rankings agree."""

    parent: str = Field(description="Name of the disordered parent model")
    formula: str = Field(description="Reduced formula")
    ensembles: list[OrderingEnsemble] = Field(description="One per cell")
    failures: list[FailedRelaxationDoc] = Field(description="Orderings that have no energy; they are in no ensemble")
    level_of_theory: LevelOfTheory = Field(description="How the energies were obtained")


class ElasticDoc(Document):
    """Elastic constants of a relaxed crystal (relaxed-ion, small strains)."""

    label: str = Field(description="Label of the relaxation the constants belong to")
    formula: str = Field(description="Reduced formula")
    tensor: list[list[float]] = Field(description="Stiffness in Voigt order xx yy zz yz xz xy (GPa), shape (6, 6)")
    bulk_modulus: float = Field(gt=0, description="Voigt-Reuss-Hill bulk modulus (GPa)")
    shear_modulus: float = Field(gt=0, description="Voigt-Reuss-Hill shear modulus (GPa)")
    youngs_modulus: float = Field(gt=0, description="Isotropic Young's modulus E = 9KG/(3K+G) (GPa)")
    poisson_ratio: float = Field(gt=-1, lt=0.5, description="Isotropic Poisson ratio nu = (3K-2G)/(2(3K+G))")
    level_of_theory: LevelOfTheory = Field(description="How the stresses were obtained")


class ScreenedCrystal(Record):
    """What the screening made of one crystal."""

    label: str = Field(description="What was relaxed")
    above_hull: float | None = Field(description="Above the hull of all screened crystals (eV/atom); None: failed")
    decision: Literal["passed on", "duplicate", "outside the window", "cut off", "failed"] = Field(
        description="duplicate: the same crystal as another one; cut off: within the window, but "
        "more were than may pass"
    )
    same_as: str | None = Field(description="Label of the crystal that it duplicates; None: of none")


class ScreeningDoc(Document):
    """Which crystals a screening passed on, and what became of the others."""

    window: float = Field(ge=0, description="Crystals up to this far above the hull are passed on (eV/atom)")
    most: int = Field(ge=1, description="Crystals that may be passed on")
    crystals: list[ScreenedCrystal] = Field(min_length=1, description="All that were screened, in the order given")
    level_of_theory: LevelOfTheory = Field(description="How the screening's energies were obtained")

    def count(self, decision: str) -> int:
        """Count the crystals with that decision."""
        return sum(crystal.decision == decision for crystal in self.crystals)

    @property
    def summary(self) -> str:
        """What was passed on and what not, in one line."""
        others = ("duplicate", "outside the window", "cut off", "failed")
        rest = ", ".join(f"{count} {decision}" for decision in others if (count := self.count(decision)))
        return (
            f"{self.level_of_theory.label} passed on {self.count('passed on')} of {len(self.crystals)} crystals within "
            f"{self.window:g} eV/atom (at most {self.most}){'; ' + rest if rest else ''}"
        )

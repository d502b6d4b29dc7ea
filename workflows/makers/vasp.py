"""DFT relaxations with VASP through atomate2: the paper's level of theory behind the interface of the force fields.

Plane waves to 520 eV, 1000 k-points per reciprocal atom and the Materials Project's PBE settings and PAW sets: double
relaxation, then a static calculation whose energy counts, with the MP2020 corrections. Importing this module reads
atomate2's settings (the VASP command among them), so set its environment variables first.
"""

from dataclasses import dataclass
from typing import Any, Literal

from atomate2.vasp.flows.mp import MPGGADoubleRelaxMaker, MPGGADoubleRelaxStaticMaker
from jobflow import Flow, Job, Maker, Response
from pymatgen.core import Structure
from pymatgen.core.entries import ComputedStructureEntry
from pymatgen.io.vasp.sets import MPRelaxSet, MPStaticSet

from selflimit.documents import LevelOfTheory, RelaxationDoc
from selflimit.errors import ConvergenceError, InputError
from selflimit.phase_diagrams.runs.convergence import find_largest
from selflimit.phase_diagrams.runs.corrections import correct_by_mp2020
from selflimit.workflows.makers.vasp_run import VaspRelaxation, VaspStatic
from selflimit.workflows.running.identical_work import job

ENCUT = 520.0
"""Plane-wave cutoff (eV), as in the paper (Computational methods) and the Materials Project's sets."""

K_POINTS_PER_ATOM = 1000
"""K-points per reciprocal atom, as in the paper."""

Corrections = Literal["none", "MP2020"]


@dataclass
class VaspRelaxMaker(Maker):
    """Relaxes a list of crystals with VASP, one flow per crystal; output: list[RelaxationDoc] in order.

    Parameters
    ----------
    name
        Name of the flow.
    encut
        Plane-wave cutoff (eV).
    k_points_per_atom
        K-points per reciprocal atom.
    corrections
        'MP2020': Materials Project's corrections of GGA formation energies are added, so that the energies may stand
        beside Materials Project's own; 'none': VASP's energies as they are.
    max_force
        Largest force accepted at the end (eV/Angstrom); the static calculation must meet it.
    max_stress
        Largest stress component accepted at the end (GPa); Pulay stress at 520 eV is included.
    wall_time
        Seconds that a worker process has for VASP, counted from its first calculation; a relaxation is stopped after
        an ionic step when less than 300 s or three ionic steps are left. 0: no limit.
    potcar_spec
        Write the names of the PAW sets instead of POTCAR files: for machines without VASP's licence.
    """

    name: str = "VASP relaxations"
    encut: float = ENCUT
    k_points_per_atom: int = K_POINTS_PER_ATOM
    corrections: Corrections = "MP2020"
    max_force: float = 0.1
    max_stress: float = 1.0
    wall_time: int = 0
    potcar_spec: bool = False

    def make(self, structures: list[Structure], labels: list[str], degeneracies: list[int]) -> Job:
        """Relax ``structures``, which may be references to the output of an earlier job.

        Parameters
        ----------
        structures
            Crystals (Angstrom).
        labels, degeneracies
            Name and number of equivalent orderings of each crystal, in the same order.
        """
        fanned_out: Job = fan_out(self, structures, labels, degeneracies)
        fanned_out.name = self.name
        return fanned_out

    def relax_flow(self, structure: Structure) -> Flow:
        """Double relaxation and static calculation of one crystal."""
        # given again, because these sets take the place of those of atomate2's Makers, which have them
        inputs = {"force_gamma": True, "inherit_incar": False, **self._settings()}
        how: dict[str, Any] = {
            "write_input_set_kwargs": {"potcar_spec": self.potcar_spec},
            "run_vasp_kwargs": {"wall_time": self.wall_time or None},
        }
        relax: dict[str, Any] = {"input_set_generator": MPRelaxSet(**inputs), **how}
        static: dict[str, Any] = {"input_set_generator": MPStaticSet(**inputs), **how}
        # each calculation runs in a folder of its own and begins from the orbitals and the density of the one before
        carried = {"additional_vasp_files": ("WAVECAR", "CHGCAR")}
        first, second = VaspRelaxation(**relax), VaspRelaxation(copy_vasp_kwargs=carried, **relax)
        last = VaspStatic(copy_vasp_kwargs=carried, **static)
        double = MPGGADoubleRelaxMaker(relax_maker1=first, relax_maker2=second)
        return MPGGADoubleRelaxStaticMaker(relax_maker=double, static_maker=last).make(structure)

    def _settings(self) -> dict[str, Any]:
        return {
            "user_incar_settings": {"ENCUT": self.encut},
            "user_kpoints_settings": {"grid_density": self.k_points_per_atom},
        }


@job
def fan_out(
    maker: VaspRelaxMaker, structures: list[Structure], labels: list[str], degeneracies: list[int]
) -> Response[Any]:
    """Replace this job by one VASP flow per crystal and a job that collects them.

    Parameters
    ----------
    maker
        Inputs, settings and tolerances.
    structures, labels, degeneracies
        As :meth:`VaspRelaxMaker.make`, references resolved.
    """
    return Response(replace=make_relaxation_flow(maker, structures, labels, degeneracies))


@job
def collect(
    tasks: list[Any],
    structures: list[Structure],
    labels: list[str],
    degeneracies: list[int],
    maker: VaspRelaxMaker,
) -> list[RelaxationDoc]:
    """Turn finished VASP tasks into RelaxationDocs.

    Parameters
    ----------
    tasks, structures, labels, degeneracies, maker
        As :func:`relaxations_of`.
    """
    return relaxations_of(tasks, structures, labels, degeneracies, maker)


def make_relaxation_flow(
    maker: VaspRelaxMaker, structures: list[Structure], labels: list[str], degeneracies: list[int]
) -> Flow:
    """Make a flow of one VASP relaxation per crystal; output: list[RelaxationDoc].

    Parameters
    ----------
    maker
        Inputs, settings and tolerances.
    structures
        Crystals (Angstrom).
    labels, degeneracies
        Name and number of equivalent orderings of each crystal, in the same order.

    Raises
    ------
    InputError
        Lists of different lengths.
    """
    _check_lengths(structures, labels, degeneracies)
    relaxations = [maker.relax_flow(structure) for structure in structures]
    for flow, label in zip(relaxations, labels, strict=True):
        flow.append_name(f" {label}")
    tasks = [flow.output for flow in relaxations]
    collected = collect(tasks, structures, labels, degeneracies, maker)
    return Flow([*relaxations, collected], output=collected.output, name=maker.name)


def relaxations_of(
    tasks: list[Any],
    structures: list[Structure],
    labels: list[str],
    degeneracies: list[int],
    maker: VaspRelaxMaker,
) -> list[RelaxationDoc]:
    """Documents of finished VASP tasks.

    Parameters
    ----------
    tasks
        emmet TaskDocs of the final static calculations, in order.
    structures
        Crystals as they entered the relaxations.
    maker
        Says what is accepted, and which corrections are added.

    Raises
    ------
    InputError
        Lists of different lengths.
    ConvergenceError
        A task that did not succeed, lacks forces or stress, or misses the tolerances.
    LevelOfTheoryError
        A calculation that the MP2020 corrections are not made for, e.g. with another PAW set.
    """
    _check_lengths(structures, labels, degeneracies, tasks)
    initial = [structure.volume for structure in structures]
    return [
        _document(task, volume, label, degeneracy, maker)
        for task, volume, label, degeneracy in zip(tasks, initial, labels, degeneracies, strict=True)
    ]


def energy_and_level(entry: ComputedStructureEntry, corrections: Corrections) -> tuple[float, LevelOfTheory]:
    """Energy of the cell (eV), corrected if asked for, and its level of theory.

    Parameters
    ----------
    entry
        Of a finished VASP task; it stays as it is.
    corrections
        'none' or 'MP2020' (Wang et al. 2021, doi:10.1038/s41598-021-94550-5).

    Raises
    ------
    LevelOfTheoryError
        MP2020 corrections asked for a calculation that they are not made for.
    """
    if corrections == "none":
        # a Hubbard U shifts energies by electronvolts, and only MP2020 bridges that
        model = "PBE+U (MP GGA+U)" if entry.parameters.get("is_hubbard") else "PBE (MP GGA)"
        return entry.uncorrected_energy, LevelOfTheory(method="DFT", model=model, corrections="none")
    corrected = correct_by_mp2020(entry, f"this calculation of {entry.reduced_formula}")
    return corrected.energy, LevelOfTheory(method="DFT", model="PBE (MP GGA)", corrections="MP2020")


def _document(task: Any, initial_volume: float, label: str, degeneracy: int, maker: VaspRelaxMaker) -> RelaxationDoc:
    force, stress = _residuals(task, label)
    if force > maker.max_force or stress > maker.max_stress:
        raise ConvergenceError(
            f"{label}: VASP's relaxation ends with force {force:.3g} eV/A (tolerance {maker.max_force:g}) and stress "
            f"{stress:.3g} GPa (tolerance {maker.max_stress:g}); relax it again from its last structure"
        )
    crystal = Structure.from_sites(task.output.structure.sites)
    crystal.remove_oxidation_states()
    formula, units = crystal.composition.get_reduced_formula_and_factor()
    energy, level = energy_and_level(task.structure_entry, maker.corrections)
    return RelaxationDoc(
        label=label,
        formula=formula,
        structure=crystal,
        energy=energy,
        energy_per_atom=energy / len(crystal),
        volume=crystal.volume,
        volume_per_formula=crystal.volume / units,
        volume_change=crystal.volume / initial_volume - 1,
        max_force=force,
        max_stress=stress,
        steps=_ionic_steps(task),
        degeneracy=degeneracy,
        level_of_theory=level,
    )


def _residuals(task: Any, label: str) -> tuple[float, float]:
    """Largest force (eV/Angstrom) and stress component (GPa) of a finished task."""
    state = getattr(task.state, "value", task.state)
    output = task.output
    if state != "successful" or output is None or output.forces is None or output.stress is None:
        raise ConvergenceError(
            f"{label}: the VASP task in {task.dir_name} ended as {state!r} without energy, forces and stress; "
            "read its OUTCAR and run it again"
        )
    return find_largest(output.forces, output.stress)


def _ionic_steps(task: Any) -> int:
    """Ionic steps that the task document lists (of the static calculation: 1)."""
    return sum(len(calculation.output.ionic_steps or []) for calculation in task.calcs_reversed or [])


def _check_lengths(structures: list[Structure], *others: list[Any]) -> None:
    if any(len(other) != len(structures) for other in others):
        lengths = ", ".join(str(len(other)) for other in others)
        raise InputError(f"expected lists as long as the {len(structures)} structures, got lengths {lengths}")

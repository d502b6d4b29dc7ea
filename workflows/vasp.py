"""DFT relaxations with VASP through atomate2: the paper's level of theory behind the interface of the force fields.

Plane waves to 520 eV, 1000 k-points per reciprocal atom and the Materials Project's PBE settings and PAW sets: double
relaxation, then a static calculation whose energy counts. Importing this module reads atomate2's settings (the VASP
command among them), so set its environment variables first.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from atomate2.vasp.flows.mp import MPGGADoubleRelaxMaker, MPGGADoubleRelaxStaticMaker
from atomate2.vasp.jobs.mp import MPGGARelaxMaker, MPGGAStaticMaker
from jobflow import Flow, Job, Maker, Response, job
from pymatgen.core import Structure
from pymatgen.io.vasp.sets import MPRelaxSet, MPStaticSet

from selflimit.documents import LevelOfTheory, RelaxationDoc
from selflimit.errors import ConvergenceError, InputError

ENCUT = 520.0
"""Plane-wave cutoff (eV), as in the paper (Computational methods) and the Materials Project's sets."""

K_POINTS_PER_ATOM = 1000
"""K-points per reciprocal atom, as in the paper."""

LEVEL = LevelOfTheory(method="DFT", model="PBE (MP GGA)", corrections="none")
"""Level of the energies that :class:`VaspRelaxMaker` collects: VASP's own, no MP2020 corrections added."""

KBAR = 0.1
"""GPa per kbar, the unit of VASP's stresses."""


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
    max_force
        Largest force accepted at the end (eV/Angstrom); the static calculation must meet it.
    max_stress
        Largest stress component accepted at the end (GPa); Pulay stress at 520 eV is included.
    potcar_spec
        Write the names of the PAW sets instead of POTCAR files: for machines without VASP's licence.
    """

    name: str = "VASP relaxations"
    encut: float = ENCUT
    k_points_per_atom: int = K_POINTS_PER_ATOM
    max_force: float = 0.1
    max_stress: float = 1.0
    potcar_spec: bool = False

    def make(self, structures: list[Structure], labels: list[str], degeneracies: list[int]) -> Job:
        """Relax ``structures``, which may be references to the output of an earlier job."""
        fanned_out: Job = fan_out(self, structures, labels, degeneracies)
        fanned_out.name = self.name
        return fanned_out

    def relax_flow(self, structure: Structure) -> Flow:
        """Double relaxation and static calculation of one crystal."""
        write = {"potcar_spec": self.potcar_spec}
        relax_set: Any = MPRelaxSet(force_gamma=True, inherit_incar=False, **self._settings())
        static_set: Any = MPStaticSet(force_gamma=True, inherit_incar=False, **self._settings())
        carried = {"additional_vasp_files": ("WAVECAR", "CHGCAR")}
        first = MPGGARelaxMaker(input_set_generator=relax_set, write_input_set_kwargs=write)
        second = MPGGARelaxMaker(input_set_generator=relax_set, write_input_set_kwargs=write, copy_vasp_kwargs=carried)
        static = MPGGAStaticMaker(
            input_set_generator=static_set, write_input_set_kwargs=write, copy_vasp_kwargs=carried
        )
        double = MPGGADoubleRelaxMaker(relax_maker1=first, relax_maker2=second)
        return MPGGADoubleRelaxStaticMaker(relax_maker=double, static_maker=static).make(structure)

    def _settings(self) -> dict[str, Any]:
        return {
            "user_incar_settings": {"ENCUT": self.encut},
            "user_kpoints_settings": {"grid_density": self.k_points_per_atom},
        }


@job
def fan_out(
    maker: VaspRelaxMaker, structures: list[Structure], labels: list[str], degeneracies: list[int]
) -> Response[Any]:
    """Replace this job by one VASP flow per crystal and a job that collects them."""
    return Response(replace=relaxation_flow(maker, structures, labels, degeneracies))


@job
def collect(
    tasks: list[Any],
    structures: list[Structure],
    labels: list[str],
    degeneracies: list[int],
    max_force: float,
    max_stress: float,
) -> list[RelaxationDoc]:
    """RelaxationDocs of finished VASP tasks."""
    return relaxations_of(tasks, structures, labels, degeneracies, max_force, max_stress)


def relaxation_flow(
    maker: VaspRelaxMaker, structures: list[Structure], labels: list[str], degeneracies: list[int]
) -> Flow:
    """Flow of one VASP relaxation per crystal; output: list[RelaxationDoc].

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
    collected = collect(tasks, structures, labels, degeneracies, maker.max_force, maker.max_stress)
    return Flow([*relaxations, collected], output=collected.output, name=maker.name)


def relaxations_of(
    tasks: list[Any],
    structures: list[Structure],
    labels: list[str],
    degeneracies: list[int],
    max_force: float,
    max_stress: float,
) -> list[RelaxationDoc]:
    """Documents of finished VASP tasks.

    Parameters
    ----------
    tasks
        emmet TaskDocs of the final static calculations, in order.
    structures
        Crystals as they entered the relaxations.
    max_force, max_stress
        Largest force (eV/Angstrom) and stress component (GPa) that are accepted.

    Raises
    ------
    InputError
        Lists of different lengths.
    ConvergenceError
        A task that did not succeed, lacks forces or stress, or misses the tolerances.
    """
    _check_lengths(structures, labels, degeneracies, tasks)
    initial = [structure.volume for structure in structures]
    return [
        _document(task, volume, label, degeneracy, max_force, max_stress)
        for task, volume, label, degeneracy in zip(tasks, initial, labels, degeneracies, strict=True)
    ]


def _document(
    task: Any, initial_volume: float, label: str, degeneracy: int, max_force: float, max_stress: float
) -> RelaxationDoc:
    force, stress = _residuals(task, label)
    if force > max_force or stress > max_stress:
        raise ConvergenceError(
            f"{label}: VASP's relaxation ends with force {force:.3g} eV/A (tolerance {max_force:g}) and stress "
            f"{stress:.3g} GPa (tolerance {max_stress:g}); relax it again from its last structure"
        )
    crystal = Structure.from_sites(task.output.structure.sites)
    crystal.remove_oxidation_states()
    formula, units = crystal.composition.get_reduced_formula_and_factor()
    energy = float(task.output.energy)
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
        level_of_theory=LEVEL,
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
    force = np.linalg.norm(np.array(output.forces), axis=1).max()
    stress = np.abs(np.array(output.stress)).max() * KBAR
    return float(force), float(stress)


def _ionic_steps(task: Any) -> int:
    """Ionic steps that the task document lists (of the static calculation: 1)."""
    return sum(len(calculation.output.ionic_steps or []) for calculation in task.calcs_reversed or [])


def _check_lengths(structures: list[Structure], *others: list[Any]) -> None:
    if any(len(other) != len(structures) for other in others):
        lengths = ", ".join(str(len(other)) for other in others)
        raise InputError(f"expected lists as long as the {len(structures)} structures, got lengths {lengths}")

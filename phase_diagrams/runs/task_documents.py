"""Entries in task documents of emmet, as atomate2 writes them to databases and files."""

import warnings
from collections.abc import Mapping
from typing import Any

from pymatgen.core.entries import ComputedStructureEntry

from selflimit.errors import ConvergenceError, InputError, LevelOfTheoryError, MissingDependencyError
from selflimit.phase_diagrams.runs.convergence import (
    ROUNDED_ENERGY,
    Residuals,
    find_largest,
    require_dense_k_points,
    require_relaxed,
    widest_k_spacing,
)
from selflimit.phase_diagrams.runs.setups import CUTOFF_KEY, DISPERSION_KEY, K_SPACING_KEY, read_run_type
from selflimit.phase_diagrams.runs.vasp_files import dispersion_of, run_type_of_settings, vasp_settings

GROUND_STATES = ("Static", "Structure Optimization")
"""Types of tasks whose energy is that of a crystal at rest."""


def task_in(item: Any) -> dict[str, Any] | None:
    """The task document in an item of a file or database, which may be the output of a job; None: it is none.

    >>> task_in({"uuid": "1", "output": {"@class": "TaskDoc", "state": "failed"}})["state"]
    'failed'
    """
    if not isinstance(item, Mapping):
        return None
    inside = item.get("output")
    if isinstance(inside, Mapping) and (inside.get("@class") == "TaskDoc" or "calcs_reversed" in inside):
        item = inside
    return dict(item) if item.get("@class") == "TaskDoc" or "calcs_reversed" in item else None


def is_ground_state(task: Mapping[str, Any]) -> bool:
    """Whether a task is one of those whose energy counts; band structures, phonons and strained cells are not."""
    kind = str(task.get("task_type") or "").removeprefix("TaskType.")
    return not kind or kind in GROUND_STATES


def entry_in_task(task: Mapping[str, Any], name: str, tolerances: Residuals) -> ComputedStructureEntry:
    """Entry of one task document, with what decides its level of theory in its parameters.

    Parameters
    ----------
    task
        emmet's TaskDoc as plain data.
    name
        What messages call it.
    tolerances
        What is accepted as relaxed.

    Returns
    -------
    ComputedStructureEntry
        Energy of the cell in eV, without corrections; lattice in Angstrom.

    Raises
    ------
    InputError
        The document is damaged, or has no calculation in it.
    ConvergenceError
        The task failed, did not converge, or is not relaxed.
    MissingDependencyError
        emmet is not installed.
    """
    document = _validated(task, name)
    state = getattr(document.state, "value", document.state)
    if str(state) != "successful":
        raise ConvergenceError(f"{name} ended as {str(state)!r}, expected a task that is 'successful'; run it again")
    if not document.calcs_reversed:
        raise InputError(f"{name} holds no calculation (calcs_reversed); expected emmet's TaskDoc as of atomate2")
    last, output = document.calcs_reversed[0], document.output
    if not is_ground_state({"task_type": getattr(last.task_type, "value", last.task_type)}):
        raise ConvergenceError(f"{name} is of type {last.task_type}; expected {' or '.join(GROUND_STATES)}")
    settings = vasp_settings(last.input.parameters or {}, last.input.incar or {})
    _require_converged(last, settings, name)
    made: ComputedStructureEntry = document.structure_entry
    titles = [str(spec.get("titel")) for spec in made.parameters.get("potcar_spec") or [] if spec.get("titel")]
    run_type = run_type_of_settings(settings, titles, any((made.parameters.get("hubbards") or {}).values()))
    _require_own_words(document, run_type, name)
    if output is None or output.forces is None or output.stress is None:
        raise ConvergenceError(f"{name} holds no forces and stress, so that nobody knows whether it is relaxed")
    force, stress = find_largest(output.forces, output.stress)
    require_relaxed(name, force, stress, tolerances)
    spacing = _spacing(document)
    require_dense_k_points(name, spacing)
    entry = ComputedStructureEntry.from_dict(made.as_dict())
    entry.structure.remove_oxidation_states()
    entry.parameters |= {
        "run_type": run_type,
        DISPERSION_KEY: dispersion_of(settings),
        CUTOFF_KEY: float(settings.get("ENCUT") or settings.get("ENMAX") or 0.0) or None,
        K_SPACING_KEY: spacing,
    }
    entry.data |= {"max_force": force, "max_stress": stress}
    return entry


def _validated(task: Mapping[str, Any], name: str) -> Any:
    try:
        from emmet.core.tasks import TaskDoc  # seconds of imports
    except ImportError as error:
        raise MissingDependencyError(
            "reading task documents needs the emmet-core package; install it with: pip install 'selflimit[workflows]'"
        ) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return TaskDoc.model_validate({key: value for key, value in task.items() if not key.startswith("@")})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{name} is no task document that emmet can read ({reason})") from error


def _require_converged(last: Any, settings: Mapping[str, Any], name: str) -> None:
    """Refuse a calculation that ran out of steps."""
    ended = str(getattr(last.has_vasp_completed, "value", last.has_vasp_completed))
    if ended.lower() not in ("true", "successful"):
        raise ConvergenceError(f"{name} did not complete (has_vasp_completed is {ended}); run it again")
    steps = last.output.ionic_steps or []
    nelm, nsw = settings.get("NELM"), int(settings.get("NSW") or 0)
    electronic = [len(step.electronic_steps or []) for step in steps[-1:]]
    if nelm and electronic and electronic[0] >= int(nelm):
        raise ConvergenceError(
            f"{name} did not converge: its last step took all of its {nelm} electronic iterations (NELM); run it again"
        )
    if nsw > 1 and len(steps) >= nsw:
        raise ConvergenceError(f"{name} did not converge: it took all of its {nsw} ionic steps (NSW); continue it")


def _require_own_words(document: Any, run_type: str, name: str) -> None:
    """Refuse a document whose summary is not that of its calculation."""
    for said in (document.run_type, document.calcs_reversed[0].run_type):
        word = str(getattr(said, "value", said) or "")
        if word and read_run_type(word).functional != read_run_type(run_type).functional:
            raise LevelOfTheoryError(f"{name} says it is of type {word}, but its VASP settings are those of {run_type}")
    summary, own = document.output.energy, document.calcs_reversed[0].output.energy
    if summary is not None and own is not None and abs(summary - own) > ROUNDED_ENERGY:
        raise InputError(f"{name} has an energy of {summary:.4f} eV, but its last calculation one of {own:.4f} eV")


def _spacing(document: Any) -> float | None:
    """Widest distance of k-points (1/Angstrom); None: not stated as a mesh."""
    k_points = document.calcs_reversed[0].input.kpoints
    meshes = list(getattr(k_points, "kpts", None) or [])
    if len(meshes) != 1 or len(meshes[0]) != 3 or min(meshes[0]) < 1:
        return None
    return widest_k_spacing(document.structure, [float(number) for number in meshes[0]])

"""The flow of a run: checked before any work, made once, found again by what it was made from."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from jobflow import Flow
from pymatgen.core import Composition

from selflimit.errors import InputError
from selflimit.files import sha256
from selflimit.mesoscale.layers.named_layers import build_layer
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.phase_diagrams.entries.bundled import bundled_structure
from selflimit.phase_diagrams.entries.sources import competing_structures
from selflimit.phase_diagrams.functionals.registry import find_functional
from selflimit.phase_diagrams.rules import chemical_system_of
from selflimit.run_settings import RunConfiguration, is_file
from selflimit.structures import count_orderings
from selflimit.structures.parents.parents import Parent
from selflimit.structures.relaxation.force_fields import load_force_field
from selflimit.workflows.makers.chain import SelfLimitMaker, require_lithium
from selflimit.workflows.makers.parents import read_parent
from selflimit.workflows.running.execution import keep_flow
from selflimit.workflows.running.folder import configuration_path
from selflimit.workflows.running.local import jobs_in_order

STAGES = ("orderings", "phase diagram", "interface", "report")
"""The stages of a run, in order, as its flow names them."""


def check_run(settings: RunConfiguration, through: str = "report") -> tuple[Parent, RunConfiguration]:
    """Find every fault that can be found before work begins.

    Parameters
    ----------
    settings
        What is asked.
    through
        The last stage that is to run.

    Returns
    -------
    tuple of Parent and RunConfiguration
        The crystal, and the settings with the working ion named.

    Raises
    ------
    InputError
        A crystal, ion, cell, grid or force field that cannot be used.
    """
    parent = read_parent(settings)
    elements = [element.symbol for element in Composition(parent.formula).elements]
    settings = settings.for_ion(parent.formula, elements)
    find_functional(settings.model)
    for cell in settings.cells:
        count_orderings(parent, cell)
    if through in ("interface", "report"):
        # before the competing phases: their message would send the user to fetch what would not help
        _check_interface(parent.formula, settings)
    if through != "orderings":
        _check_competing(parent.formula, settings)
    for name in {settings.force_field, settings.screen} - {"VASP", ""}:
        load_force_field(name)  # last: it takes seconds
    return parent, settings


def make_flow(settings: RunConfiguration, tags: Sequence[str], through: str = "report") -> Flow:
    """A new flow; the metadata of its jobs, dynamic ones included, tell what to find their documents by.

    Parameters
    ----------
    settings, through
        As in :func:`check_run`, which also tells the errors.
    tags
        Words to find the results by.
    """
    parent, complete = check_run(settings, through)
    flow = SelfLimitMaker.of(complete).connect(parent)
    plain = settings.data()
    about = {
        "flow": flow.uuid,
        "formula": parent.formula,
        "configuration": plain,
        "jobs": {job.uuid: job.name for job in jobs_in_order(flow)},
        "configuration_sha256": hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest(),
    }
    flow.update_metadata({"tags": list(tags), "selflimit": about})
    return flow


def flow_in(folder: Path, settings: RunConfiguration, tags: Sequence[str] = (), through: str = "report") -> Flow:
    """The run's flow: kept from an earlier start with the same configuration, else made and kept.

    Parameters
    ----------
    folder
        The run folder.
    settings, tags, through
        As in :func:`make_flow`; of a flow that is kept already the earlier tags stay.

    Raises
    ------
    InputError
        From :func:`check_run`, or the folder holds a run of another configuration.
    """
    return keep_flow(folder, settings.data(), lambda: make_flow(settings, tags, through))


def saved_configuration(folder: Path) -> RunConfiguration:
    """The configuration of the run in ``folder``.

    Raises
    ------
    InputError
        The folder holds no run, or one of another version's configuration.
    """
    path = configuration_path(folder)
    if not path.exists():
        raise InputError(f"{folder} holds no run; make one with `selflimit run --folder {folder}`")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as fault:
        raise InputError(f"{path} is not a configuration of this version ({fault})") from None
    return RunConfiguration.of_data(data, str(path))


def hash_of_parent(parent: str) -> str | None:
    """SHA-256 of the file behind ``parent``; None for a bundled parent, or where no such file is."""
    return sha256(Path(parent)) if is_file(parent) else None


def _check_competing(formula: str, settings: RunConfiguration) -> None:
    if settings.phases == "bundled":
        competing_structures(chemical_system_of(formula, settings.working_ion), source="bundled")


def _check_interface(formula: str, settings: RunConfiguration) -> None:
    require_lithium(formula, settings.working_ion)
    bundled_structure(settings.particle)
    build_layer("graded", InterfaceParameters(), settings.grid_cells, settings.seed)

"""The flow of a run: checked before any work, made once, found again by what it was made from."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jobflow import Flow
from pymatgen.core import Composition

from selflimit.errors import InputError
from selflimit.files import sha256, write_atomically
from selflimit.mesoscale.growth.schedule import ConstantPotential, Segment, all_segments, total_time
from selflimit.mesoscale.layers.named_layers import build_layer
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.phase_diagrams.entries.bundled import bundled_structure
from selflimit.phase_diagrams.entries.gathering import files_in
from selflimit.phase_diagrams.entries.sources import competing_structures
from selflimit.phase_diagrams.functionals.registry import find_functional
from selflimit.phase_diagrams.rules import chemical_system_of
from selflimit.run_settings import RunConfiguration, is_file
from selflimit.structures import count_orderings
from selflimit.structures.parents.parents import Parent
from selflimit.structures.relaxation.force_fields import load_force_field
from selflimit.workflows.entries.own import own_entries
from selflimit.workflows.makers.chain import SelfLimitMaker, require_lithium
from selflimit.workflows.makers.interface import InterfaceMaker
from selflimit.workflows.makers.parents import read_parent
from selflimit.workflows.makers.verdicts import OUTPUT_INTERVALS
from selflimit.workflows.running.execution import keep_flow
from selflimit.workflows.running.folder import configuration_path, flow_path
from selflimit.workflows.running.local import jobs_in_order, save_flow, saved_flow

GROWING = ("interface", "report")
"""The stages with which a run grows lithium, and may be asked to grow it longer."""
CHANGED_BY_EXTENSION = ("duration", "current", "cycles", "program", "output_every", "earlier_outputs")
"""Fields of the :class:`InterfaceMaker` that an extension changes."""
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
    if through in GROWING:
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
        "configuration_sha256": _hash_of(plain),
    }
    flow.update_metadata({"tags": list(tags), "selflimit": about})
    return flow


def flow_in(folder: Path, settings: RunConfiguration, tags: Sequence[str] = (), through: str = "report") -> Flow:
    """The run's flow: kept from an earlier start with the same configuration, else made and kept.

    A run that differs in nothing but a longer growth is extended: see :func:`extend_run`.

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
    if through in GROWING and configuration_path(folder).exists():
        settings = extend_run(folder, settings)
    return keep_flow(folder, settings.data(), lambda: make_flow(settings, tags, through))


def extend_run(folder: Path, asked: RunConfiguration) -> RunConfiguration:
    """Make the growths of the run in ``folder`` longer, if that is all that ``asked`` differs in.

    Its flow then asks for the growths again, which go on from their checkpoints, and for what is made of them. What
    they were before stays in the store until it is replaced.

    Parameters
    ----------
    folder
        A run folder.
    asked
        The settings of the longer run.

    Returns
    -------
    RunConfiguration
        The settings that the folder has now, if it was extended or runs this already; else ``asked``.

    Raises
    ------
    InputError
        The growth differs in what it has done already, or is shorter; or the folder holds no run of this version.
    """
    kept = saved_configuration(folder)
    longer = continue_growth(kept, asked)
    if longer is None or longer == kept:
        return longer or asked
    flow = saved_flow(flow_path(folder))
    if flow is not None:
        # the flow first: killed before the configuration is written, the same command extends once more
        save_flow(flow_path(folder), extended_flow(flow, longer))
    write_atomically(configuration_path(folder), json.dumps(longer.data(), indent=1))
    return longer


def continue_growth(kept: RunConfiguration, asked: RunConfiguration) -> RunConfiguration | None:
    """The settings of a growth that goes on as ``asked`` after those ``kept``; None where other settings differ too.

    Output times so far stay; later ones come at the interval that is asked for, else at the one before.

    Raises
    ------
    InputError
        The growth differs in what it has done already, or is shorter.
    """
    was, wanted = InterfaceMaker.of(kept), InterfaceMaker.of(asked)
    interval = asked.output_every or kept.output_every
    asked = replace(asked, output_every=interval, earlier_outputs=kept.earlier_outputs)
    if {**asked.data(), **_growth_of(kept)} != kept.data():
        return None
    done, to_do = _segments(was), _segments(wanted)
    if done == to_do and interval == kept.output_every:
        return kept
    same = len(done) <= len(to_do) and done[:-1] == to_do[: len(done) - 1]
    longer = total_time(was.schedule()) < total_time(wanted.schedule())
    if not (same and longer and done[-1]._replace(duration=to_do[len(done) - 1].duration) == to_do[len(done) - 1]):
        raise InputError(
            f"the folder holds a growth of {total_time(was.schedule()):g} s; expected a longer one that begins with it "
            "(--duration, more --cycles, or a --schedule), got one of "
            f"{total_time(wanted.schedule()):g} s; give another --folder"
        )
    if to_do[len(done) - 1].duration < done[-1].duration:
        raise InputError("expected a --schedule whose parts last as long as they did, or longer; give another --folder")
    every = interval or total_time(was.schedule()) / OUTPUT_INTERVALS
    return replace(asked, output_every=every, earlier_outputs=tuple(was.output_times()))


def extended_flow(flow: Flow, longer: RunConfiguration) -> Flow:
    """The flow of a run with longer growths, which are to be done again, and what takes their results."""
    maker, again = InterfaceMaker.of(longer), set[str]()
    changed = {
        name: getattr(maker, name)
        for name in ("duration", "current", "cycles", "program", "output_every", "earlier_outputs")
    }
    for job in jobs_in_order(flow):
        # all jobs of that Maker carry its settings; the growths alone heed these
        job.update_maker_kwargs(changed, class_filter=InterfaceMaker)
        if (isinstance(job.maker, InterfaceMaker) and job.function.__name__ == "grow") or again & set(job.input_uuids):
            again.add(job.uuid)
            job.index += 1  # with jobflow the output of a later index stands for the job
        about = {"configuration": longer.data(), "configuration_sha256": _hash_of(longer.data())}
        job.metadata["selflimit"] = {**job.metadata.get("selflimit", {}), **about}
    return flow


def _growth_of(settings: RunConfiguration) -> dict[str, Any]:
    """The settings that say how long the growth lasts, as plain data."""
    return {name: settings.data()[name] for name in ("duration", "current", "cycles", "schedule", "output_every")}


def _segments(maker: InterfaceMaker) -> tuple[Segment, ...]:
    schedule = maker.schedule()
    held = [ConstantPotential(maker.overpotential, maker.duration)]
    return all_segments(held if isinstance(schedule, float | int) else schedule)


def _hash_of(plain: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


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


def hash_of_entries(entries: str) -> str | None:
    """SHA-256 of the files behind ``entries``, by name; None where none were given."""
    if not entries:
        return None
    return hashlib.sha256("".join(sha256(path) for path in files_in(Path(entries))).encode()).hexdigest()


def _check_competing(formula: str, settings: RunConfiguration) -> None:
    if settings.entries:
        own_entries(Path(settings.entries), formula, settings.working_ion)
        return
    if settings.phases == "bundled":
        competing_structures(chemical_system_of(formula, settings.working_ion), source="bundled")


def _check_interface(formula: str, settings: RunConfiguration) -> None:
    require_lithium(formula, settings.working_ion)
    bundled_structure(settings.particle)
    build_layer("graded", InterfaceParameters(), settings.grid_cells, settings.seed)

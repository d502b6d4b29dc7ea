"""The verbs that run the chain or a first part of it: build the run, execute it, print what was asked for."""

import shutil
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

from jobflow import Flow, OutputReference

from selflimit.cli.orderings import write_cifs
from selflimit.cli.printing import print_json, print_line, print_table, write_plainly
from selflimit.cli.terminal.progress_display import Display
from selflimit.cli.verdict import print_answers, print_closed_loop, print_spread, print_verdicts
from selflimit.documents import GrowthDoc, RelaxationDoc
from selflimit.errors import InputError
from selflimit.files import write_atomically
from selflimit.report import tables
from selflimit.run_settings import RunConfiguration, settings_given
from selflimit.settings import Settings
from selflimit.workflows.makers.chain import RunOutputs
from selflimit.workflows.makers.run_flow import (
    STAGES,
    check_run,
    flow_in,
    hash_of_entries,
    hash_of_parent,
    saved_configuration,
)
from selflimit.workflows.running.execution import execute
from selflimit.workflows.running.folder import (
    Started,
    configuration_path,
    flow_path,
    started_path,
    started_run,
    store_of,
)
from selflimit.workflows.running.local import jobs_in_order, locked, saved_flow, stored_output
from selflimit.workflows.stores.opening import is_mongo_uri, open_store, redact
from selflimit.workflows.stores.reading import plain_output, read_output
from selflimit.workflows.stores.retrying import PatientJobStore

ENDED_EARLY = "lithium is near the far electrolyte"
"""Why a growth ends before its time where its notes do not say."""


def configuration_of(asked: Namespace) -> RunConfiguration:
    """The run's configuration from the command line; what is not given has the schema's default.

    Raises
    ------
    InputError
        A value out of range; the message names its option.
    """
    given = settings_given(vars(asked))
    parent, entries = (given.get(name, "") for name in ("parent", "entries"))
    return RunConfiguration(**given, parent_sha256=hash_of_parent(parent), entries_sha256=hash_of_entries(entries))


class OpenRun:
    """A flow in its folder, with its store."""

    def __init__(self, folder: Path, where: str, flow: Flow) -> None:
        self.folder, self.where, self.flow = folder, where, flow
        self.store = PatientJobStore(open_store(where))
        self.outputs = flow.output

    def run(self, through: str = "", reuse: bool = False) -> None:
        """Run every unfinished job, or those of the stages up to and with ``through``.

        Parameters
        ----------
        through
            Name of a stage; empty: all.
        reuse
            Take over identical work that the store holds.
        """
        stages = (
            [part for part in self.flow.jobs[: 1 + STAGES.index(through)] if isinstance(part, Flow)] if through else []
        )
        wanted = [job.name for part in stages or [self.flow] for job in jobs_in_order(part)]
        where = redact(self.where) if is_mongo_uri(self.where) else str(Path(self.where).resolve())
        started = Started(through=through, store=where)
        write_atomically(started_path(self.folder), started.model_dump_json(indent=1))
        with Display(wanted) as display:
            execute(self.folder, self.flow, self.store, display, frozenset(wanted), self.where, reuse)

    def read(self, reference: OutputReference) -> Any:
        """Documents of a finished job."""
        return read_output(reference, self.store)

    def tell_checkpoints(self) -> None:
        """Print what the checkpoints of its finished growths take, and that they may be deleted."""
        if sizes := [path.stat().st_size for path in self.folder.glob("*.checkpoint")]:
            print_line(
                f"checkpoints: {sum(sizes) / 1e6:.0f} MB in {self.folder / '*.checkpoint'}; "
                "the same command with a longer --duration or --schedule goes on from them, and without them from the "
                "beginning; delete them if nothing is to last longer"
            )

    def tell_extension(self, growths: Sequence[GrowthDoc]) -> None:
        """Print from where to where growths were made longer; nothing where none was."""
        earlier = saved_configuration(self.folder).earlier_outputs
        for doc in growths if earlier else ():
            name, until, before = doc.microstructure, doc.times[-1], earlier[-1]
            if until > before:
                print_line(
                    f"growth {name}: extended from {before:g} to {until:g} s; tables and report are of the whole"
                )
            else:
                print_line(
                    f"growth {name}: had ended at {until:g} s, so it stays: {'; '.join(doc.notes) or ENDED_EARLY}"
                )

    def read_each(self, references: list[OutputReference]) -> list[Any]:
        """Documents of several finished jobs, in order."""
        return [self.read(reference) for reference in references]


@contextmanager
def opened_run(asked: Namespace, through: str) -> Iterator[OpenRun]:
    """The run of the command line, its folder held for this process; a folder that was made for nothing goes."""
    folder, settings = Path(asked.folder), configuration_of(asked)
    is_new = not folder.exists()
    try:
        with locked(folder):
            started = started_run(folder)
            flow = flow_in(folder, settings, asked.tag, through)
            if started is not None and STAGES.index(through) > STAGES.index(started.through):
                check_run(settings, through)  # an earlier verb checked less
            yield OpenRun(folder, asked.store or Settings().store, flow)
    finally:
        if is_new and not configuration_path(folder).exists():
            shutil.rmtree(folder)


def resume_run(folder: Path, where: str, through: str) -> OpenRun:
    """Go on with the run in ``folder``, with the configuration it was started with, to the end of one stage.

    Parameters
    ----------
    folder
        The run folder.
    where
        Its store: a folder or a MongoDB URI.
    through
        Name of the stage at whose end the run stops.

    Raises
    ------
    InputError
        The folder holds no run, or another process is running in it.
    """
    settings = saved_configuration(folder)
    with locked(folder):
        resumed = OpenRun(folder, where, flow_in(folder, settings, (), through))
        resumed.run(through)
    return resumed


def run_chain(asked: Namespace) -> None:
    """The whole chain."""
    with opened_run(asked, "report") as opened:
        opened.run("report", asked.reuse)
    show_report(opened, asked.json)


def show_report(opened: OpenRun, as_json: bool) -> None:
    """What a finished chain found, and where its report is."""
    outputs: RunOutputs = opened.outputs
    report = opened.folder / opened.read(outputs.report).path
    if as_json:
        print_json({"folder": str(opened.folder), "report": str(report), "store": redact(opened.where)})
        return
    reactions, stresses = opened.read(outputs.diagram.decompositions), opened.read(outputs.interface.stresses)
    print_answers(opened.read(outputs.interface.arrest))
    print_table("Under lithium", tables.DECOMPOSITION_COLUMNS, tables.decomposition_rows(reactions))
    print_table("Static stress", tables.STRESS_COLUMNS, tables.stress_rows(stresses))
    print_line(f"report: {report}   results: selflimit results --store {redact(opened.where)}")
    opened.tell_extension(opened.read_each(outputs.interface.growths))
    opened.tell_checkpoints()


def relax_orderings(asked: Namespace) -> None:
    """Enumerate, rank and relax the orderings."""
    with opened_run(asked, "orderings") as opened:
        opened.run("orderings", asked.reuse)
    stage = opened.outputs.ordering
    found = opened.read_each(stage.orderings)
    outcomes, energies = opened.read(stage.relaxations), opened.read(stage.ordering_energies)
    relaxations = [doc for doc in outcomes if isinstance(doc, RelaxationDoc)]
    if asked.cifs:
        write_cifs(asked.cifs, [(doc.label, doc.structure) for doc in relaxations])
    if asked.json:
        print_json(
            {
                "orderings": write_plainly(found),
                "relaxations": write_plainly(outcomes),
                "energies": write_plainly([energies])[0],
            }
        )
        return
    for doc in found:
        title = f"{doc.parent} {doc.cell}: {doc.distinct_count} distinct of {doc.raw_count} orderings"
        print_table(title, tables.ORDERING_COLUMNS, tables.ordering_rows([doc]))
    print_table("Relaxed", tables.RELAXATION_COLUMNS, tables.relaxation_rows(relaxations))
    temperature = energies.ensembles[0].temperature
    title = f"Relaxed orderings, weights at {temperature:g} K"
    print_table(title, tables.ORDERING_ENERGY_COLUMNS, tables.ordering_energy_rows(energies))
    print_table("How the rankings agree", tables.AGREEMENT_COLUMNS, tables.agreement_rows(energies))
    if energies.failures:
        print_table("Without an energy", tables.FAILURE_COLUMNS, tables.failure_rows(energies))


def show_diagram(asked: Namespace) -> None:
    """Constrained phase diagram of the chain's crystals."""
    with opened_run(asked, "phase diagram") as opened:
        opened.run("phase diagram", asked.reuse)
    stage = opened.outputs.diagram
    profiles, reactions = opened.read(stage.stabilities), opened.read(stage.decompositions)
    if asked.json:
        print_json({"stabilities": write_plainly(profiles), "decompositions": write_plainly(reactions)})
        return
    print_table(f"{profiles[0].formula}: products", tables.STABILITY_COLUMNS, tables.stability_rows(profiles))
    print_table("At the lowest voltage", tables.DECOMPOSITION_COLUMNS, tables.decomposition_rows(reactions))


def grow_interface(asked: Namespace) -> None:
    """Growth and static stress."""
    with opened_run(asked, "interface") as opened:
        opened.run("interface", asked.reuse)
    stage = opened.outputs.interface
    found = {
        name: opened.read_each(getattr(stage, name)) for name in ("growths", "closed_loops", "spreads", "verdicts")
    }
    found["stresses"] = opened.read(stage.stresses)
    found["arrest"] = [opened.read(stage.arrest)]
    if asked.json:
        print_json({name: write_plainly(documents) for name, documents in found.items()})
        return
    print_answers(*found["arrest"])
    print_table("Growth", tables.GROWTH_COLUMNS, tables.growth_rows(found["growths"]))
    if half_cycles := tables.half_cycle_rows(found["growths"]):
        print_table("Half-cycles", tables.HALF_CYCLE_COLUMNS, half_cycles)
    if flows := tables.flow_rows(found["growths"]):
        print_table("Lithium that flows, and its product", tables.FLOWING_COLUMNS, flows)
    print_table("Static stress", tables.STRESS_COLUMNS, tables.stress_rows(found["stresses"]))
    for loop in found["closed_loops"]:
        print_closed_loop(loop)
    for spread in found["spreads"]:
        print_spread(spread)
    print_verdicts(found["verdicts"])
    opened.tell_extension(found["growths"])
    opened.tell_checkpoints()


def write_report_again(asked: Namespace) -> None:
    """Write the report of a finished run again.

    Raises
    ------
    InputError
        The folder holds no run, or an unfinished one.
    """
    folder = Path(asked.run)
    flow = saved_flow(flow_path(folder))
    if flow is None:
        raise InputError(f"{folder} holds no run; make one with `selflimit run --folder {folder}`")
    store = open_store(store_of(folder, asked.store), must_exist=True)
    with locked(folder), chdir(folder):
        *steps, last = jobs_in_order(flow)
        for job in steps:
            # raises for a job that is not finished, before the old report is touched
            plain_output(job.output, store)
            if stored_output(job, store) is None:
                raise InputError(f"{job.name} is being made longer; finish it with `selflimit resume {folder}`")
        last.run(store=store)
    written = folder / store.get_output(last.uuid)["path"]
    print_json({"report": str(written)}) if asked.json else print_line(f"report: {written}")

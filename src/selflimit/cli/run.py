"""The verbs of the command line: build the run, execute it, print what was asked for."""

import shutil
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

from jobflow import Flow
from monty.json import MontyDecoder
from pydantic import ValidationError

from selflimit.cli.orderings import (
    charges_of,
    occupancies_of,
    pools_of,
    write_cifs,
)
from selflimit.cli.printing import plain, print_json, print_line, print_table
from selflimit.cli.progress_display import Display
from selflimit.cli.verdict import print_closed_loop, print_spread, print_verdicts
from selflimit.documents import OrderingsDoc, RelaxationDoc
from selflimit.errors import InputError
from selflimit.files import write_atomically
from selflimit.report import tables
from selflimit.settings import Settings
from selflimit.workflows.makers.configuration import (
    RunConfiguration,
    cif_hash,
    execute,
    output_of,
    prepared_flow,
    saved_configuration,
)
from selflimit.workflows.running.folder import Started, configuration_path, flow_path, started_path
from selflimit.workflows.running.local import jobs_in_order, locked, saved_flow
from selflimit.workflows.stores.opening import is_mongo_uri, open_store, redacted
from selflimit.workflows.stores.retrying import PatientJobStore

INTERFACE_DEFAULTS = {"duration": 2100.0, "overpotential": -0.1, "grid_cells": (128, 192), "seed": 1}
"""What the verbs without interface options put into the configuration; equal to the options' defaults."""


OPTIONS = {"cells": "cell", "k_effs": "k_eff", "grid_cells": "grid"}
"""Fields of the configuration whose option has another name."""


def configuration_of(asked: Namespace) -> RunConfiguration:
    """The run's configuration from the command line, validated.

    Raises
    ------
    InputError
        A value out of range; the message names it.
    """
    given = {name: getattr(asked, name, default) for name, default in INTERFACE_DEFAULTS.items()}
    fields = (
        "parent", "force_field", "screen", "window", "most_screened", "wall_time", "max_force", "phases", "keep",
        "voltage_range",
    )  # fmt: skip
    try:
        return RunConfiguration(
            **{name: getattr(asked, name) for name in fields},
            **given,
            pools=pools_of(asked),
            charges=charges_of(asked),
            occupied=occupancies_of(asked),
            symprec=asked.symprec,
            cells=asked.cell,
            k_effs=asked.k_eff,
            parent_sha256=cif_hash(asked.parent),
            closed_loop=getattr(asked, "closed_loop", False),
        )
    except ValidationError as fault:
        first = fault.errors()[0]
        field = str(first["loc"][0])
        name = "--" + OPTIONS.get(field, field).replace("_", "-")
        raise InputError(f"{name}: {first['msg']}, got {first['input']!r}; see selflimit {asked.verb} --help") from None


class Run:
    """An open run: its folder, flow and store."""

    def __init__(self, folder: Path, where: str, configuration: RunConfiguration, tags: Sequence[str]) -> None:
        self.folder, self.where = folder, where
        self.flow = prepared_flow(folder, configuration, tags)
        self.store = PatientJobStore(open_store(where))

    def through(self, stage: str, reuse: bool = False) -> None:
        """Run every unfinished job of the stages up to and with ``stage``; take over identical work with ``reuse``."""
        stages = [part for part in self.flow.jobs if isinstance(part, Flow)]
        last = [part.name for part in stages].index(stage)
        wanted = [job.name for part in stages[: last + 1] for job in jobs_in_order(part)]
        where = redacted(self.where) if is_mongo_uri(self.where) else str(Path(self.where).resolve())
        started = Started(through=stage, store=where)
        write_atomically(started_path(self.folder), started.model_dump_json(indent=1))
        with Display(wanted) as display:
            execute(self.folder, self.flow, self.store, display, frozenset(wanted), self.where, reuse)

    def output(self, *names: str) -> list[Any]:
        """Documents of the finished jobs of these names, or of those that begin so where a name ends with a blank."""
        found = [job for job in jobs_in_order(self.flow) if any(_is_called(job.name, name) for name in names)]
        return [MontyDecoder().process_decoded(output_of(job, self.store)) for job in found]


def _is_called(job_name: str, name: str) -> bool:
    return job_name.startswith(name) if name.endswith(" ") else job_name == name


@contextmanager
def opened_run(asked: Namespace) -> Iterator[Run]:
    """The run of the command line, its folder held for this process; a folder that was made for nothing goes."""
    folder = Path(asked.folder)
    configuration = configuration_of(asked)
    is_new = not folder.exists()
    try:
        with locked(folder):
            yield Run(folder, asked.store or Settings().store, configuration, asked.tag)
    finally:
        if is_new and not configuration_path(folder).exists():
            shutil.rmtree(folder)


def resume(folder: Path, where: str, through: str) -> Run:
    """Go on with the run in ``folder``, with the configuration it was started with, to the end of one stage.

    Raises
    ------
    InputError
        The folder holds no run, or another process is running in it.
    """
    configuration = saved_configuration(folder)
    with locked(folder):
        resumed = Run(folder, where, configuration, ())
        resumed.through(through)
    return resumed


def run(asked: Namespace) -> None:
    """The whole chain."""
    with opened_run(asked) as opened:
        opened.through("report", asked.reuse)
    show_report(opened, asked.json)


def show_report(opened: Run, as_json: bool) -> None:
    """What a finished chain found, and where its report is."""
    report = opened.folder / opened.output("report")[0].path
    if as_json:
        print_json({"folder": str(opened.folder), "report": str(report), "store": redacted(opened.where)})
    else:
        reactions = opened.output("decomposition ")
        print_table("Under lithium", tables.DECOMPOSITION_COLUMNS, tables.decomposition_rows(reactions))
        print_table("Static stress", tables.STRESS_COLUMNS, tables.stress_rows(opened.output("stress ")))
        print_line(f"report: {report}   results: selflimit results --store {redacted(opened.where)}")


def orderings(asked: Namespace) -> None:
    """Enumerate, rank and relax the orderings."""
    if asked.n_cells is not None or asked.up_to is not None:
        raise InputError(
            "--n-cells and --up-to need --count, --no-relax, --sample or --write: relaxations take cells by --cell"
        )
    with opened_run(asked) as opened:
        opened.through("orderings", asked.reuse)
    found = [doc for doc in opened.output("orderings ") if isinstance(doc, OrderingsDoc)]
    outcomes, energies = opened.output("relax orderings")[0], opened.output("energies of orderings")[0]
    relaxations = [doc for doc in outcomes if isinstance(doc, RelaxationDoc)]
    if asked.cifs:
        write_cifs(asked.cifs, [(doc.label, doc.structure) for doc in relaxations])
    if asked.json:
        print_json({"orderings": plain(found), "relaxations": plain(outcomes), "energies": plain([energies])[0]})
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


def diagram(asked: Namespace) -> None:
    """Constrained phase diagram: of the formulas that are named, else of the chain's crystals."""
    from selflimit.cli import diagram as diagram_commands  # the plotting library takes seconds to import

    if diagram_commands.has_formulas(asked):
        diagram_commands.diagram_of_formulas(asked)
        return
    with opened_run(asked) as opened:
        opened.through("phase diagram", asked.reuse)
    profiles, reactions = opened.output("stability "), opened.output("decomposition ")
    if asked.json:
        print_json({"stabilities": plain(profiles), "decompositions": plain(reactions)})
        return
    print_table(f"{profiles[0].formula}: products", tables.STABILITY_COLUMNS, tables.stability_rows(profiles))
    print_table("At the lowest voltage", tables.DECOMPOSITION_COLUMNS, tables.decomposition_rows(reactions))


def interface(asked: Namespace) -> None:
    """Growth and static stress."""
    with opened_run(asked) as opened:
        opened.through("interface", asked.reuse)
    growths, stresses = opened.output("growth "), opened.output("stress ")
    loops, spreads = opened.output("loop "), opened.output("tip pressure spread")
    verdicts = opened.output("verdict ")
    if asked.json:
        found = {
            "growths": growths,
            "stresses": stresses,
            "closed_loops": loops,
            "spreads": spreads,
            "verdicts": verdicts,
        }
        print_json({name: plain(documents) for name, documents in found.items()})
        return
    print_table("Growth", tables.GROWTH_COLUMNS, tables.growth_rows(growths))
    print_table("Static stress", tables.STRESS_COLUMNS, tables.stress_rows(stresses))
    for loop in loops:
        print_closed_loop(loop)
    for spread in spreads:
        print_spread(spread)
    print_verdicts(verdicts)


def report(asked: Namespace) -> None:
    """Write the report of a finished run again.

    Raises
    ------
    InputError
        The folder holds no run, or an unfinished one.
    """
    folder = Path(asked.folder)
    flow = saved_flow(flow_path(folder))
    if flow is None:
        raise InputError(f"{folder} holds no run; make one with `selflimit run --folder {folder}`")
    store = open_store(asked.store or Settings().store, must_exist=True)
    with locked(folder), chdir(folder):
        steps = jobs_in_order(flow)
        last = next(job for job in steps if job.name == "report")
        for job in steps:
            if job.name != "report":
                output_of(job, store)
        last.run(store=store)
    written = folder / store.get_output(last.uuid)["path"]
    print_json({"report": str(written)}) if asked.json else print_line(f"report: {written}")

"""A run and its folder: configuration, flow, documents, provenance. The same configuration again resumes."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from jobflow import Flow, Job, JobStore
from monty.json import jsanitize
from pydantic import Field, ValidationError, field_validator
from threadpoolctl import threadpool_limits

from selflimit.documents import Record
from selflimit.errors import InputError
from selflimit.files import sha256, write_atomically
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.layers.microstructure import Microstructure
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.progress import Progress
from selflimit.structures.orderings.counting import count_orderings
from selflimit.structures.parents.by_name import parent_named
from selflimit.structures.parents.parents import SYMPREC, Parent, known_parents
from selflimit.structures.relaxation.force_fields import load_force_field
from selflimit.workflows.flows import (
    Files,
    InterfaceMaker,
    OrderingMaker,
    PhaseDiagramMaker,
    RelaxMaker,
    SelfLimitMaker,
)
from selflimit.workflows.makers.relaxation import ForceFieldElasticMaker, ForceFieldRelaxMaker, StagedRelaxMaker
from selflimit.workflows.makers.screening import ScreenedRelaxMaker
from selflimit.workflows.running.folder import configuration_path, document_path, flow_path
from selflimit.workflows.running.local import (
    JobRecord,
    Listener,
    ended_with_its_workers,
    run_flow,
    save_flow,
    saved_flow,
    stored_output,
)
from selflimit.workflows.running.provenance import recorded_jobs, write_provenance
from selflimit.workflows.stores.opening import redacted


class RunConfiguration(Record):
    """Everything a run depends on; kept as ``configuration.json`` in the run folder."""

    parent: str = Field(description="Bundled parent or path of a CIF file")
    parent_sha256: str | None = Field(None, description="SHA-256 of the CIF file; None for a bundled parent")
    pools: tuple[tuple[str, ...], ...] = Field(
        (), description="Site labels that share a composition; empty: each its own"
    )
    charges: dict[str, float] = Field(
        {}, description="Formal charges (e) by species; empty: guessed from the composition"
    )
    occupied: dict[str, dict[str, float]] = Field(
        {}, description="Occupancies by site label or element, replacing the file's; empty: as in the file"
    )
    symprec: float = Field(SYMPREC, gt=0, description="Distance within which symmetry is found (Angstrom)")
    cells: tuple[str, ...] = Field(min_length=1, description="Cells to fill")
    keep: int = Field(ge=1, description="Orderings relaxed per cell")
    force_field: str = Field(description="Force-field name, or 'VASP'")
    max_force: float = Field(gt=0, description="Force tolerance (eV/Angstrom)")
    phases: Literal["bundled", "mp-api"] = Field(description="Where the competing crystals come from")
    k_effs: tuple[Annotated[float, Field(ge=0)], ...] = Field(min_length=1, description="Effective bulk moduli (GPa)")
    voltage_range: tuple[float, float] = Field(description="Voltages (V vs Li/Li+)")
    duration: float = Field(gt=0, description="Model time of the growth (s)")
    overpotential: float = Field(lt=0, gt=-1, description="Overpotential at the metal (V); negative deposits")
    grid_cells: tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]] = Field(
        description="Grid cells along x and y"
    )
    seed: int = Field(ge=0, description="Seed of packing and noise")
    closed_loop: bool = Field(False, description="Whether products and constriction are brought into agreement")
    screen: str = Field("", description="Force field that chooses what VASP relaxes; empty: VASP relaxes all orderings")
    window: float = Field(0.05, ge=0, description="Height above the screen's hull up to which VASP relaxes (eV/atom)")
    most_screened: int = Field(20, ge=1, description="Orderings that go on to VASP at most")
    wall_time: int = Field(0, ge=0, description="Seconds until VASP relaxations are stopped; 0: no limit")

    @field_validator("voltage_range")
    @classmethod
    def _increasing(cls, voltages: tuple[float, float]) -> tuple[float, float]:
        if not 0 <= voltages[0] < voltages[1]:
            raise ValueError(f"expected 0 <= low < high in V, got {voltages[0]} to {voltages[1]}")
        return voltages

    def check(self) -> Parent:
        """Find every fault that can be found before work begins; returns the parent.

        Raises
        ------
        InputError
            A crystal, cell, grid or force field that cannot be used.
        """
        parent = parent_named(self.parent, self.pools, self.charges, self.occupied, self.symprec)
        for cell in self.cells:
            count_orderings(parent, cell)
        Microstructure.graded(Grid(self.grid_cells, InterfaceParameters().interface_width), self.seed)
        if self.screen and self.force_field != "VASP":
            raise InputError(
                f"expected --screen only with --force-field VASP, got {self.force_field!r}; leave out --screen"
            )
        for name in {self.force_field, self.screen} - {"VASP", ""}:
            load_force_field(name)
        return parent


def prepared_flow(folder: Path, configuration: RunConfiguration, tags: Sequence[str] = ()) -> Flow:
    """The run's flow: kept from an earlier start with the same configuration, else made and kept.

    Parameters
    ----------
    folder
        The run folder.
    configuration
        What is asked now.
    tags
        Words to find the results by; of a flow that is kept already the earlier ones stay.

    Raises
    ------
    InputError
        The folder holds a run of another configuration; the message names what differs.
    """
    _same(folder, configuration)
    kept = saved_flow(flow_path(folder))
    if kept is not None:
        return kept
    flow = made_flow(configuration, tags)
    write_configuration(folder, configuration)  # first: a flow without it would be taken for any configuration's
    return save_flow(flow_path(folder), flow)


def made_flow(configuration: RunConfiguration, tags: Sequence[str], files: Files = "folder") -> Flow:
    """A new flow; the metadata of its jobs, dynamic ones included, tell what to find their documents by.

    Raises
    ------
    InputError
        From :meth:`RunConfiguration.check`.
    """
    parent = configuration.check()
    flow = maker_of(configuration, files).make(parent)
    plain = configuration.model_dump(mode="json")
    about = {
        "flow": flow.uuid,
        "formula": parent.formula,
        "configuration": plain,
        "configuration_sha256": hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest(),
    }
    flow.update_metadata({"tags": list(tags), "selflimit": about})
    return flow


def write_configuration(folder: Path, configuration: RunConfiguration) -> None:
    """Write ``configuration.json``."""
    write_atomically(configuration_path(folder), configuration.model_dump_json(indent=1))


def maker_of(configuration: RunConfiguration, files: Files = "folder") -> SelfLimitMaker:
    """The flow's Maker for a configuration: one force field, or VASP, for every relaxation."""
    c = configuration
    relax: RelaxMaker = (
        _vasp(c.wall_time)
        if c.force_field == "VASP"
        else ForceFieldRelaxMaker(force_field=c.force_field, max_force=c.max_force)
    )
    staged: RelaxMaker = (
        relax if c.force_field == "VASP" else StagedRelaxMaker(force_field=c.force_field, max_force=c.max_force)
    )
    if c.screen:
        screen = StagedRelaxMaker(force_field=c.screen)
        staged = ScreenedRelaxMaker(relax_maker=relax, screen=screen, window=c.window, most=c.most_screened)
    elastic = (
        ForceFieldElasticMaker(relax_first=True)
        if c.force_field == "VASP"
        else ForceFieldElasticMaker(force_field=c.force_field)
    )
    return SelfLimitMaker(
        ordering_maker=OrderingMaker(cells=c.cells, keep=c.keep, relax_maker=staged),
        diagram_maker=PhaseDiagramMaker(
            k_effs=c.k_effs, voltage_range=c.voltage_range, phases=c.phases, relax_maker=relax
        ),
        interface_maker=InterfaceMaker(
            duration=c.duration,
            overpotential=c.overpotential,
            grid_cells=c.grid_cells,
            seed=c.seed,
            files=files,
            closed_loop=c.closed_loop,
            voltage=c.voltage_range[0],
            relax_maker=relax,
            elastic_maker=elastic,
        ),
    )


def saved_configuration(folder: Path) -> RunConfiguration:
    """The configuration of the run in ``folder``.

    Raises
    ------
    InputError
        The folder holds no run, or one of an older configuration format.
    """
    path = configuration_path(folder)
    if not path.exists():
        raise InputError(f"{folder} holds no run; make one with `selflimit run --folder {folder}`")
    try:
        return RunConfiguration.model_validate_json(path.read_bytes())
    except ValidationError as fault:
        raise InputError(f"{path} is not a configuration of this version ({fault.errors()[0]['msg']})") from None


def _vasp(wall_time: int) -> RelaxMaker:
    from selflimit.workflows.makers.vasp import VaspRelaxMaker  # atomate2 takes seconds to import

    return VaspRelaxMaker(wall_time=wall_time)


def _same(folder: Path, configuration: RunConfiguration) -> None:
    path = configuration_path(folder)
    if not path.exists():
        return
    kept, asked = json.loads(path.read_text(encoding="utf-8")), configuration.model_dump(mode="json")
    differing = [key for key in asked if kept.get(key) != asked[key]]
    if differing:
        shown = "; ".join(f"{key} was {kept.get(key)}, now {asked[key]}" for key in differing)
        raise InputError(f"{folder} holds a run of another configuration ({shown}); give another --folder")


class Keeper(Listener):
    """Writes each finished job's document into the run folder, and passes everything on to the display."""

    def __init__(self, folder: Path, store: JobStore, display: Listener) -> None:
        self.folder, self.store, self.display = folder, store, display

    def start(self, job: Job) -> Progress:
        """Pass on."""
        return self.display.start(job)

    def finish(self, job: Job, record: JobRecord) -> None:
        """Write ``documents/<job name>.json`` if it is not there, then pass on."""
        path = document_path(self.folder, job.name)
        if not (record.reused and path.exists()):
            write_atomically(path, json.dumps(output_of(job, self.store), indent=1))
        self.display.finish(job, record)

    def offspring(self, job: Job, child: Job) -> None:
        """Write ``documents/<job name>-<child name>.json`` if the child's output is a document."""
        path, stored = document_path(self.folder, f"{job.name} {child.name}"), stored_output(child, self.store)
        output = None if stored is None else stored["output"]
        if isinstance(output, dict) and "schema_version" in output and not path.exists():
            write_atomically(path, json.dumps(output, indent=1))
        self.display.offspring(job, child)


def output_of(job: Job, store: JobStore) -> Any:
    """The stored output of a finished job, as plain JSON data."""
    if stored_output(job, store) is None:
        raise InputError(f"step {job.name!r} of this run is not finished; finish it with `selflimit run`")
    found = store.get_output(job.uuid, load=True)
    return jsanitize(found, strict=True, enum_values=True)  # a reference within it is resolved to objects


def execute(
    folder: Path,
    flow: Flow,
    store: JobStore,
    listener: Listener,
    until: frozenset[str] | None,
    where: str,
    reuse: bool = False,
) -> list[JobRecord]:
    """Run what is left of ``flow``, keep its documents in the folder, and write the provenance."""
    with (
        ended_with_its_workers(),
        threadpool_limits(limits=1),
    ):  # threads of linear algebra on small vectors cost up to five times the work
        records = run_flow(flow, store, folder, Keeper(folder, store, listener), until=until, reuse=reuse)
    record_provenance(folder, records, where)
    return records


def record_provenance(folder: Path, records: list[JobRecord], where: str) -> None:
    """Write ``provenance.json``; a job that was reused keeps the record of when it ran."""
    earlier = {record["uuid"]: record for record in recorded_jobs(folder)}
    now = {record.uuid: record.model_dump() for record in records}
    jobs = {**now, **{uuid: kept for uuid, kept in earlier.items() if uuid not in now or now[uuid]["reused"]}}
    configuration = json.loads(configuration_path(folder).read_text(encoding="utf-8"))
    write_provenance(folder, configuration, list(jobs.values()), redacted(where))


def cif_hash(parent: str) -> str | None:
    """SHA-256 of the CIF file behind ``parent``; None for a bundled parent, or where no such file is."""
    return sha256(Path(parent)) if parent not in known_parents() and Path(parent).is_file() else None

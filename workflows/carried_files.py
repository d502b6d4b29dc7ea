"""Growth, stress and report as jobs whose files travel with them.

A job manager runs each job in a folder of its own, often on a node without database. There a file beside a document
helps nobody; so these jobs put their files into the store's ``data`` part and return ``[document, file]``, where
``file`` refers to its pieces. Whoever takes that output as an argument has the bytes, without asking a database.
"""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jobflow import CURRENT_JOB, JobConfig

from selflimit.documents import DecompositionDoc, FieldFile, ReportDoc
from selflimit.errors import InputError
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.progress import current_progress
from selflimit.workflows.jobs import grown, stressed
from selflimit.workflows.running.identical_work import job
from selflimit.workflows.stores.files import inside, put_file

WITH_STORE = JobConfig(expose_store=True)
"""The job sees the store that its output goes to."""


@job(config=WITH_STORE)
def growth(
    parameters: InterfaceParameters, layer: str, grid_cells: tuple[int, int], seed: int, duration: float
) -> list[Any]:
    """Lithium growth in one particle layer; output: GrowthDoc and its fields."""
    doc = grown(parameters, layer, grid_cells, seed, duration, current_progress())
    return [doc, carried(doc.fields)]


@job(config=WITH_STORE)
def stress(
    parameters: InterfaceParameters, reaction: DecompositionDoc, grid_cells: tuple[int, int], seed: int
) -> list[Any]:
    """Static stress with the decomposition products in place; output: StressDoc and its fields."""
    doc = stressed(parameters, reaction, grid_cells, seed, current_progress())
    return [doc, carried(doc.fields)]


@job(config=WITH_STORE)
def report(content: dict[str, Any], files: Sequence[dict[str, Any]]) -> list[Any]:
    """The HTML report; output: ReportDoc and the page."""
    from selflimit.report.content import ReportContent
    from selflimit.report.run_report import write_report  # the plotting library takes seconds to import

    for file in files:
        unpack(file, Path.cwd())
    doc = write_report(ReportContent(**content), Path.cwd())
    return [doc, carried(report_file(doc))]


def report_file(doc: ReportDoc) -> FieldFile:
    """The report's page as a file."""
    return FieldFile(path=doc.path, sha256=doc.sha256, arrays={})


def carried(file: FieldFile) -> dict[str, Any]:
    """Put ``file`` of the working directory into the running job's store; returns what stands for it in an output."""
    store = CURRENT_JOB.store
    put_file(store, Path(file.path))
    data = store.additional_stores["data"]  # type: ignore[has-type]
    pieces = data.query({"sha256": file.sha256}, ["blob_uuid", "piece"])
    keys = [piece["blob_uuid"] for piece in sorted(pieces, key=lambda piece: piece["piece"])]
    return {"path": file.path, "pieces": [{"blob_uuid": key, "store": "data"} for key in keys]}


def unpack(file: dict[str, Any], folder: Path) -> None:
    """Write a carried file, whose pieces have been put in the place of their references, below ``folder``.

    Its hash is checked where it is read, against the document that speaks of it.

    Raises
    ------
    InputError
        Pieces that are still references: the store did not hold them.
    """
    path = inside(folder, file["path"])
    if any(isinstance(piece, dict) for piece in file["pieces"]):
        raise InputError(f"expected the bytes of {file['path']} from the store, got a reference; run its job again")
    path.write_bytes(b"".join(_bytes(piece) for piece in file["pieces"]))


def _bytes(piece: str | bytes) -> bytes:
    """A piece as it was: text where it came through a worker's JSON file, bytes where a database kept it."""
    return base64.b64decode(piece) if isinstance(piece, str) else bytes(piece)

"""What a run folder holds, and how its run was started."""

from pathlib import Path

from pydantic import Field, ValidationError

from selflimit.documents import Record
from selflimit.errors import InputError
from selflimit.settings import Settings
from selflimit.workflows.stores.opening import redact


class Started(Record):
    """How a run was started, beside its configuration; kept so that a resume needs no options."""

    through: str = Field(description="Last stage that was asked for")
    store: str = Field(description="Folder or URI of the store, a password left out")


def configuration_path(folder: Path) -> Path:
    """Where a run folder keeps its configuration."""
    return folder / "configuration.json"


def flow_path(folder: Path) -> Path:
    """Where a run folder keeps its flow."""
    return folder / ".flows" / "flow.json"


def started_path(folder: Path) -> Path:
    """Where a run folder keeps how it was started."""
    return folder / ".flows" / "started.json"


def document_path(folder: Path, job_name: str) -> Path:
    """Where the output of the job of that name is kept in a run folder."""
    return folder / "documents" / f"{job_name.replace(' ', '-').replace('/', '_')}.json"


def started_run(folder: Path) -> Started | None:
    """How the run in ``folder`` was started; None: no job of it has begun.

    Raises
    ------
    InputError
        The file is damaged.
    """
    path = started_path(folder)
    if not path.exists():
        return None
    try:
        return Started.model_validate_json(path.read_bytes())
    except ValidationError as fault:
        reason = fault.errors()[0]["msg"]
        raise InputError(
            f"{path} does not tell how the run was started ({reason}); delete it and give --store"
        ) from None


def store_of(folder: Path, given: str | None) -> str:
    """Where the run in ``folder`` keeps its results: what is given, else what it was started with.

    Raises
    ------
    InputError
        The store has a password, which no run folder keeps.
    """
    started, default = started_run(folder), Settings().store
    if given is not None or started is None:
        return given or default
    if redact(default) == started.store:
        return default
    if "***" in started.store:
        raise InputError(
            f"{folder} writes to {started.store}; passwords are not kept, so give the URI by --store or SELFLIMIT_STORE"
        )
    return started.store

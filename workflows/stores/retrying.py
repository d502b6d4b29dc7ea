"""A JobStore that waits for its database to come back, so that an outage costs time and no result."""

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from jobflow import JobStore
from pymongo.errors import AutoReconnect, BulkWriteError, DocumentTooLarge

from selflimit.errors import InputError

LONGEST_OUTAGE = 600.0
"""Seconds without an answer after which a run gives up: longer than a server's restart or failover takes."""

PAUSE = 2.0
"""Seconds between two attempts."""

Answer = TypeVar("Answer")


class PatientJobStore(JobStore):
    """``store``, whose reads and writes are tried again while the database does not answer.

    Writes replace documents by their keys, so one that arrived although its answer was lost is not doubled.

    Parameters
    ----------
    store
        A connected JobStore.
    patience
        Seconds to go on trying (s).

    Raises
    ------
    InputError
        From ``query`` and ``update``: no answer for ``patience`` seconds. From ``update``: a document that the database
        does not take, one of more than 16 MB for instance.
    """

    def __init__(self, store: JobStore, patience: float = LONGEST_OUTAGE) -> None:
        super().__init__(store.docs_store, store.additional_stores)  # type: ignore[has-type]
        self.store, self.patience = store, patience

    def query(self, *asked: Any, **how: Any) -> Iterator[dict[str, Any]]:
        """As :meth:`jobflow.JobStore.query`."""
        # read to the end within one attempt: a cursor that broke half way could not be begun again without repeating
        # documents
        return iter(keep_trying(lambda: list(self.store.query(*asked, **how)), self.patience))

    def update(self, *given: Any, **how: Any) -> None:
        """As :meth:`jobflow.JobStore.update`."""
        try:
            keep_trying(lambda: self.store.update(*given, **how), self.patience)
        except (BulkWriteError, DocumentTooLarge) as fault:  # the driver's own message may hold the whole document
            raise InputError(
                f"the database refuses the job's document ({refusal(fault)}); take a smaller batch or a folder as store"
            ) from None


def keep_trying(action: Callable[[], Answer], patience: float) -> Answer:
    """Do ``action``, again while the database does not answer, for ``patience`` seconds (s)."""
    began: float | None = None
    while True:
        try:
            answer = action()
        except AutoReconnect as fault:
            began = began or time.monotonic()
            waited = time.monotonic() - began
            if waited > patience:
                raise InputError(
                    f"the store has not answered for {waited:.0f} s ({reason(fault)}); start its server, then run the "
                    "same command again or `selflimit resume FOLDER`: only the job that was to be stored is repeated"
                ) from None
            _say(f"the store does not answer ({reason(fault)}); trying again for {patience - waited:.0f} s")
            time.sleep(PAUSE)
        else:
            if began is not None:
                _say(f"the store answers again after {time.monotonic() - began:.0f} s; nothing is lost")
            return answer


def refusal(fault: BulkWriteError | DocumentTooLarge) -> str:
    """Why the database refuses a document."""
    if isinstance(fault, DocumentTooLarge):
        return str(fault)
    return "; ".join(str(error.get("errmsg")) for error in fault.details.get("writeErrors", []))


def reason(fault: Exception) -> str:
    """The first part of what the driver says; the rest is its picture of the servers."""
    return str(fault).split(",")[0].split("(configured")[0].strip()


def _say(text: str) -> None:
    sys.stderr.write(f"selflimit: {text}\n")
    sys.stderr.flush()

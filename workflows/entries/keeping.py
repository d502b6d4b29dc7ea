"""Entries that were brought along, put into the store like every result."""

from collections.abc import Sequence

from jobflow import Flow, Job

from selflimit.documents import EntryDoc
from selflimit.workflows.running.identical_work import job

MOST_IN_ONE = 200
"""Entries that one job keeps: MongoDB's documents may have 16 MB, and an entry of 100 atoms takes 30 kB."""


@job
def keep_entries(entries: Sequence[EntryDoc]) -> list[EntryDoc]:
    """The entries as they are, with what brought them along in the job's document."""
    return list(entries)


def import_flow(entries: Sequence[EntryDoc], tags: Sequence[str] = ()) -> Flow:
    """Flow that keeps entries, in batches that a database takes.

    Parameters
    ----------
    entries
        Energies in eV, crystals in Angstrom.
    tags
        Words to find them by.
    """
    jobs: list[Job] = []
    for start in range(0, len(entries), MOST_IN_ONE):
        batch = entries[start : start + MOST_IN_ONE]
        made: Job = keep_entries(batch)
        made.name = f"entries {start + 1} to {start + len(batch)}"
        jobs.append(made)
    flow = Flow([*jobs], name="import")
    flow.update_metadata({"tags": list(tags)})
    return flow

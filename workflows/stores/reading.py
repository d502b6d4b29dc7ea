"""Outputs of jobs read back from a store by their references."""

from typing import Any

from jobflow import JobStore, OutputReference
from monty.json import MontyDecoder, jsanitize

from selflimit.errors import InputError
from selflimit.workflows.stores.files import without_content


def plain_output(reference: OutputReference, store: JobStore) -> Any:
    """The output that a reference stands for, as plain JSON data without the content of its files.

    Parameters
    ----------
    reference
        To the whole output of a job.
    store
        A connected JobStore.

    Raises
    ------
    InputError
        The job is not finished.
    """
    if store.query_one({"uuid": reference.uuid, "output": {"$ne": None}}, ["uuid"]) is None:
        raise InputError("a step of this run is not finished; finish it with `selflimit resume FOLDER`")
    found = store.get_output(reference.uuid)  # a reference within it is resolved to objects
    return without_content(jsanitize(found, strict=True, enum_values=True))


def read_output(reference: OutputReference, store: JobStore) -> Any:
    """The documents that a reference stands for; parameters and errors as :func:`plain_output`."""
    return MontyDecoder().process_decoded(plain_output(reference, store))

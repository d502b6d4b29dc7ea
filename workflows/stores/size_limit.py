"""Batches of crystals that a database takes: MongoDB's documents may have 16 MB, and a job's output is one document."""

import bson
from monty.json import jsanitize

from selflimit.documents import Document
from selflimit.errors import InputError

LARGEST_DOCUMENT = 16 * 2**20
"""Bytes that MongoDB takes as one document."""

PER_RELAXATION = 1000
"""Bytes that a relaxation may add to its crystal; 470 to 590 were measured."""


def require_storable(doc: Document, crystals: int) -> None:
    """Refuse a batch before it is relaxed whose relaxations could not be stored together afterwards.

    Parameters
    ----------
    doc
        What holds the crystals.
    crystals
        How many there are.

    Raises
    ------
    InputError
        Too many; the message says how many would do.
    """
    size = len(bson.encode(jsanitize({"output": doc}, strict=True, enum_values=True))) + crystals * PER_RELAXATION
    if size > LARGEST_DOCUMENT:
        raise InputError(
            f"expected a batch of crystals that fits into one document of MongoDB (16 MB), got {crystals} crystals "
            f"that would take {size / 2**20:.0f} MB when they are relaxed; keep {crystals * LARGEST_DOCUMENT // size} "
            "or fewer of them (--keep counts for each cell), or run the cells one by one"
        )

"""Every number that a flow has stored, to be compared between runners; the flow that has all steps of the chain."""

import base64
import io
from contextlib import chdir

import numpy as np
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import jsanitize

from selflimit.structures import parent_cell
from selflimit.workflows import InterfaceMaker, OrderingMaker, PhaseDiagramMaker, SelfLimitMaker

CHAIN_OPTIONS = ["--cell", "primitive", "--keep", "1", "--k-eff", "0", "--grid", "64", "96", "--duration", "60"]
"""The whole chain on the command line, as short as it gets: the smallest grid that holds the fine layer."""

OF_THE_RUN = {"uuid", "sha256", "pieces"}
"""Keys of what belongs to one run: identifiers, and hashes of compressed files, which hold times."""


def whole_chain():
    """The flow of ``CHAIN_OPTIONS``, made by its Maker."""
    maker = SelfLimitMaker(
        ordering_maker=OrderingMaker(cells=("primitive",), keep=1),
        diagram_maker=PhaseDiagramMaker(k_effs=(0.0,)),
        interface_maker=InterfaceMaker(grid_cells=(64, 96), duration=60.0),
    )
    return maker.make(parent_cell("LZC-A"))


def run_here(flow, folder, create_folders=True):
    """The store of a flow under jobflow's own runner, and the folder in which it has run."""
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore(key="blob_uuid")})
    store.connect()
    with chdir(folder):
        run_locally(
            flow, store=store, create_folders=create_folders, root_dir=folder, log=False,
            ensure_success=True, raise_immediately=True,
        )  # fmt: skip
    return store, folder


def all_numbers(store):
    """Place in the documents of a store -> number, word or array of each; a place begins with its job's name."""
    latest = {}
    for doc in store.query({}, sort={"index": 1}, load=True):
        latest[doc["name"]] = jsanitize(doc["output"], strict=True, enum_values=True)
    return {place: value for name, output in latest.items() for place, value in walked(output, name)}


def walked(data, place):
    """Pairs of place and value at any depth, the arrays within carried files among them."""
    if isinstance(data, dict):
        if str(data.get("path", "")).endswith(".npz") and data.get("pieces"):
            yield from arrays_in(data["pieces"], place)
        for key in data.keys() - OF_THE_RUN:
            yield from walked(data[key], f"{place}/{key}")
    elif isinstance(data, list):
        yield f"{place}/length", len(data)
        for number, part in enumerate(data):
            yield from walked(part, f"{place}/{number}")
    else:
        yield place, data


def arrays_in(pieces, place):
    """Pairs of place and array in a compressed file of arrays."""
    content = b"".join(base64.b64decode(piece["base64_bytes"]) for piece in pieces)
    with np.load(io.BytesIO(content)) as arrays:
        yield from ((f"{place}/{name}", arrays[name]) for name in arrays.files)


def differences(found, expected):
    """Places at which two sets of numbers differ, or that only one of them has."""
    shared = found.keys() & expected.keys()
    return sorted(
        (found.keys() ^ expected.keys())
        | {place for place in shared if not np.array_equal(found[place], expected[place])}
    )

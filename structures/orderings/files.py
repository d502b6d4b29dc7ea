"""All orderings of a cell on disk, written as they are found; an interrupted file is gone on with.

A folder holds ``labels.npy`` (int8, one row per ordering), ``degeneracies.npy`` (int64) and ``cell.json``, which says
what the labels mean and appears only when the files are complete.
"""

import json
import os
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from monty.json import MontyDecoder, MontyEncoder

from selflimit.arrays import Int8Array
from selflimit.errors import InputError
from selflimit.progress import Progress, silent
from selflimit.structures.orderings.cells import DisorderedCell, lay_out_basis
from selflimit.structures.orderings.counting import count_in
from selflimit.structures.orderings.orderings import OrderingBlock, enumerate_in, walk_in
from selflimit.structures.orderings.search_cost import MOST_ENUMERATED, check_size
from selflimit.structures.search.last_sites import LARGEST_BLOCK

HEADER = 128
"""Bytes of a .npy header, padded: the number of rows is written into it at the end."""


def save_orderings(
    cell: DisorderedCell,
    folder: Path,
    superperiodic: bool = True,
    most: int = MOST_ENUMERATED,
    progress: Progress = silent,
) -> OrderingBlock:
    """Write every symmetry-distinct ordering of ``cell``; goes on where an interrupted call for the same cell stopped.

    Parameters
    ----------
    folder
        Made if it is missing.
    superperiodic, most
        As in :func:`selflimit.structures.orderings.orderings.enumerate_orderings`.
    progress
        Told how many of the exact total are written.

    Returns
    -------
    OrderingBlock
        The orderings, memory-mapped.

    Raises
    ------
    InputError
        More than ``most`` orderings, or a folder that holds the orderings of another cell.
    """
    total = count_in(cell, superperiodic).distinct
    check_size(cell.parent, total, most)
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder, _description(cell, superperiodic))
    if not (folder / "cell.json").exists():
        with _opened(folder / "labels.part") as labels, _opened(folder / "degeneracies.part") as degeneracies:
            _write_rest(cell, superperiodic, labels, degeneracies, total, progress)
            _finish(folder, labels, "labels", np.dtype(np.int8), (total, len(cell.active)))
            _finish(folder, degeneracies, "degeneracies", np.dtype(np.int64), (total,))
        (folder / "started.json").replace(folder / "cell.json")
    return load_orderings(folder)


def load_orderings(folder: Path) -> OrderingBlock:
    """The orderings that :func:`save_orderings` wrote, memory-mapped.

    Raises
    ------
    InputError
        Nothing complete in ``folder``.
    """
    if not (folder / "cell.json").exists():
        raise InputError(f"expected orderings in {folder}, found no complete ones; write them again to go on")
    saved = json.loads((folder / "cell.json").read_text(encoding="utf-8"))
    cell = lay_out_basis(MontyDecoder().process_decoded(saved["parent"]), saved["cell"], np.array(saved["basis"]))
    arrays = [np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("labels", "degeneracies")]
    return OrderingBlock(cell, arrays[0], arrays[1])


def _description(cell: DisorderedCell, superperiodic: bool) -> dict[str, Any]:
    return {
        "parent": json.loads(json.dumps(cell.parent, cls=MontyEncoder)),
        "cell": cell.name,
        "basis": cell.basis.tolist(),
        "superperiodic": superperiodic,
        "sites": cell.active.tolist(),
        "pools": [
            {"labels": pool.labels, "species": pool.species, "sites": pool.end - pool.begin} for pool in cell.pools
        ],
    }


def _claim(folder: Path, description: dict[str, Any]) -> None:
    text = json.dumps(description, indent=1)
    for name in ("cell.json", "started.json"):
        if (folder / name).exists():
            if (folder / name).read_text(encoding="utf-8") != text:
                raise InputError(f"{folder} holds the orderings of another crystal or cell; give another folder")
            return
    if any(folder.iterdir()):
        raise InputError(f"expected an empty folder for the orderings, got {folder} with other files in it")
    new = folder / "started.new"
    new.write_text(text, encoding="utf-8")
    new.replace(folder / "started.json")


def _opened(path: Path) -> BinaryIO:
    path.touch()
    return path.open("r+b")


def _write_rest(
    cell: DisorderedCell, superperiodic: bool, labels: BinaryIO, degeneracies: BinaryIO, total: int, progress: Progress
) -> None:
    found, last = _cut_to_whole_blocks(cell, labels, degeneracies)
    for block in enumerate_in(cell, superperiodic, after=last):
        labels.write(block.labels.tobytes())
        degeneracies.write(block.degeneracies.tobytes())
        found += len(block)
        progress(found / total, f"{found:,} of {total:,} orderings written")
    if found != total:
        raise AssertionError(f"found {found} orderings, Burnside's lemma says {total}")


def _cut_to_whole_blocks(
    cell: DisorderedCell, labels: BinaryIO, degeneracies: BinaryIO
) -> tuple[int, Int8Array | None]:
    """Cut both files behind the last row that is surely complete: how many are left, and that row.

    The last row's block of completions, which share its walked positions, may be incomplete.
    """
    width = max(1, len(cell.active))
    sizes = [file.seek(0, os.SEEK_END) for file in (labels, degeneracies)]
    rows = max(0, min((sizes[0] - HEADER) // width, (sizes[1] - HEADER) // 8))
    looked_at = min(rows, LARGEST_BLOCK + 1)
    labels.seek(HEADER + (rows - looked_at) * width)
    end = np.frombuffer(labels.read(looked_at * width), dtype=np.int8).reshape(looked_at, width)
    walked = len(walk_in(cell).branch.tried) - 1
    earlier = np.flatnonzero((end[:, :walked] != end[-1:, :walked]).any(axis=1))
    kept = rows - looked_at + int(earlier[-1]) + 1 if len(earlier) else 0
    for file, size in ((labels, width), (degeneracies, 8)):
        file.truncate(HEADER + kept * size)
        file.seek(HEADER + kept * size)
    return kept, end[earlier[-1]] if kept else None


def _finish(folder: Path, file: BinaryIO, name: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    """Write the .npy header over the space that was left for it, and give the file its name."""
    header = BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    )
    if len(header.getvalue()) != HEADER:
        raise AssertionError(f"expected a header of {HEADER} bytes, got {len(header.getvalue())}")
    file.seek(0)
    file.write(header.getvalue())
    file.flush()
    os.fsync(file.fileno())
    (folder / f"{name}.part").replace(folder / f"{name}.npy")

"""Large fields beside a document: a compressed NumPy file with its SHA-256."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.documents import FieldFile
from selflimit.errors import InputError
from selflimit.files import opened_whole, sha256


def save_fields(folder: Path, name: str, arrays: Mapping[str, tuple[FloatArray, str]]) -> FieldFile:
    """Write arrays to ``folder/name`` in one stroke: a reader sees the whole file or none.

    Parameters
    ----------
    folder
        Existing or new folder.
    name
        File name ending in '.npz'.
    arrays
        FloatArray name -> (array, unit).
    """
    with opened_whole(folder / name) as file:
        np.savez_compressed(file, **{key: array for key, (array, _) in arrays.items()})  # type: ignore[arg-type]
    # of the file as it lies there, not of what was meant to be written
    digest = sha256(folder / name)
    about = {key: f"{'x'.join(map(str, array.shape))} {array.dtype} {unit}" for key, (array, unit) in arrays.items()}
    return FieldFile(path=name, sha256=digest, arrays=about)


def load_fields(folder: Path, file: FieldFile) -> dict[str, FloatArray]:
    """Arrays of a field file, after checking that it is the one the document speaks of.

    Raises
    ------
    InputError
        If the file is missing or its SHA-256 differs.
    """
    path = folder / file.path
    if not path.is_file():
        raise InputError(f"expected the fields in {path}, found no such file; give the folder of the run")
    if (found := sha256(path)) != file.sha256:
        raise InputError(f"expected SHA-256 {file.sha256} of {path}, got {found}; run again, the file was changed")
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {key: stored[key] for key in stored.files}
    except (ValueError, EOFError, MemoryError, RuntimeError, zipfile.BadZipFile) as fault:
        raise InputError(f"expected an archive of plain arrays in {path}, got {fault}; run again") from None

"""What a run needs to go on after it was killed: one self-describing file, replaced in one stroke.

The file is an uncompressed NumPy archive. Its entry 'header' is JSON: format, versions, configuration, name, shape,
type and unit of every array, and the run's numbers with 'array:<name>' in the place of each array. It is written
beside its final name, flushed to the disk and then renamed: whenever a process dies, the name holds a whole checkpoint
or none.
"""

import json
import os
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from selflimit import __version__
from selflimit.arrays import FloatArray
from selflimit.errors import InputError

FORMAT = "selflimit growth checkpoint, version 5"
UNITS = {
    "xi": "1",
    "c": "1",
    "phi": "V",
    "displacement": "m",
    "pressure": "Pa",
    "stressed": "1",
    "preconditioned": "1",
    "film": "m",
    "entering": "m^2",
    "advance": "1",
}
"""Unit of an array by the last part of its name."""
MAY_DIFFER = ("output times",)
"""Parts of a configuration that a run may go on without: what is still to come."""
_REFERENCE = "array:"


@dataclass(frozen=True)
class CheckpointFile:
    """Where a run keeps its checkpoint.

    Attributes
    ----------
    path
        The file; beside it, while it is written, the same name with '.part'.
    configuration
        All that the result depends on, as JSON types: another configuration may not go on from this file.
    interval
        Wall-clock time between checkpoints (s).
    """

    path: Path
    configuration: dict[str, Any]
    interval: float = 60.0

    def save(self, run: Any) -> None:
        """Replace the checkpoint by ``run``: dataclasses, tuples, lists and dictionaries of numbers, texts, arrays."""
        arrays: dict[str, FloatArray] = {}
        header = {
            "format": FORMAT,
            "selflimit": __version__,
            "python": sys.version.split()[0],
            "libraries": {name: version(name) for name in ("numpy", "scipy", "numba")},
            "configuration": self.configuration,
            "run": _plain(run, "run", arrays),
            "arrays": {name: _about(name, array) for name, array in arrays.items()},
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_name(self.path.name + ".part")
        # beside the old one, which it replaces in one stroke: a kill leaves one of the two, whole
        with part.open("wb") as file:
            np.savez(file, header=np.array(json.dumps(header)), **arrays)  # type: ignore[arg-type]
            file.flush()
            # on the disk before it takes the name, or a power cut could leave neither
            os.fsync(file.fileno())
        part.replace(self.path)
        _flush_folder(self.path.parent)

    def load(self) -> Any:
        """The saved run as dictionaries and lists, with its arrays.

        Raises
        ------
        InputError
            If the file is damaged, no checkpoint, or of another configuration.
        """
        try:
            # a pickle could run anything; arrays and JSON cannot
            with np.load(self.path, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            header = json.loads(str(arrays.pop("header")))
        except (ValueError, KeyError, EOFError, MemoryError, RuntimeError, zipfile.BadZipFile) as fault:
            raise InputError(f"expected a checkpoint in {self.path}, got {fault}; delete it and start again") from None
        if header.get("format") != FORMAT:
            raise InputError(f"expected '{FORMAT}' in {self.path}, got {header.get('format')!r}; delete it")
        self._check(header)
        return _restored(header["run"], arrays)

    def remove(self) -> None:
        """Delete the checkpoint and what a killed process left beside it."""
        self.path.unlink(missing_ok=True)
        self.path.with_name(self.path.name + ".part").unlink(missing_ok=True)

    def _check(self, header: Mapping[str, Any]) -> None:
        # both sides as JSON has them, so that a tuple and a list do not differ
        there = _leaves({"selflimit": header["selflimit"], **header["configuration"]})
        here = _leaves({"selflimit": __version__, **json.loads(json.dumps(self.configuration))})
        names = [name for name in {**there, **here} if name not in MAY_DIFFER]
        differing = [name for name in names if there.get(name) != here.get(name)]
        if differing:
            shown = "; ".join(f"{name}: {there.get(name)} there, {here.get(name)} here" for name in differing[:3])
            more = f" and {len(differing) - 3} more" if len(differing) > 3 else ""
            raise InputError(
                f"expected {self.path} to belong to this run, got a checkpoint of another one ({shown}{more}); "
                "run with the settings it was made with, or delete the file to start again"
            )


def _plain(value: Any, name: str, arrays: dict[str, FloatArray]) -> Any:
    """``value`` as JSON types; arrays go to ``arrays`` under dotted names."""
    if isinstance(value, np.ndarray):
        arrays[name] = value
        return _REFERENCE + name
    if is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    # by their names, so that a field which another version put in between is noticed
    elif hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {key: _plain(part, f"{name}.{key}", arrays) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part, f"{name}.{number}", arrays) for number, part in enumerate(value)]
    return value


def _restored(value: Any, arrays: Mapping[str, FloatArray]) -> Any:
    if isinstance(value, str) and value.startswith(_REFERENCE):
        return arrays[value.removeprefix(_REFERENCE)]
    if isinstance(value, dict):
        return {key: _restored(part, arrays) for key, part in value.items()}
    if isinstance(value, list):
        return [_restored(part, arrays) for part in value]
    return value


def _about(name: str, array: FloatArray) -> str:
    return f"{'x'.join(map(str, array.shape))} {array.dtype} {UNITS[name.rsplit('.', 1)[-1]]}"


def _leaves(value: Any, name: str = "") -> dict[str, Any]:
    """Nested dictionaries as one, with dotted names."""
    if not isinstance(value, dict):
        return {name: value}
    return {key: leaf for k, v in value.items() for key, leaf in _leaves(v, f"{name}.{k}" if name else k).items()}


def _flush_folder(folder: Path) -> None:
    """Write the folder's entries to the disk, where the system can: only then does the rename outlive a power cut."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

"""Label arrays from files: NumPy (.npy, .npz), VTK image data (.vti) and NRRD (.nrrd, .nhdr).

Formats: numpy.org/doc/stable/reference/generated/numpy.lib.format.html,
docs.vtk.org/en/latest/vtk_file_formats/vtkxml_file_format.html, teem.sourceforge.net/nrrd/format.html. Arrays
come as ``[x, z]`` or ``[x, y, z]`` with z the direction of growth; NumPy arrays must be stored so, in the other two the
first axis runs fastest, as their formats say.
"""

import base64
import math
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np

from selflimit.arrays import AnyArray
from selflimit.errors import InputError
from selflimit.files import MOST_BYTES, load_arrays, require_inside, require_size, unpack, without_entities

READING_FAULTS = (
    ValueError, KeyError, OSError, EOFError, MemoryError, zlib.error, ElementTree.ParseError, zipfile.BadZipFile
)  # fmt: skip
"""What a damaged file provokes in the readers; a header that promises terabytes, MemoryError."""
VTK_TYPES = {
    "Int8": "i1", "UInt8": "u1", "Int16": "i2", "UInt16": "u2", "Int32": "i4", "UInt32": "u4", "Int64": "i8",
    "UInt64": "u8",
}  # fmt: skip
"""VTK's names of whole numbers."""
NRRD_TYPES = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i8": ("longlong", "long long", "long long int", "signed long long", "int64", "int64_t"),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
}
"""NumPy's names of whole numbers -> NRRD's."""
NRRD_METRES = {"m": 1.0, "mm": 1e-3, "um": 1e-6, "µm": 1e-6, "micron": 1e-6, "microns": 1e-6, "nm": 1e-9}
"""Units of length in NRRD files, in m."""


class StoredLabels(NamedTuple):
    """An array as a file has it."""

    values: AnyArray
    """Array of numbers, ``[x, z]`` or ``[x, y, z]``."""
    voxel: tuple[float, ...] | None
    """Edge lengths of a voxel along each axis (m); None: the file does not say."""


def read_label_file(path: Path) -> StoredLabels:
    """Read an array from a file, by its ending.

    Raises
    ------
    InputError
        If there is no such file, it is too large, damaged, of another kind, or of a part of the format not read here.
    """
    reader = FILE_READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"expected a file ending in {', '.join(FILE_READERS)}, .png or .tif, got {path.name}")
    if not path.is_file():
        raise InputError(f"expected labels in {path}, found no such file")
    require_size(path.stat().st_size, MOST_BYTES, path)
    try:
        return reader(path)
    except InputError:
        raise
    except READING_FAULTS as fault:
        raise InputError(
            f"expected {path.suffix} data in {path}, could not read it: {fault}; export it again"
        ) from fault


def _numpy(path: Path) -> StoredLabels:
    if path.suffix.lower() == ".npy":
        return StoredLabels(np.load(path, allow_pickle=False), None)
    found = load_arrays(path)
    if len(found) != 1:
        raise InputError(f"expected one array in {path}, got {', '.join(found) or 'none'}; save one alone")
    [values] = found.values()
    return StoredLabels(values, None)


def _vti(path: Path) -> StoredLabels:
    head, appended = _without_appended(path.read_bytes())
    root = ElementTree.fromstring(without_entities(head, path))
    image = root.find("ImageData")
    if image is None:
        raise InputError(f"expected VTK image data in {path}, got {root.get('type')}; save as .vti")
    spacing = [float(x) for x in image.get("Spacing", "").split()]
    ends = [int(x) for x in image.get("WholeExtent", "").split()]
    cells = [high - low for low, high in zip(ends[::2], ends[1::2], strict=True)]
    arrays = root.findall(".//CellData/DataArray")
    if len(arrays) != 1 or arrays[0].get("type") not in VTK_TYPES:
        names = ", ".join(f"{one.get('Name')} ({one.get('type')})" for one in arrays) or "none"
        raise InputError(f"expected one array of whole numbers per cell in {path}, got {names}; save the labels alone")
    size = math.prod(max(count, 1) for count in cells) * np.dtype(VTK_TYPES[str(arrays[0].get("type"))]).itemsize
    require_size(size, MOST_BYTES, path)
    values = _vtk_values(arrays[0], appended, root.attrib, size)
    kept = [axis for axis, count in enumerate(cells) if count > 0]
    return StoredLabels(
        values.reshape([cells[axis] for axis in kept], order="F"), tuple(spacing[axis] for axis in kept)
    )


def _without_appended(content: bytes) -> tuple[bytes, tuple[str, bytes]]:
    """The XML without its appended data, which may be no XML at all; and these with their encoding."""
    found = re.search(rb'<AppendedData[^>]*encoding="(\w+)"[^>]*>\s*_', content)
    if found is None:
        return content, ("", b"")
    return content[: found.start()] + b"</VTKFile>", (found[1].decode(), content[found.end() :])


def _vtk_values(
    array: ElementTree.Element, appended: tuple[str, bytes], about: Mapping[str, str], most: int
) -> AnyArray:
    """Numbers of an array of at most ``most`` bytes, the first axis fastest."""
    if array.get("format") == "ascii":
        return np.array((array.text or "").split(), dtype=np.int64)
    if about.get("compressor", "vtkZLibDataCompressor") != "vtkZLibDataCompressor":
        raise InputError(f"expected zlib compression or none, got {about['compressor']}; save with zlib")
    inline = array.get("format") == "binary"
    encoding, data = ("base64", (array.text or "").strip().encode()) if inline else appended
    order = ">" if about.get("byte_order") == "BigEndian" else "<"
    header = np.dtype(order + ("u8" if about.get("header_type") == "UInt64" else "u4"))
    found = _payload(data[int(array.get("offset", 0)) :], encoding, header, most if "compressor" in about else None)
    return np.frombuffer(found, order + VTK_TYPES[str(array.get("type"))])


def _payload(data: bytes, encoding: str, header: "np.dtype[Any]", packed_from: int | None) -> bytes:
    """The bytes behind a header: their number; of packed blocks their number, size, last size and sizes when packed.

    ``packed_from`` is how many bytes have been packed; None: they are not packed.
    """
    size = header.itemsize

    def piece(start: int, count: int) -> tuple[bytes, int]:
        """Some bytes that begin in the place ``start``, and the place after them."""
        if encoding == "raw":
            return data[start : start + count], start + count
        end = start + 4 * math.ceil(count / 3)
        return base64.b64decode(data[start:end])[:count], end

    if packed_from is not None:
        blocks = int(np.frombuffer(piece(0, 3 * size)[0], header)[0])
        head, body = piece(0, (3 + blocks) * size)
        packed = [int(length) for length in np.frombuffer(head, header)[3:]]
        whole, ends = piece(body, sum(packed))[0], np.cumsum([0, *packed])
        return b"".join(unpack(whole[a:b], packed_from, "its array") for a, b in pairwise(ends))
    first, after = piece(0, size)
    count = int(np.frombuffer(first, header)[0])
    together = piece(0, size + count)[0]  # some writers encode header and data as one text, some as two
    return piece(after, count)[0] if encoding == "base64" and len(together) == size else together[size:]


def _nrrd(path: Path) -> StoredLabels:
    head, _, data = path.read_bytes().partition(b"\n\n")
    lines = head.decode("utf-8", "replace").replace("\r", "").split("\n")
    if not lines[0].startswith("NRRD000"):
        raise InputError(f"expected an NRRD file in {path}, it begins with {lines[0][:20]!r}")
    said = dict(line.split(":", 1) for line in lines[1:] if ":" in line and ":=" not in line and line[0] != "#")
    about = {key.strip(): value.strip() for key, value in said.items()}
    dtype = next((kind for kind, names in NRRD_TYPES.items() if about["type"] in names), None)
    if dtype is None:
        raise InputError(f"expected whole numbers in {path}, got type {about['type']}; save the labels themselves")
    if "data file" in about or "datafile" in about:
        detached = require_inside(path.parent, about.get("data file", about.get("datafile", "")))
        require_size(detached.stat().st_size, MOST_BYTES, detached)
        data = detached.read_bytes()
    sizes = [int(size) for size in about["sizes"].split()]
    most = math.prod(sizes) * np.dtype(dtype).itemsize
    require_size(most, MOST_BYTES, path)
    values = _nrrd_values(path, data, about, dtype, most)
    return StoredLabels(values[: int(np.prod(sizes))].reshape(sizes, order="F"), _nrrd_voxel(path, about))


def _nrrd_values(path: Path, data: bytes, about: Mapping[str, str], dtype: str, most: int) -> AnyArray:
    """Values of at most ``most`` bytes."""
    encoding = about["encoding"]
    if encoding in ("text", "txt", "ascii"):
        return np.array(data.split(), dtype=dtype)
    if encoding in ("gzip", "gz"):
        data = unpack(data, most, str(path))
    elif encoding != "raw":
        raise InputError(f"expected the encoding raw, gzip or text in {path}, got {encoding}; save it anew")
    order = ">" if about.get("endian") == "big" else "<"
    return np.frombuffer(data[: len(data) // np.dtype(dtype).itemsize * np.dtype(dtype).itemsize], order + dtype)


def _nrrd_voxel(path: Path, about: Mapping[str, str]) -> tuple[float, ...] | None:
    """Edge lengths (m) from the spacings or the directions, where their unit is stated."""
    units = [unit.strip('"') for unit in about.get("space units", about.get("units", "")).split()]
    if not units:
        return None
    if unknown := set(units) - set(NRRD_METRES):
        raise InputError(f"expected lengths in {', '.join(NRRD_METRES)} in {path}, got {', '.join(sorted(unknown))}")
    if "space directions" in about:
        vectors = [[float(x) for x in one.split(",")] for one in re.findall(r"\(([^)]*)\)", about["space directions"])]
        if any(np.count_nonzero(vector) != 1 for vector in vectors):
            raise InputError(
                f"expected axes along those of space in {path}, got {about['space directions']}; rotate it"
            )
        lengths = [float(np.abs(vector).sum()) for vector in vectors]
    elif "spacings" in about:
        lengths = [float(x) for x in about["spacings"].split()]
    else:
        return None
    return tuple(length * NRRD_METRES[unit] for length, unit in zip(lengths, units, strict=False))


FILE_READERS: Mapping[str, Callable[[Path], StoredLabels]] = {
    ".npy": _numpy, ".npz": _numpy, ".vti": _vti, ".nrrd": _nrrd, ".nhdr": _nrrd,
}  # fmt: skip
"""Ending -> what reads such files."""

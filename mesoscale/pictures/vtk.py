"""Fields as files for ParaView: VTK XML image data (.vti) and collections of them in time (.pvd).

Format: docs.vtk.org/en/latest/vtk_file_formats/vtkxml_file_format.html. Data are base64 text of zlib-compressed blocks,
little-endian, each with a header of 64-bit numbers. Lengths in m; arrays are named with their unit, 'pressure (Pa)'.
"""

import base64
import sys
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray

from selflimit.arrays import FloatArray
from selflimit.documents import GrowthDoc, StressDoc
from selflimit.errors import InputError
from selflimit.mesoscale.field_files import load_fields
from selflimit.mesoscale.grid import Shape

TYPES = {"f4": "Float32", "f8": "Float64"}
BYTES_PER_BLOCK = 1 << 20
"""Bytes of a block before compression."""


def export_vtk(document: GrowthDoc | StressDoc, folder: Path, out: Path) -> Path:
    """Write the fields of a document for ParaView.

    Parameters
    ----------
    document
        Growth (one .vti per output time and a .pvd that lists them) or static stress (one .vti).
    folder
        Where the document's field file is.
    out
        Folder for the new files; made if it is not there.

    Returns
    -------
    The file to open in ParaView.

    Raises
    ------
    InputError
        If the field file is missing or changed.
    """
    fields, stem = load_fields(folder, document.fields), Path(document.fields.path).stem
    out.mkdir(parents=True, exist_ok=True)
    if isinstance(document, StressDoc):
        return write_vti(out / f"{stem}.vti", document.grid_shape, document.spacing, _at(None, fields, document))
    frames = [(time, out / f"{stem}-{number:04d}.vti") for number, time in enumerate(document.times)]
    for number, (_, path) in enumerate(frames):
        write_vti(path, document.grid_shape, document.spacing, _at(number, fields, document))
    return write_pvd(out / f"{stem}.pvd", frames)


def write_vti(path: Path, shape: Shape, spacing: float, arrays: Mapping[str, FloatArray]) -> Path:
    """Write fields on a structured grid as VTK image data.

    Parameters
    ----------
    path
        File ending in '.vti'.
    shape
        Cells along each axis, two or three numbers.
    spacing
        Edge length of a cell (m).
    arrays
        Name with unit -> field per node or per cell, with components last: shape ``nodes``, ``nodes + (k,)``, ``shape``
        or ``shape + (k,)``.

    Raises
    ------
    InputError
        If an array is neither.
    """
    parts: dict[str, list[str]] = {"PointData": [], "CellData": []}
    nodes = tuple(n + 1 for n in shape)
    for name, array in arrays.items():
        leading = array.shape[: len(shape)]
        if leading not in (shape, nodes) or array.ndim > len(shape) + 1:
            raise InputError(f"expected {name} per node, {nodes}, or per cell, {shape}, got shape {array.shape}")
        parts["PointData" if leading == nodes else "CellData"].append(_data_array(name, array, len(shape)))
    extent = " ".join(f"0 {n}" for n in (*shape, *(0,) * (3 - len(shape))))
    body = "".join(f"<{kind}>{''.join(found)}</{kind}>" for kind, found in parts.items())
    grid = f'WholeExtent="{extent}" Origin="0 0 0" Spacing="{spacing!r} {spacing!r} {spacing!r}"'
    path.write_text(
        '<?xml version="1.0"?>\n<VTKFile type="ImageData" version="1.0" byte_order="LittleEndian" header_type="UInt64" '
        f'compressor="vtkZLibDataCompressor"><ImageData {grid}><Piece Extent="{extent}">{body}</Piece></ImageData>'
        "</VTKFile>\n"
    )
    return path


def write_pvd(path: Path, frames: Sequence[tuple[float, Path]]) -> Path:
    """Write a collection of files at times (s), which lie in its folder."""
    rows = "".join(f'<DataSet timestep="{time!r}" file={quoteattr(file.name)}/>' for time, file in frames)
    collection = f'<VTKFile type="Collection" version="1.0"><Collection>{rows}</Collection></VTKFile>'
    path.write_text(f'<?xml version="1.0"?>\n{collection}\n')
    return path


def _data_array(name: str, array: FloatArray, dimension: int) -> str:
    """One array: x runs fastest, then y and z; vectors of a plane get a third component, which is zero."""
    components = array[..., None] if array.ndim == dimension else array
    if components.shape[-1] == dimension == 2:
        components = np.concatenate([components, np.zeros_like(components[..., :1])], axis=-1)
    axes = (*reversed(range(dimension)), dimension)
    data = np.ascontiguousarray(components.transpose(axes))
    data = data.astype(data.dtype if data.dtype.str[1:] in TYPES else float)
    head = f'type="{TYPES[data.dtype.str[1:]]}" Name={quoteattr(name)} NumberOfComponents="{data.shape[-1]}"'
    return f'<DataArray {head} format="binary">{_encoded(data)}</DataArray>'


def _encoded(data: FloatArray | NDArray[np.floating]) -> str:
    """Header (blocks, bytes of a block, of the last one, of each when compressed) and blocks, each as base64."""
    raw = (data if sys.byteorder == "little" else data.byteswap()).tobytes()
    blocks = [zlib.compress(raw[i : i + BYTES_PER_BLOCK]) for i in range(0, len(raw), BYTES_PER_BLOCK)]
    header = np.array([len(blocks), BYTES_PER_BLOCK, len(raw) % BYTES_PER_BLOCK, *map(len, blocks)], dtype="<u8")
    return base64.b64encode(header.tobytes()).decode() + base64.b64encode(b"".join(blocks)).decode()


def _at(number: int | None, fields: Mapping[str, FloatArray], document: GrowthDoc | StressDoc) -> dict[str, FloatArray]:
    """The fields on the grid, named with their units, those in time at output ``number``."""
    cells = tuple(document.grid_shape)
    places = (cells, tuple(n + 1 for n in cells))
    units = {name: about.split(" ")[-1] for name, about in document.fields.arrays.items()}
    found = {}
    for name, array in fields.items():
        if array.shape[: len(cells)] in places:
            found[f"{name} ({units[name]})"] = array
        elif number is not None and array.shape[1 : 1 + len(cells)] in places:
            found[f"{name} ({units[name]})"] = array[number]
    return found

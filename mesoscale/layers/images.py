"""Segmented images and arrays, such as X-ray tomography, as volume fractions of the particle classes on a grid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from selflimit.arrays import AnyArray, BoolArray, FloatArray
from selflimit.errors import InputError, MissingDependencyError
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.layers.label_files import StoredLabels, read_label_file
from selflimit.plausible import LENGTH, check_quantity

if TYPE_CHECKING:
    from PIL import Image

PHASES = ("fine", "coarse", "electrolyte")
PICTURE_ENDINGS = (".png", ".tif", ".tiff")
SAME_SIZE = 0.01
"""How far a voxel's size may be from the one that its file states."""
PHOTOMETRIC, WHITE_IS_ZERO, ORIENTATION = 262, 0, 274
"""Tags of TIFF, and the value of the first that means a picture stored as its negative."""
MOST_PIXELS = 2**26
"""Pixels of all pages together above which an image is refused before it is read: half a GiB as numbers."""
MODES = {"1": "1 bit", "L": "8 bit grey", "P": "palette", "I;16": "16 bit grey", "I;16B": "16 bit grey", "I": "32 bit"}
"""Pillow's names of the pixel types that hold one label per pixel."""


@dataclass(frozen=True)
class LabelledVoxels:
    """Labels of voxels and their size.

    Parameters
    ----------
    values
        Whole numbers ``[x, z]`` or ``[x, y, z]``, z the direction of growth.
    voxel
        Edge lengths of a voxel along each axis (m).
    source
        Where they are from, for messages.

    Raises
    ------
    InputError
        If the values are no whole numbers in two or three dimensions, or a length cannot be meant in m.
    """

    values: AnyArray
    voxel: tuple[float, ...]
    source: str = "the array"

    def __post_init__(self) -> None:
        """Check kinds and sizes."""
        if self.values.dtype.kind not in "iub" or self.values.ndim not in (2, 3) or not self.values.size:
            raise InputError(
                f"expected whole numbers in two or three dimensions in {self.source}, got {self.values.dtype} of shape "
                f"{self.values.shape}; save the segmentation itself"
            )
        if len(self.voxel) != self.values.ndim:
            raise InputError(f"expected {self.values.ndim} edge lengths of a voxel, got {len(self.voxel)}")
        for length in self.voxel:
            check_quantity("pixel_size, the edge length of a pixel", length, LENGTH)


def phase_fractions(
    grid: Grid, labelled: LabelledVoxels, labels: Mapping[int, str], electrode: str = "bottom"
) -> dict[str, FloatArray]:
    """Volume fraction of each phase per cell: the exact mean over the voxels (or parts of them) that a cell covers.

    Parameters
    ----------
    grid
        The grid; the electrode's end of the image lies at its lower end, the image's middle at its lateral middle.
    labelled
        Labels and the size of a voxel, which may differ from axis to axis.
    labels
        Value -> 'fine', 'coarse' or 'electrolyte'.
    electrode
        'bottom' or 'top': which end of the last axis lies on the electrode.

    Returns
    -------
    Phase -> volume fraction, shape ``grid.shape``.

    Raises
    ------
    InputError
        If there are unknown values, the voxels do not cover the grid, or the electrolyte lies on the electrode.
    """
    _check_labels(labels)
    if electrode not in ("bottom", "top"):
        raise InputError(f"expected electrode 'bottom' or 'top', got {electrode!r}; it is where the lithium begins")
    values, source = labelled.values, labelled.source
    values = values[..., ::-1] if electrode == "top" else values
    _check_values(source, values, labels)
    weights = [
        _overlaps(source, axis, cells, grid.spacing / size, voxels, axis == grid.dimension - 1)
        for axis, (cells, size, voxels) in enumerate(zip(grid.shape, labelled.voxel, values.shape, strict=True))
    ]
    phases = {
        phase: _averaged(np.isin(values, [value for value, name in labels.items() if name == phase]), weights)
        for phase in PHASES
    }
    _check_electrode(phases["electrolyte"], electrode)
    return phases


def load_labels(path: Path, dimension: int, pixel_size: float | Sequence[float] | None = None) -> LabelledVoxels:
    """Labels from a picture (PNG, TIFF) or an array (.npy, .npz, .vti, .nrrd), with the size of a voxel.

    Parameters
    ----------
    path
        The file.
    dimension
        2 or 3.
    pixel_size
        Edge length of a pixel or voxel (m), one for all axes or one for each; None: that of the file, which VTK and
        NRRD files state.

    Raises
    ------
    InputError
        If the file cannot be read, has another number of axes, or the size is missing or contradicts the file's.
    """
    is_picture = path.suffix.lower() in PICTURE_ENDINGS
    stored = StoredLabels(read_labels(path, dimension), None) if is_picture else read_label_file(path)
    if stored.values.ndim != dimension:
        raise InputError(f"expected an array of {dimension} axes for this grid, got {stored.values.ndim} in {path}")
    given = stored.voxel if pixel_size is None else _per_axis(pixel_size, dimension)
    if given is None:
        raise InputError(
            f"pixel_size, the edge length of a pixel: expected a number in m, got none; {path} does not tell it"
        )
    if stored.voxel and not np.allclose(given, stored.voxel, rtol=SAME_SIZE, atol=0.0):
        raise InputError(
            f"expected the pixel_size of {path}, {stored.voxel} m, got {given} m; leave it out or mend the file"
        )
    return LabelledVoxels(stored.values, given, str(path))


def _per_axis(pixel_size: float | Sequence[float], dimension: int) -> tuple[float, ...]:
    return tuple(pixel_size) if isinstance(pixel_size, Sequence) else (pixel_size,) * dimension


def read_labels(path: Path, dimension: int) -> AnyArray:
    """Values of a segmented picture as an array ``[x, z]`` or ``[x, page, z]`` with z upwards.

    Raises
    ------
    InputError
        If there is no such image, it is damaged, too large, of colours, turned, or of the wrong number of pages.
    MissingDependencyError
        If Pillow is not installed.
    """
    try:
        from PIL import Image  # optional
    except ImportError as fault:
        raise MissingDependencyError("reading images needs Pillow: pip install 'selflimit[plots]'") from fault
    if not path.is_file():
        raise InputError(f"expected a segmented image in {path}, found no such file")
    try:
        with Image.open(path, formats=["PNG", "TIFF"]) as image:
            _check_kind(path, image, dimension)
            pages = [_page(path, image, number) for number in range(getattr(image, "n_frames", 1))]
    except InputError:
        raise
    except Exception as fault:  # a damaged file can raise nearly anything inside a decoder
        raise InputError(
            f"expected a PNG or TIFF image in {path}, could not read it: {fault}; export it again"
        ) from fault
    if len({page.shape for page in pages}) > 1:
        raise InputError(f"expected pages of one size in {path}, got {sorted({page.shape for page in pages})}")
    stack = np.stack(pages, axis=1)[::-1]  # rows run downwards in a picture
    return np.ascontiguousarray(stack.transpose(2, 1, 0) if dimension == 3 else stack[:, 0].T)


def _page(path: Path, image: "Image.Image", number: int) -> AnyArray:
    """The values as stored: Pillow shows those of 'white is zero' inverted."""
    image.seek(number)
    _check_mode(path, image)
    turned = image.getexif().get(ORIENTATION, 1)
    if turned != 1:
        raise InputError(
            f"expected an upright picture in {path}, got one with the orientation tag {turned}, which programs show "
            "differently; save it as it is to be seen, without the tag"
        )
    values = np.asarray(image).astype(np.int64)
    inverted = getattr(image, "tag_v2", {}).get(PHOTOMETRIC) == WHITE_IS_ZERO and image.mode in ("1", "L")
    return (1 if image.mode == "1" else 255) - values if inverted else values


def _check_kind(path: Path, image: "Image.Image", dimension: int) -> None:
    pages = getattr(image, "n_frames", 1)
    if image.width * image.height * pages > MOST_PIXELS:
        raise InputError(f"expected at most {MOST_PIXELS:.0e} pixels, got {image.width} x {image.height} x {pages} in "
                         f"{path}; crop or bin it")  # fmt: skip
    if (pages > 1) != (dimension == 3):
        raise InputError(f"expected {'a TIFF with one page per slice' if dimension == 3 else 'one page'} for a grid in "
                         f"{dimension} dimensions, got {pages} page(s) in {path}")  # fmt: skip
    _check_mode(path, image)


def _check_mode(path: Path, image: "Image.Image") -> None:
    if image.mode not in MODES:
        raise InputError(
            f"expected one value per phase in {path} ({', '.join(sorted(set(MODES.values())))}), got pixels of type "
            f"{image.mode}; save the segmentation itself, not a coloured or floating-point picture of it"
        )


def _check_labels(labels: Mapping[int, str]) -> None:
    if "pore" in labels.values():
        raise InputError(
            "expected labels fine, coarse or electrolyte, got 'pore': the model has no empty space. Name those finer "
            "than the grid 'fine', whose constants are then those of the porous layer; wide ones would fill with "
            "lithium that nothing holds, and cannot be simulated"
        )
    wrong = {value: name for value, name in labels.items() if name not in PHASES or not 0 <= value < 2**31}
    if wrong or not labels:
        raise InputError(f"expected labels such as {{0: 'fine', 1: 'coarse', 2: 'electrolyte'}}, got {wrong or labels}")


def _check_electrode(electrolyte: FloatArray, electrode: str) -> None:
    """Refuse a layer that stands on its head: electrolyte where the lithium begins, and none at the far end."""
    if electrolyte[..., 0].mean() > 0.5 > electrolyte[..., -1].mean():
        other = "top" if electrode == "bottom" else "bottom"
        raise InputError(
            f"expected particles at the electrode, which is at the {electrode} of the image, got electrolyte there; if "
            f"it is upside down, give electrode={other!r}"
        )


def _check_values(path: str, values: AnyArray, labels: Mapping[int, str]) -> None:
    found, counts = np.unique(values, return_counts=True)
    unknown = [int(value) for value in found if int(value) not in labels]
    if unknown:
        common = sorted(zip(counts, found, strict=True), reverse=True)[:8]
        shares = ", ".join(f"{value} ({100.0 * count / values.size:.2g} %)" for count, value in common)
        raise InputError(
            f"expected only the values {sorted(labels)} in {path}, got {len(unknown)} others, such as {unknown[:8]}; "
            f"the most frequent values are {shares}. Name them in labels; many values mean that it is not segmented"
        )


def _overlaps(path: str, axis: int, cells: int, pixels_per_cell: float, pixels: int, upwards: bool) -> FloatArray:
    """Share of each cell (rows) that each pixel (columns) takes along one axis; rows add up to 1."""
    covered = cells * pixels_per_cell
    if covered > pixels + 1e-6:
        raise InputError(
            f"expected an image that covers the grid, got {pixels} pixels along axis {axis} of {path} where {cells} "
            f"cells take {covered:.5g}; take fewer cells, or check pixel_size"
        )
    first = 0.0 if upwards else 0.5 * (pixels - covered)
    edges, sides = first + pixels_per_cell * np.arange(cells + 1), np.arange(pixels + 1.0)
    low = np.maximum(edges[:-1, None], sides[None, :-1])
    high = np.minimum(edges[1:, None], sides[None, 1:])
    share = np.clip(high - low, 0.0, None)
    return np.asarray(share / share.sum(axis=1, keepdims=True))


def _averaged(mask: BoolArray, weights: list[FloatArray]) -> FloatArray:
    fraction = mask.astype(float)
    for axis, weight in enumerate(weights):
        fraction = np.moveaxis(np.tensordot(weight, fraction, axes=(1, axis)), 0, axis)
    return np.asarray(np.clip(fraction, 0.0, 1.0))

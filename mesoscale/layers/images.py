"""Segmented images, such as slices of X-ray tomography, as volume fractions of the particle classes on a grid."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from selflimit.arrays import BoolArray, FloatArray, UInt16Array
from selflimit.errors import InputError, MissingDependencyError
from selflimit.mesoscale.grid import Grid
from selflimit.plausible import LENGTH, check_quantity

if TYPE_CHECKING:
    from PIL import Image

PHASES = ("fine", "coarse", "electrolyte")
MOST_PIXELS = 200_000_000
"""Pixels of all pages together above which an image is refused before it is read: 1.6 GB as numbers."""
MODES = {"1": "1 bit", "L": "8 bit grey", "P": "palette", "I;16": "16 bit grey", "I;16B": "16 bit grey"}
"""Pillow's names of the pixel types that hold one label per pixel."""


def phase_fractions(grid: Grid, path: Path, labels: Mapping[int, str], pixel_size: float) -> dict[str, FloatArray]:
    """Volume fraction of each phase per cell: the exact mean over the pixels (or parts of them) that a cell covers.

    Parameters
    ----------
    grid
        The grid; the image's bottom row lies at its lower end, the image's middle at its lateral middle.
    path
        PNG or TIFF; pages of a TIFF are slices along the second lateral axis.
    labels
        Value -> 'fine', 'coarse' or 'electrolyte'.
    pixel_size
        Edge length of a pixel and distance of pages (m).

    Returns
    -------
    Phase -> volume fraction, shape ``grid.shape``.

    Raises
    ------
    InputError
        If the image cannot be read, has colours or unknown values, or is smaller than the grid.
    """
    check_quantity("pixel_size, the edge length of a pixel", pixel_size, LENGTH)
    _check_labels(labels)
    values = read_labels(path, grid.dimension)
    _check_values(path, values, labels)
    weights = [
        _overlaps(
            path, axis, grid.shape[axis], grid.spacing / pixel_size, values.shape[axis], axis == grid.dimension - 1
        )
        for axis in range(grid.dimension)
    ]
    return {
        phase: _averaged(np.isin(values, [value for value, name in labels.items() if name == phase]), weights)
        for phase in PHASES
    }


def read_labels(path: Path, dimension: int) -> UInt16Array:
    """Values of a segmented image as an array ``[x, z]`` or ``[x, page, z]`` with z upwards.

    Raises
    ------
    InputError
        If there is no such image, it is damaged, too large, of colours, or of the wrong number of pages.
    MissingDependencyError
        If Pillow is not installed.
    """
    try:
        from PIL import Image
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
    stack = np.stack(pages, axis=1)[::-1]  # rows run downwards in a picture
    return np.ascontiguousarray(stack.transpose(2, 1, 0) if dimension == 3 else stack[:, 0].T)


def _page(path: Path, image: "Image.Image", number: int) -> UInt16Array:
    image.seek(number)
    _check_mode(path, image)
    return np.asarray(image).astype(np.uint16)


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
    wrong = {value: name for value, name in labels.items() if name not in PHASES or not 0 <= value < 2**16}
    if wrong or not labels:
        raise InputError(f"expected labels such as {{0: 'fine', 1: 'coarse', 2: 'electrolyte'}}, got {wrong or labels}")


def _check_values(path: Path, values: UInt16Array, labels: Mapping[int, str]) -> None:
    found, counts = np.unique(values, return_counts=True)
    unknown = [int(value) for value in found if int(value) not in labels]
    if unknown:
        common = sorted(zip(counts, found, strict=True), reverse=True)[:8]
        shares = ", ".join(f"{value} ({100.0 * count / values.size:.2g} %)" for count, value in common)
        raise InputError(
            f"expected only the values {sorted(labels)} in {path}, got {len(unknown)} others, such as {unknown[:8]}; "
            f"the most frequent values are {shares}. Name them in labels; many values mean that it is not segmented"
        )


def _overlaps(path: Path, axis: int, cells: int, pixels_per_cell: float, pixels: int, upwards: bool) -> FloatArray:
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

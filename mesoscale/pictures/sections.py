"""Plane sections through growths in three dimensions."""

from collections.abc import Mapping

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.documents import GrowthDoc


def middle_section(doc: GrowthDoc, fields: Mapping[str, FloatArray]) -> tuple[GrowthDoc, dict[str, FloatArray]]:
    """A growth in three dimensions on the plane in the middle of its second axis; one in a plane as it is.

    Returns
    -------
    The document with the section's ``grid_shape``, named as a section, and the fields on it: per node on the plane of
    nodes, per cell in the layer of cells, at the middle or half a cell beside it.
    """
    cells = tuple(doc.grid_shape)
    if len(cells) == 2:
        return doc, dict(fields)
    places = {cells, tuple(n + 1 for n in cells)}
    cut = {}
    for name, array in fields.items():
        axis = 1 if array.shape[:3] in places else 2 if array.shape[1:4] in places else None
        cut[name] = array if axis is None else np.take(array, array.shape[axis] // 2, axis=axis)
    name, _, rest = doc.microstructure.partition(":")
    section = {"grid_shape": (cells[0], cells[2]), "microstructure": f"{name}, middle section:{rest}"}
    return doc.model_copy(update=section), cut

"""Files for ParaView: parsed here by another way than they were written. VTK 9.7's own reader gave the same arrays."""

import base64
import zlib
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selflimit.errors import InputError
from selflimit.mesoscale import export_vtk
from selflimit.mesoscale.pictures.vtk import BYTES_PER_BLOCK, write_vti


def decoded(element):
    """Values of a DataArray, from the format's description: 64-bit header and zlib blocks, each base64 of its own."""
    text = element.text
    blocks = int.from_bytes(base64.b64decode(text[:12])[:8], "little")
    header_length = -(-8 * (3 + blocks) // 3) * 4
    _, size, last, *compressed = np.frombuffer(
        base64.b64decode(text[:header_length])[: 8 * (3 + blocks)], "<u8"
    ).tolist()
    body, parts = base64.b64decode(text[header_length:]), []
    for length in compressed:
        parts.append(zlib.decompress(body[:length]))
        body = body[length:]
    assert body == b""
    assert [len(part) for part in parts[:-1]] == [size] * (blocks - 1)
    assert len(parts[-1]) == (last or size)
    kind = {"Float64": "<f8", "Float32": "<f4"}[element.get("type")]
    return np.frombuffer(b"".join(parts), kind).reshape(-1, int(element.get("NumberOfComponents")))


def read(path):
    """Extent, spacing and (place, name) -> values of a .vti."""
    root = ElementTree.parse(path).getroot()
    assert (root.get("type"), root.get("byte_order"), root.get("header_type")) == (
        "ImageData",
        "LittleEndian",
        "UInt64",
    )
    image = root.find("ImageData")
    piece = image.find("Piece")
    assert piece.get("Extent") == image.get("WholeExtent")
    found = {(place.tag, data.get("Name")): decoded(data) for place in piece for data in place}
    return [int(n) for n in image.get("WholeExtent").split()], [float(x) for x in image.get("Spacing").split()], found


@settings(max_examples=15, deadline=None)
@given(
    shape=st.one_of(st.tuples(*[st.integers(1, 7)] * 2), st.tuples(*[st.integers(1, 5)] * 3)), seed=st.integers(0, 99)
)
def test_every_value_is_where_it_belongs(tmp_path_factory, shape, seed):
    draw, nodes = np.random.default_rng(seed), tuple(n + 1 for n in shape)
    node, cell, vector = (
        draw.normal(size=nodes),
        draw.normal(size=shape).astype("f4"),
        draw.normal(size=(*nodes, len(shape))),
    )
    path = tmp_path_factory.mktemp("vti") / "a.vti"
    write_vti(path, shape, 5e-7, {"xi (1)": node, 'p <&"> (Pa)': cell, "u (m)": vector})
    extent, spacing, found = read(path)
    assert extent[1::2] == [*shape, *[0] * (3 - len(shape))]
    assert extent[::2] == [0, 0, 0]
    assert spacing == [5e-7] * 3
    strides = np.cumprod([1, *nodes[:-1]])
    for index in np.ndindex(*nodes):  # x runs fastest
        row = int(np.dot(index, strides))
        assert found["PointData", "xi (1)"][row, 0] == node[index]
        assert np.array_equal(found["PointData", "u (m)"][row, : len(shape)], vector[index])
    assert np.array_equal(found["CellData", 'p <&"> (Pa)'][:, 0], cell.ravel(order="F"))
    assert not found["PointData", "u (m)"][:, len(shape) :].any()


@pytest.mark.parametrize("cells", [BYTES_PER_BLOCK // 8 - 1, BYTES_PER_BLOCK // 8, BYTES_PER_BLOCK // 8 + 1])
def test_blocks_of_every_length(tmp_path, cells):
    field = np.arange(float(cells))[:, None]
    write_vti(tmp_path / "a.vti", (cells, 1), 1.0, {"p (Pa)": field})
    assert np.array_equal(read(tmp_path / "a.vti")[2]["CellData", "p (Pa)"][:, 0], field[:, 0])


def test_a_growth_becomes_a_series_in_time(tmp_path, grown_plane):
    document, fields, folder = grown_plane
    collection = export_vtk(document, folder, tmp_path / "out")
    rows = ElementTree.parse(collection).getroot().find("Collection")
    assert [float(row.get("timestep")) for row in rows] == document.times
    for number, row in enumerate(rows):
        _, _, found = read(collection.parent / row.get("file"))
        assert set(found) == {
            ("PointData", "xi (1)"), ("PointData", "c (1)"), ("PointData", "phi (V)"),
            ("CellData", "pressure (Pa)"), ("CellData", "coarse (1)"), ("CellData", "electrolyte (1)"),
        }  # fmt: skip
        assert np.array_equal(found["PointData", "xi (1)"][:, 0], fields["xi"][number].ravel(order="F"))
        assert np.array_equal(found["CellData", "coarse (1)"][:, 0], fields["coarse"].ravel(order="F"))


def test_a_volume_too(tmp_path, grown_volume):
    document, fields, folder = grown_volume
    collection = export_vtk(document, folder, tmp_path)
    last = ElementTree.parse(collection).getroot().find("Collection")[-1]
    _, _, found = read(tmp_path / last.get("file"))
    assert np.array_equal(found["CellData", "pressure (Pa)"][:, 0], fields["pressure"][-1].ravel(order="F"))


def test_fields_of_another_grid_are_refused(tmp_path):
    with pytest.raises(InputError, match="per node"):
        write_vti(tmp_path / "a.vti", (4, 5), 1e-6, {"p (Pa)": np.zeros((4, 4))})

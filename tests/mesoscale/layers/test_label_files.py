"""Label arrays from files, written here byte by byte: the same numbers, the size of a voxel, and what is refused."""

import base64
import gzip
import struct
import zlib

import numpy as np
import pytest

from selflimit.errors import InputError
from selflimit.mesoscale import Grid, Microstructure
from selflimit.mesoscale.layers.images import load_labels
from selflimit.mesoscale.layers.label_files import read_label_file

VALUES = np.random.default_rng(0).integers(0, 3, (6, 5, 4))


def vti(path, values, how, dtype="UInt8", header="UInt32", spacing=1e-6):
    """VTK image data with one array, in one of the ways of writing it."""
    raw = values.flatten(order="F").astype("<u1" if dtype == "UInt8" else "<i4").tobytes()
    size = "<I" if header == "UInt32" else "<Q"
    plain = struct.pack(size, len(raw)) + raw
    half = [raw[: len(raw) // 2 + 1], raw[len(raw) // 2 + 1 :]]
    packed = [zlib.compress(part) for part in half]
    head = b"".join(struct.pack(size, n) for n in (2, len(half[0]), len(half[1]), *map(len, packed)))
    inline, appended, packing = "", b"", ""
    if how == "ascii":
        inline = " ".join(map(str, values.flatten(order="F")))
    elif how == "binary":
        inline = base64.b64encode(plain).decode()
    elif how == "binary, apart":
        inline = (base64.b64encode(plain[: struct.calcsize(size)]) + base64.b64encode(raw)).decode()
    elif how == "binary, packed":
        inline = (base64.b64encode(head) + base64.b64encode(b"".join(packed))).decode()
    elif how == "appended, raw":
        appended = b'<AppendedData encoding="raw">_' + plain + b"</AppendedData>"
    else:
        appended = b'<AppendedData encoding="raw">_' + head + b"".join(packed) + b"</AppendedData>"
    if "packed" in how:
        packing = ' compressor="vtkZLibDataCompressor"'
    extent = " ".join(f"0 {n}" for n in (*values.shape, *(0,) * (3 - values.ndim)))
    form = "appended" if appended else how.split(",")[0]
    place = ' offset="0"' if appended else ""
    path.write_bytes(
        f'<?xml version="1.0"?><VTKFile type="ImageData" byte_order="LittleEndian" header_type="{header}"{packing}>'
        f'<ImageData WholeExtent="{extent}" Origin="0 0 0" Spacing="{spacing} {spacing} {spacing}">'
        f'<Piece Extent="{extent}"><CellData><DataArray type="{dtype}" Name="label" format="{form}"{place}>{inline}'
        "</DataArray></CellData></Piece></ImageData>".encode()
        + appended
        + b"</VTKFile>"
    )
    return path


@pytest.mark.parametrize("header", ["UInt32", "UInt64"])
@pytest.mark.parametrize(
    "how", ["ascii", "binary", "binary, apart", "binary, packed", "appended, raw", "appended, packed"]
)
def test_vtk_image_data_in_every_way_of_writing(tmp_path, how, header):
    found = read_label_file(vti(tmp_path / "a.vti", VALUES, how, header=header))
    assert np.array_equal(found.values, VALUES)
    assert found.voxel == (1e-6,) * 3


def test_a_plane_of_wider_numbers(tmp_path):
    found = read_label_file(vti(tmp_path / "a.vti", VALUES[..., 0], "binary", dtype="Int32"))
    assert np.array_equal(found.values, VALUES[..., 0])
    assert found.voxel == (1e-6, 1e-6)


def nrrd(path, values, encoding="raw", about="", kind="uint8"):
    raw = values.flatten(order="F").astype(kind).tobytes()
    data = {"raw": raw, "gzip": gzip.compress(raw), "text": " ".join(map(str, values.flatten(order="F"))).encode()}
    sizes = " ".join(map(str, values.shape))
    head = f"NRRD0004\n# made here\ntype: {kind}\ndimension: {values.ndim}\nsizes: {sizes}\n"
    head += f"encoding: {encoding}\n{about}\n"
    path.write_bytes(head.encode() + data[encoding])
    return path


@pytest.mark.parametrize("encoding", ["raw", "gzip", "text"])
def test_nrrd_with_and_without_its_lengths(tmp_path, encoding):
    bare = read_label_file(nrrd(tmp_path / "a.nrrd", VALUES, encoding))
    assert np.array_equal(bare.values, VALUES) and bare.voxel is None
    sized = 'space units: "um" "um" "um"\nspace directions: (0.5,0,0) (0,0.5,0) (0,0,2)\n'
    assert read_label_file(nrrd(tmp_path / "b.nrrd", VALUES, encoding, sized)).voxel == pytest.approx(
        (5e-7, 5e-7, 2e-6)
    )


def test_numpy_arrays_and_archives(tmp_path):
    np.save(tmp_path / "a.npy", VALUES)
    np.savez_compressed(tmp_path / "a.npz", labels=VALUES)
    for name in ("a.npy", "a.npz"):
        assert np.array_equal(read_label_file(tmp_path / name).values, VALUES)
    np.savez(tmp_path / "two.npz", one=VALUES, two=VALUES)
    with pytest.raises(InputError, match="one array"):
        read_label_file(tmp_path / "two.npz")
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="could not read it"):
        read_label_file(tmp_path / "objects.npy")


def test_the_size_of_a_voxel_comes_from_the_file_or_the_caller_and_never_from_two(tmp_path):
    stated, silent = vti(tmp_path / "a.vti", VALUES, "binary"), tmp_path / "a.npy"
    np.save(silent, VALUES)
    assert load_labels(stated, 3).voxel == (1e-6,) * 3
    assert load_labels(silent, 3, 2e-6).voxel == (2e-6,) * 3
    with pytest.raises(InputError, match="does not tell it"):
        load_labels(silent, 3)
    with pytest.raises(InputError, match=r"got \(2e-06"):
        load_labels(stated, 3, 2e-6)
    with pytest.raises(InputError, match="did you mean 5e-07"):
        load_labels(vti(tmp_path / "b.vti", VALUES, "binary", spacing=0.5), 3)
    with pytest.raises(InputError, match="array of 2 axes for this grid, got 3"):
        load_labels(stated, 2)


def test_a_layer_from_a_volume(tmp_path):
    values = np.zeros((16, 8, 32), int)
    values[..., 20:], values[4:8, :, 6:12] = 2, 1
    labels = {0: "fine", 1: "coarse", 2: "electrolyte"}
    grid = Grid((16, 8, 32), 1e-6)
    structure = Microstructure.from_image(grid, vti(tmp_path / "a.vti", values, "appended, packed"), labels)
    assert np.array_equal(structure.electrolyte, (values == 2).astype(float))
    assert np.array_equal(structure.coarse, (values == 1).astype(float))
    assert "a.vti" in structure.describe()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.vti", b"<VTKFile", "could not read it"),
        ("a.vti", b'<VTKFile type="PolyData"></VTKFile>', "VTK image data .* got PolyData"),
        ("a.nrrd", b"PNG", "begins with 'PNG'"),
        ("a.nrrd", b"NRRD0004\ntype: float\nsizes: 2 2\n\n", "got type float"),
        ("a.nrrd", b"NRRD0004\ntype: uint8\nsizes: 9 9\nencoding: raw\n\nxx", "could not read it"),
        ("a.nrrd", b"NRRD0004\ntype: uint8\nsizes: 2 2\nencoding: bzip2\n\nxx", "raw, gzip or text"),
        ("a.npy", b"no", "could not read it"),
        ("a.raw", b"no", "ending in"),
    ],
)
def test_damaged_and_foreign_files_are_refused_in_one_line(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message) as fault:
        read_label_file(tmp_path / name)
    assert "\n" not in str(fault.value)


def test_an_array_of_numbers_with_a_point_is_refused(tmp_path):
    with pytest.raises(InputError, match="Float64"):
        read_label_file(vti(tmp_path / "a.vti", VALUES, "ascii", dtype="Float64"))

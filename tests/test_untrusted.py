"""Files made to harm: each is refused in one line, quickly, and within a bounded memory."""

import bz2
import gzip
import lzma
import subprocess
import sys
import zipfile
import zlib

import numpy as np
import pytest

from selflimit.errors import InputError
from selflimit.files import load_arrays, read_bounded, unpack
from selflimit.mesoscale.layers.images import load_labels

MIB = 2**20
ZEROS = bytes(16 * MIB)
HEADER = "NRRD0004\ntype: uint8\ndimension: 3\nsizes: {sizes}\nencoding: {encoding}\n{rest}\n"


def gzip_bomb(path, sizes="8 8 8"):
    """Two GiB of zeros in 2 MB, as a file said to hold 512 voxels."""
    head = HEADER.format(sizes=sizes, encoding="gzip", rest="")
    path.write_bytes(head.encode() + gzip.compress(ZEROS, 9) * 128)


def zip_bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("labels.npy", "w") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "|u1", "fortran_order": False, "shape": (48 * len(ZEROS),)}
        )
        for _ in range(48):
            file.write(ZEROS)


def lying_header(path):
    """A header that promises 8 TB."""
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<i8", "fortran_order": False, "shape": (10**12,)})


def vtk_bomb(path, cells=7, kind="UInt8"):
    packed = zlib.compress(ZEROS, 9)
    blocks = 64
    head = np.array([blocks, len(ZEROS), len(ZEROS), *[len(packed)] * blocks], "<u4").tobytes()
    text = (
        '<VTKFile type="ImageData" byte_order="LittleEndian" compressor="vtkZLibDataCompressor">'
        f'<ImageData WholeExtent="0 {cells} 0 {cells} 0 {cells}" Origin="0 0 0" Spacing="1 1 1"><CellData>'
        f'<DataArray type="{kind}" Name="label" format="appended" offset="0"/></CellData></ImageData>'
        '<AppendedData encoding="raw">_'
    )
    path.write_bytes(text.encode() + head + packed * blocks + b"</AppendedData></VTKFile>")


def laughs(path):
    """Entities of entities: 10^9 words from a few lines."""
    lines = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    path.write_text(
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{lines}]><VTKFile type="ImageData">&a9;</VTKFile>'
    )


def another_file(path):
    """Labels said to lie in a file of the system."""
    path.write_text(HEADER.format(sizes="4 4 4", encoding="raw", rest="data file: ../../../../../../etc/passwd\n"))


def picture_bomb(path):
    """A picture of 60,000 x 60,000 pixels, of which the file holds none."""

    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    size = (60_000).to_bytes(4, "big") * 2
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + b"\x08\0\0\0\0") + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    )


HARMFUL = {
    "gzip.nrrd": (gzip_bomb, "to unpack in"),
    "large.nrrd": (lambda path: gzip_bomb(path, "4096 4096 4096"), "bytes of arrays"),
    "archive.npz": (zip_bomb, "bytes of arrays"),
    "promise.npy": (lying_header, "could not read it"),
    "packed.vti": (vtk_bomb, "to unpack in"),
    "large.vti": (lambda path: vtk_bomb(path, 4096), "bytes of arrays"),
    "laughs.vti": (laughs, "without a document type"),
    "traversal.nrrd": (another_file, "expected a file name below"),
    "picture.png": (picture_bomb, "pixels"),
}

WITHIN = """
import resource, sys
from pathlib import Path
from selflimit.errors import InputError
from selflimit.mesoscale.layers.images import load_labels
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    load_labels(Path(sys.argv[1]), 2 if sys.argv[1].endswith("png") else 3, 1e-6)
except InputError as error:
    print(error)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_labels_made_to_harm_are_refused_within_a_gibibyte(tmp_path):
    for name, (make, _) in HARMFUL.items():
        make(tmp_path / name)
    running = {
        name: subprocess.Popen([sys.executable, "-c", WITHIN, tmp_path / name], stdout=subprocess.PIPE, text=True)
        for name in HARMFUL
    }
    for name, process in running.items():
        lines = process.communicate()[0].splitlines()
        assert process.returncode == 0, name
        assert HARMFUL[name][1] in lines[0], (name, lines)
        assert int(lines[1]) < MIB, f"{name}: {lines[1]} kB"


def test_bounds_hold_at_the_byte(tmp_path):
    packed = zlib.compress(b"abc") + gzip.compress(b"defg")
    assert unpack(packed, 7, "x") == b"abcdefg"
    with pytest.raises(InputError, match="at most 6 bytes to unpack in x"):
        unpack(packed, 6, "x")
    with pytest.raises(EOFError):
        unpack(packed[:-9], 7, "x")
    for ending, compress in {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".txt": bytes}.items():
        path = tmp_path / f"file{ending}"
        path.write_bytes(compress(b"0123456789"))
        assert read_bounded(path, 10) == b"0123456789"
        with pytest.raises(InputError, match="expected at most 0 MiB in"):
            read_bounded(path, 9)
    np.savez(tmp_path / "a.npz", a=np.arange(100))
    assert load_arrays(tmp_path / "a.npz")["a"][-1] == 99
    with pytest.raises(InputError, match="bytes of arrays"):
        load_arrays(tmp_path / "a.npz", 800)


def test_detached_data_beside_the_header_are_read(tmp_path):
    values = np.arange(64, dtype=np.uint8)
    (tmp_path / "labels.raw").write_bytes(values.tobytes())
    (tmp_path / "labels.nhdr").write_text(HEADER.format(sizes="4 4 4", encoding="raw", rest="data file: labels.raw\n"))
    assert np.array_equal(load_labels(tmp_path / "labels.nhdr", 3, 1e-6).values.ravel(order="F"), values)

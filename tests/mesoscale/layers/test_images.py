"""Segmented images: exact volume fractions, orientation, round trip, and what is refused."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from selflimit.errors import InputError
from selflimit.mesoscale import Grid, LognormalRadii, Microstructure
from selflimit.mesoscale.layers.images import read_labels

LABELS = {0: "fine", 1: "coarse", 2: "electrolyte"}


def written(path, values, **options):
    """A label picture of an array [x, z] with z upwards."""
    Image.fromarray(np.asarray(values).T[::-1].copy()).save(path, **options)
    return path


def labels_of(structure):
    """Label of the most frequent phase per cell."""
    return (np.where(structure.electrolyte > 0.5, 2, structure.coarse > 0.5)).astype(np.uint8)


@pytest.mark.parametrize("kind", ["png", "tif", "palette", "16 bit"])
def test_round_trip_at_the_same_resolution_is_exact(tmp_path, kind):
    structure = Microstructure.layered(Grid((64, 96), 1e-6), 2, radius=LognormalRadii(7e-6, 1.2))
    values = labels_of(structure)
    path = tmp_path / ("a.tif" if kind == "tif" else "a.png")
    if kind == "palette":
        picture = Image.fromarray(values.T[::-1].copy(), mode="P")
        picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
        picture.save(path)
    else:
        written(path, values.astype(np.uint16) if kind == "16 bit" else values)
    again = Microstructure.from_image(structure.grid, path, LABELS, 1e-6)
    assert np.array_equal(labels_of(again), values)
    assert set(np.unique(again.coarse)) == {0.0, 1.0}
    assert again.name == "image"
    assert path.name in again.describe()


def test_resampling_keeps_volumes_where_pixels_and_cells_do_not_match(tmp_path):
    """Pixels of 0.7 µm on cells of 1 µm: the mean over the covered part is exact, by an independent fine quadrature."""
    draw = np.random.default_rng(1)
    values = draw.integers(0, 3, (60, 80)).astype(np.uint8)
    path, grid, pixel = written(tmp_path / "a.png", values), Grid((32, 48), 1e-6), 0.7e-6
    found = Microstructure.from_image(grid, path, LABELS, pixel)
    points = 70  # per cell: its spacing divides both lengths, so that point counting has no error
    x = (np.arange(32 * points) + 0.5) / points * 1e-6 + 0.5 * (60 * pixel - 32e-6)
    z = (np.arange(48 * points) + 0.5) / points * 1e-6
    sampled = values[np.ix_((x / pixel).astype(int), (z / pixel).astype(int))]
    wanted = (sampled == 1).reshape(32, points, 48, points).mean(axis=(1, 3))
    assert found.coarse == pytest.approx(wanted, abs=1e-9)
    assert (found.coarse + found.electrolyte).max() <= 1.0 + 1e-12


def test_the_bottom_row_lies_on_the_electrode(tmp_path):
    values = np.zeros((32, 32), np.uint8)
    values[:, 24:] = 2
    values[:8, 4:8] = 1
    structure = Microstructure.from_image(Grid((32, 32), 1e-6), written(tmp_path / "a.png", values), LABELS, 1e-6)
    assert structure.electrolyte[0, -1] == 1.0
    assert structure.coarse[0, 5] == 1.0
    assert structure.coarse[-1, 5] == 0.0


def test_a_stack_of_pages_is_a_volume(tmp_path):
    grid = Grid((16, 24, 32), 1e-6)
    structure = Microstructure.layered(grid, 3, 0.1, radius=4e-6, gap=1e-6, clearance=4e-6, electrolyte_height=8e-6)
    values, path = labels_of(structure), tmp_path / "a.tif"
    pages = [Image.fromarray(values[:, page].T[::-1].copy()) for page in range(24)]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    assert np.array_equal(read_labels(path, 3), values)
    assert np.array_equal(labels_of(Microstructure.from_image(grid, path, LABELS, 1e-6)), values)
    with pytest.raises(InputError, match="24 page"):
        Microstructure.from_image(Grid((16, 32), 1e-6), path, LABELS, 1e-6)


@pytest.fixture
def picture(tmp_path):
    """A segmented picture of 40 x 50 pixels with values 0 and 1."""
    values = np.zeros((40, 50), np.uint8)
    values[10:20, 10:30] = 1
    return written(tmp_path / "a.png", values)


GRID = Grid((32, 48), 1e-6)


def test_unknown_values_are_named_with_their_share(picture):
    with pytest.raises(InputError, match=r"values \[0, 7\].*others, such as \[1\].*1 \(10 %\)"):
        Microstructure.from_image(GRID, picture, {0: "fine", 7: "coarse"}, 1e-6)


@pytest.mark.parametrize("pixel_size", [None, 0.0, -1e-6, float("nan"), 3.0])
def test_a_missing_or_absurd_pixel_size_is_refused(picture, pixel_size):
    with pytest.raises(InputError, match="edge length of a pixel: expected"):
        Microstructure.from_image(GRID, picture, LABELS, pixel_size)


def test_a_pixel_size_in_micrometres_is_told(picture):
    with pytest.raises(InputError, match=r"got 0\.5 m; did you mean 5e-07 \(0\.5 micrometre\)\?"):
        Microstructure.from_image(GRID, picture, LABELS, 0.5)


def test_too_small_a_picture_is_refused(picture):
    with pytest.raises(InputError, match=r"40 pixels along axis 0 .* 32 cells take 64"):
        Microstructure.from_image(GRID, picture, LABELS, 0.5e-6)


@pytest.mark.parametrize("labels", [{}, {0: "pore"}, {0: "void"}, {-1: "fine"}, {-3: "coarse"}])
def test_wrong_labels_are_refused(picture, labels):
    with pytest.raises(InputError, match="labels"):
        Microstructure.from_image(GRID, picture, labels, 1e-6)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "F", "LA"])
def test_colours_and_floats_are_refused(tmp_path, mode):
    path = tmp_path / ("a.tif" if mode == "F" else "a.png")
    Image.new(mode, (40, 50)).save(path)
    with pytest.raises(InputError, match=f"pixels of type {mode}"):
        Microstructure.from_image(GRID, path, LABELS, 1e-6)


def test_damaged_missing_and_foreign_files_are_refused(tmp_path, picture):
    whole = picture.read_bytes()
    jpeg = tmp_path / "a.jpg"
    Image.new("L", (40, 50)).save(jpeg)
    damaged = {
        "cut.png": whole[: len(whole) // 2],
        "flipped.png": whole[:45] + bytes([whole[45] ^ 255]) + whole[46:],
        "empty.png": b"",
        "text.tif": b"II*\0 this is no image at all",
        "renamed.png": jpeg.read_bytes(),
    }
    for name, content in damaged.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(InputError, match="could not read it"):
            Microstructure.from_image(GRID, path, LABELS, 1e-6)
    with pytest.raises(InputError, match="no such file"):
        Microstructure.from_image(GRID, tmp_path / "none.png", LABELS, 1e-6)


def test_a_decompression_bomb_is_refused_before_it_is_unpacked(tmp_path):
    """A PNG whose header claims 60000 x 60000 pixels in a few bytes."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 0, 0, 0, 0)
    path = tmp_path / "bomb.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 10)) + chunk(b"IEND", b"")
    )
    with pytest.raises(InputError, match=r"60000 x 60000|could not read it"):
        Microstructure.from_image(GRID, path, LABELS, 1e-6)


def turned(path, tag):
    exif = Image.Exif()
    exif[274] = tag
    Image.fromarray(np.zeros((50, 40), np.uint8)).save(path, exif=exif)
    return path


@pytest.mark.parametrize("name", ["a.tif", "a.png"])
def test_a_turned_picture_is_refused(tmp_path, name):
    assert read_labels(turned(tmp_path / name, 1), 2).shape == (40, 50)
    with pytest.raises(InputError, match="orientation tag 3"):
        read_labels(turned(tmp_path / name, 3), 2)


def white_is_zero(path, values):
    """A TIFF of one strip written by hand, with the photometric interpretation 0."""
    rows, columns = values.shape
    tags = [(256, 3, columns), (257, 3, rows), (258, 3, 8), (259, 3, 1), (262, 3, 0), (273, 4, 8), (277, 3, 1),
            (278, 3, rows), (279, 4, values.size)]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    end = struct.pack("<H", len(tags)) + entries + b"\0" * 4
    path.write_bytes(b"II*\0" + struct.pack("<I", 8 + values.size) + values.tobytes() + end)
    return path


def test_white_is_zero_gives_the_values_as_stored(tmp_path):
    values = np.random.default_rng(0).choice([0, 255], (50, 40)).astype(np.uint8)
    assert np.array_equal(read_labels(white_is_zero(tmp_path / "a.tif", values), 2), values[::-1].T)


def test_labels_of_32_bits_are_read(tmp_path):
    values = np.random.default_rng(0).choice([0, 1, 70000], (40, 50)).astype(np.int32)
    assert np.array_equal(read_labels(written(tmp_path / "a.tif", values), 2), values)
    named = {0: "fine", 1: "fine", 70000: "coarse"}
    structure = Microstructure.from_image(GRID, written(tmp_path / "b.tif", values), named, 1e-6)
    assert structure.coarse.any()


def test_a_layer_on_its_head_is_told_and_turned_on_request(tmp_path):
    values = np.zeros((32, 48), np.uint8)
    values[:, :10] = 2
    path = written(tmp_path / "a.png", values)
    with pytest.raises(InputError, match="electrode='top'"):
        Microstructure.from_image(GRID, path, LABELS, 1e-6)
    structure = Microstructure.from_image(GRID, path, LABELS, 1e-6, electrode="top")
    assert structure.electrolyte[:, -10:].all() and not structure.electrolyte[:, :-10].any()
    with pytest.raises(InputError, match="'bottom' or 'top', got 'left'"):
        Microstructure.from_image(GRID, path, LABELS, 1e-6, electrode="left")


def test_grey_levels_must_be_named(tmp_path):
    values = np.zeros((32, 48), np.uint8)
    values[4:9], values[:, 40:] = 128, 255
    path = written(tmp_path / "a.png", values)
    with pytest.raises(InputError, match=r"values \[0, 1, 2\].*such as \[128, 255\]"):
        Microstructure.from_image(GRID, path, LABELS, 1e-6)
    structure = Microstructure.from_image(GRID, path, {0: "fine", 128: "coarse", 255: "electrolyte"}, 1e-6)
    assert structure.coarse[5, 0] == structure.electrolyte[0, 45] == 1.0


def test_voxels_of_two_lengths_are_resampled_and_keep_their_volumes():
    """Slices 3 µm apart of pixels of 1 µm: each label lies where its length says."""
    values = np.random.default_rng(2).integers(0, 3, (16, 8, 32))
    grid = Grid((16, 24, 32), 1e-6)
    found = Microstructure.from_array(grid, values, LABELS, (1e-6, 3e-6, 1e-6))
    assert np.array_equal(labels_of(found), np.repeat(values, 3, axis=1))
    with pytest.raises(InputError, match="3 edge lengths of a voxel, got 2"):
        Microstructure.from_array(grid, values, LABELS, (1e-6, 3e-6))


@pytest.mark.parametrize(
    "values", [np.zeros((32, 48)), np.zeros(32, int), np.full((32, 48), np.nan), np.zeros((0, 4), int)]
)
def test_arrays_that_are_no_labels_are_refused(values):
    with pytest.raises(InputError, match="whole numbers in two or three dimensions"):
        Microstructure.from_array(GRID, values, LABELS, 1e-6)


def test_pores_are_refused_with_what_to_do():
    with pytest.raises(InputError, match=r"no empty space.*Name those finer than the grid 'fine'"):
        Microstructure.from_array(GRID, np.zeros((32, 48), int), {0: "fine", 1: "pore"}, 1e-6)

"""Films: every output is a frame, shown long enough, of one size and with colour scales that do not change."""

import io
import shutil
import stat

import numpy as np
import pytest
from PIL import Image, ImageSequence

from selflimit.errors import InputError, MissingDependencyError
from selflimit.mesoscale import write_movie
from selflimit.mesoscale.pictures import movies
from selflimit.mesoscale.pictures.frames import Scales, common_scales, draw_frames
from selflimit.mesoscale.pictures.movies import FRAME_TIME, LAST_FRAME_TIME, encode_webp
from selflimit.mesoscale.pictures.sections import middle_section


@pytest.mark.parametrize("kind", ["webp", "gif"])
def test_a_film_has_a_frame_for_every_output(grown_plane, tmp_path, kind):
    document, fields, folder = grown_plane
    path = write_movie(document, folder, tmp_path / "films" / f"a.{kind}")
    with Image.open(path) as film:
        shown = [(frame.convert("RGB"), frame.info["duration"]) for frame in ImageSequence.Iterator(film)]
        assert film.info["loop"] == 0
    assert [time for _, time in shown] == [*[1000 * FRAME_TIME] * 4, 1000 * LAST_FRAME_TIME]
    wanted = draw_frames(document, fields, range(5), common_scales([fields]))
    for (frame, _), drawn in zip(shown, wanted, strict=True):
        # lossy, and 256 colours: some per cent of 255 on average
        assert np.abs(np.asarray(frame, int) - drawn).mean() < 6
    assert path.stat().st_size < 5 * 75_000  # 3 MB for 40 frames


def test_colours_mean_the_same_at_all_times(grown_plane):
    """A field that is uniform in a part of the picture: its colour follows the value, not the frame's own range."""
    document, fields, _ = grown_plane
    scales = common_scales([fields])
    assert scales.compression >= 1e-6 * -fields["pressure"].min() * 0.99
    still = dict(fields, pressure=np.repeat(fields["pressure"][2:3], 5, axis=0))
    first, last = draw_frames(document, still, [0, 4], scales)
    alone = draw_frames(document, fields, [2, 4], scales)
    assert np.array_equal(
        first[60:120, 350:380], last[60:120, 350:380]
    )  # in the panel of the pressure, above all lithium
    assert not np.array_equal(alone[0][60:120, 350:380], alone[1][60:120, 350:380])


def test_pictures_have_even_sides_of_one_size(grown_plane, grown_volume):
    for document, fields, _ in (grown_plane, grown_volume):
        plane, cut = middle_section(document, fields)
        sizes = {picture.shape for picture in draw_frames(plane, cut, [0, len(plane.times) - 1], Scales(5.0, 1.0))}
        assert len(sizes) == 1
        rows, columns, _ = sizes.pop()
        assert rows % 2 == columns % 2 == 0


def test_the_middle_section_is_a_plane_of_the_volume(grown_volume, grown_plane):
    document, fields, _ = grown_volume
    plane, cut = middle_section(document, fields)
    assert plane.grid_shape == (32, 32)
    assert "section" in plane.microstructure
    assert np.array_equal(cut["xi"], fields["xi"][:, :, 8])
    assert np.array_equal(cut["pressure"], fields["pressure"][:, :, 8])
    assert np.array_equal(cut["coarse"], fields["coarse"][:, 8])
    assert middle_section(*grown_plane[:2])[0] is grown_plane[0]


def test_a_picture_as_webp():
    grey = np.full((40, 60, 3), 120, np.uint8)
    with Image.open(io.BytesIO(encode_webp(grey))) as picture:
        assert picture.format == "WEBP"
        assert np.abs(np.asarray(picture.convert("RGB"), int) - 120).max() <= 2


def test_mp4_gives_ffmpeg_every_frame(grown_plane, tmp_path, monkeypatch):
    """Where ffmpeg is installed, it writes the film and its frames are read back; otherwise a stand-in counts bytes."""
    document, fields, folder = grown_plane
    drawn = draw_frames(document, fields, [0], common_scales([fields]))[0]
    if shutil.which("ffmpeg") is None:
        stand_in = tmp_path / "ffmpeg"
        stand_in.write_text('#!/bin/sh\nfor last; do :; done\necho "$@" > "$last"\nwc -c >> "$last"\n')
        stand_in.chmod(stand_in.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setattr(movies, "FFMPEG", str(stand_in))
        said = write_movie(document, folder, tmp_path / "a.mp4").read_text()
        assert f"-s {drawn.shape[1]}x{drawn.shape[0]} -r 5 " in said
        assert int(said.split()[-1]) == drawn.size * (5 + 10)  # the last frame is held for two seconds
    else:
        assert write_movie(document, folder, tmp_path / "a.mp4").read_bytes()[4:8] == b"ftyp"


def test_what_cannot_be_written_is_said(grown_plane, tmp_path, monkeypatch):
    document, _, folder = grown_plane
    with pytest.raises(InputError, match=r"\.webp, \.gif or \.mp4"):
        write_movie(document, folder, tmp_path / "a.avi")
    monkeypatch.setattr(movies, "FFMPEG", "no-such-program")
    with pytest.raises(MissingDependencyError, match="ffmpeg"):
        write_movie(document, folder, tmp_path / "a.mp4")
    failing = tmp_path / "ffmpeg"
    failing.write_text("#!/bin/sh\ncat > /dev/null; echo unknown encoder >&2; exit 1\n")
    failing.chmod(0o755)
    monkeypatch.setattr(movies, "FFMPEG", str(failing))
    with pytest.raises(MissingDependencyError, match="unknown encoder"):
        write_movie(document, folder, tmp_path / "a.mp4")

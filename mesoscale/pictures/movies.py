"""Films of a growth: animated WebP or GIF by Pillow, MP4 by ffmpeg where that is installed."""

import io
import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, features

from selflimit.arrays import UInt8Array
from selflimit.documents import GrowthDoc
from selflimit.errors import InputError, MissingDependencyError
from selflimit.mesoscale.field_files import load_fields
from selflimit.mesoscale.pictures.frames import Scales, common_scales, draw_frames
from selflimit.mesoscale.pictures.sections import middle_section

FRAME_TIME = 0.2
"""Seconds that a frame is shown."""
LAST_FRAME_TIME = 2.0
"""Seconds that the last frame is shown."""
QUALITY = 80
"""WebP quality: text and thin lines stay clean."""
FFMPEG = "ffmpeg"


def write_movie(document: GrowthDoc, folder: Path, path: Path, scales: Scales | None = None) -> Path:
    """Film of all output times of a growth; one in three dimensions is cut through its middle.

    Parameters
    ----------
    document
        The growth.
    folder
        Where its field file is.
    path
        File ending in '.webp', '.gif' or '.mp4'.
    scales
        Colour scales, to compare several films; if ``None``, those of this growth.

    Raises
    ------
    InputError
        If the file's ending is another, or the field file is missing or changed.
    MissingDependencyError
        For MP4 without ffmpeg on the PATH, for WebP with a Pillow that lacks it.
    """
    if path.suffix not in (".webp", ".gif", ".mp4"):
        raise InputError(f"expected a film ending in .webp, .gif or .mp4, got {path.name}")
    # first of all, or a missing ffmpeg would be told only after all frames are drawn
    writer = _writer(path.suffix)
    plane, fields = middle_section(document, load_fields(folder, document.fields))
    pictures = draw_frames(plane, fields, range(len(plane.times)), scales or common_scales([fields]))
    path.parent.mkdir(parents=True, exist_ok=True)
    writer(path, pictures)
    return path


def encode_webp(picture: UInt8Array) -> bytes:
    """A picture as a WebP file, the smallest that every browser shows.

    Raises
    ------
    MissingDependencyError
        If Pillow was built without WebP.
    """
    _need_webp()
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "WEBP", quality=QUALITY, method=4)
    return file.getvalue()


def _writer(suffix: str) -> Callable[[Path, Sequence[UInt8Array]], None]:
    """What writes films of this kind; said before the pictures are drawn where it is missing."""
    if suffix == ".webp":
        _need_webp()
        return _write_webp
    if suffix == ".gif":
        return _write_gif
    program = shutil.which(FFMPEG)
    if program is None:
        raise MissingDependencyError(
            "expected ffmpeg on the PATH for MP4, found none; install it, or write .webp or .gif"
        )
    return partial(_write_mp4, program)


def _write_webp(path: Path, pictures: Sequence[UInt8Array]) -> None:
    first, *rest = (Image.fromarray(picture) for picture in pictures)
    times = _frame_times(pictures)
    first.save(path, save_all=True, append_images=rest, duration=times, loop=0, quality=QUALITY, method=4)


def _write_gif(path: Path, pictures: Sequence[UInt8Array]) -> None:
    """In the 256 colours that serve first, middle and last frame best, so that nothing flickers."""
    samples = np.concatenate([pictures[i] for i in (0, len(pictures) // 2, -1)])
    palette = Image.fromarray(samples).quantize(256)
    first, *rest = (Image.fromarray(p).quantize(palette=palette, dither=Image.Dither.NONE) for p in pictures)
    first.save(path, save_all=True, append_images=rest, duration=_frame_times(pictures), loop=0)


def _frame_times(pictures: Sequence[UInt8Array]) -> list[int]:
    """How long each frame is shown (ms)."""
    return [round(1000 * FRAME_TIME)] * (len(pictures) - 1) + [round(1000 * LAST_FRAME_TIME)]


def _write_mp4(program: str, path: Path, pictures: Sequence[UInt8Array]) -> None:
    rows, columns, _ = pictures[0].shape
    # MP4 has one rate for all frames, so the last is written many times over
    held = [*pictures, *[pictures[-1]] * round(LAST_FRAME_TIME / FRAME_TIME)]
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{columns}x{rows}", "-r", f"{1 / FRAME_TIME:g}", "-i", "-"]
    # H.264 with halved colour resolution is what every player and slide program shows.
    target = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "20", "-movflags", "+faststart", str(path)]
    done = subprocess.run(
        [program, "-loglevel", "error", "-y", *source, *target],
        input=b"".join(picture.tobytes() for picture in held),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise MissingDependencyError(f"expected ffmpeg to write {path}, it said: {done.stderr.decode().strip()[-300:]}")


def _need_webp() -> None:
    if not features.check("webp"):
        raise MissingDependencyError(
            "expected a Pillow with WebP, this one lacks it; install Pillow's wheel, or write .gif"
        )

"""Files of MACE models: the public ones by pinned name, and any other by its path.

A MACE model file is a pickle: loading it runs what it contains. So a public name stands for one file, whose SHA-256 is
checked before anything is loaded, and every other file must be named by its path, by a user who trusts its origin.
"""

import os
import tempfile
import time
import urllib.request
import zipfile
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from selflimit.errors import InputError, MissingDependencyError
from selflimit.files import sha256

NETWORK_TIMEOUT = 10.0
"""Seconds that the server of public weights may stay silent."""

DOWNLOAD_TIMEOUT = 600.0
"""Seconds for a whole download: 80 MB at 130 kB/s."""

BYTES_AT_A_TIME = 1 << 18
"""Bytes read at a time."""


@dataclass(frozen=True)
class PublicModel:
    """A public MACE model (arXiv:2401.00096).

    Attributes
    ----------
    url
        Where its makers publish it.
    sha256
        Of the file, as several users independently give it.
    """

    url: str
    sha256: str

    @property
    def cached(self) -> Path:
        """Where mace-torch keeps it: XDG_CACHE_HOME/mace (default ~/.cache/mace), without dots and dashes."""
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mace"
        return folder / "".join(c for c in self.url.rsplit("/", 1)[-1] if c.isalnum() or c == "_")


_RELEASES = "https://github.com/ACEsuit/mace-mp/releases/download"

PUBLIC_MODELS = {
    "MACE-MP-0-small": PublicModel(
        f"{_RELEASES}/mace_mp_0/2023-12-10-mace-128-L0_energy_epoch-249.model",
        "2ddb079cee0e131eaaf6912ba581b394551ead283e95c99cfe78c605d10b5736",
    ),
    "MACE-MPA-0": PublicModel(
        f"{_RELEASES}/mace_mpa_0/mace-mpa-0-medium.model",
        "75428afe3a1d7d8062e19bcaabd5c433623cabf308242ec9fb493e38604fb638",
    ),
}
"""Both under the MIT licence."""


def fetch_public_model(name: str) -> Path:
    """File of a public model, from mace-torch's cache or downloaded into it; its SHA-256 is the pinned one.

    Parameters
    ----------
    name
        One of :data:`PUBLIC_MODELS`.

    Raises
    ------
    InputError
        The cached or downloaded file is another one.
    MissingDependencyError
        The file is not in the cache, and no download within :data:`DOWNLOAD_TIMEOUT`.
    """
    model = PUBLIC_MODELS[name]
    if not model.cached.is_file():
        _download(name, model)
    _require_hash(name, model, model.cached, f"remove {model.cached}")
    return model.cached


def model_file(path: Path) -> Path:
    """``path`` if a file of torch's format is there; its content is not loaded.

    Raises
    ------
    InputError
        No such file, or of another format: an error page, a truncated download, a bare pickle.
    """
    if not path.is_file():
        raise InputError(f"expected a MACE model file after 'MACE:', found none at {path}; check the path")
    if not zipfile.is_zipfile(path):
        raise InputError(
            f"{path} is not a MACE model (torch's files are ZIP archives, this is none or part of one); get it again"
        )
    return path


def _require_hash(name: str, model: PublicModel, path: Path, remedy: str) -> None:
    found = sha256(path)
    if found != model.sha256:
        raise InputError(
            f"{path} is not {name}: its SHA-256 is {found}, expected {model.sha256}. Nothing of it was loaded, for a "
            f"model file is code; {remedy}, or, if you trust its origin, give it as 'MACE:<path>'"
        )


def _download(name: str, model: PublicModel) -> None:
    """Fetch the file beside its place and move it there when it is whole and the right one."""
    try:
        model.cached.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=model.cached.parent) as folder:
            part = Path(folder) / model.cached.name
            _fetch(model.url, part)
            _require_hash(name, model, part, "check what answers at its address")
            part.replace(model.cached)
    except (OSError, HTTPException) as cause:  # network, disk; a server of another kind
        raise MissingDependencyError(
            f"the weights of {name} are not at {model.cached} and cannot be had from {model.url} ({cause}). Download "
            "that file where there is a network and put it there (the environment variable XDG_CACHE_HOME moves that "
            "folder), or give its path as 'MACE:<path>'"
        ) from cause


def _fetch(url: str, path: Path) -> None:
    deadline = time.monotonic() + DOWNLOAD_TIMEOUT
    with urllib.request.urlopen(url, timeout=NETWORK_TIMEOUT) as response, path.open("wb") as part:
        while block := response.read(BYTES_AT_A_TIME):
            part.write(block)
            if time.monotonic() > deadline:
                raise TimeoutError(f"not finished after {DOWNLOAD_TIMEOUT:g} s")
        expected = int(response.headers.get("Content-Length") or path.stat().st_size)
        part.flush()
    if path.stat().st_size != expected:
        raise ConnectionError(f"the download ended after {path.stat().st_size} of {expected} bytes")

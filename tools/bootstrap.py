"""Set up the project's own environment in .venv: `python tools/bootstrap.py run|dev`.

Needs Python >= 3.11 and a package index, nothing else. torch comes first and through pip, in the version the project is
tested with, so that a CPU build offered by pip's configuration is taken; everything else goes through uv, which is
some ten times faster, and through pip where uv cannot be had. Other versions of torch work too (see pyproject.toml):
install yours into .venv before running this.
"""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
TESTED_TORCH = "torch==2.13.0"
TEST_SERVER = "SecantusDB==0.7.0b3"


def main(extra: str) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - this script runs before anything checks requires-python
        sys.exit(f"selflimit needs Python >= 3.11, got {sys.version.split()[0]}; run `make PYTHON=python3.12 ...`")
    stamp = ENVIRONMENT / f".ready-{extra}"
    wanted = (ROOT / "pyproject.toml").read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    python = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        print(f"making {ENVIRONMENT}", flush=True)
        venv.create(ENVIRONMENT, with_pip=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    if not imports(python, "torch"):
        print(f"installing {TESTED_TORCH} (a large download on some machines)", flush=True)
        subprocess.run([*pip, TESTED_TORCH], check=True)
    print(f"installing selflimit[{extra}] and what it needs", flush=True)
    install = [str(python), "-m", "uv", "pip", "install", "--quiet", "--python", str(python)]
    if subprocess.run([*pip, "uv"], check=False).returncode != 0:
        install = pip
    subprocess.run([*install, "--editable", f"{ROOT}[{extra}]"], check=True)
    if extra == "dev":
        test_server()
        slurm()
    stamp.write_text(wanted)


def test_server() -> None:
    """A MongoDB-protocol server in an environment of its own: tests talk to it over the wire, nothing imports it."""
    environment = ROOT / ".venv-mongo"
    venv.create(environment, with_pip=True)
    command = [environment / "bin" / "python", "-m", "pip", "install", "--quiet", TEST_SERVER]
    if subprocess.run(command, check=False).returncode != 0:
        print(
            "no test server: tests against MongoDB will be skipped unless SELFLIMIT_TEST_MONGO_URI is set", flush=True
        )


def slurm() -> None:
    """Debian's Slurm for the tests that submit to one; left out where this is not root's Debian."""
    if shutil.which("slurmctld", path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
        return
    if os.name == "nt" or os.geteuid() != 0 or shutil.which("apt-get") is None:
        print("no Slurm: the tests against one will be skipped (needs root and apt-get)", flush=True)
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    quiet = {"env": environment, "check": False, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    install = ["apt-get", "install", "-y", "--no-install-recommends", "slurm-wlm", "munge"]
    if any(subprocess.run(command, **quiet).returncode != 0 for command in (["apt-get", "update"], install)):
        print("no Slurm: the tests against one will be skipped (apt-get could not install it)", flush=True)


def imports(python: Path, module: str) -> bool:
    seek = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return subprocess.run([str(python), "-c", seek], check=False).returncode == 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ("run", "dev"):
        sys.exit(__doc__)
    try:
        main(sys.argv[1])
    except subprocess.CalledProcessError as error:
        sys.exit(
            f"set-up failed: {' '.join(error.cmd)}\nsee pip's message above; run the same command again to continue"
        )

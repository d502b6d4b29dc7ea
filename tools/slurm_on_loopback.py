"""A real Slurm on this machine alone, for tests: `python tools/slurm_on_loopback.py start FOLDER` and `stop FOLDER`.

Needs root and Debian's packages slurm-wlm and munge (apt-get install --no-install-recommends slurm-wlm munge). No
systemd, no accounting, no cgroups: munged, slurmctld and slurmd listen on 127.0.0.1, and `export SLURM_CONF=...`,
which `start` prints, leads the client programs to them. It never touches a Slurm that is configured in /etc.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol")
DAEMONS = ("slurmd", "slurmctld", "munged")
CONFIGURATION = """\
ClusterName=loopback
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmctldPort={first_port}
SlurmdPort={second_port}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
KillWait=2
MinJobAge=30
SchedulerParameters=sched_min_interval=0
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""
CGROUPS = """\
CgroupPlugin=cgroup/v1
ConstrainCores=no
ConstrainDevices=no
ConstrainRAMSpace=no
ConstrainSwapSpace=no
"""


def missing() -> str:
    """Why Slurm cannot be started here; empty if it can."""
    if os.geteuid() != 0:
        return "a Slurm of one's own needs root"
    absent = [name for name in PROGRAMS if shutil.which(name, path=search_path()) is None]
    return f"not installed: {', '.join(absent)} (apt-get install slurm-wlm munge)" if absent else ""


def search_path() -> str:
    """PATH with the folders of daemons."""
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def start(folder: Path) -> dict[str, str]:
    """Start the three daemons with everything below ``folder``; returns the environment that clients need."""
    if reason := missing():
        raise RuntimeError(reason)
    folder = folder.resolve()
    for name in ("state", "spool", "munge"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    configuration = CONFIGURATION.format(
        folder=folder, host=socket.gethostname().split(".")[0], cpus=os.cpu_count(),
        first_port=free_port(), second_port=free_port(),
    )  # fmt: skip
    (folder / "slurm.conf").write_text(configuration)
    (folder / "cgroup.conf").write_text(CGROUPS)
    environment = {**os.environ, "PATH": search_path(), "SLURM_CONF": str(folder / "slurm.conf")}
    start_munge(folder)
    for daemon in ("slurmctld", "slurmd"):
        subprocess.run([daemon], env=environment, check=True)
    wait_for_node(environment)
    return {"SLURM_CONF": environment["SLURM_CONF"]}


def start_munge(folder: Path) -> None:
    """munged with a key and a socket of its own; as root, which it allows when told twice."""
    key = folder / "munge" / "key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    files = {"socket": folder / "munge.socket", "pid-file": folder / "munged.pid", "log-file": folder / "munged.log"}
    options = [f"--{name}={path}" for name, path in files.items()]
    seed = f"--seed-file={folder / 'munge' / 'seed'}"
    subprocess.run(
        ["munged", "--force", f"--key-file={key}", seed, *options],
        env={**os.environ, "PATH": search_path()},
        check=True,
    )


def wait_for_node(environment: dict[str, str]) -> None:
    """Until the node takes jobs."""
    for _ in range(600):
        asked = subprocess.run(
            ["sinfo", "-h", "-o", "%t"], env=environment, capture_output=True, text=True, check=False
        )
        if asked.stdout.strip() in ("idle", "mix", "alloc"):
            return
        time.sleep(0.1)
    raise RuntimeError(f"Slurm's node did not come up: {asked.stdout} {asked.stderr}; see the logs beside slurm.conf")


def stop(folder: Path) -> None:
    """End the daemons that were started for ``folder``, by the process numbers they wrote."""
    for daemon in DAEMONS:
        path = folder / f"{daemon}.pid"
        if path.exists():
            end(int(path.read_text()))


def end(process: int) -> None:
    """Ask a process to end and wait until it has."""
    try:
        os.kill(process, signal.SIGTERM)
        for _ in range(100):
            os.kill(process, 0)
            time.sleep(0.1)
    except ProcessLookupError:
        return


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("start", "stop"):
        sys.exit(__doc__)
    if sys.argv[1] == "start":
        print("\n".join(f"export {name}={value}" for name, value in start(Path(sys.argv[2])).items()))
    else:
        stop(Path(sys.argv[2]))

"""A jobflow-remote project on a test's own database and workers, and its runner. Loaded by the tests that need it."""

import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jobflow_remote import SETTINGS, JobController
from jobflow_remote.jobs.runner import Runner

from selflimit.workflows.managers.jobflow_remote import project_store

PATIENCE = 900
"""Seconds that a runner gets: ten times what the longest default flow takes on an idle machine."""

RUNNER = "from jobflow_remote.jobs.runner import Runner; Runner(project_name={name!r}).run()"


@dataclass(frozen=True)
class ManagedProject:
    """Name and folder of one project."""

    name: str
    folder: Path

    def store(self):
        """The project's JobStore."""
        return project_store(self.name)

    def controller(self):
        return JobController.from_project_name(self.name)

    def run(self, seconds=PATIENCE):
        """A real runner in this process, until nothing is left to do."""
        Runner(project_name=self.name).run_all_jobs(max_seconds=seconds)

    @contextmanager
    def runner_process(self):
        """A real runner in a process of its own; killed, not asked, at the end."""
        environment = {**os.environ, "JFREMOTE_PROJECTS_FOLDER": str(self.folder / "projects")}
        with (self.folder / "runner.log").open("a") as log:
            command = [sys.executable, "-c", RUNNER.format(name=self.name)]
            with subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process:
                try:
                    yield process
                finally:
                    process.kill()

    def states(self):
        """Names of jobs -> their states."""
        return {job.name: job.state.value for job in self.controller().get_jobs_info()}

    def wait_for(self, condition, what, seconds=PATIENCE):
        """Poll until ``condition()`` holds."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"{what} did not happen within {seconds} s: {self.states()}"
            time.sleep(0.3)


def new_project(folder, server, monkeypatch, scheduler="shell", resources=None, lines=()):
    """A project with a worker 'main' and an empty database on ``server``."""
    name = f"p{uuid.uuid4().hex[:10]}"
    for part in ("projects", "work"):
        (folder / part).mkdir()
    bin_folder = Path(sys.executable).parent

    def store(collection):
        return {"type": "MongoStore", "uri": server, "database": name, "collection_name": collection}

    project = {
        "name": name,
        "runner": {
            "delay_checkout": 1,
            "delay_check_run_status": 1,
            "delay_advance_status": 1,
            "delta_retry": [2, 4, 8],
        },
        "workers": {
            "main": {
                "type": "local",
                "scheduler_type": scheduler,
                "work_dir": str(folder / "work"),
                "max_jobs": 2,
                "resources": resources or {},
                "pre_run": "\n".join([f"export PATH={bin_folder}:$PATH", "export OMP_NUM_THREADS=1", *lines]),
            }
        },
        "queue": {"store": store("jobs"), "flows_collection": "flows", "auxiliary_collection": "auxiliary"},
        "jobstore": {"docs_store": store("outputs"), "additional_stores": {"data": store("data")}},
    }
    (folder / "projects" / f"{name}.json").write_text(json.dumps(project))
    monkeypatch.setattr(SETTINGS, "projects_folder", str(folder / "projects"))
    monkeypatch.setenv("JFREMOTE_PROJECTS_FOLDER", str(folder / "projects"))
    made = ManagedProject(name, folder)
    made.controller().reset()
    return made


def slurm_tool():
    """tools/slurm_on_loopback.py as a module."""
    import slurm_on_loopback

    return slurm_on_loopback


def fresh(folder: Path) -> Path:
    """``folder``, empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder

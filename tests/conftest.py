"""A MongoDB server over the wire, for the tests that take one."""

import os
import socket
import subprocess
import time
import uuid
from pathlib import Path

import made_documents
import pytest

SERVER = Path(__file__).resolve().parents[1] / ".venv-mongo" / "bin" / "secantusd-py"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def mongo_server(tmp_path_factory):
    """URI of a MongoDB server without database: SELFLIMIT_TEST_MONGO_URI, or one started from its own environment."""
    given = os.environ.get("SELFLIMIT_TEST_MONGO_URI")
    if given:
        yield given.rstrip("/")
        return
    if not SERVER.exists():
        pytest.skip("no MongoDB server: set SELFLIMIT_TEST_MONGO_URI, or run `python tools/bootstrap.py dev`")
    port = free_port()
    folder = tmp_path_factory.mktemp("mongo")
    command = [SERVER, "--host", "127.0.0.1", "--port", str(port), "--storage-path", folder]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        _wait_for(port)
        yield f"mongodb://127.0.0.1:{port}"
        server.terminate()


def _wait_for(port):
    for _ in range(200):
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"the test's MongoDB server did not open port {port} within 20 s")


@pytest.fixture(params=["folder", "mongodb"])
def empty_store(request, tmp_path):
    """Where an empty store is: a folder not made yet, or a fresh database of a real server."""
    if request.param == "folder":
        return str(tmp_path / "store")
    return f"{request.getfixturevalue('mongo_server')}/test-{uuid.uuid4().hex}"


@pytest.fixture(scope="session")
def made():
    """Module of documents made by hand."""
    return made_documents


class Server:
    """A MongoDB server that can be killed and started again on the same files."""

    def __init__(self, folder, port):
        self.command = [SERVER, "--host", "127.0.0.1", "--port", str(port), "--storage-path", str(folder)]
        self.uri = f"mongodb://127.0.0.1:{port}"
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def own_server(tmp_path):
    """A server of the test's own, which it may kill."""
    if not SERVER.exists():
        pytest.skip("needs a MongoDB server that it may kill: run `python tools/bootstrap.py dev`")
    server = Server(tmp_path / "database", free_port())
    server.start()
    yield server
    server.kill()

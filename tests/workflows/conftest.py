"""A MongoDB server over the wire, for the tests that take one."""

import importlib.util
import os
import socket
import subprocess
import time
import uuid
from pathlib import Path

import pytest

SERVER = Path(__file__).resolve().parents[2] / ".venv-mongo" / "bin" / "secantusd-py"


@pytest.fixture(scope="session")
def mongo_server(tmp_path_factory):
    """URI of a MongoDB server without database: SELFLIMIT_TEST_MONGO_URI, or one started from its own environment."""
    given = os.environ.get("SELFLIMIT_TEST_MONGO_URI")
    if given:
        yield given.rstrip("/")
        return
    if not SERVER.exists():
        pytest.skip("no MongoDB server: set SELFLIMIT_TEST_MONGO_URI, or run `python tools/bootstrap.py dev`")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
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
    spec = importlib.util.spec_from_file_location("made_documents", Path(__file__).with_name("made_documents.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

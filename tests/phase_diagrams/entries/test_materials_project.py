"""The Materials Project client against real sockets on this machine: every way in which a server can fail."""

import json
import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from selflimit.documents import level_of
from selflimit.errors import InputError
from selflimit.phase_diagrams import competing_entries, electrolyte_entries

KEY = "k" * 32
TIME_LIMIT = 20.0  # s; a download over loopback takes about one, the limit is only reached where the test says so


@pytest.fixture
def endpoint(monkeypatch):
    """Sets the server that the client talks to; no proxy in between, and no key from outside."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("MP_API_KEY", raising=False)
    return lambda port: monkeypatch.setenv("MP_API_ENDPOINT", f"http://127.0.0.1:{port}/")


@contextmanager
def http_server(respond):
    """HTTP server on loopback; ``respond(path, headers)`` gives (status, text). Yields its port and the paths asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            status, text = respond(self.path, self.headers)
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], asked
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def silent_server():
    """Accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def refused_port():
    """A port that nobody listens on: it was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


HEARTBEAT = json.dumps({"version": "99.0.0", "db_version": "2025.09.25", "access_controlled_batch_ids": []})


def materials_project(entries, key=KEY):
    """Answers like the Materials Project: heartbeat, and entries for whoever shows the key."""
    documents = [
        {
            "entries": {"GGA": entry.as_dict()},
            "thermo_type": "GGA_GGA+U",
            "builder_meta": {"license": licence},
        }
        for entry, licence in entries
    ]

    def respond(path, headers):
        if "heartbeat" in path:
            return 200, HEARTBEAT
        if headers.get("x-api-key") != key:
            return 401, json.dumps({"detail": "Invalid API key"})
        return 200, json.dumps({"data": documents, "meta": {"total_doc": len(documents)}})

    return respond


def download(limit=TIME_LIMIT, key=KEY):
    return competing_entries("Li-Zr-Cl", "mp-api", api_key=key, time_limit=limit)


def test_a_server_that_answers(endpoint, mp_entries):
    licences = ["BY-C"] * (len(mp_entries) - 1) + ["BY-NC"]
    with http_server(materials_project(list(zip(mp_entries, licences, strict=True)))) as (port, asked):
        endpoint(port)
        found = download()
    thermo = next(path for path in asked if "thermo" in path)
    assert "GGA_GGA%2BU" in thermo  # the level of theory is asked for, not the mixed hull
    assert {e.entry_id for e in found} == {e.entry_id for e in mp_entries[:-1]}  # the BY-NC entry is dropped
    assert {level_of(e).label for e in found} == {"PBE (MP GGA) + MP2020 corrections"}
    energies = {e.entry_id: e.energy for e in mp_entries}
    assert all(e.energy == pytest.approx(energies[e.entry_id], abs=1e-9) for e in found)  # JSON keeps all digits


def test_bad_key(endpoint, mp_entries):
    with http_server(materials_project([(e, "BY-C") for e in mp_entries], key="another")) as (port, _):
        endpoint(port)
        with pytest.raises(InputError, match="check the API key") as caught:
            download()
    assert "401" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_network(endpoint):
    endpoint(refused_port())
    begin = time.monotonic()
    with pytest.raises(InputError, match="check the API key and the network"):
        download()
    assert time.monotonic() - begin < TIME_LIMIT


def test_silent_network(endpoint):
    with silent_server() as port:
        endpoint(port)
        begin = time.monotonic()
        with pytest.raises(InputError, match=r"did not answer within 2 s"):
            download(limit=2.0)
        assert time.monotonic() - begin < 10  # far above the limit, far below the never of the server


def test_nonsense_instead_of_json(endpoint):
    with http_server(lambda path, headers: (200, "<html>login required</html>")) as (port, _):
        endpoint(port)
        with pytest.raises(InputError, match="gave no entries"):
            download()


def test_storage_error(endpoint, mp_entries, monkeypatch):
    """The client keeps a log in the home folder and fails with an OSError where that cannot be written."""

    def fail(*arguments, **settings):
        raise OSError(28, "No space left on device")

    with http_server(materials_project([(e, "BY-C") for e in mp_entries])) as (port, _):
        endpoint(port)
        monkeypatch.setattr("mp_api.client.MPRester._get_heartbeat_info", fail)
        with pytest.raises(InputError, match="No space left on device"):
            download()


# --- the set for a diagram ---------------------------------------------------------------------------------------


def test_without_key_the_bundled_set_is_taken(monkeypatch):
    monkeypatch.delenv("MP_API_KEY", raising=False)
    found = electrolyte_entries(["Li3N"])
    assert found.source == "force-field"
    assert found.fallback == ""


def test_a_silent_server_falls_back_and_says_so(endpoint):
    with silent_server() as port:
        endpoint(port)
        found = electrolyte_entries(["Li10GeP2S12"], api_key=KEY, time_limit=2.0)
        with pytest.raises(InputError, match="did not answer"):
            electrolyte_entries(["Li10GeP2S12"], source="mp-api", api_key=KEY, time_limit=2.0)
    assert found.source == "force-field"
    assert "did not answer within 2 s" in found.fallback
    assert "LiP7" in {phase.formula for phase in found.left_out}


def test_an_electrolyte_that_the_project_lacks_falls_back(endpoint, mp_entries):
    with http_server(materials_project([(e, "BY-C") for e in mp_entries])) as (port, _):
        endpoint(port)
        found = electrolyte_entries(["Li2ZrCl6"], api_key=KEY, time_limit=TIME_LIMIT)
        complete = electrolyte_entries(["ZrCl4"], api_key=KEY, time_limit=TIME_LIMIT)
    assert found.source == "force-field"
    assert "Li2ZrCl6" in found.fallback
    assert complete.source == "mp-api"
    assert complete.left_out == ()

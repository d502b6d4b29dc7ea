"""A database behind a network that drops, cuts, delays and refuses connections: nothing is lost, nothing doubled."""

import threading
from collections import Counter

import pytest
from faulty_proxy import FaultyProxy
from pymongo.uri_parser import parse_uri

from selflimit.workflows import open_store
from selflimit.workflows.stores import retrying
from selflimit.workflows.stores.retrying import PatientJobStore


@pytest.mark.parametrize(
    ("faults", "writers"),
    [
        (16, 1),
        pytest.param(200, 1, marks=pytest.mark.slow),
        pytest.param(200, 4, marks=pytest.mark.slow),
    ],
)
def test_faults_of_the_network_lose_and_double_no_document(mongo_server, monkeypatch, faults, writers):
    """Documents with files are written and read back until the faults have happened; then the server is asked."""
    monkeypatch.setattr(retrying, "PAUSE", 0.02)
    [(_, port)] = parse_uri(mongo_server)["nodelist"]
    name, proxy = f"faults{faults}w{writers}", FaultyProxy(port, seed=faults + writers)
    wrong = []

    def write(writer):
        store = PatientJobStore(open_store(f"mongodb://{proxy.address}/{name}?directConnection=true"))
        number = 0
        proxy.armed = True
        while proxy.count < faults:
            uuid, output = f"{writer}-{number}", {"value": number, "piece": {"base64_bytes": "ab" * 20_000}}
            store.update({"uuid": uuid, "index": 1, "output": output}, save={"data": ["base64_bytes"]})
            [found] = store.query({"uuid": uuid})
            if found["output"]["value"] != number:
                wrong.append(uuid)
            number += 1
        written[writer] = number

    written = {}
    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    proxy.close()
    assert not wrong
    assert written.keys() == set(range(writers)), "no writer gave up"
    assert {"drop", "cut", "delay"} <= {kind for kind, times in proxy.done.items() if times}
    store = open_store(f"{mongo_server}/{name}")
    counts = Counter(doc["uuid"] for doc in store.docs_store.query({}, ["uuid"]))
    assert counts == {f"{writer}-{number}": 1 for writer, many in written.items() for number in range(many)}
    for uuid in counts:
        assert store.get_output(uuid, load=True)["piece"]["base64_bytes"] == "ab" * 20_000

"""What the verbs `results` and `store copy` print."""

import csv
import io
import json
from argparse import Namespace

import pytest

from selflimit.cli.results import copy_results, query
from selflimit.workflows import open_store

NOTHING = dict.fromkeys(
    ("kind", "formula", "chemsys", "k_eff", "voltage", "level", "since", "until", "tag", "fields", "sort", "limit")
)


@pytest.fixture
def where(tmp_path, made):
    store = open_store(str(tmp_path / "store"))
    made.put(store, made.decomposition(15.0, 1.0), "a", tags=["thesis"])
    made.put(store, [made.relaxation("low, first", -3.5), made.relaxation("high", -3.0)], "b")
    made.put(store, {"@class": "StabilityDoc"}, "damaged")
    return str(tmp_path / "store")


def asked(where, capsys, **options):
    query(Namespace(**NOTHING | {"store": where, "format": "table", "json": False} | options))
    return capsys.readouterr()


def test_whole_documents_as_table_and_json(where, capsys):
    said = asked(where, capsys)
    assert "3 documents" in said.out
    assert said.err == "selflimit: 1 documents cannot be read and are left out, e.g. job damaged: Field required\n"
    found = json.loads(asked(where, capsys, json=True, kind="DecompositionDoc").out)
    assert [(one["kind"], one["k_eff"], one["search"]["chemsys"]) for one in found] == [
        ("DecompositionDoc", 15.0, "Cl-Li-Zr")
    ]


def test_chosen_fields_as_table_json_and_csv(where, capsys):
    options = {"fields": "label, energy_per_atom,tags", "kind": "RelaxationDoc", "sort": "energy_per_atom"}
    table = asked(where, capsys, **options).out
    assert table.index("low, first") < table.index("high")
    rows = json.loads(asked(where, capsys, **options, format="json").out)
    assert rows[0] == {"label": "low, first", "energy_per_atom": -3.5, "tags": []}
    text = asked(where, capsys, **options, format="csv", limit=1).out
    assert list(csv.reader(io.StringIO(text))) == [["label", "energy_per_atom", "tags"], ["low, first", "-3.5", "[]"]]
    assert len(asked(where, capsys, format="csv", tag="thesis").out.splitlines()) == 2


def test_a_copy_says_what_it_did(where, tmp_path, capsys):
    copy_results(Namespace(source=where, targets=[str(tmp_path / "copy")], replace=False, json=False))
    assert "3 documents copied, 0 were there, 0 replaced" in capsys.readouterr().out
    copy_results(Namespace(source=where, targets=[str(tmp_path / "copy")], replace=False, json=True))
    assert json.loads(capsys.readouterr().out) == {"copied": 0, "already_there": 3, "replaced": 0}

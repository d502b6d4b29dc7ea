"""`selflimit verdict`: the answer first, in the store like every result, and as JSON."""

import json

import pytest

from selflimit.cli.main import main
from selflimit.documents import ArrestDoc
from selflimit.documents.arrest import ENDS
from selflimit.workflows import iter_results, open_store


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_first_lines_answer_and_the_result_is_stored(here, capsys):
    words = [
        "verdict",
        "--current",
        "0.2",
        "2",
        "--layer-thickness",
        "60",
        "--slot-width",
        "0.5",
        "2",
        "--drawn",
        "1",
        "--folder",
        "kept",
    ]
    assert main(words) == 0
    said = capsys.readouterr().out.splitlines()
    for line, current in zip(said, ("0.2", "2"), strict=False):
        assert line.startswith(f"{current} mA/cm2: ")
        assert any(outcome.upper() in line for outcome in ENDS)
    assert not any("no verdict" in line for line in said)
    (stored,) = iter_results(open_store("selflimit-store"), kind="ArrestDoc")
    kept = json.loads((here / "kept" / "documents" / "arrest.json").read_text())
    assert [verdict["current"] for verdict in kept["currents"]] == [0.2, 2.0]
    given = {q.symbol: (q.low, q.high) for q in stored.ranges if q.confidence == "given"}
    assert given == {"L": (pytest.approx(60e-6),) * 2, "H": (pytest.approx(0.5e-6), pytest.approx(2e-6))}
    assert main([*words, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown.pop("kind") == "ArrestDoc"
    assert ArrestDoc.model_validate(shown) == stored

"""The tables of the paper's readings are those of the kept results, and what is written of several seeds is true."""

import json

import paper_tables
import pytest

from selflimit.documents import ComparisonRow
from selflimit.mesoscale import PRESETS


@pytest.mark.parametrize(("page", "front"), paper_tables.PAGES)
def test_a_table_is_that_of_the_kept_results(page, front):
    known = json.loads(paper_tables.KEPT.read_text(encoding="utf-8"))
    table = paper_tables.table_of(paper_tables.PAGES[page, front], front, known)
    text = (paper_tables.THEORY / page).read_text(encoding="utf-8")
    assert table in text, "python tools/paper_tables.py --write"


def row(value, **more):
    given = {"quantity": "tips", "unit": "1", "published": "branched", "low": 4.0, "basis": "predicted"}
    return ComparisonRow(**{**given, **more}, value=value)


def test_values_of_several_seeds():
    assert paper_tables.said([3.0, 5.0, 4.0]) == "3 to 5"
    assert paper_tables.said([2.0, 2.0]) == "2"
    assert paper_tables.said([None, 1.0]) == "1; in 1 not within the run"
    assert paper_tables.said([None]) == "not within the run"


def test_outcome_of_several_seeds():
    assert paper_tables.outcome([row(4.0), row(9.0)]) == "reproduced"
    assert paper_tables.outcome([row(4.0), row(1.0), row(1.0)]) == "in 1 of 3: reproduced"
    assert paper_tables.outcome([row(1.0)]) == "not reproduced"


def test_every_reading_has_its_cases_and_two_widths_where_they_are_asked_for():
    by_name = {name: paper_tables.cases_of(preset) for name, preset in PRESETS.items()}
    assert all(by_name.values())
    graded = [case for case in by_name["fig5-graded"] if case.width == PRESETS["fig5-graded"].width]
    assert [case.seed for case in graded] == [1, 2, 3, 4, 5]
    assert {case.width for case in by_name["fig8-step1"]} == {0.5e-6, 0.25e-6}
    assert len(by_name["fig8-step2"]) == 1
    keys = [case.key for cases in by_name.values() for case in cases]
    assert len(set(keys)) == len(keys)

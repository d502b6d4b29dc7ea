"""The report's first block: answers, shares that add up, and everything escaped."""

import re

import pytest
from decompositions import lithium_decomposition

from selflimit.mesoscale import ArrestSettings, InterfaceParameters, judge_arrest
from selflimit.report.arrest_chapter import (
    OUTCOME_COLUMNS,
    RANGE_COLUMNS,
    STATE_COLUMNS,
    add_arrest_details,
    outcome_rows,
    range_rows,
    state_rows,
)
from selflimit.report.html_page import Page


@pytest.fixture(scope="module")
def verdict():
    quick = ArrestSettings(samples=256, index_samples=32, seeds=1)
    return judge_arrest(lithium_decomposition(), InterfaceParameters(), quick)


def test_the_chapter_begins_with_the_answers(verdict):
    page = Page("run")
    add_arrest_details(page, verdict)
    markup = page.text()
    places = [markup.index(re.split("[(;]", one.statement)[0].replace("cm2", "cm²")) for one in verdict.currents]
    assert places == sorted(places)
    assert places[-1] < markup.index("<table")
    assert "are no prediction" in markup
    assert all(f">{q.confidence}<" in markup for q in verdict.ranges)
    assert "doi:10.1149/2.0221902jes" in markup


def test_rows_fit_their_columns_and_shares_add_up(verdict):
    rows = outcome_rows(verdict)
    assert len(rows) == 2 * len(verdict.currents)
    for row in rows:
        assert len(row) == len(OUTCOME_COLUMNS)
        # eight shares of two digits, each rounded by up to 0.005
        assert sum(float(cell) for cell in row[2:10]) == pytest.approx(1.0, abs=0.041)
    assert all(len(row) == len(STATE_COLUMNS) for row in state_rows(verdict))
    assert all(len(row) == len(RANGE_COLUMNS) for row in range_rows(verdict))

"""The tables of docs/theory/arrest.md are what the code computes; those that take an instant."""

import arrest_tables
import pytest


@pytest.mark.parametrize("made", [arrest_tables.channels, arrest_tables.widths, arrest_tables.cracks])
def test_a_table_is_the_documented_one(made):
    assert made() in arrest_tables.PAGE.read_text(encoding="utf-8"), "python tools/arrest_tables.py writes them"

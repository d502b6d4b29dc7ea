"""The nearest word, by hand-made cases and as a property."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selflimit.suggestions import did_you_mean, find_nearest

KINDS = ("DecompositionDoc", "GrowthDoc", "RelaxationDoc", "StabilityDoc", "StressDoc")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("StabilityDok", "StabilityDoc"), ("stability", "StabilityDoc"), ("GROWTHDOC", "GrowthDoc"),
        ("StresDoc", "StressDoc"), ("xyz", None), ("", None),
    ],
)  # fmt: skip
def test_what_was_meant(word, meant):
    assert find_nearest(word, KINDS) == meant
    assert did_you_mean(word, KINDS) == (f"; did you mean {meant}?" if meant else "")


def test_nothing_is_known():
    assert find_nearest("word", []) is None


@given(st.sampled_from(KINDS), st.data())
def test_one_letter_left_out(word, data):
    place = data.draw(st.integers(0, len(word) - 1))
    assert find_nearest(word[:place] + word[place + 1 :], KINDS) == word

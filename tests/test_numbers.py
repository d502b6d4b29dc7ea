"""Numbers in README and documentation are those that the code gives now: ``python tools/regenerate.py`` mends them."""

import pytest
import regenerate


@pytest.mark.parametrize("passage", regenerate.PASSAGES, ids=lambda passage: passage.numbers.__name__)
def test_written_numbers_are_those_computed_now(passage):
    assert regenerate.stale(passage) == []


def test_a_passage_that_is_gone_is_told():
    gone = regenerate.Passage("README.md", r"no such words (\d+)", lambda: ("1",))
    with pytest.raises(SystemExit, match="mend the pattern"):
        regenerate.stale(gone)


def test_a_stale_number_is_found_and_mended(tmp_path, monkeypatch):
    (tmp_path / "page.md").write_text("It is 3 GPa, 20 % of it.")
    monkeypatch.setattr(regenerate, "ROOT", tmp_path)
    passage = regenerate.Passage("page.md", r"is (\d+) GPa, (\d+) %", lambda: ("17", "20"))
    assert regenerate.stale(passage) == [("3", "17")]
    regenerate.rewrite(passage)
    assert (tmp_path / "page.md").read_text() == "It is 17 GPa, 20 % of it."

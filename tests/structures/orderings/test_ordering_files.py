"""Orderings on disk: complete, resumable at any byte, and never taken for complete when they are not."""

import numpy as np
import pytest

from selflimit.errors import InputError
from selflimit.structures import parent_cell
from selflimit.structures.orderings.cells import lay_out
from selflimit.structures.orderings.counting import count_in
from selflimit.structures.orderings.files import load_orderings, save_orderings
from selflimit.structures.orderings.orderings import enumerate_in


@pytest.fixture(scope="module")
def cell():
    return lay_out(parent_cell("LZC-A"), "4x1x1")


def test_saved_orderings_are_the_enumerated_ones(cell, tmp_path):
    block = save_orderings(cell, tmp_path / "all")
    blocks = list(enumerate_in(cell))
    assert (block.labels == np.concatenate([one.labels for one in blocks])).all()
    assert block.degeneracies.sum() == count_in(cell).raw
    again = load_orderings(tmp_path / "all")
    assert again[7].structure() == block[7].structure() == blocks[0][7].structure()


@pytest.mark.parametrize("cut", [130, 5_000, 201_111])
def test_cut_anywhere_and_gone_on_with(cell, tmp_path, cut):
    # the files as a kill would leave them: each cut at some byte, the one not where the other is
    whole = save_orderings(cell, tmp_path / "whole")
    folder = tmp_path / "part"
    folder.mkdir()
    (folder / "started.json").write_bytes((tmp_path / "whole" / "cell.json").read_bytes())
    (folder / "labels.part").write_bytes((tmp_path / "whole" / "labels.npy").read_bytes()[:cut])
    (folder / "degeneracies.part").write_bytes((tmp_path / "whole" / "degeneracies.npy").read_bytes()[: cut // 2])
    with pytest.raises(InputError, match="no complete ones"):
        load_orderings(folder)
    resumed = save_orderings(cell, folder)
    assert (resumed.labels == whole.labels).all()
    assert (resumed.degeneracies == whole.degeneracies).all()


def test_folders_of_others_are_left_alone(cell, tmp_path):
    save_orderings(cell, tmp_path / "all")
    with pytest.raises(InputError, match="another crystal or cell"):
        save_orderings(lay_out(parent_cell("LZC-A"), "2x1x1"), tmp_path / "all")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("work")
    with pytest.raises(InputError, match="with other files in it"):
        save_orderings(cell, tmp_path / "mine")
    with pytest.raises(InputError, match="smaller cell"):
        save_orderings(cell, tmp_path / "many", most=10)
    assert not (tmp_path / "many").exists()

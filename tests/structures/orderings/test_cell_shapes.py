"""All cell shapes up to a size: each crystal once, and the same crystals whether smaller cells are repeated or not."""

import pytest
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Lattice, Structure

from selflimit.errors import InputError
from selflimit.structures import count_orderings, enumerate_orderings, parent_from_structure
from selflimit.structures.orderings.cell_shapes import cells_to_fill


@pytest.fixture(scope="module")
def cubic():
    """Simple cubic lattice, half sodium and half potassium."""
    return parent_from_structure(Structure(Lattice.cubic(4.0), [{"Na": 0.5, "K": 0.5}], [[0, 0, 0]]), "cubic", "test")


def crystals(parent, n_cells, superperiodic):
    blocks = enumerate_orderings(parent, up_to=n_cells, superperiodic=superperiodic)
    return [ordering.structure() for block in blocks for ordering in block]


def test_every_crystal_once_and_none_is_missing(cubic):
    # StructureMatcher knows nothing of cells and groups; volumes are equal per atom, so it compares the arrangement
    once = crystals(cubic, 4, superperiodic=False)
    every = crystals(cubic, 4, superperiodic=True)
    matcher = StructureMatcher(primitive_cell=True, scale=False, ltol=0.01, stol=0.01, angle_tol=0.1)
    assert len(matcher.group_structures(once)) == len(once) > 5
    assert len(matcher.group_structures(every)) == len(once) < len(every)


def test_counts_are_those_of_the_single_sizes(cubic):
    assert {cell.n_cells for cell in cells_to_fill(cubic, up_to=6)} == {2, 4, 6}  # half an odd number of atoms is none
    for superperiodic in (True, False):
        of_sizes = [count_orderings(cubic, n_cells=n, superperiodic=superperiodic) for n in (2, 4, 6)]
        counted = count_orderings(cubic, up_to=6, superperiodic=superperiodic)
        assert counted == tuple(map(sum, zip(*of_sizes, strict=True)))
    assert sum(map(len, enumerate_orderings(cubic, up_to=4))) == count_orderings(cubic, up_to=4).distinct


def test_refusals(cubic):
    with pytest.raises(InputError, match="at least 1 primitive cell, got 0"):
        cells_to_fill(cubic, up_to=0)
    with pytest.raises(InputError, match="cells of 2, 4, 6, 8 primitive cells fit"):
        cells_to_fill(cubic, up_to=1)
    with pytest.raises(InputError, match="more than the 3 that are searched"):
        enumerate_orderings(cubic, up_to=4, most=3)

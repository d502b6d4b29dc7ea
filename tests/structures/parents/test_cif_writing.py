"""Crystals written as CIF are read back, by two readers, as the same crystals with their symmetry and labels."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifParser

from selflimit.structures import enumerate_orderings, parent_cell, parent_from_cif
from selflimit.structures.parents.cif_writing import cif_text
from selflimit.structures.parents.symmetry import space_group


def same_sites(one, other):
    apart = one.frac_coords[:, None] - other.frac_coords
    distances = np.linalg.norm((apart - np.round(apart)) @ one.lattice.matrix, axis=-1)
    return distances.min(axis=1).max() < 1e-3 and distances.argmin(axis=1).tolist()


@pytest.mark.parametrize("cell", ["primitive", "conventional", "2x1x1", "5x1x1"])
def test_orderings_are_read_back(cell, tmp_path):
    orderings = [one for block in enumerate_orderings(parent_cell("LZC-A"), cell) for one in block][:12]
    for number, ordering in enumerate(orderings):
        crystal = ordering.structure()
        path = tmp_path / f"{number}.cif"
        path.write_text(cif_text(crystal, "LZC-A one"))
        ours, theirs = parent_from_cif(path).structure, CifParser(path).parse_structures(primitive=False)[0]
        for read in (ours, theirs):
            assert read.lattice.parameters == pytest.approx(crystal.lattice.parameters, abs=1e-5)
            assert len(read) == len(crystal)
            matched = same_sites(crystal, read)
            assert sorted(matched) == list(range(len(crystal)))
            assert [read[j].specie.symbol for j in matched] == [site.specie.symbol for site in crystal]
        assert space_group(ours, 0.01) == space_group(crystal, 0.01)
        labels = [ours[j].properties["label"] for j in same_sites(crystal, ours)]
        parents = [site.properties["label"] for site in crystal]
        assert all(own == parent or own.startswith(f"{parent}_") for own, parent in zip(labels, parents, strict=True))


def test_no_more_rows_than_orbits():
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0, 0]])
    text = cif_text(salt, "salt")
    assert text.count("Na1") == text.count("Cl2") == 1
    assert "_space_group_IT_number 225" in text

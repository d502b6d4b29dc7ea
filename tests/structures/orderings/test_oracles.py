"""The enumeration against other programs, where their question is the same."""

import numpy as np
import pytest
from pymatgen.core import Lattice
from pymatgen.io.ase import AseAtomsAdaptor

from selflimit.structures import count_orderings, parent_cell
from selflimit.structures.orderings.cells import lay_out
from selflimit.structures.orderings.orderings import enumerate_in


def sizes(cell):
    return sorted(o.degeneracy for block in enumerate_in(cell) for o in block)


@pytest.mark.parametrize("cell", ["2x1x1", "1x1x2"])
def test_bsym(cell):
    # bsym finds the symmetry on the supercell itself and removes equivalent configurations one by one
    pymatgen_interface = pytest.importorskip(
        "bsym.interface.pymatgen", reason="bsym is not installed (pip install bsym)"
    )
    filled = lay_out(parent_cell("LZC-A"), cell)
    crystal = filled.structure.copy()
    for i in filled.active:
        crystal[int(i)] = "X0+"
    (pool,) = filled.pools
    found = pymatgen_interface.unique_structure_substitutions(
        crystal, "X", dict(zip(["Li", "Mg"], pool.counts, strict=True)), verbose=False
    )
    assert sorted(one.number_of_equivalent_configurations for one in found) == sizes(filled)


@pytest.mark.parametrize("group", ["Fm-3m", "Im-3m", "Pm-3m"])
@pytest.mark.parametrize("n_cells", [2, 3, 4, 6])
def test_icet(parent_of, group, n_cells):
    # icet enumerates all compositions and shapes, superperiodic ones left out: the sum over the compositions
    enumeration = pytest.importorskip(
        "icet.tools.structure_enumeration", reason="icet is not installed (pip install icet; it needs a C++ compiler)"
    )
    lattice = Lattice.cubic(4.0)
    primitive = parent_of(group, lattice, {"A": ("Au", [0, 0, 0])}).structure.get_primitive_structure()
    atoms = AseAtomsAdaptor.get_atoms(primitive, msonable=False)
    theirs = sum(1 for _ in enumeration.enumerate_structures(atoms, [n_cells], ["Au", "Pd"]))
    ours = 0
    for k in range(1, n_cells):
        parent = parent_of(group, lattice, {"A": ({"Au": k / n_cells, "Pd": 1 - k / n_cells}, [0, 0, 0])})
        ours += count_orderings(parent, n_cells=n_cells, superperiodic=False).distinct
    assert ours == theirs


def test_casm(parent_of):
    # CASM: hexagonal close packing, binary, all shapes of up to 3 cells with all compositions
    configuration = pytest.importorskip("libcasm.configuration", reason="CASM is not installed")
    enumerate_ = pytest.importorskip("libcasm.enumerate", reason="CASM is not installed")
    xtal = pytest.importorskip("libcasm.xtal", reason="CASM is not installed")
    lattice = Lattice.hexagonal(3.0, 4.9)
    prim = xtal.Prim(
        lattice=xtal.Lattice(np.array(lattice.matrix).T),
        coordinate_frac=np.array([[1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]]).T,
        occ_dof=[["A", "B"], ["A", "B"]],
    )
    found = enumerate_.ConfigEnumAllOccupations(configuration.Prim(prim)).by_supercell(
        supercells={"max": 3}, skip_non_primitive=True, skip_non_canonical=True
    )
    theirs = sum(1 for _ in found)
    ours = 2  # pure A and pure B, in one cell
    for n in (1, 2, 3):
        for k in range(1, 2 * n):
            parent = parent_of(
                "P6_3/mmc", lattice, {"S": ({"Fe": k / (2 * n), "Ni": 1 - k / (2 * n)}, [1 / 3, 2 / 3, 0.25])}
            )
            ours += count_orderings(parent, n_cells=n, superperiodic=False).distinct
    assert ours == theirs

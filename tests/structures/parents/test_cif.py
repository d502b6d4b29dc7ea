"""CIF files as people write them."""

import pytest

from selflimit.errors import InputError
from selflimit.structures import parent_from_cif


def test_a_space_group_without_operations_is_refused_not_read_as_p1(tmp_path):
    path = tmp_path / "named.cif"
    path.write_text(
        "data_x\n_symmetry_space_group_name_H-M 'C 2/m'\n_cell_length_a 6.4\n_cell_length_b 11.1\n_cell_length_c 6.4\n"
        "_cell_angle_alpha 90\n_cell_angle_beta 110\n_cell_angle_gamma 90\nloop_\n_atom_site_label\n"
        "_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_occupancy\n"
        "Li1 Li 0 0.17 0.5 1\nCl1 Cl 0.24 0.16 0.23 1\n"
    )
    with pytest.raises(InputError, match=r"C 2/m.*no symmetry operations"):
        parent_from_cif(path)

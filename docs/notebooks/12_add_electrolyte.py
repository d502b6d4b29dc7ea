# %% [markdown]
# # Add an electrolyte
#
# An electrolyte is a crystal and its competitors at one level of theory. Here LiCl stands for yours: it is relaxed
# with the same force field as the shipped entries and joins them.

# %%
from pymatgen.core import Lattice, Structure

import selflimit as sl
from selflimit.structures import load_force_field, relax

salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.1), ["Li", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
relaxed = relax(salt.get_primitive_structure(), "my LiCl", load_force_field("CHGNet-r2scan"))
relaxed

# %%
diagram = sl.map_products("LiCl", [relaxed.entry()])
diagram.plot()

# %% [markdown]
# Which entry is LiCl's own? The lowest; the document says which, and how far the others are.

# %%
print(
    diagram.electrolyte_entry, [(other.entry_id, f"{1000 * other.energy:.2f} meV/atom") for other in diagram.polymorphs]
)
assert diagram.electrolyte_entry in {"my LiCl", "LiCl mp-22905"}  # the same crystal: they differ by round-off

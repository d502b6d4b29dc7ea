# %% [markdown]
# # Your own disordered crystal from a CIF
#
# Occupancies in a CIF are enough. The example is a small one: NaCl in which a quarter of the sodium is lithium.

# %%
from pathlib import Path

from pymatgen.core import Lattice, Structure

from selflimit.structures import count_orderings, orderings_document, parent_from_cif

mixed = {"Na+": 0.75, "Li+": 0.25}
salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.6), [mixed, "Cl-"], [[0, 0, 0], [0.5, 0.5, 0.5]])
salt.to(filename="my.cif")
parent = parent_from_cif(Path("my.cif"))
parent.formula

# %% [markdown]
# **Count first**: the number is exact (Burnside's lemma) and costs milliseconds, whatever it is.

# %%
count = count_orderings(parent, "conventional")
print(count.raw, "placements,", count.distinct, "distinct")
assert count.raw == 4  # one of four sodium sites is lithium
assert count.distinct == 1  # and the four are equivalent

# %% [markdown]
# Then rank by electrostatics. A larger cell has more orderings.

# %%
ranked = orderings_document(parent, "2x1x1", keep=3)
ranked

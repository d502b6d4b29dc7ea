# %% [markdown]
# # Your own DFT entries
#
# Entries are pymatgen's `ComputedStructureEntry`. Each has to say its **level of theory**: energies of two levels
# are never put on one hull. Here shipped entries stand for yours; they are written to a file and read again.

# %%
import json
from pathlib import Path

from selflimit.documents import LevelOfTheory, common_level, with_level
from selflimit.errors import LevelOfTheoryError
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, competing_entries, read_entries

mine = competing_entries("Li-N", "force-field")
Path("mine.json").write_text(json.dumps([entry.as_dict() for entry in mine]))
entries = read_entries("mine.json")
common_level(entries)

# %%
diagram = ConstrainedPhaseDiagram(entries)
window = diagram.profile("Li3N", k_eff=0.0)
print(f"Li3N is stable from {window.stability_low:.2f} to {window.stability_high:.2f} V")
assert window.stability_low == 0.0  # Li3N is in equilibrium with lithium

# %% [markdown]
# A second level of theory is refused, with the call that helps:

# %%
other = with_level(competing_entries("Li-N", "force-field")[0], LevelOfTheory(method="DFT", model="my PBE"))
try:
    ConstrainedPhaseDiagram([*entries, other])
except LevelOfTheoryError as fault:
    print(fault)
else:
    raise AssertionError("two levels of theory on one hull")

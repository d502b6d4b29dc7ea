# %% [markdown]
# # Static stress with the products in place
#
# The reaction swells where lithium meets the electrolyte. How many MPa is that, and how much of it is lithium alone?

# %%
from pathlib import Path

from selflimit.mesoscale import Grid, InterfaceParameters, Microstructure, static_stress
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, electrolyte_entries

diagram = ConstrainedPhaseDiagram(electrolyte_entries(["Li2ZrCl6"], source="force-field").entries)
reaction = diagram.products("Li2ZrCl6", k_eff=0.0, voltage=0.0)
linear = (1.0 + reaction.reaction_strain) ** (1.0 / 3.0) - 1.0  # strain of a length, from that of the volume
parameters = InterfaceParameters(reaction_strain=linear)
layer = Microstructure.interface(Grid((64, 96), 1e-6))
stress = static_stress(parameters, layer, reaction, Path())
stress.plot()

# %%
print(
    f"{stress.tip_compression_without_reaction:.1f} MPa by lithium, {stress.tip_compression:.1f} MPa with the products"
)
sweep = stress.retained_fraction_sweep
sweep

# %% [markdown]
# Linear elasticity makes the pressure a straight line in the retained fraction of the strain, a **calibrated**
# number. Read MPa as proportional to it.

# %%
slope = (sweep["1"] - sweep["0"]) / 1.0
assert abs(sweep["0.5"] - sweep["0"] - 0.5 * slope) < 1e-6 * abs(slope)

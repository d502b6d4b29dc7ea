# %% [markdown]
# # Two materials against each other
#
# The reaction energy of a mixture against its ratio: corners are reactions of fixed stoichiometry. Two sulfide
# electrolytes first, then one of them against lithium metal.

# %%
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, electrolyte_entries, interface_scan

pair = ["Li10GeP2S12", "Li6PS5Cl"]
diagram = ConstrainedPhaseDiagram(electrolyte_entries(pair, source="force-field").entries)
together = interface_scan(diagram, *pair, k_eff=0.0, voltage=None)
print(len(together.kinks) - 2, "mixing reactions: the mixture releases what each releases on its own")

# %%
scan = interface_scan(diagram, "Li10GeP2S12", "Li", k_eff=0.0, voltage=None)
scan.plot()

# %%
for kink in scan.kinks:
    print(f"x = {kink.mixing_ratio:.2f}: {kink.reaction_energy_per_atom:.3f} eV/atom")
assert scan.kinks[0].mixing_ratio == 0.0
assert scan.kinks[-1].mixing_ratio == 1.0
assert min(kink.reaction_energy_per_atom for kink in scan.kinks) < -0.3  # it is reduced by lithium

# %% [markdown]
# # Constrained diagram of Li10GeP2S12
#
# What a sulfide becomes against voltage, free and inside stiff surroundings.

# %%
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, electrolyte_entries

competitors = electrolyte_entries(["Li10GeP2S12"], source="force-field")
diagram = ConstrainedPhaseDiagram(competitors.entries)
profiles = [diagram.profile("Li10GeP2S12", k_eff) for k_eff in (0.0, 10.0, 20.0)]
profiles[0].plot()

# %% [markdown]
# Constriction narrows nothing and widens nothing by itself: it adds the work K_eff (ΔV)²/(2 V0) that the products
# pay for swelling. Phases that are known but have no entry are named, never dropped in silence:

# %%
[phase.formula for phase in competitors.left_out]

# %%
for profile in profiles:
    first = profile.segments[0]
    print(
        f"{profile.k_eff:4.0f} GPa, 0 V: {first.reaction_energy_low:.2f} eV, dV/V0 = {100 * first.reaction_strain:+.0f} %"
    )
assert profiles[0].segments[0].reaction_energy_low < profiles[-1].segments[0].reaction_energy_low

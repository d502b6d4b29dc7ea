# %% [markdown]
# # First run: from a disordered crystal to its products
#
# Four lines take the bundled disordered crystal LZC-A (Li2ZrCl6, space group C2/m) to a map of what it becomes
# under lithium. The terminal does the same with `selflimit run`, and adds growth, stress and the verdict.

# %%
import selflimit as sl

found = sl.rank_orderings("LZC-A", cell="primitive", keep=2)
found

# %% [markdown]
# There are exactly two symmetry-distinct ways to place the lithium ions in the primitive cell. The force field
# CHGNet-r2scan relaxes the lower one; its entry knows its level of theory.

# %%
entries = sl.relax_lowest(found, most=1)
entries[0].parameters["level_of_theory"]["model"]

# %%
diagram = sl.map_products("Li2ZrCl6", entries)
diagram.plot()

# %% [markdown]
# Read the map from left to right: at 0 V, in contact with lithium, the electrolyte becomes LiCl and metallic
# zirconium; above a critical effective bulk modulus K_eff it becomes LiCl and ZrCl2.

# %%
thresholds = diagram.critical_k_effs(0.0)
print([round(k_eff, 1) for k_eff in thresholds], "GPa")
assert 15.0 < thresholds[0] < 21.0  # several sources: 13.6 to 18 GPa and more, see "What you can trust"

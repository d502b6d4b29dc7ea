# %% [markdown]
# # How sure is the threshold?
#
# Energies have errors, and sources differ in volumes. Each sample is one exact diagram; the answer is a
# distribution. Formation energies are given 24 meV/atom (GGA against calorimetry, doi:10.1103/PhysRevB.85.155208).

# %%
from selflimit.phase_diagrams import MechanicalRules, Sampling, competing_entries

entries = competing_entries("Li-Zr-Cl")
question = MechanicalRules().question("Li2ZrCl6", k_effs=(0.0, 5.0, 10.0, 15.0), voltage=0.0)
spread = Sampling(samples=40).of(entries, question)
spread.plot()

# %%
band = spread.thresholds[0]
print(
    f"K* = {band.median.value:.0f} GPa (5-95 %: {band.low.value:.0f} to {band.high.value:.0f}), {spread.samples} samples"
)
for row in spread.products:
    if row.k_eff == 15.0:
        print(f"{row.probability:.2f} ± {row.standard_error:.2f}  {' + '.join(row.products)}")
assert 8.0 < band.low.value < band.median.value < band.high.value < 30.0

# %% [markdown]
# What the spread does **not** contain is written in the document:

# %%
spread.not_covered

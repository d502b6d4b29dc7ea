# %% [markdown]
# # Growth under a current
#
# A cell is driven by a current. Here 0.5 mA/cm² plate lithium for two minutes, then it rests.

# %%
from pathlib import Path

from matplotlib.figure import Figure

from selflimit.mesoscale import InterfaceParameters, Rest, build_layer, grow_lithium, plate, plot_cell

parameters = InterfaceParameters()
layer = build_layer("fine", parameters, (48, 64), seed=1)
capacity = 0.5 * 120.0 / 3600.0  # mAh/cm²
folder = Path("current")
folder.mkdir(exist_ok=True)
growth = grow_lithium(parameters, layer, [plate(0.5, capacity), Rest(60.0)], 6, folder)

# %%
figure = Figure((7, 4), layout="constrained")
plot_cell(growth, figure)
figure

# %% [markdown]
# The charge that passed is the charge of the lithium that is there: the run checks this balance at every step.

# %%
passed = max(growth.cell.areal_capacity)
print(f"{passed:.5f} mAh/cm² plated, {capacity:.5f} asked for")
assert abs(passed / capacity - 1.0) < 1e-3
assert growth.charge_balance_error < 1e-6

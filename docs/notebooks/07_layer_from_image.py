# %% [markdown]
# # Your own particle layer from an image
#
# A segmented picture, one grey value for each phase, becomes the layer in which lithium grows. Its last row lies on
# the electrode.

# %%
from pathlib import Path

import numpy as np
from PIL import Image

import selflimit as sl
from selflimit.mesoscale import load_fields

picture = np.zeros((48, 32), np.uint8)  # 0: fine particles, pixels of 1 micrometre
picture[:8] = 2  # 2: the electrolyte, on top
rows, columns = np.ogrid[:48, :32]
picture[(rows - 25) ** 2 + (columns - 16) ** 2 <= 64] = 1  # 1: a coarse particle
Image.fromarray(picture).save("layer.png")

# %%
growth = sl.grow_layer("layer.png", duration=120.0, folder="growth", pixel_size=1.0)
growth.plot("growth")

# %%
fields = load_fields(Path("growth"), growth.fields)
drawn = fields["coarse"].sum() * (growth.spacing / 1e-6) ** 2
print(f"the coarse particle takes {drawn:.0f} square micrometres, pi r² = {np.pi * 64:.0f}")
assert abs(drawn / (np.pi * 64) - 1) < 0.05
print(
    f"tip at {1e6 * growth.tip_height[-1]:.1f} µm, peak {growth.peak_compression[-1]:.1f} MPa after {growth.times[-1]:.0f} s"
)

"""Growth documents with fields that are formulas, for tests of what draws and exports them."""

import numpy as np

from selflimit.documents import FrontShape, GrowthDoc
from selflimit.mesoscale import Microstructure, load_fields
from selflimit.mesoscale.field_files import save_fields

FRONT = FrontShape(
    model="published", width=1e-6, mobility=5e-8, capillarity=1e-13, physical_capillarity=1e-16,
    fastest_wavelength=2e-5, statement="made up",
)  # fmt: skip
"""Shape of a made-up front."""


def made_growth(grid, folder, times, structure=None):
    """A flat front that rises through a structure, pressure 1 MPa times the number of the output."""
    structure = structure or Microstructure.layered(
        grid, 1, 0.15, radius=5e-6, gap=2e-6, clearance=4e-6, electrolyte_height=8e-6
    )
    height = grid.node_coordinates()[-1]
    front = [(0.2 + 0.4 * i / len(times)) * grid.size[-1] for i in range(len(times))]
    xi = np.stack([0.5 * (1 - np.tanh((height - h) / 1e-6)) for h in front])
    steps = np.arange(len(times)).reshape(-1, *[1] * grid.dimension)
    arrays = {
        "time": (np.array(times), "s"),
        "xi": (xi, "1"),
        "c": (1.2 - xi, "1"),
        "phi": (0.1 * (xi - 1.0), "V"),
        "pressure": (-1e6 * steps * (1.0 + structure.coarse), "Pa"),
        "coarse": (structure.coarse, "1"),
        "electrolyte": (structure.electrolyte, "1"),
    }
    file = save_fields(folder, f"growth-{structure.name}.npz", arrays)
    zeros = [0.0] * len(times)
    document = GrowthDoc(
        microstructure=structure.describe(), grid_shape=grid.shape, spacing=grid.spacing, spacing_over_width=1.0,
        parameters=[], front=FRONT, times=list(times), tip_height=front, deposited=zeros, peak_compression=zeros,
        interface_compression=zeros, lithium_balance_error=0.0, charge_balance_error=0.0, overshoot=0.0, steps=1,
        rejected_steps=0, sweeps=1, newton_iterations=1, multigrid_iterations=1, notes=[], fields=file,
    )  # fmt: skip
    return document, load_fields(folder, file), folder

"""What the page offers; nothing heavy is imported, so that the page itself is there at once."""

from typing import Literal

SOURCE: Literal["force-field"] = "force-field"
"""Shipped entries: the page works without a network."""
ELECTROLYTES = ("Li2ZrCl6", "Li10GeP2S12", "Li6PS5Cl", "Li3N")
"""Electrolytes whose competing phases are shipped."""
HIGHEST_VOLTAGE, HIGHEST_K_EFF = 6.0, 20.0
"""Ends of the sliders (V, GPa), as of the command line's map."""
STEP_K_EFF, STEP_VOLTAGE = 0.5, 0.05
"""Steps of the sliders (GPa, V)."""

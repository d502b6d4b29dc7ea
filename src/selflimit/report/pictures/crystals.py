"""Static picture of crystals, for paper: the same crystals that a reader turns on the screen."""

from collections.abc import Mapping

from ase.visualize.plot import plot_atoms
from matplotlib.figure import Figure
from pymatgen.core import Structure
from pymatgen.io.ase import AseAtomsAdaptor

from selflimit.phase_diagrams.pictures.profiles import write_formula

TURNED = "-75x,20y,5z"
"""Rotation about the axes of the picture (degrees), as ASE writes it."""


def draw_structures(crystals: Mapping[str, Structure]) -> Figure:
    """Draw crystals side by side, each under its name."""
    figure = Figure(figsize=(3.2 * len(crystals), 3.4), layout="constrained")
    for ax, (name, structure) in zip(
        figure.subplots(1, len(crystals), squeeze=False)[0], crystals.items(), strict=True
    ):
        plot_atoms(AseAtomsAdaptor.get_atoms(structure), ax, rotation=TURNED)
        ax.set_title(": ".join([write_formula(name.split(":")[0]), *name.split(": ")[1:]]), fontsize="medium")
        ax.set_axis_off()
    return figure

"""Crystals that a reader can turn: atoms, bonds and the cell, in Plotly's three dimensions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from ase.data import atomic_numbers, covalent_radii
from ase.data.colors import jmol_colors
from ase.neighborlist import natural_cutoffs, neighbor_list
from pymatgen.core import Structure
from pymatgen.io.ase import AseAtomsAdaptor

from selflimit.report.interactive.layout import PlotlyFigure, make_figure, write_readably

PIXELS_PER_ANGSTROM = 10.0
"""Diameter of an atom over its covalent radius (CSS pixels per Angstrom)."""
CORNERS = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
EDGES = [(a, b) for a in range(8) for b in range(a) if np.abs(CORNERS[a] - CORNERS[b]).sum() == 1]
"""Pairs of corners of a cell that an edge joins."""


def plot_crystals(crystals: Mapping[str, Structure]) -> PlotlyFigure:
    """Draw crystals of which one is shown at a time, chosen from a list; dragging turns it.

    Parameters
    ----------
    crystals
        Name -> structure; the first one is shown to begin with.
    """
    drawn = [_crystal(structure) for structure in crystals.values()]
    for number, traces in enumerate(drawn):
        for trace in traces:
            trace.visible = number == 0
    counts = [len(traces) for traces in drawn]
    buttons = [
        {
            "label": write_readably(name), "method": "restyle",
            "args": ["visible", [number == chosen for number, n in enumerate(counts) for _ in range(n)]],
        }
        for chosen, name in enumerate(crystals)
    ]  # fmt: skip
    hidden = {"visible": False}
    menu = [{"buttons": buttons, "x": 0.0, "xanchor": "left", "y": 1.0, "yanchor": "bottom", "pad": {"b": 4}}]
    return make_figure(
        [trace for traces in drawn for trace in traces], hidden, hidden, updatemenus=menu, showlegend=True,
        legend={"orientation": "h", "y": 0.0, "itemsizing": "constant"}, margin={"l": 0, "r": 0, "t": 50, "b": 0},
        scene={"xaxis": hidden, "yaxis": hidden, "zaxis": hidden, "aspectmode": "data",
               "camera": {"projection": {"type": "orthographic"}, "eye": {"x": 1.3, "y": 1.1, "z": 0.6}}},
    )  # fmt: skip


def _crystal(structure: Structure) -> list[Any]:
    """Edges of the cell, bonds, and the atoms with those that they are bonded to beyond the cell, by element."""
    atoms = AseAtomsAdaptor.get_atoms(structure)
    first, second, offsets = neighbor_list("ijS", atoms, natural_cutoffs(atoms, mult=1.1))
    ends = atoms.positions[second] + offsets @ atoms.cell.array
    symbols, places = atoms.get_chemical_symbols(), [*atoms.positions, *ends]
    names = [*symbols, *(symbols[j] for j in second)]
    seen = {tuple(np.round(place, 2)): (name, place) for name, place in zip(names, places, strict=True)}
    corners = CORNERS @ structure.lattice.matrix
    return [
        _lines([(corners[a], corners[b]) for a, b in EDGES], "#888888", 2),
        _lines([(atoms.positions[i], end) for i, end in zip(first, ends, strict=True)], "#bbbbbb", 5),
        *(_atoms([place for name, place in seen.values() if name == one], one) for one in sorted(set(symbols))),
    ]


def _lines(pairs: list[tuple[Any, Any]], colour: str, width: float) -> Any:
    x, y, z = (
        [v for a, b in pairs for v in (round(float(a[axis]), 3), round(float(b[axis]), 3), None)] for axis in range(3)
    )
    return go.Scatter3d(
        x=x, y=y, z=z, mode="lines", line={"color": colour, "width": width}, hoverinfo="skip", showlegend=False
    )


def _atoms(found: Sequence[Any], element: str) -> Any:
    places = np.array(found)
    number = atomic_numbers[element]
    red, green, blue = (round(255 * channel) for channel in jmol_colors[number])
    x, y, z = (np.round(places[:, axis], 3).tolist() for axis in range(3))
    return go.Scatter3d(
        x=x, y=y, z=z, mode="markers", name=element, hovertemplate=f"{element}<extra></extra>",
        marker={"size": PIXELS_PER_ANGSTROM * covalent_radii[number], "color": f"rgb({red},{green},{blue})",
                "line": {"color": "#333333", "width": 1}, "opacity": 1.0},
    )  # fmt: skip

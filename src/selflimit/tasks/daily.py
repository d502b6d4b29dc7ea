"""The five daily tasks in one call each: rank orderings, relax them, map products, grow lithium, find results again.

Each function does what the stages offer in several steps, with their defaults; who needs another setting calls the
stages. ``import selflimit`` alone gives them: they are loaded when they are first asked for.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pymatgen.core import Composition
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import GrowthDoc, LevelOfTheory, OrderingsDoc, PredominanceDoc, common_level
from selflimit.errors import InputError
from selflimit.mesoscale import LAYERS, Grid, InterfaceParameters, Microstructure, build_layer, grow_lithium
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, competing_entries, electrolyte_entries
from selflimit.structures import load_force_field, orderings_document, parent_named, relax
from selflimit.units import MICROMETRE
from selflimit.workflows import results

__all__ = ["grow_layer", "map_products", "rank_orderings", "relax_lowest", "results"]

LAYER_CELLS = (64, 96)
"""Cells of a layer across and in the direction of growth, as wide as the front each."""
IMAGE_LABELS = {0: "fine", 1: "coarse", 2: "electrolyte"}
"""Grey value of a picture -> phase."""
OUTPUTS = 10
"""Intervals between output times."""
PACKING_SEED = 1
"""Seed of packings, needles and noise."""


def rank_orderings(crystal: str | Path, cell: str = "primitive", keep: int = 10) -> OrderingsDoc:
    """Count the symmetry-distinct orderings of a disordered crystal and rank the lowest by electrostatics.

    >>> found = rank_orderings("LZC-A", cell="conventional", keep=2)
    >>> found.distinct_count, len(found.orderings)
    (6, 2)

    Parameters
    ----------
    crystal
        A CIF or POSCAR file, or the name of a bundled parent such as 'LZC-A'.
    cell
        'primitive', 'conventional', or a supercell such as '2x1x1'.
    keep
        How many of the lowest orderings are kept.

    Raises
    ------
    InputError
        Neither a file nor a bundled parent, or more orderings than can be searched.
    """
    return orderings_document(parent_named(str(crystal)), cell, keep)


def relax_lowest(
    found: OrderingsDoc, force_field: str = "CHGNet-r2scan", most: int = 3
) -> list[ComputedStructureEntry]:
    """Relax the lowest orderings into entries (eV, Angstrom) that carry their level of theory, lowest energy first.

    Parameters
    ----------
    found
        Orderings, ranked.
    force_field
        A name in :data:`selflimit.structures.FORCE_FIELDS`.
    most
        How many of them are relaxed.

    Raises
    ------
    InputError, ConvergenceError
        As :func:`selflimit.structures.relax`.
    """
    model = load_force_field(force_field)
    labels = [f"{found.parent} {found.cell} #{rank}" for rank in range(len(found.orderings))]
    pairs = list(zip(found.orderings, labels, strict=True))[:most]
    relaxed = [relax(item.structure, label, model, item.degeneracy) for item, label in pairs]
    return [doc.entry() for doc in sorted(relaxed, key=lambda doc: doc.energy_per_atom)]


def map_products(formula: str, entries: Sequence[ComputedStructureEntry] = ()) -> PredominanceDoc:
    """Map the decomposition products of an electrolyte against voltage (V vs Li/Li+) and K_eff (GPa).

    >>> map_products("Li3N").formula
    'Li3N'

    Parameters
    ----------
    formula
        The electrolyte.
    entries
        Your own entries, e.g. of :func:`relax_lowest`; shipped entries of CHGNet-r2scan compete with them. Entries
        of another level of theory compete among themselves: they have to hold every phase. Empty: the shipped ones.

    Raises
    ------
    InputError
        Not a formula, or phases without entry.
    LevelOfTheoryError
        Entries of several levels of theory.
    """
    if not entries:
        shipped = electrolyte_entries([formula], source="force-field").entries
        return ConstrainedPhaseDiagram(shipped).predominance(formula)
    level = common_level(list(entries))
    return ConstrainedPhaseDiagram([*entries, *_shipped(formula, level)]).predominance(formula)


def _shipped(formula: str, level: LevelOfTheory) -> list[ComputedStructureEntry]:
    """The shipped competing phases, where they are of that level of theory."""
    chemsys = "-".join(sorted({element.symbol for element in Composition(formula)} | {"Li"}))
    try:
        shipped = competing_entries(chemsys, "force-field")
    except InputError:  # nothing is shipped of this chemical system: the entries have to be complete
        return []
    return shipped if common_level(shipped) == level else []


def grow_layer(
    layer: str | Path | Microstructure,
    duration: float = 600.0,
    folder: str | Path = "growth",
    pixel_size: float = 1.0,
    labels: Mapping[int, Literal["fine", "coarse", "electrolyte"]] | None = None,
) -> GrowthDoc:
    """Grow lithium in a layer at -0.1 V; the fields go to ``folder``, where ``plot(folder)`` of the result finds them.

    Parameters
    ----------
    layer
        A picture of a layer, the name of a packed one such as 'graded', or a layer.
    duration
        Model time (s).
    folder
        Where fields and checkpoint go; it is made.
    pixel_size
        Edge length of a pixel of a picture (micrometre).
    labels
        Grey value of a picture -> phase; None: 0 fine, 1 coarse, 2 electrolyte.

    Raises
    ------
    InputError
        Neither a picture, a name nor a layer; a picture smaller than the grid.
    ConvergenceError
        The growth did not converge.
    """
    parameters, place = InterfaceParameters(), Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    if isinstance(layer, Microstructure):
        structure = layer
    elif str(layer) in LAYERS:
        structure = build_layer(str(layer), parameters, LAYER_CELLS, PACKING_SEED)
    else:
        grid = Grid(LAYER_CELLS, parameters.interface_width)
        named = IMAGE_LABELS if labels is None else labels
        structure = Microstructure.from_image(grid, Path(layer), named, pixel_size * MICROMETRE, PACKING_SEED)
    return grow_lithium(parameters, structure, duration, OUTPUTS, place)

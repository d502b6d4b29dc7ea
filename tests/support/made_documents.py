"""Documents made by hand, and written as jobflow writes a job's output."""

from types import UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

from monty.json import jsanitize
from pymatgen.core import Lattice, Structure

from selflimit.documents import (
    DecompositionDoc,
    InterfaceReactionDoc,
    LevelOfTheory,
    PhaseAmount,
    RelaxationDoc,
    StabilityDoc,
    VoltageSegment,
)

CRYSTAL = Structure(Lattice.cubic(5.1), ["Li", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
LEVEL = LevelOfTheory(method="force field", model="model-A", weights_sha256="ab")


def decomposition(k_eff, voltage, formula="Li2ZrCl6", level=LEVEL):
    return DecompositionDoc(
        formula=formula, working_ion="Li", voltage=voltage, k_eff=k_eff,
        products=[PhaseAmount(formula="LiCl", entry_id="x", amount=6, volume=34.0)],
        ion_uptake=4, reaction="a -> b", functional="linear", reaction_energy=-1.0, reaction_energy_per_atom=-1.0 / 9,
        grand_potential=-80.0, grand_potential_per_atom=-80.0 / 9, electrolyte_volume=200.0,
        decomposition_volume=10.0, reaction_strain=0.05, level_of_theory=level,
    )  # fmt: skip


def profile(k_eff, low, high, formula="Li2ZrCl6", level=LEVEL):
    segment = VoltageSegment(
        voltage_low=low, voltage_high=high, products=[], ion_uptake=0, reaction="", reaction_energy_low=0,
        reaction_energy_high=0, decomposition_volume=0, reaction_strain=0,
    )  # fmt: skip
    return StabilityDoc(
        formula=formula, working_ion="Li", k_eff=k_eff, functional="linear", electrolyte_volume=200.0,
        segments=[segment], stability_low=None, stability_high=None, entries=[], level_of_theory=level,
    )  # fmt: skip


def interface_reaction(first, second, k_eff=0.0):
    return InterfaceReactionDoc(
        first=first, second=second, working_ion="Li", voltage=None, k_eff=k_eff, first_volume=200.0,
        second_volume=100.0, kinks=[], segments=[], entries=[], left_out=[], level_of_theory=LEVEL,
    )  # fmt: skip


def relaxation(label, energy_per_atom, level=LEVEL):
    return RelaxationDoc(
        label=label, formula="LiCl", structure=CRYSTAL, energy=2 * energy_per_atom, energy_per_atom=energy_per_atom,
        volume=CRYSTAL.volume, volume_per_formula=CRYSTAL.volume, volume_change=0.0, max_force=0.0,
        max_stress=0.0, steps=1, level_of_theory=level,
    )  # fmt: skip


def put(store, output, uuid, completed_at="2026-03-01T12:00:00.000001", tags=()):
    """As jobflow stores a job's output."""
    doc = {
        "uuid": uuid, "index": 1, "output": jsanitize(output, strict=True), "completed_at": completed_at,
        "metadata": {"tags": list(tags)}, "hosts": [], "name": f"job {uuid}",
    }  # fmt: skip
    store.update(doc, key=["uuid", "index"])


def filled(kind, length=3, **given):
    """A document or record with every field filled by its type and bounds; lists have ``length`` items, inner ones two.

    It holds no physics: it is for what must work for documents of every kind.
    """
    asked = {name: field for name, field in kind.model_fields.items() if name not in {*given, *VERSIONS}}
    values = {name: _value(field.annotation, field.metadata, length, name) for name, field in asked.items()}
    return kind(**values, **given)


def _value(annotation, metadata, length, name):
    """Something of that type, within the bounds in ``metadata``; of alternatives the first."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _value(inner[0], [*metadata, *inner[1:]], length, name)
    if origin in (Union, UnionType):
        return _value(inner[0], metadata, length, name)
    if origin is Literal:
        return inner[0]
    if origin is tuple:
        return tuple(_value(one, [], length, name) for one in inner if one is not Ellipsis)
    if origin in (list, dict):
        least = max((bound.min_length for bound in metadata if hasattr(bound, "min_length")), default=0)
        values = [_value(inner[-1], [], min(length, 2), name)] * max(length, least)
        names = get_args(inner[0]) or [f"0.{number}" for number in range(1, len(values) + 1)]
        return values if origin is list else dict(zip(names, values, strict=False))
    if annotation in (float, int):
        return annotation(_number(metadata))
    if annotation in PLAIN:
        return TEXTS.get(name, PLAIN[annotation])
    return filled(annotation, length)


def _number(metadata):
    """A number within the bounds; whole where the bounds leave room for one."""
    bounds = {sign: getattr(one, sign) for one in metadata for sign in ("gt", "ge", "lt", "le") if hasattr(one, sign)}
    low, high = bounds.get("gt", bounds.get("ge")), bounds.get("lt", bounds.get("le"))
    if low is not None and high is not None:
        return (low + high) / 2
    return high - 1.0 if high is not None else (low or 0.0) + 1.0


PLAIN = {str: "text <b> & 'more' of it\nin two lines", bool: True, Structure: CRYSTAL}
"""What a field of that type holds."""
TEXTS = {"formula": "Li2ZrCl6", "first": "Li2ZrCl6", "second": "LiCl", "working_ion": "Li", "path": "fields.npz"}
"""What a field of that name holds."""
VERSIONS = ("schema_version", "package_version")

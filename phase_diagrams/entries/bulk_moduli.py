"""Bulk moduli of competing phases: an entry's own, bundled ones, and an assumed one where none is known."""

from collections.abc import Mapping, Sequence

from pydantic import ValidationError
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import BulkModulus, ElasticDoc
from selflimit.errors import InputError
from selflimit.phase_diagrams.entries.bundled import bundled_elastic
from selflimit.phase_diagrams.entries.recognition import recognise
from selflimit.phase_diagrams.phases import phase_from_entry

DATA_KEY = "bulk_modulus"
"""Where an entry may state its own, in ``entry.data``: ``{"modulus": GPa, "derivative": B', "source": text}``."""
ASSUMED = BulkModulus(
    modulus=10.0,
    source="assumed: no value known; crystals of molecules and layers, which are those without one, have 5 to 20 GPa",
)
"""For phases whose modulus nobody has stated. B' = 4 (Murnaghan's usual value) is assumed throughout."""


def bulk_moduli(entries: Sequence[ComputedStructureEntry]) -> dict[str, BulkModulus]:
    """Bulk modulus of every entry, by its identifier.

    The first of: the entry's own (``entry.data["bulk_modulus"]``); the Materials Project's for the same crystal; CHGNet
    r2scan's for the same formula (both Voigt-Reuss-Hill averages); ``ASSUMED``.

    Raises
    ------
    InputError
        An entry's own is not a bulk modulus with its source.
    """
    computed = bundled_elastic()
    return {str(entry.entry_id): _modulus(entry, computed) for entry in entries}


def _modulus(entry: ComputedStructureEntry, computed: Mapping[str, ElasticDoc]) -> BulkModulus:
    if (own := entry.data.get(DATA_KEY)) is not None:
        return _stated(own, str(entry.entry_id))
    phase = recognise(entry)
    if phase and phase.bulk_modulus and phase.bulk_modulus_source:
        return BulkModulus(modulus=phase.bulk_modulus, source=phase.bulk_modulus_source)
    if found := computed.get(phase_from_entry(entry).formula):
        return BulkModulus(modulus=found.bulk_modulus, source=f"{found.level_of_theory.label}, {found.label}")
    return ASSUMED


def _stated(own: object, name: str) -> BulkModulus:
    try:
        return BulkModulus.model_validate(own)
    except ValidationError as error:
        raise InputError(
            f"entry {name} has data[{DATA_KEY!r}] = {own!r}; expected {{'modulus': GPa above 0, 'derivative': above 1, "
            f"'source': where it comes from}} ({error.errors()[0]['msg']})"
        ) from error

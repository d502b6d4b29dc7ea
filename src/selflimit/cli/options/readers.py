"""What reads each option that takes a number or a known word, by the name under which it is kept.

An option of one name means the same with every verb, so that it is read in one way.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from selflimit.cli.options import words
from selflimit.cli.options.formulas import require_elements, require_formula
from selflimit.cli.options.quantities import read_as, tell_errors
from selflimit.plausible import QUANTITIES

NUMBERS = {name: read_as(name) for name in QUANTITIES}
WORDS: dict[str, Callable[[str], Any]] = {
    "force_field": words.require_force_field,
    "screen": words.require_screen,
    "parent": words.require_parent,
    "charges": words.require_charge,
    "occupied": words.require_occupancy,
    "cells": words.require_cell,
    "preset": words.require_preset,
    "electrolyte": require_formula,
    "formula": require_formula,
    "formulas": require_formula,
    "chemsys": require_elements,
    "kind": words.require_kind,
    "fields": words.require_fields,
    "sort": words.require_field,
    "since": words.require_day,
    "until": words.require_day,
    "worker_for": words.require_assignment,
    "resources": words.require_assignment,
    "entries": partial(words.require_path, what="JSON file of entries, vasprun.xml or folder of them"),
    "gas_pressure": words.require_pressure,
    "layers": partial(words.require_file, what="file of formulas, one a line"),
    "crystals": partial(words.require_path, what="folder of CIF files or POSCARs"),
    "sources": words.require_source,
    "parameters": partial(words.require_file, what="documents/parameters.json of a finished run"),
    "launchpad": partial(words.require_file, what="YAML file of a launchpad"),
}
READERS: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {**NUMBERS, **{name: tell_errors(read) for name, read in WORDS.items()}}
)
"""Readers by the options' names."""

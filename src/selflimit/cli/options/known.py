"""Words that options take, without importing what they stand for: a misspelt one is answered at once.

Names that ship as data are read from the data, fields of documents from the text of their classes. The two tables are
copies; tests hold them equal to the registries.
"""

import ast
import json
from functools import cache
from importlib.resources import files
from typing import Any

KNOWN_FORCE_FIELDS = (
    "CHGNet-r2scan", "CHGNet-0.3.0", "SevenNet-0", "SevenNet-l3i5", "SevenNet-MF-0-r2SCAN", "MACE-MP-0-small",
    "MACE-MPA-0",
)  # fmt: skip
"""Force fields by name; 'MACE:' and the path of a file is another."""

KNOWN_PRESETS = (
    "fig5-fine", "fig5-fine-smooth", "fig5-graded", "fig5-graded-open", "fig5-graded-large", "fig8-step1",
    "fig8-step1-local", "fig8-step2", "fig8-step2-published", "fig1b-control", "fig1c-graded", "lgps-step1",
    "lgps-step2", "lgps-step2-published", "lpscl-step1", "lpscl-step2", "lpscl-step2-published",
)  # fmt: skip
"""The paper's simulations."""

LANTHANOIDS = "La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu"
ACTINOIDS = "Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr"
ELEMENTS = frozenset(
    f"""H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr
    Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba {LANTHANOIDS} Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra
    {ACTINOIDS} Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og D T""".split()
)
"""Symbols of the elements, deuterium and tritium among them."""

OF_THE_JOB = frozenset({"kind", "date", "job", "uuid", "tags"})
"""Fields of every result that no document has: they belong to the job that made it."""


@cache
def bundled_parents() -> tuple[str, ...]:
    """Names of the disordered crystals that ship.

    >>> "LZC-A" in bundled_parents()
    True
    """
    return tuple(sorted(_shipped("structures", "parents.json")["models"]))


@cache
def bundled_formulas() -> tuple[str, ...]:
    """Reduced formulas of the lithium compounds whose entries ship.

    >>> "Li2ZrCl6" in bundled_formulas()
    True
    """
    phases = {phase["formula"] for phase in _shipped("phase_diagrams", "phases.json")["phases"]}
    return tuple(sorted(formula for formula in phases if formula.startswith("Li") and formula != "Li"))


@cache
def bundled_systems() -> tuple[frozenset[str], ...]:
    """Elements of the chemical systems whose entries ship.

    >>> frozenset({"Cl", "Li", "Zr"}) in bundled_systems()
    True
    """
    return tuple(frozenset(system.split("-")) for system in _shipped("phase_diagrams", "phases.json")["systems"])


def known_kinds() -> tuple[str, ...]:
    """Kinds of documents.

    >>> "StabilityDoc" in known_kinds()
    True
    """
    return tuple(sorted(name for name in _exported() & _document_classes().keys() - {"Document"} if _is_document(name)))


def known_fields() -> frozenset[str]:
    """Every field that results can be asked for by.

    >>> {"formula", "date", "chemsys"} <= known_fields()
    True
    """
    return OF_THE_JOB.union(*(_fields(name) for name in (*known_kinds(), "SearchKeys")))


def _exported() -> frozenset[str]:
    """The names that the package of documents exports; others are bases of these."""
    tree = ast.parse((files("selflimit") / "documents" / "__init__.pyi").read_text(encoding="utf-8"))
    found = [node.names for node in tree.body if isinstance(node, ast.ImportFrom)]
    return frozenset(alias.name for names in found for alias in names)


@cache
def _document_classes() -> dict[str, ast.ClassDef]:
    """The classes of all documents as they are written: importing them takes seconds."""
    sources = [path for path in (files("selflimit") / "documents").iterdir() if path.name.endswith(".py")]
    nodes = [node for path in sources for node in ast.parse(path.read_text(encoding="utf-8")).body]
    return {node.name: node for node in nodes if isinstance(node, ast.ClassDef)}


def _bases(name: str) -> list[str]:
    known = _document_classes()
    return [base.id for base in known[name].bases if isinstance(base, ast.Name) and base.id in known]


def _is_document(name: str) -> bool:
    return name == "Document" or any(_is_document(base) for base in _bases(name))


def _fields(name: str) -> frozenset[str]:
    written = [node.target for node in _document_classes()[name].body if isinstance(node, ast.AnnAssign)]
    own = frozenset(target.id for target in written if isinstance(target, ast.Name))
    return own.union(*(_fields(base) for base in _bases(name)))


def _shipped(stage: str, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((files(f"selflimit.{stage}") / "data" / name).read_text(encoding="utf-8"))
    return content

"""Find results again, in the embedded store or in MongoDB, with the same filters."""

from collections.abc import Iterator
from typing import Any

from jobflow import JobStore
from pydantic import ValidationError

from selflimit import documents
from selflimit.documents import Document
from selflimit.errors import InputError
from selflimit.phase_diagrams.phases import parse_formula

KINDS: dict[str, type[Document]] = {
    name: kind
    for name, kind in vars(documents).items()
    if isinstance(kind, type) and issubclass(kind, Document) and kind is not Document
}
"""Document types by name."""


def results(
    store: JobStore,
    *,
    kind: str | None = None,
    formula: str | None = None,
    k_eff: float | None = None,
    voltage: tuple[float, float] | None = None,
    level: str | None = None,
) -> list[Document]:
    """Documents in ``store`` that meet every filter given.

    Parameters
    ----------
    store
        A connected JobStore.
    kind
        Document type, e.g. 'StabilityDoc'.
    formula
        Formula; any multiple or spelling of it means the same.
    k_eff
        Effective bulk modulus (GPa).
    voltage
        Range (V vs Li/Li+) that the document's voltage or voltage segments must touch.
    level
        Text that the level of theory's label must contain, e.g. 'CHGNet-r2scan'.

    Raises
    ------
    InputError
        Unknown ``kind``, not a formula, or an empty voltage range.
    """
    if kind is not None and kind not in KINDS:
        raise InputError(f"expected a document type ({', '.join(sorted(KINDS))}), got {kind!r}")
    if voltage is not None and voltage[0] > voltage[1]:
        raise InputError(f"expected a voltage range from low to high, got {voltage[0]} to {voltage[1]} V")
    query: dict[str, Any] = {}
    if kind is not None:
        query["output.@class"] = kind
    if formula is not None:
        formula = parse_formula(formula).reduced_formula  # as documents write it
        query["output.formula"] = formula
    if k_eff is not None:
        query["output.k_eff"] = k_eff
    found = (doc for stored in store.query(query, ["output"]) for doc in _documents(stored["output"]))
    return [doc for doc in found if _matches(doc, kind, formula, k_eff, voltage, level)]


def _documents(output: Any) -> Iterator[Document]:
    """Every document in a job's output, which may be one, or a list of them; others are passed over."""
    for item in output if isinstance(output, list) else [output]:
        kind = KINDS.get(item.get("@class", "")) if isinstance(item, dict) else None
        if kind is not None:
            try:
                yield kind.model_validate({key: value for key, value in item.items() if not key.startswith("@")})
            except ValidationError:
                continue  # of another schema version, or damaged: must not hide the rest


def _matches(
    doc: Document,
    kind: str | None,
    formula: str | None,
    k_eff: float | None,
    voltage: tuple[float, float] | None,
    level: str | None,
) -> bool:
    theory = getattr(doc, "level_of_theory", None)
    return (
        (kind is None or type(doc).__name__ == kind)
        and (formula is None or getattr(doc, "formula", None) == formula)
        and (k_eff is None or getattr(doc, "k_eff", None) == k_eff)
        and (voltage is None or _touches(doc, voltage))
        and (level is None or (theory is not None and level in theory.label))
    )


def _touches(doc: Document, voltage: tuple[float, float]) -> bool:
    low, high = voltage
    if isinstance(doc, documents.DecompositionDoc):
        return low <= doc.voltage <= high
    if isinstance(doc, documents.StabilityDoc):
        return any(part.voltage_low <= high and part.voltage_high >= low for part in doc.segments)
    return False

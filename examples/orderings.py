"""Symmetry-distinct orderings of disordered Li2ZrCl6: count them first, then rank them."""

from selflimit.structures import count_orderings, orderings_document, parent_cell


def main() -> dict[str, tuple[int, int]]:
    """Raw and distinct counts by cell."""
    parent = parent_cell("LZC-A")
    return {cell: tuple(count_orderings(parent, cell)) for cell in ("primitive", "conventional", "2x1x1", "3x1x1")}


if __name__ == "__main__":
    for cell, (raw, distinct) in main().items():
        print(f"{cell}: {distinct} distinct of {raw}")
    lowest = orderings_document(parent_cell("LZC-A"), "2x1x1", keep=1).orderings[0]
    print(f"lowest in 2x1x1: {lowest.electrostatic_energy:.4f} eV/fu, degeneracy {lowest.degeneracy}")

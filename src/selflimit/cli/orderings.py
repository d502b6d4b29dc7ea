"""What `selflimit orderings` does without relaxing or counting: rank by electrostatics, sample, write all to disk."""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from pymatgen.core import Structure

from selflimit.cli.counting import cells_asked_for, described, parent_asked_for, told_deviations
from selflimit.cli.printing import print_json, print_line, print_table, progress_bar
from selflimit.documents import OrderingsDoc
from selflimit.files import write_atomically
from selflimit.report import tables
from selflimit.structures.orderings.cells import DisorderedCell
from selflimit.structures.orderings.counting import count_in
from selflimit.structures.orderings.files import save_orderings
from selflimit.structures.orderings.lowest import MOST_SEARCHED, lowest_document
from selflimit.structures.orderings.sampling import sample_in
from selflimit.structures.orderings.search_cost import MOST_ENUMERATED, check_size, estimate_search
from selflimit.structures.parents.parents import Parent


def orderings_only(asked: Namespace) -> None:
    """Write, sample or rank orderings, whichever is asked for.

    Raises
    ------
    InputError
        A crystal, cell or number that cannot be used.
    """
    parent = parent_asked_for(asked)
    if asked.write:
        write(parent, asked)
    elif asked.sample:
        sample(parent, asked)
    else:
        rank(parent, asked)


def write(parent: Parent, asked: Namespace) -> None:
    """Write all orderings to disk; the same command goes on after an interruption."""
    made = {}
    for cell in cells_asked_for(parent, asked):
        folder = Path(asked.write) / cell.name.replace(" ", "-").replace(",", "")
        announce(cell, not asked.skip_superperiodic, most(asked, MOST_ENUMERATED), asked)
        with progress_bar(f"orderings {cell.name}") as progress:
            block = save_orderings(cell, folder, not asked.skip_superperiodic, most(asked, MOST_ENUMERATED), progress)
        made[str(folder)] = len(block)
    if asked.json:
        print_json({**described(parent), "folders": made})
    else:
        for where, number in made.items():
            print_line(f"{number:,} orderings in {where}: labels.npy, degeneracies.npy, cell.json")


def sample(parent: Parent, asked: Namespace) -> None:
    """Draw random distinct orderings, print them and write them as CIF."""
    found = [
        (f"{parent.name} {cell.name} sample {number}", ordering)
        for cell in cells_asked_for(parent, asked)
        for number, ordering in enumerate(sample_in(cell, asked.sample, asked.sample_seed, asked.weights))
    ]
    write_cifs(asked.cifs, [(label, ordering.structure()) for label, ordering in found])
    if asked.json:
        rows = [
            {
                "label": label,
                "degeneracy": one.degeneracy,
                "deviations": one.cell.deviations,
                "structure": one.structure().as_dict(),
            }
            for label, one in found
        ]
        print_json({**described(parent), "weights": asked.weights, "orderings": rows})
    else:
        title = f"{parent.name}: drawn with {asked.weights} weights, seed {asked.sample_seed}"
        print_table(title, ["ordering", "degeneracy"], [[label, ordering.degeneracy] for label, ordering in found])


def rank(parent: Parent, asked: Namespace) -> None:
    """Find the orderings of lowest electrostatic energy in each cell, print them and write them as CIF."""
    documents = [find_lowest(cell, asked) for cell in cells_asked_for(parent, asked)]
    write_cifs(
        asked.cifs,
        [
            (f"{doc.parent} {doc.cell} #{number}", item.structure)
            for doc in documents
            for number, item in enumerate(doc.orderings)
        ],
    )
    if asked.json:
        print_json({"orderings": [doc.model_dump(mode="json") for doc in documents]})
        return
    for doc in documents:
        title = f"{doc.parent} {doc.cell}: {doc.distinct_count:,} distinct of {doc.raw_count:,} orderings"
        print_table(title, tables.ORDERING_COLUMNS, tables.ordering_rows([doc]))


def find_lowest(cell: DisorderedCell, asked: Namespace) -> OrderingsDoc:
    """Find the lowest of one cell; a search of more than some seconds keeps its state beside the results."""
    state = Path(asked.folder) / f"search-{cell.name.replace(' ', '-').replace(',', '')}.npz"
    announce(cell, True, most(asked, MOST_SEARCHED), asked)
    with progress_bar(f"orderings {cell.name}") as progress:
        return lowest_document(cell, asked.keep, most(asked, MOST_SEARCHED), progress, state)


def announce(cell: DisorderedCell, superperiodic: bool, limit: int, asked: Namespace) -> None:
    """Tell how many orderings there are, for how long and in what room they are searched, before it starts.

    Parameters
    ----------
    cell
        The cell.
    superperiodic
        Whether orderings that repeat inside the cell count.
    limit
        Most distinct orderings that are searched.
    asked
        The command line; with ``--json`` nothing is printed.

    Raises
    ------
    InputError
        More distinct orderings than ``limit``.
    """
    distinct = count_in(cell, superperiodic).distinct
    check_size(cell.parent, distinct, limit, len(cell.permutations))
    if not asked.json:
        for line in told_deviations(cell):
            print_line(line)
        print_line(f"{cell.name}: {distinct:,} distinct orderings, {estimate_search([cell], superperiodic)}")


def most(asked: Namespace, default: int) -> int:
    """Number of distinct orderings beyond which the work is refused: what is asked for, or ``default``."""
    return default if asked.most is None else int(asked.most)


def write_cifs(folder: str | None, crystals: Sequence[tuple[str, Structure]]) -> None:
    """Write crystals as CIF, named after their labels, if a folder is given."""
    if folder is None:
        return
    for label, crystal in crystals:
        name = "".join(c if c.isalnum() or c in "-_." else "-" for c in label)
        write_atomically(Path(folder) / f"{name}.cif", crystal.to(fmt="cif"))

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
from selflimit.structures.cluster_expansion.documents import learned_document
from selflimit.structures.lowest.documents import MOST_PROVEN, MOST_WALKED, lowest_document
from selflimit.structures.orderings.cells import DisorderedCell
from selflimit.structures.orderings.counting import count_in
from selflimit.structures.orderings.files import save_orderings
from selflimit.structures.orderings.sampling import sample_in
from selflimit.structures.orderings.search_cost import MOST_ENUMERATED, check_size, estimate_search, short
from selflimit.structures.parents.cif_writing import cif_text
from selflimit.structures.parents.parents import Parent
from selflimit.structures.relaxation.relaxation import Tolerances

MERGED_COLUMNS = ["rank", "cell", "degeneracy", "electrostatic energy (eV/fu)", "above lowest (meV/fu)"]


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
    documents = [find_lowest(cell, asked) for cell in cells_asked_for(parent, asked) if _has_orderings(cell, asked)]
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
    if documents:
        states = ", ".join(f"{species} {charge:+.4g}" for species, charge in documents[0].charges.items())
        print_line(f"formal charges (e): {states}")
    # rounded populations differ from size to size, and energies of different compositions rank nothing
    is_merged = asked.up_to is not None and len({doc.formula for doc in documents}) == 1
    if is_merged:
        title = f"{parent.name}: all cell shapes of up to {asked.up_to} primitive cells, each crystal once"
        print_table(title, MERGED_COLUMNS, _merged_rows(documents, asked.keep))
    for doc in documents:
        title = f"{doc.parent} {doc.cell}: {short(doc.distinct_count)} distinct of {short(doc.raw_count)} orderings"
        if not is_merged:
            print_table(title, tables.ORDERING_COLUMNS, tables.ordering_rows([doc]))
        if doc.lower_bound is not None:
            lowest = doc.orderings[0].electrostatic_energy
            print_line(
                f"{doc.cell}: annealed, not proven to be the lowest; no ordering is below {doc.lower_bound:.3f} eV/fu, "
                f"{lowest - doc.lower_bound:.3f} eV/fu under the lowest found"
            )


def learn(asked: Namespace) -> None:
    """Find the lowest relaxed orderings of each cell with few relaxations, print them and write them as CIF."""
    parent, tolerances = parent_asked_for(asked), Tolerances(max_force=asked.max_force)
    documents = []
    for cell in asked.cells:
        with progress_bar(f"orderings {cell}") as progress:
            documents.append(
                learned_document(
                    parent, cell, asked.learn, asked.sample_seed, asked.force_field, tolerances, progress=progress
                )
            )
    write_cifs(asked.cifs, [(one.label, one.structure) for doc in documents for one in doc.lowest])
    if asked.json:
        print_json({"learned": [doc.model_dump(mode="json") for doc in documents]})
        return
    for doc in documents:
        title = f"{doc.parent} {doc.cell}: lowest relaxed of {doc.candidates:,} orderings"
        print_table(title, tables.RELAXATION_COLUMNS, tables.relaxation_rows(doc.lowest))
        end = "nothing lower was found in the last rounds" if doc.is_converged else "relaxations ran out: raise --learn"
        print_line(
            f"{doc.cell}: {len(doc.relaxed)} relaxed, error of cross-validation "
            f"{1000 * doc.cross_validation_error:.2g} meV/atom; {end}"
        )


def _has_orderings(cell: DisorderedCell, asked: Namespace) -> bool:
    """Whether a cell has orderings of its own; up to a size those of smaller cells are not repeated."""
    return asked.up_to is None or count_in(cell, superperiodic=False).distinct > 0


def _merged_rows(documents: Sequence[OrderingsDoc], keep: int) -> list[list[object]]:
    """The lowest of all cells in one list."""
    found = [(item.electrostatic_energy, doc.cell, item.degeneracy) for doc in documents for item in doc.orderings]
    found.sort(key=lambda one: one[0])
    return [
        [rank, cell, degeneracy, energy, round(1000 * (energy - found[0][0]), 3)]
        for rank, (energy, cell, degeneracy) in enumerate(found[:keep])
    ]


def find_lowest(cell: DisorderedCell, asked: Namespace) -> OrderingsDoc:
    """Find the lowest of one cell; a search of more than some seconds keeps its state beside the results."""
    state = Path(asked.folder) / f"search-{cell.name.replace(' ', '-').replace(',', '')}.npz"
    is_alone = asked.up_to is None
    # an annealing is never too long
    limit = count_in(cell, is_alone).distinct if asked.anneal else most(asked, MOST_PROVEN)
    announce(cell, is_alone, limit, asked)
    given = None if asked.most is None else int(asked.most)
    with progress_bar(f"orderings {cell.name}") as progress:
        return lowest_document(cell, asked.keep, given, progress, state, asked.anneal, is_alone)


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
    if asked.json:
        return
    for line in told_deviations(cell):
        print_line(line)
    print_line(f"{cell.name}: {short(distinct)} distinct orderings, {_way(cell, distinct, superperiodic, asked)}")


def _way(cell: DisorderedCell, distinct: int, superperiodic: bool, asked: Namespace) -> str:
    """How the cell is searched."""
    if asked.write or (not asked.anneal and distinct <= MOST_WALKED):
        return str(estimate_search([cell], superperiodic))
    return f"annealed with seed {asked.anneal or 1}, then branch and bound"


def most(asked: Namespace, default: int) -> int:
    """Number of distinct orderings beyond which the work is refused: what is asked for, or ``default``."""
    return default if asked.most is None else int(asked.most)


def write_cifs(folder: str | None, crystals: Sequence[tuple[str, Structure]]) -> None:
    """Write crystals as CIF with their symmetry and labels, named after what they are, if a folder is given."""
    if folder is None:
        return
    for label, crystal in crystals:
        name = "".join(c if c.isalnum() or c in "-_." else "-" for c in label)
        write_atomically(Path(folder) / f"{name}.cif", cif_text(crystal, label))

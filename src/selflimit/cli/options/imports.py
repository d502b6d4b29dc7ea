"""Options of the verb that brings entries along."""

from argparse import ArgumentParser

IMPORT_FOLDER = "selflimit-import"
"""Where imported entries are kept, where nothing else is said."""


def add_import_options(parser: ArgumentParser) -> None:
    """Add where the entries are, what files do not say of them, and what is accepted."""
    parser.add_argument(
        "sources",
        nargs="+",
        metavar="WHERE",
        help="folders with VASP runs or JSON files below them, vasprun.xml(.gz), entries.json(.gz, .bz2), the "
        "Materials Project's thermo documents, emmet's task documents, mongodb://HOST/DATABASE",
    )
    parser.add_argument(
        "--level", metavar="FUNCTIONAL", help="level of theory of entries that state none, e.g. PBE or r2SCAN"
    )
    parser.add_argument(
        "--corrections",
        choices=("none", "MP2020"),
        default="none",
        help="corrections to add to GGA and GGA+U energies that list none (default: %(default)s)",
    )
    parser.add_argument(
        "--max-force", type=float, default=0.1, metavar="EV_PER_A",
        help="largest force at the end of a run that counts as relaxed (eV/Angstrom, default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--max-stress", type=float, default=1.0, metavar="GPA",
        help="largest stress component at the end of a run that counts as relaxed (GPa, default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--leave-out", action="store_true", help="leave out what is refused, and name it, instead of refusing all"
    )
    parser.add_argument("--collection", metavar="NAME", help="of the database (default: outputs, tasks, ...)")
    parser.add_argument("--query", metavar="JSON", help="what its documents have to meet, in MongoDB's words")
    parser.add_argument(
        "--folder",
        dest="out",
        metavar="FOLDER",
        default=IMPORT_FOLDER,
        help="where files go (default: %(default)s)",
    )
    parser.add_argument("--replace", action="store_true", help="overwrite another import in that folder")

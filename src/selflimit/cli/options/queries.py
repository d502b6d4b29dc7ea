"""Options of the verbs that ask a store."""

from argparse import ArgumentParser


def add_filters(parser: ArgumentParser) -> None:
    """Add the filters of documents, and what is shown of those that meet them."""
    parser.add_argument(
        "--kind", help="document type, e.g. RelaxationDoc, StabilityDoc, DecompositionDoc, GrowthDoc, StressDoc"
    )
    parser.add_argument("--formula", help="formula, e.g. Li2ZrCl6; any multiple of it means the same")
    parser.add_argument("--chemsys", metavar="A-B-C", help="exactly these elements, e.g. Li-Zr-Cl")
    parser.add_argument("--k-eff", type=float, metavar="GPA", help="effective bulk modulus (GPa)")
    parser.add_argument(
        "--voltage", type=float, nargs=2, metavar="V", help="voltage range that the result must touch (V vs Li/Li+)"
    )
    parser.add_argument("--level", help="how the label of the level of theory begins, e.g. 'CHGNet-r2scan' or PBE")
    parser.add_argument(
        "--since", metavar="DAY", help="completed on this day or later, e.g. 2026-01-31; or an ISO time"
    )
    parser.add_argument("--until", metavar="DAY", help="completed on this day or earlier")
    parser.add_argument("--tag", help="a tag that the run was given")
    shown = parser.add_argument_group("output")
    shown.add_argument(
        "--fields",
        metavar="A,B",
        help="fields instead of whole documents, e.g. formula,k_eff,level_of_theory.model,date",
    )
    shown.add_argument(
        "--sort", metavar="FIELD", help="smallest of this field first, the largest with =-FIELD; e.g. --sort=-date"
    )
    shown.add_argument("--limit", type=int, metavar="N", help="most results")
    shown.add_argument(
        "--format", choices=("table", "json", "csv"), default="table", help="table, json or csv (default: %(default)s)"
    )


def add_store_options(parser: ArgumentParser) -> None:
    """Add what is done with which store."""
    parser.add_argument("what", choices=("copy", "repair"), help="what to do")
    parser.add_argument("source", help="folder or MongoDB URI of the results; to be repaired: a folder")
    parser.add_argument(
        "targets",
        nargs="*",
        metavar="TARGET",
        help="copy: folder or MongoDB URI; repair: run folders that wrote to the store",
    )
    parser.add_argument("--replace", action="store_true", help="overwrite documents of the target that differ")
    parser.add_argument("--json", action="store_true", help="print the counts as JSON on standard output")


def add_shell(parser: ArgumentParser) -> None:
    """Which shell completes the words."""
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="the shell")


def add_port(parser: ArgumentParser) -> None:
    """Where the page is served."""
    parser.add_argument("--port", type=int, default=8050, help="port on this machine (default: %(default)s)")

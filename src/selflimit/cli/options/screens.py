"""Options of the verb that screens layers."""

from argparse import ArgumentParser


def add_screen_options(parser: ArgumentParser) -> None:
    """Add the electrolyte, the layers, where the result goes, and whether a job manager is to run it."""
    parser.add_argument("electrolyte", metavar="ELECTROLYTE", help="e.g. Li2ZrCl6")
    parser.add_argument(
        "--layers",
        required=True,
        metavar="FILE",
        help="formulas of interlayers or coatings: one a line ('#' begins a remark), or a JSON list",
    )
    parser.add_argument(
        "--folder",
        metavar="FOLDER",
        help="where the files go: CSV, figure, documents (default: selflimit-screen/FORMULA)",
    )
    parser.add_argument("--submit", action="store_true", help="hand one job for each layer to a job manager instead")

"""Options of the paper's simulations by name."""

from argparse import ArgumentParser


def add_preset_options(parser: ArgumentParser) -> None:
    """Add one of the paper's simulations in place of the run's own interface."""
    group = parser.add_argument_group("the paper's simulations")
    group.add_argument(
        "--preset",
        metavar="NAME",
        help="fig5-fine, fig5-graded, fig8-step1, fig8-step2, ... or list; from shipped entries, with figure, film and "
        "comparison, in --folder (default: selflimit-presets/NAME). Only --grid, --seed, --duration, --front "
        "single-ion or published, --folder, --store and --json apply",
    )
    group.add_argument(
        "--interface-width",
        type=float,
        metavar="UM",
        help="with --preset: width of the front, and edge of a cell (micrometres, default: the preset's own)",
    )
    group.add_argument(
        "--movie",
        choices=("webp", "gif", "mp4"),
        default="webp",
        help="with --preset: kind of film; mp4 needs ffmpeg (default: %(default)s)",
    )
    group.add_argument("--vtk", metavar="FOLDER", help="with --preset: also write the fields for ParaView (.vti, .pvd)")

"""Options of the verbs that judge layers."""

from argparse import ArgumentParser


def add_conditions(parser: ArgumentParser) -> None:
    """Add domain, duration and criterion, which all growths share."""
    _add_domain(parser)
    _add_criterion(parser)
    parser.add_argument(
        "--parameters", metavar="FILE", help="documents/parameters.json of a run (default: the documented values)"
    )


def _add_domain(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--grid",
        dest="grid_cells",
        type=int,
        nargs="+",
        default=[64, 96],
        metavar="N",
        help="cells along x and y, or x, y and z (default: 64 96)",
    )
    parser.add_argument(
        "--interface-width",
        type=float,
        default=0.5,
        metavar="UM",
        help="width of the lithium front, and edge of a cell (micrometres, default: %(default)s)",
    )
    parser.add_argument(
        "--crossings",
        type=float,
        default=4.0,
        metavar="N",
        help="model time over the time in which a flat stress-free front crosses the layer (default: %(default)s)",
    )
    parser.add_argument(
        "--gap",
        type=float,
        default=2.0,
        metavar="UM",
        help="least width of the fine channel between two coarse particles (micrometres, default: %(default)s)",
    )
    parser.add_argument(
        "--zone-depth",
        type=float,
        default=6.0,
        metavar="UM",
        help="depth to which the electrolyte has reacted (micrometres, default: %(default)s)",
    )


def add_equations(parser: ArgumentParser) -> None:
    """Add the choice of the equations of a growth."""
    parser.add_argument(
        "--front",
        choices=("published", "single-ion", "sharp"),
        default="published",
        help="equations of the growth: the published ones, which the correction factor belongs to, a solid "
        "electrolyte, or the published ones with a front that moves as a sharp one (default: %(default)s)",
    )


def add_map_equations(parser: ArgumentParser) -> None:
    """Add the choice of what a design map is made by."""
    parser.add_argument(
        "--front",
        choices=("arrest", "published", "single-ion", "sharp"),
        default="arrest",
        help="what is mapped: layers with channels at C = 1 (arrest), or growths by the published equations, which the "
        "correction factor belongs to, a solid electrolyte's, or the published ones with a front that moves as a sharp "
        "one (default: %(default)s)",
    )


def _add_criterion(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--largest-coverage",
        type=float,
        default=0.5,
        metavar="SHARE",
        help="localised: at most this share of the electrolyte's surface is covered at the end (default: %(default)s)",
    )
    parser.add_argument(
        "--least-stress-ratio",
        type=float,
        default=1.0,
        metavar="X",
        help="arrested: the stress overpotential is at least X times the applied one (default: %(default)s)",
    )


ARREST = (
    ("layer-thickness", "UM", "thickness of the particle layer (micrometres", "500 to 750, as in the published cells"),
    ("slot-width", "UM", "width of the widest slot that lithium takes (micrometres", "0.1 to 10"),
    ("pitch", "UM", "distance of the channels that fill (micrometres", "20 to 500"),
    ("half-cycle", "H", "how long lithium is plated at a time (h", "0.5 to 1, as in the published cells"),
    ("retained", "SHARE", "share of a half-cycle's lithium that stripping leaves in the channels (", "1e-3 to 0.3"),
    ("conductivity", "S_PER_M", "ionic conductivity of the particle layer (S/m", "0.036 to 0.1"),
    ("exchange-current", "A_PER_M2", "exchange current density (A/m^2", "30 to 2600"),
    ("creep-resistance", "MPA", "creep resistance of bulk lithium (MPa", "0.95 to 2"),
    ("size-effect", "Q", "strength of lithium between bulk, 0, and pillars of the slot's width, 1 (", "0 to 1"),
    ("toughness", "K_IC", "fracture toughness of the electrolyte (MPa m^(1/2)", "0.085 to 0.23"),
    ("bond-strength", "RATIO", "of the bond of layer and electrolyte over the electrolyte's (", "0.2 to 2"),
    ("flaw", "UM", "depth of a flaw at the tip (micrometres", "1 to 10"),
    ("confinement", "MPA", "compression in the plane of the electrolyte (MPa", "0 to 50"),
    ("electrolyte-thickness", "UM", "thickness of the electrolyte behind the layer (micrometres", "360 to 500"),
    ("electronic-conductivity", "S_PER_M", "of the products (S/m", "insulating and conducting products, both"),
    ("ionic-conductivity", "S_PER_M", "of the products (S/m", "1e-8 to 1e-4"),
)
"""Option, metavar, meaning up to the unit, and default range of what is known of a layer at C = 1."""


def add_growth(parser: ArgumentParser) -> None:
    """Add what asks for a growth to be judged."""
    parser.add_argument(
        "--growth",
        action="store_true",
        help="judge a growth in this layer by contact and stress instead, beside the uniform fine layer",
    )


def add_arrest_ranges(parser: ArgumentParser) -> None:
    """Add the layer, the electrolyte and the currents of the verdict at C = 1."""
    parser.add_argument(
        "--current",
        dest="current_densities",
        type=float,
        nargs="+",
        default=[0.2, 0.5, 20.0],
        metavar="MA_PER_CM2",
        help="current densities (mA/cm^2, default: 0.2 0.5 20, those of the published cells)",
    )
    for option, metavar, meaning, default in ARREST:
        comma = "" if meaning.endswith("(") else ", "
        parser.add_argument(
            f"--{option}",
            type=float,
            nargs="+",
            metavar=metavar,
            help=f"{meaning}{comma}one value or the ends of a range, default: {default})",
        )
    parser.add_argument(
        "--test-hours",
        type=float,
        default=200.0,
        metavar="H",
        help="how long the cell is cycled (h, default: %(default)s)",
    )
    parser.add_argument(
        "--drawn",
        type=int,
        default=10,
        metavar="N",
        help="resolved layers with channels drawn at random to compare with (default: %(default)s)",
    )
    parser.add_argument(
        "--foil",
        type=float,
        default=100.0,
        metavar="UM",
        help="lithium foil on each side (micrometres, default: %(default)s)",
    )
    parser.add_argument(
        "--entries",
        default="",
        metavar="PATH",
        help="your energies of the electrolyte and what competes, as of `selflimit diagram` (default: shipped entries)",
    )
    parser.add_argument(
        "--electrolyte",
        default="Li2ZrCl6",
        metavar="FORMULA",
        help="the less stable electrolyte, of which entries ship (default: %(default)s)",
    )
    parser.add_argument(
        "--k-eff",
        type=float,
        default=0.0,
        metavar="GPA",
        help="constriction of its reaction (GPa, default: %(default)s)",
    )


def add_layer(parser: ArgumentParser) -> None:
    """Add what describes one layer and its conditions."""
    parser.add_argument(
        "--coarse-fraction", type=float, default=0.4, metavar="SHARE", help="of the layer (default: %(default)s)"
    )
    parser.add_argument(
        "--radius",
        type=float,
        default=5.0,
        metavar="UM",
        help="of coarse particles (micrometres, default: %(default)s)",
    )
    parser.add_argument("--overpotential", type=float, default=-0.1, metavar="V", help="(V, default: %(default)s)")
    parser.add_argument(
        "--correction",
        type=float,
        default=80.0,
        metavar="C",
        help="mechanical correction factor (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of packing, needles and noise (default: %(default)s)")
    parser.add_argument("--folder", dest="out", metavar="FOLDER", help="also write the verdicts as JSON files")


def add_growth_designs(parser: ArgumentParser) -> None:
    """Add the conditions of growths of which all combinations are judged."""
    parser.add_argument(
        "--radius",
        type=float,
        nargs="+",
        default=[5.0],
        metavar="UM",
        help="of coarse particles (micrometres, default: 5)",
    )
    parser.add_argument(
        "--overpotential", type=float, nargs="+", default=[-0.1], metavar="V", help="(V, default: -0.1)"
    )
    parser.add_argument(
        "--correction",
        type=float,
        nargs="+",
        default=[30.0, 50.0, 100.0, 200.0, 400.0, 800.0],
        metavar="C",
        help="mechanical correction factors (default: 30 50 100 200 400 800)",
    )


def add_channel_designs(parser: ArgumentParser) -> None:
    """Add slots, thicknesses and currents of which all combinations are judged."""
    parser.add_argument(
        "--slot-width",
        type=float,
        nargs="+",
        default=[0.3, 1.0, 3.0, 10.0],
        metavar="UM",
        help="median widths of the channels (micrometres, default: 0.3 1 3 10)",
    )
    parser.add_argument(
        "--layer-thickness",
        type=float,
        nargs="+",
        default=[30.0, 60.0, 200.0, 600.0],
        metavar="UM",
        help="thicknesses of the particle layer (micrometres, default: 30 60 200 600)",
    )
    parser.add_argument(
        "--current",
        dest="current_densities",
        type=float,
        nargs="+",
        default=[0.1, 0.2, 0.5, 2.0, 20.0],
        metavar="MA_PER_CM2",
        help="current densities (mA/cm^2, default: 0.1 0.2 0.5 2 20)",
    )
    parser.add_argument(
        "--channel-share",
        type=float,
        default=0.05,
        metavar="SHARE",
        help="of the fine regions that channels take (default: %(default)s, assumed)",
    )


def add_map(parser: ArgumentParser) -> None:
    """Add what every design map has."""
    parser.add_argument(
        "--coarse-fraction",
        type=float,
        nargs="+",
        default=None,
        metavar="SHARE",
        help="of the layer (default: 0.4, of growths 0 0.1 0.2 0.3 0.4 0.5)",
    )
    parser.add_argument("--packings", type=int, default=None, metavar="N", help="per design (default: 5, of growths 3)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first packing (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="processes (default: %(default)s)")
    parser.add_argument(
        "--folder",
        default="selflimit-design",
        help="folder of the results; the same again resumes (default: %(default)s)",
    )

"""Options of diagrams of given formulas."""

from argparse import ArgumentParser


def add_competitors(group: ArgumentParser) -> None:
    """Add where the entries of what competes come from."""
    group.add_argument(
        "--crystals",
        metavar="FOLDER",
        help="CIF files or POSCARs of the electrolyte and what competes: relaxed here with --force-field, beside the "
        "bundled crystals of the same elements; run again to resume, or after adding crystals",
    )
    group.add_argument(
        "--level",
        metavar="FUNCTIONAL",
        help="level of theory of entries that state none, e.g. PBE or r2SCAN; with --source store: which one",
    )
    group.add_argument(
        "--gas-pressure",
        action="append",
        default=[],
        metavar="GAS=BAR",
        help="partial pressure of a gas (bar), e.g. O2=0.21: of Gibbs entries at their temperature, else at 298 K; "
        "repeat for more (default: gases as their entries are)",
    )
    group.add_argument(
        "--source",
        choices=("auto", "force-field", "mp-api", "store"),
        default="auto",
        help="shipped force-field entries, the Materials Project, or what `selflimit import` put into the store; auto: "
        "the Materials Project where MP_API_KEY is set (default: %(default)s)",
    )


def add_diagram_options(parser: ArgumentParser) -> None:
    """Add the options of diagrams that are made from entries."""
    parser.add_argument(
        "formulas", nargs="*", metavar="FORMULA", help="electrolytes, e.g. Li2ZrCl6; none: the run's disordered crystal"
    )
    group = parser.add_argument_group("with formulas")
    group.add_argument("--formula", action="append", default=[], help="the same as FORMULA")
    add_competitors(group)  # type: ignore[arg-type]
    group.add_argument(
        "--k-eff-range",
        type=float,
        nargs=2,
        default=[0.0, 20.0],
        metavar="GPA",
        help="effective bulk moduli of the map (GPa, default: 0 20)",
    )
    group.add_argument(
        "--samples",
        type=int,
        default=100,
        metavar="N",
        help="exact diagrams drawn for the uncertainty, 0 for none (default: %(default)s)",
    )
    group.add_argument("--seed", type=int, default=1, help="seed of the samples (default: %(default)s)")
    group.add_argument(
        "--energy-error",
        type=float,
        metavar="EV",
        help="standard deviation of formation energies (eV/atom, default: 0.024, GGA against calorimetry)",
    )

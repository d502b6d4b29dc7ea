"""Options of the verbs that run the chain or a part of it."""

from argparse import ArgumentParser


def printed(parser: ArgumentParser) -> None:
    """How the result is printed."""
    parser.add_argument("--json", action="store_true", help="print the result as JSON on standard output")


def common(parser: ArgumentParser) -> None:
    """Options of every verb that knows the store."""
    printed(parser)
    parser.add_argument(
        "--store", help="folder or MongoDB URI of the results (default: $SELFLIMIT_STORE or selflimit-store)"
    )


def folder(parser: ArgumentParser) -> None:
    """Where a run keeps its files."""
    parser.add_argument("--folder", default="selflimit-run", help="run folder (default: %(default)s)")


def tags(parser: ArgumentParser) -> None:
    """Words to find the results by."""
    parser.add_argument(
        "--tag",
        action="append",
        default=[],
        metavar="WORD",
        help="word that is stored with every job's document, to find the results by; repeat for more",
    )


def crystal(parser: ArgumentParser) -> None:
    """Which disordered crystal."""
    group = parser.add_argument_group("crystal")
    group.add_argument(
        "--parent",
        default="LZC-A",
        help="bundled parent (LZC-A, LZC-C, LZC-D, LZC-E, LZC-trigonal, Li3InCl6), a CIF file with occupancies, or a "
        "POSCAR with --occupancy (default: %(default)s)",
    )
    group.add_argument(
        "--pool",
        action="append",
        default=[],
        metavar="LABELS",
        help="site labels that share one composition, e.g. Li1,Li2; repeat for more pools (default: the bundled "
        "parent's; in a file each orbit of disordered sites is a pool of its own)",
    )
    group.add_argument(
        "--charge",
        action="append",
        default=[],
        metavar="SPECIES=E",
        help="files only: formal charge of a species in e, e.g. Zr=4; repeat for each (default: guessed)",
    )
    group.add_argument(
        "--occupancy",
        action="append",
        default=[],
        metavar="SITE=SPECIES:N",
        help="files only: occupancies of a site label, or of all sites of an element, e.g. Li=Li:0.5,Na:0.25; what is "
        "missing to 1 is vacancy; repeat for each (default: as in the file)",
    )
    group.add_argument(
        "--symprec",
        type=float,
        default=0.01,
        metavar="A",
        help="distance within which symmetry is found (Angstrom, default: %(default)s)",
    )
    group.add_argument(
        "--cell",
        "--supercell",
        nargs="+",
        default=["primitive", "conventional"],
        metavar="CELL",
        help="cells to fill: primitive, conventional, or a supercell of the conventional cell such as 2x1x1 "
        "(default: primitive conventional)",
    )
    group.add_argument(
        "--keep",
        type=int,
        default=8,
        metavar="N",
        help="orderings kept per cell, lowest electrostatic energy first (default: %(default)s)",
    )


def without_relaxation(parser: ArgumentParser) -> None:
    """What the verb for orderings can do besides relaxing."""
    parser.add_argument("--cifs", metavar="FOLDER", help="also write the kept orderings as CIF files")
    only = parser.add_argument_group("without relaxation")
    what = only.add_mutually_exclusive_group()
    what.add_argument("--count", action="store_true", help="only the exact numbers of orderings")
    what.add_argument("--no-relax", action="store_true", help="only the --keep lowest by electrostatics")
    what.add_argument("--sample", type=int, metavar="N", help="N random distinct orderings")
    what.add_argument("--write", metavar="FOLDER", help="all orderings to disk; run again to go on after a stop")
    sizes = only.add_mutually_exclusive_group()
    sizes.add_argument("--n-cells", type=int, metavar="N", help="all shapes of N primitive cells instead of --cell")
    sizes.add_argument(
        "--up-to", type=int, metavar="N", help="all shapes of 1 to N primitive cells that fit instead of --cell"
    )
    only.add_argument(
        "--skip-superperiodic",
        action="store_true",
        help="with --count and --write: leave out orderings that belong to a smaller cell",
    )
    only.add_argument(
        "--weights",
        choices=("uniform", "degeneracy"),
        default="uniform",
        help="with --sample: every distinct ordering alike, or by degeneracy (default: %(default)s)",
    )
    only.add_argument(
        "--sample-seed", type=int, default=1, help="with --sample: same seed, same sample (default: %(default)s)"
    )
    only.add_argument(
        "--most", type=float, metavar="N", help="refuse more distinct orderings than this (default: 5e9; lowest: 2e10)"
    )


def energies(parser: ArgumentParser) -> None:
    """Where energies come from, and the phase diagram."""
    group = parser.add_argument_group("energies")
    group.add_argument(
        "--force-field",
        default="CHGNet-r2scan",
        metavar="NAME",
        help="CHGNet-r2scan, CHGNet-0.3.0, a public MACE model such as MACE-MP-0-small, MACE:<path>, or VASP "
        "(default: %(default)s)",
    )
    group.add_argument(
        "--screen",
        default="",
        metavar="NAME",
        help="with VASP: force field that relaxes all orderings first, e.g. CHGNet-r2scan (default: none)",
    )
    group.add_argument(
        "--window",
        type=float,
        default=0.05,
        metavar="EV",
        help="with --screen: orderings up to this far above the hull go on to VASP (eV/atom, default: %(default)s)",
    )
    group.add_argument(
        "--most-screened",
        type=int,
        default=20,
        metavar="N",
        help="with --screen: orderings that go on to VASP at most (default: %(default)s)",
    )
    group.add_argument(
        "--wall-time",
        type=int,
        default=0,
        metavar="S",
        help="with VASP: seconds until relaxations are stopped, to be resumed (default: no limit)",
    )
    group.add_argument(
        "--max-force",
        type=float,
        default=0.005,
        metavar="EV_PER_A",
        help="force tolerance of the relaxations (eV/Angstrom, default: %(default)s)",
    )
    group.add_argument(
        "--phases",
        choices=("bundled", "mp-api"),
        default="bundled",
        help="where the competing crystals come from; mp-api needs MP_API_KEY (default: %(default)s)",
    )
    group = parser.add_argument_group("phase diagram")
    group.add_argument(
        "--k-eff",
        type=float,
        nargs="+",
        default=[0.0, 5.0, 10.0, 15.0],
        metavar="GPA",
        help="effective bulk moduli K_eff (GPa, default: 0 5 10 15)",
    )
    group.add_argument(
        "--voltage-range",
        type=float,
        nargs=2,
        default=[0.0, 6.0],
        metavar="V",
        help="voltages (V vs Li/Li+, default: 0 6)",
    )


def chain(parser: ArgumentParser) -> None:
    """Options of every verb that runs the chain or a first part of it."""
    common(parser)
    folder(parser)
    tags(parser)
    parser.add_argument(
        "--reuse", action="store_true", help="take over the results of identical work that the store holds already"
    )
    crystal(parser)
    energies(parser)


def interface(parser: ArgumentParser) -> None:
    """Growth and interface."""
    group = parser.add_argument_group("interface")
    group.add_argument(
        "--duration", type=float, default=2100.0, metavar="S", help="model time of the growth (s, default: %(default)s)"
    )
    group.add_argument(
        "--overpotential",
        type=float,
        default=-0.1,
        metavar="V",
        help="overpotential at the metal, negative deposits (V, default: %(default)s)",
    )
    group.add_argument(
        "--grid",
        dest="grid_cells",
        type=int,
        nargs=2,
        default=[128, 192],
        metavar="N",
        help="grid cells along x and y (default: 128 192)",
    )
    group.add_argument("--seed", type=int, default=1, help="seed of particle packing and noise (default: %(default)s)")

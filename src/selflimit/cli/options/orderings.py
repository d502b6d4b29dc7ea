"""Options of the verb for orderings, besides those of the chain."""

from argparse import ArgumentParser


def add_without_relaxation(parser: ArgumentParser) -> None:
    """What the verb for orderings can do besides relaxing."""
    parser.add_argument("--cifs", metavar="FOLDER", help="also write the kept orderings as CIF files")
    only = parser.add_argument_group("instead of relaxing the --keep lowest by electrostatics")
    what = only.add_mutually_exclusive_group()
    what.add_argument("--count", action="store_true", help="only the exact numbers of orderings")
    what.add_argument("--no-relax", action="store_true", help="only the --keep lowest by electrostatics")
    what.add_argument("--sample", type=int, metavar="N", help="N random distinct orderings")
    what.add_argument("--write", metavar="FOLDER", help="all orderings to disk; run again to go on after a stop")
    what.add_argument(
        "--learn",
        type=int,
        metavar="N",
        help="the lowest relaxed orderings, with at most N relaxations that a cluster expansion chooses",
    )
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
        "--seed",
        dest="sample_seed",
        type=int,
        default=1,
        help="seed of --sample and --learn: same seed, same sample (default: %(default)s)",
    )
    only.add_argument(
        "--most",
        type=float,
        metavar="N",
        help="refuse more distinct orderings than this (default: 5e9; lowest: 1e15, unproven: 1e9)",
    )

"""The command line: parse, hand over, and turn every error a user can act on into one line.

Nothing heavy is imported here: `selflimit --help` answers at once. The verbs live in selflimit.workflows.commands.
"""

import argparse
import sys
from collections.abc import Callable, Sequence

from selflimit import __version__
from selflimit.errors import SelflimitError

EXIT_INPUT = 2
EXIT_INTERRUPTED = 130

DESCRIPTION = """\
From a disordered electrolyte crystal to the stress at its self-limiting lithium interface:
orderings -> relaxation -> mechanically constrained phase diagram -> phase field -> report."""

RUN_EXAMPLE = """\
example:
  selflimit run                                   Li2ZrCl6 on embedded defaults, results in selflimit-run/
  selflimit run --parent my.cif --folder my-run   your own disordered crystal
Run the same command again to resume: finished steps are not repeated."""

ORDERINGS_EXAMPLE = """\
example:
  selflimit orderings --parent LZC-A --cell conventional --keep 5       rank by electrostatics, relax the lowest
  selflimit orderings --cell 5x1x1 --no-relax --keep 10 --cifs lowest   rank only, 754,972 orderings
  selflimit orderings --parent my.cif --n-cells 4 --count               all shapes of 4 primitive cells
  selflimit orderings --parent POSCAR --occupancy Li=Li:0.5 --count     occupancies beside a POSCAR
Energies are electrostatic, in eV per formula unit; the relaxation decides which ordering is lowest."""

DIAGRAM_EXAMPLE = """\
example:
  selflimit diagram Li2ZrCl6                       shipped entries: tables, maps, uncertainty, in seconds
  selflimit diagram Li10GeP2S12 Li6PS5Cl           two electrolytes, and the interface between them
  selflimit diagram Li3N --entries mine.json       your entries (JSON list of ComputedStructureEntry)
  selflimit diagram --k-eff 0 5 10 15              no formula: the run's disordered crystal, all phases relaxed
Voltages are in V vs Li/Li+, K_eff in GPa, volumes in cubic Angstrom per formula unit."""

INTERFACE_EXAMPLE = """\
example:
  selflimit interface --duration 1200 --overpotential -0.1
Lengths are in micrometres, times in s, pressures in MPa (compression positive in tables)."""

REPORT_EXAMPLE = """\
example:
  selflimit report --folder selflimit-run    write selflimit-run/report.html again from its documents"""

RESULTS_EXAMPLE = """\
example:
  selflimit results --formula Li2ZrCl6 --kind StabilityDoc --k-eff 15
  selflimit results --store mongodb://user:password@host:27017/selflimit --voltage 0 0.5 --json"""


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON on standard output")
    parser.add_argument(
        "--store", help="folder or MongoDB URI of the results (default: $SELFLIMIT_STORE or selflimit-store)"
    )


def _crystal(parser: argparse.ArgumentParser) -> None:
    crystal = parser.add_argument_group("crystal")
    crystal.add_argument(
        "--parent",
        default="LZC-A",
        help="bundled parent (LZC-A, LZC-C, LZC-D, LZC-E, LZC-trigonal, Li3InCl6), a CIF file with occupancies, or a "
        "POSCAR with --occupancy (default: %(default)s)",
    )
    crystal.add_argument(
        "--pool",
        action="append",
        default=[],
        metavar="LABELS",
        help="site labels that share one composition, e.g. Li1,Li2; repeat for more pools (default: the bundled "
        "parent's; in a file each orbit of disordered sites is a pool of its own)",
    )
    crystal.add_argument(
        "--charge",
        action="append",
        default=[],
        metavar="SPECIES=E",
        help="files only: formal charge of a species in e, e.g. Zr=4; repeat for each (default: guessed)",
    )
    crystal.add_argument(
        "--occupancy",
        action="append",
        default=[],
        metavar="SITE=SPECIES:N",
        help="files only: occupancies of a site label, or of all sites of an element, e.g. Li=Li:0.5,Na:0.25; what is "
        "missing to 1 is vacancy; repeat for each (default: as in the file)",
    )
    crystal.add_argument(
        "--symprec",
        type=float,
        default=0.01,
        metavar="A",
        help="distance within which symmetry is found (Angstrom, default: %(default)s)",
    )
    crystal.add_argument(
        "--cell",
        nargs="+",
        default=["primitive", "conventional"],
        metavar="CELL",
        help="cells to fill: primitive, conventional, or a supercell of the conventional cell such as 2x1x1 "
        "(default: primitive conventional)",
    )
    crystal.add_argument(
        "--keep",
        type=int,
        default=8,
        metavar="N",
        help="orderings kept per cell, lowest electrostatic energy first (default: %(default)s)",
    )


def _orderings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cifs", metavar="FOLDER", help="also write the kept orderings as CIF files")
    only = parser.add_argument_group("without relaxation")
    what = only.add_mutually_exclusive_group()
    what.add_argument("--count", action="store_true", help="only the exact numbers of orderings")
    what.add_argument("--no-relax", action="store_true", help="only the --keep lowest by electrostatics")
    what.add_argument("--sample", type=int, metavar="N", help="N random distinct orderings")
    what.add_argument("--write", metavar="FOLDER", help="all orderings to disk; run again to go on after a stop")
    only.add_argument("--n-cells", type=int, metavar="N", help="all shapes of N primitive cells instead of --cell")
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


def _energies(parser: argparse.ArgumentParser) -> None:
    energies = parser.add_argument_group("energies")
    energies.add_argument(
        "--force-field",
        default="CHGNet-r2scan",
        metavar="NAME",
        help="CHGNet-r2scan, CHGNet-0.3.0, a public MACE model such as MACE-MP-0-small, MACE:<path>, or VASP "
        "(default: %(default)s)",
    )
    energies.add_argument(
        "--max-force",
        type=float,
        default=0.005,
        metavar="EV_PER_A",
        help="force tolerance of the relaxations (eV/Angstrom, default: %(default)s)",
    )
    energies.add_argument(
        "--phases",
        choices=("bundled", "mp-api"),
        default="bundled",
        help="where the competing crystals come from; mp-api needs MP_API_KEY (default: %(default)s)",
    )
    diagram = parser.add_argument_group("phase diagram")
    diagram.add_argument(
        "--k-eff",
        type=float,
        nargs="+",
        default=[0.0, 5.0, 10.0, 15.0],
        metavar="GPA",
        help="effective bulk moduli K_eff (GPa, default: 0 5 10 15)",
    )
    diagram.add_argument(
        "--voltage-range",
        type=float,
        nargs=2,
        default=[0.0, 6.0],
        metavar="V",
        help="voltages (V vs Li/Li+, default: 0 6)",
    )


def _chain(parser: argparse.ArgumentParser) -> None:
    """Options of every verb that runs the chain or a first part of it."""
    _common(parser)
    parser.add_argument("--folder", default="selflimit-run", help="run folder (default: %(default)s)")
    _crystal(parser)
    _energies(parser)


def _interface(parser: argparse.ArgumentParser) -> None:
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


def _diagram(parser: argparse.ArgumentParser) -> None:
    """Options of diagrams of given entries."""
    parser.add_argument(
        "formulas", nargs="*", metavar="FORMULA", help="electrolytes, e.g. Li2ZrCl6; none: the run's disordered crystal"
    )
    group = parser.add_argument_group("with formulas")
    group.add_argument("--formula", action="append", default=[], help="the same as FORMULA")
    group.add_argument("--entries", metavar="FILE", help="your entries (JSON list of ComputedStructureEntry)")
    group.add_argument(
        "--source",
        choices=("auto", "force-field", "mp-api"),
        default="auto",
        help="shipped force-field entries, or the Materials Project; auto: the latter where MP_API_KEY is set "
        "(default: %(default)s)",
    )
    group.add_argument(
        "--out", metavar="FOLDER", help="figures, page and documents (default: selflimit-diagram/FORMULAS)"
    )
    group.add_argument(
        "--model",
        choices=("linear", "elastic", "inclusion"),
        default="linear",
        help="mechanical functional (default: %(default)s)",
    )
    group.add_argument(
        "--ion-volume",
        choices=("none", "released"),
        default="none",
        help="whether ions in the reservoir count with their metal's volume (default: %(default)s)",
    )
    group.add_argument(
        "--gases",
        choices=("solid", "released"),
        default="solid",
        help="whether gases stay confined or escape (default: %(default)s)",
    )
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
    parser.set_defaults(untouched=parser.parse_args([]))


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    raw = argparse.RawDescriptionHelpFormatter
    top = argparse.ArgumentParser(prog="selflimit", description=DESCRIPTION, formatter_class=raw)
    top.add_argument("--version", action="version", version=f"selflimit {__version__}")
    top.add_argument("--traceback", action="store_true", help="show Python's traceback with an error")
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)

    def verb(name: str, text: str, example: str) -> argparse.ArgumentParser:
        return verbs.add_parser(name, help=text, description=text, epilog=example, formatter_class=raw)

    run = verb("run", "the whole chain, from the crystal to the report", RUN_EXAMPLE)
    _chain(run)
    _interface(run)
    orderings = verb("orderings", "symmetry-distinct orderings of a disordered crystal, ranked", ORDERINGS_EXAMPLE)
    _chain(orderings)
    _orderings(orderings)
    diagram = verb("diagram", "products against voltage and K_eff, reactions, volumes", DIAGRAM_EXAMPLE)
    _chain(diagram)
    _diagram(diagram)
    interface = verb("interface", "growth in particle layers and static stress at the interface", INTERFACE_EXAMPLE)
    _chain(interface)
    _interface(interface)
    report = verb("report", "write the HTML report of a finished run again", REPORT_EXAMPLE)
    _common(report)
    report.add_argument("--folder", default="selflimit-run", help="run folder (default: %(default)s)")
    results = verb("results", "query the store", RESULTS_EXAMPLE)
    _common(results)
    results.add_argument(
        "--kind", help="document type, e.g. RelaxationDoc, StabilityDoc, DecompositionDoc, GrowthDoc, StressDoc"
    )
    results.add_argument("--formula", help="reduced formula, e.g. Li2ZrCl6")
    results.add_argument("--k-eff", type=float, metavar="GPA", help="effective bulk modulus (GPa)")
    results.add_argument(
        "--voltage", type=float, nargs=2, metavar="V", help="voltage range that the result must touch (V vs Li/Li+)"
    )
    results.add_argument("--level", help="level of theory, e.g. 'CHGNet-r2scan'")
    return top


def verb_of(asked: argparse.Namespace) -> Callable[[argparse.Namespace], None]:
    """What carries out the verb; imported only now, because it is heavy, and no heavier than it must be."""
    if asked.verb == "orderings" and (asked.count or asked.no_relax or asked.sample or asked.write):
        from selflimit.workflows.ordering_commands import orderings_only

        return orderings_only
    from selflimit.workflows.commands import VERBS

    return VERBS[asked.verb]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code: 0 done, 2 an error the user can act on, 130 interrupted."""
    asked = parser().parse_args(arguments)
    try:
        run = verb_of(asked)
    except ImportError as error:
        print(f"selflimit: {error.name} is not installed; pip install 'selflimit[run]'", file=sys.stderr)  # noqa: T201
        return EXIT_INPUT
    try:
        run(asked)
    except SelflimitError as error:
        if asked.traceback:
            raise
        print(f"selflimit: {' '.join(str(error).split())}", file=sys.stderr)  # noqa: T201
        return EXIT_INPUT
    except OSError as error:  # disk full, no permission, a file where a folder should be
        if asked.traceback:
            raise
        print(f"selflimit: {error}; nothing finished is lost, mend it and run the same command again", file=sys.stderr)  # noqa: T201
        return EXIT_INPUT
    except KeyboardInterrupt:
        print("selflimit: interrupted; run the same command again to resume", file=sys.stderr)  # noqa: T201
        return EXIT_INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The verbs of the command line: one row each, with its options and where its function is.

To add a verb, add a row; to add an option, add it in :mod:`selflimit.options`. Functions are named, not imported:
they are heavy, and `selflimit --help` answers at once.
"""

from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass

from selflimit.cli.options import chain, diagrams, managers, presets, queries, verdicts


@dataclass(frozen=True)
class Verb:
    """One verb: its help, an example, its options, and 'module:function' below selflimit.workflows."""

    name: str
    text: str
    function: str
    options: tuple[Callable[[ArgumentParser], None], ...]
    example: str


VERBS = (
    Verb(
        "run",
        "the whole chain, from the crystal to the report",
        "run:run",
        (chain.chain, chain.interface, verdicts.closed_loop),
        """\
example:
  selflimit run                                   Li2ZrCl6 on embedded defaults, results in selflimit-run/
  selflimit run --parent my.cif --folder my-run   your own disordered crystal
Run the same command again, or `selflimit resume FOLDER`, to resume: finished steps are not repeated.""",
    ),
    Verb(
        "orderings",
        "symmetry-distinct orderings of a disordered crystal, ranked",
        "run:orderings",
        (chain.chain, chain.without_relaxation),
        """\
example:
  selflimit orderings --parent LZC-A --cell conventional --keep 5       rank by electrostatics, relax the lowest
  selflimit orderings --cell 5x1x1 --no-relax --keep 10 --cifs lowest   rank only, 754,972 orderings
  selflimit orderings --parent my.cif --n-cells 4 --count               all shapes of 4 primitive cells
  selflimit orderings --parent my.cif --up-to 6 --skip-superperiodic --count    every crystal of up to 6 cells once
  selflimit orderings --parent POSCAR --occupancy Li=Li:0.5 --count     occupancies beside a POSCAR
Energies are electrostatic, in eV per formula unit; the relaxation decides which ordering is lowest.""",
    ),
    Verb(
        "diagram",
        "products against voltage and K_eff, reactions, volumes",
        "run:diagram",
        (chain.chain, diagrams.diagram),
        """\
example:
  selflimit diagram Li2ZrCl6                       shipped entries: tables, maps, uncertainty, in seconds
  selflimit diagram Li10GeP2S12 Li6PS5Cl           two electrolytes, and the interface between them
  selflimit diagram Li3N --entries mine.json       your entries (JSON list of ComputedStructureEntry)
  selflimit diagram --k-eff 0 5 10 15              no formula: the run's disordered crystal, all phases relaxed
Voltages are in V vs Li/Li+, K_eff in GPa, volumes in cubic Angstrom per formula unit.""",
    ),
    Verb(
        "interface",
        "growth in particle layers and static stress at the interface",
        "run:interface",
        (chain.chain, chain.interface, verdicts.closed_loop, presets.presets),
        """\
example:
  selflimit interface --duration 1200 --overpotential -0.1
  selflimit interface --preset fig5-graded    one of the paper's simulations beside its published numbers
Lengths are in micrometres, times in s, pressures in MPa (compression positive in tables).""",
    ),
    Verb(
        "verdict",
        "does this layer self-limit? beside the uniform fine layer",
        "verdict:verdict",
        (chain.printed, verdicts.conditions, verdicts.verdict),
        """\
example:
  selflimit verdict --coarse-fraction 0.4 --radius 5 --overpotential -0.1 --correction 80
Lengths are in micrometres, pressures in MPa, compression positive.""",
    ),
    Verb(
        "design-map",
        "probability of self-limitation over designs and conditions",
        "verdict:design_map_here",
        (chain.printed, verdicts.conditions, verdicts.design_map),
        """\
example:
  selflimit design-map --coarse-fraction 0 0.2 0.4 --correction 30 100 200 --packings 3 --workers 2
Run the same command again to resume: finished points are kept.""",
    ),
    Verb(
        "report",
        "write the HTML report of a finished run again",
        "run:report",
        (chain.common, chain.folder),
        """\
example:
  selflimit report --folder selflimit-run    write selflimit-run/report.html again from its documents""",
    ),
    Verb(
        "results",
        "query the store",
        "results:query",
        (chain.common, queries.results),
        """\
example:
  selflimit results --formula Li2ZrCl6 --kind StabilityDoc --k-eff 15
  selflimit results --chemsys Li-Zr-Cl --since 2026-01-01 --tag thesis --fields formula,k_eff,date --format csv
  selflimit results --store mongodb://user:password@host:27017/selflimit --voltage 0 0.5 --json""",
    ),
    Verb(
        "store",
        "copy results from one store to another",
        "results:copy",
        (queries.copy,),
        """\
example:
  selflimit store copy selflimit-store mongodb://user:password@host:27017/selflimit
Run the same command again after an interruption: what is there already is not copied twice.""",
    ),
    Verb(
        "submit",
        "hand the whole chain to a job manager",
        "manager:submit",
        (chain.common, chain.tags, chain.crystal, chain.energies, chain.interface, managers.submission),
        """\
example:
  selflimit submit --project selflimit --worker slurm --worker-for relax=gpu --resources ntasks=1
  selflimit submit --manager fireworks --launchpad my_launchpad.yaml
The jobs run wherever the manager's runner sends them; `selflimit status` tells how far they are.""",
    ),
    Verb(
        "status",
        "how far a run or a submitted flow is, and what went wrong",
        "manager:status",
        (chain.common, managers.status),
        """\
example:
  selflimit status                   every flow of the jobflow-remote project
  selflimit status 3f2a91            the jobs of one flow, with the last lines of their errors
  selflimit status selflimit-run     the jobs of a run folder""",
    ),
    Verb(
        "resume",
        "go on with a run, or run the failed jobs of a submitted flow again",
        "manager:resume",
        (chain.common, managers.resume),
        """\
example:
  selflimit resume selflimit-run     go on with the options that the run was started with
  selflimit resume 3f2a91            failed jobs of a submitted flow are made ready again""",
    ),
    Verb(
        "graph",
        "draw a flow and the states of its jobs",
        "manager:graph",
        (chain.common, managers.graph),
        """\
example:
  selflimit graph selflimit-run --out flow.svg    a picture; neither network nor Graphviz is needed
  selflimit graph 3f2a91 > flow.mmd               Mermaid text""",
    ),
    Verb(
        "fetch",
        "bring the results of a submitted flow into a folder",
        "manager:fetch",
        (chain.common, managers.fetch),
        """\
example:
  selflimit fetch 3f2a91 --folder my-run --store mongodb://host/selflimit    documents, fields and report.html""",
    ),
)

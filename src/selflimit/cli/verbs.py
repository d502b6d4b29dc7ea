"""The verbs of the command line: one row each, with its options, its modes, and where their functions are.

To add a verb, add a row; to add an option, add it in :mod:`selflimit.cli.options`. It then applies to the verb's last
mode, and to another one that names it. Functions are named, not imported: they are heavy, and `selflimit --help`
answers at once.
"""

from dataclasses import dataclass

from selflimit.cli.modes.modes import AddOptions, Condition, Mode, has_value, is_given, names_of
from selflimit.cli.modes.of_verbs import (
    DIAGRAMS,
    INTERFACES,
    MAPS,
    OF_COMPETITORS,
    OF_ENTRIES,
    ORDERINGS,
    RELAXED,
    VERDICTS,
    modes_of_flow,
)
from selflimit.cli.options import (
    chain,
    checks,
    diagrams,
    imports,
    managers,
    orderings,
    presets,
    queries,
    screens,
    verdicts,
)


@dataclass(frozen=True)
class Verb:
    """One verb.

    Attributes
    ----------
    name, text
        What is typed, and what it does.
    options
        What adds its options.
    modes
        The ways of using it; the last one is taken where no other is asked for.
    example
        Command lines.
    conditions
        Options that need others.
    """

    name: str
    text: str
    options: tuple[AddOptions, ...]
    modes: tuple[Mode, ...]
    example: str
    conditions: tuple[Condition, ...] = ()


VERBS = (
    Verb(
        "run",
        "the whole chain, from the crystal to the report",
        (chain.add_run_folder, *chain.ALL_SETTINGS),
        (Mode("", "run:run_chain"),),
        """\
example:
  selflimit run                                   Li2ZrCl6 on embedded defaults, results in selflimit-run/
  selflimit run --parent my.cif --folder my-run   your own disordered crystal
Run the same command again, or `selflimit resume FOLDER`, to resume: finished steps are not repeated.""",
        RELAXED,
    ),
    Verb(
        "orderings",
        "symmetry-distinct orderings of a disordered crystal, ranked",
        (chain.add_run_folder, chain.add_crystal, chain.add_relaxation, orderings.add_without_relaxation),
        ORDERINGS,
        """\
example:
  selflimit orderings --parent LZC-A --cell conventional --keep 5       rank by electrostatics, relax the lowest
  selflimit orderings --cell 5x1x1 --no-relax --keep 10 --cifs lowest   rank only, 754,972 orderings
  selflimit orderings --parent my.cif --n-cells 4 --count               all shapes of 4 primitive cells
  selflimit orderings --parent my.cif --up-to 6 --skip-superperiodic --count    every crystal of up to 6 cells once
  selflimit orderings --cell 2x1x1 --learn 20                           the lowest relaxed one with 20 relaxations
  selflimit orderings --parent POSCAR --occupancy Li=Li:0.5 --count     occupancies beside a POSCAR
Energies are electrostatic, in eV per formula unit; the relaxation decides which ordering is lowest.""",
        RELAXED,
    ),
    Verb(
        "import",
        "bring your own energies: VASP runs, entry files, task documents, databases",
        (chain.add_store, chain.add_tags, imports.add_import_options),
        (Mode("", "entries.bringing:import_entries"),),
        """\
example:
  selflimit import my-calculations/                        every vasprun.xml(.gz) below it, checked for convergence
  selflimit import entries.json.bz2 --level SCAN           entries that do not say their functional
  selflimit import runs/ --corrections MP2020              GGA and GGA+U on the Materials Project's scale
  selflimit import mongodb://host/atomate2 --query '{"metadata.tags": "thesis"}'
What the files say decides the level of theory; what contradicts it, did not converge or is mixed is refused by name.
Then `selflimit diagram FORMULA --entries selflimit-import`.""",
    ),
    Verb(
        "diagram",
        "products against voltage and K_eff, reactions, volumes",
        (chain.add_run_folder, *chain.DIAGRAM_SETTINGS, diagrams.add_diagram_options),
        DIAGRAMS,
        """\
example:
  selflimit diagram Li2ZrCl6                       shipped entries: tables, maps, uncertainty, in seconds
  selflimit diagram Li10GeP2S12 Li6PS5Cl           two electrolytes, and the interface between them
  selflimit diagram Li3N --entries selflimit-import    your entries: imported, a JSON file, or VASP folders
  selflimit diagram Li3YCl6 --crystals my-crystals     CIF files, relaxed with the force field; no key needed
  selflimit diagram --k-eff 0 5 10 15              no formula: the run's disordered crystal, all phases relaxed
Voltages are in V vs Li/Li+, K_eff in GPa, volumes in cubic Angstrom per formula unit.""",
        (*RELAXED, *OF_ENTRIES),
    ),
    Verb(
        "screen",
        "layers between metal and electrolyte, ranked by what they become",
        (
            chain.add_store,
            chain.add_tags,
            screens.add_screen_options,
            diagrams.add_competitors,
            chain.add_screen_settings,
            managers.add_submission,
        ),
        (
            Mode("with --submit", "entries.screening:screen_layers", is_given("submit"), idle=frozenset({"folder"})),
            Mode("without --submit", "entries.screening:screen_layers", idle=names_of(managers.add_submission)),
        ),
        """\
example:
  selflimit screen Li2ZrCl6 --layers layers.txt                        shipped entries; one formula a line
  selflimit screen Li6PS5Cl --layers layers.txt --entries selflimit-import --k-eff 0 20
Energies are in eV/atom, strains in %. A job for each layer; with --submit a job manager runs them.""",
        OF_COMPETITORS,
    ),
    Verb(
        "interface",
        "growth in particle layers and static stress at the interface",
        (chain.add_run_folder, *chain.ALL_SETTINGS, presets.add_preset_options),
        INTERFACES,
        """\
example:
  selflimit interface --duration 1200 --overpotential -0.1
  selflimit interface --preset fig5-graded    one of the paper's simulations beside its published numbers
Lengths are in micrometres, times in s, pressures in MPa (compression positive in tables).""",
        RELAXED,
    ),
    Verb(
        "verdict",
        "does this layer limit its lithium, by which mechanism, up to which current?",
        (
            chain.add_store,
            verdicts.add_growth,
            verdicts.add_arrest_ranges,
            verdicts.add_conditions,
            verdicts.add_equations,
            verdicts.add_layer,
        ),
        VERDICTS,
        """\
example:
  selflimit verdict                                            the published cells at 0.2, 0.5 and 20 mA/cm^2
  selflimit verdict --current 0.2 --layer-thickness 60 --slot-width 0.5 2     your layer, a range where you do not know
  selflimit verdict --growth --coarse-fraction 0.4 --radius 5                 a growth, judged by contact and stress
It turns back, stalls, passivates, extrudes, spreads, cracks, is consumed or crosses: probabilities over ranges at
C = 1, no number fitted.
Lengths are in micrometres, pressures in MPa, compression positive.""",
    ),
    Verb(
        "design-map",
        "critical current and capacity over designs, or growths judged over designs and conditions",
        (
            chain.add_printing,
            verdicts.add_map_equations,
            verdicts.add_map,
            verdicts.add_channel_designs,
            verdicts.add_growth_designs,
            verdicts.add_conditions,
        ),
        MAPS,
        """\
example:
  selflimit design-map                                                     slots, thicknesses, currents at C = 1
  selflimit design-map --slot-width 1 --coarse-fraction 0 0.2 0.4 0.6 --layer-thickness 60 600
  selflimit design-map --front published --coarse-fraction 0 0.2 0.4 --correction 30 100 200 --workers 2
Run the same command again to resume: finished points are kept.""",
    ),
    Verb(
        "report",
        "write the HTML report of a finished run again",
        (chain.add_store, chain.add_finished_run),
        (Mode("", "run:write_report_again", check=checks.check_folder),),
        """\
example:
  selflimit report selflimit-run    write selflimit-run/report.html again from its documents""",
    ),
    Verb(
        "results",
        "query the store",
        (chain.add_store, queries.add_filters),
        (
            Mode(
                "with --json",
                "results:query",
                is_given("json"),
                idle=frozenset({"format"}),
                check=checks.check_store,
            ),
            Mode("without --json", "results:query", check=checks.check_store),
        ),
        """\
example:
  selflimit results --formula Li2ZrCl6 --kind StabilityDoc --k-eff 15
  selflimit results --chemsys Li-Zr-Cl --since 2026-01-01 --tag thesis --fields formula,k_eff,date --format csv
  selflimit results --store mongodb://user:password@host:27017/selflimit --voltage 0 0.5 --json""",
    ),
    Verb(
        "store",
        "copy results from one store to another, or rebuild a damaged one",
        (queries.add_store_options,),
        (
            Mode("with repair", "results:repair_results", has_value("what", "repair"), idle=frozenset({"replace"})),
            Mode("with copy", "results:copy_results", check=checks.check_copy),
        ),
        """\
example:
  selflimit store copy selflimit-store mongodb://user:password@host:27017/selflimit
  selflimit store repair selflimit-store selflimit-run    what sqlite still reads, and the documents of the run folder
Run the same command again after an interruption: what is there already is not copied twice.""",
    ),
    Verb(
        "app",
        "a page on this machine: slide K_eff and voltage, see what an electrolyte becomes",
        (queries.add_port,),
        (Mode("", "terminal.local_page:serve_page"),),
        """\
example:
  selflimit app --port 8050    then open http://127.0.0.1:8050; needs pip install 'selflimit[app]'""",
    ),
    Verb(
        "completion",
        "print the tab completion for a shell",
        (queries.add_shell,),
        (Mode("", "completion:print_completion"),),
        """\
example:
  eval "$(selflimit completion bash)"    in ~/.bashrc""",
    ),
    Verb(
        "submit",
        "hand the whole chain to a job manager",
        (chain.add_printing, chain.add_tags, *chain.ALL_SETTINGS, managers.add_submission),
        (
            Mode(
                "with --manager fireworks",
                "manager:submit_chain",
                has_value("manager", "fireworks"),
                idle=frozenset({"project", "exec_config", "resources"}),
                check=checks.check_launchpad,
            ),
            Mode("with --manager jobflow-remote", "manager:submit_chain", idle=frozenset({"launchpad"})),
        ),
        """\
example:
  selflimit submit --project selflimit --worker slurm --worker-for relax=gpu --resources ntasks=1
  selflimit submit --manager fireworks --launchpad my_launchpad.yaml
The jobs run wherever the manager's runner sends them; `selflimit status` tells how far they are.""",
        RELAXED,
    ),
    Verb(
        "status",
        "how far a run or a submitted flow is, and what went wrong",
        (chain.add_store, managers.add_status_options),
        modes_of_flow("status", needs_run=False),
        """\
example:
  selflimit status                   every flow of the jobflow-remote project
  selflimit status 3f2a91            the jobs of one flow, with the last lines of their errors
  selflimit status selflimit-run     the jobs of a run folder""",
    ),
    Verb(
        "resume",
        "go on with a run, or run the failed jobs of a submitted flow again",
        (chain.add_store, managers.add_resume_options),
        modes_of_flow("resume", of_submitted=names_of(managers.add_resume_options) - {"run", "folder", "project"}),
        """\
example:
  selflimit resume selflimit-run     go on with the options that the run was started with
  selflimit resume 3f2a91            failed jobs of a submitted flow are made ready again
  selflimit resume 3f2a91 --wall-time 86400 --resources mem=16G    the same, asking the queue for more
A batch of crystals goes on after the last one that was finished, a growth from its last state.""",
    ),
    Verb(
        "graph",
        "draw a flow and the states of its jobs",
        (chain.add_store, managers.add_drawing_options),
        modes_of_flow("graph", "out"),
        """\
example:
  selflimit graph selflimit-run --out flow.svg    a picture; neither network nor Graphviz is needed
  selflimit graph 3f2a91 > flow.mmd               Mermaid text""",
    ),
    Verb(
        "fetch",
        "bring the results of a submitted flow into a folder",
        (chain.add_store, managers.add_fetch_options),
        (
            Mode(
                "with --store", "manager:fetch", is_given("store"), idle=frozenset({"project"}), check=checks.check_flow
            ),
            Mode("without --store", "manager:fetch", check=checks.check_flow),
        ),
        """\
example:
  selflimit fetch 3f2a91 --folder my-run --store mongodb://host/selflimit    documents, fields and report.html""",
    ),
)

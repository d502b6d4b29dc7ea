"""Typical mistakes: one line, exit code 2, the right remedy, and nothing heavy is imported for it."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import pytest

from selflimit.cli.main import main
from selflimit.cli.options import known
from selflimit.cli.parsing import make_parsers, parse
from selflimit.cli.run_folders import CONFIGURATION
from selflimit.cli.verbs import VERBS
from selflimit.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("pymatgen", "jobflow", "numpy", "scipy", "numba", "torch", "ase", "maggma", "matplotlib", "rich")

MISTAKES = {
    # misspelt verbs and options
    "rnu": "did you mean run?",
    "ordering --count": "did you mean orderings?",
    "design_map": "did you mean design-map?",
    "": "required: VERB",
    "run --flder x": "did you mean --folder?",
    "run -folder x": "did you mean --folder?",
    "run --k_eff 5": "did you mean --k-eff?",
    "--tracebck run": "did you mean --traceback?",
    "run --count": "it belongs to orderings",
    "results --sort -date": "as a value write --sort=-date",
    "fetch 3f2a91": "required: --folder",
    # misspelt words
    "results --kind StabilityDok": "did you mean StabilityDoc?",
    "results --kind stability": "did you mean StabilityDoc?",
    "results --fields formla,date": "did you mean formula?",
    "results --sort=-dat": "did you mean date?",
    "results --chemsys Li-Zr-Ck": "no element Ck",
    "results --formula Li2ZrCk6": "did you mean Li2ZrCl6?",
    "results --since 31.1.2026": "expected a day or time such as 2026-01-31",
    "results --format cvs": "did you mean csv?",
    "diagram Li2ZrCk6": "did you mean Li2ZrCl6?",
    "diagram li2zrcl6": "did you mean Li2ZrCl6?",
    "diagram Li2ZrCl6 --model elastik": "did you mean elastic?",
    "interface --preset fig5-grded": "did you mean fig5-graded?",
    "run --parent LZC-B": "did you mean LZC-A?",
    "run --parent crystl.cif": "did you mean crystal.cif?",
    "run --cell primitiv": "did you mean primitive?",
    "run --cell 2x0x1": "2x0x1",
    "run --force-field CHGNet-r2scn": "did you mean CHGNet-r2scan?",
    "run --force-field VASP --screen chgnet": "did you mean CHGNet",
    "run --force-field MACE:missing.model": "found no file at missing.model",
    "run --phases bundeld": "did you mean bundled?",
    "submit --manager firework": "did you mean fireworks?",
    "orderings --count --parent crystal.cif --charge Zr4": "expected e.g. Zr=4",
    "submit --resources ntasks": "expected a name and a value such as ntasks=1",
    # wrong units and numbers
    "run --k-eff 15000000000": "did you mean 15 (1.5e+10 Pa)?",
    "diagram Li2ZrCl6 --k-eff 15000000000": "did you mean 15 (1.5e+10 Pa)?",
    "run --overpotential -100": "did you mean -0.1 (-100 mV)?",
    "run --overpotential 0.1": "did you mean -0.1?",
    "run --voltage-range 0 4200": "did you mean 4.2 (4200 mV)?",
    "run --voltage-range 3 1": "did you mean 1.0 3.0?",
    "run --force-field VASP --wall-time 24": "did you mean 86400 (24 h)?",
    "run --max-force 5": "did you mean 0.005 (5 meV/Angstrom)?",
    "run --duration 0": "expected 0.01 to 1e+07 s, got 0 s",
    "run --keep 0": "expected a whole number from 1 to",
    "run --keep many": "expected a whole number, got 'many'",
    "run --k-eff 15GPa": "expected a number of GPa, got '15GPa'",
    "run --overpotential -1e2": "did you mean -0.1 (-100 mV)?",
    "run --duration -1e3": "did you mean 1000?",
    "run --grid 0 64": "expected a whole number from 4 to 8192, got 0",
    "verdict --radius 5e-6": "did you mean 5 (5e-06 m)?",
    "verdict --interface-width 500": "did you mean 0.5 (500 nm)?",
    "verdict --coarse-fraction 40": "did you mean 0.4 (40 %)?",
    "verdict --growth --grid 64": "expected cells along x and y, or x, y and z, got 1 numbers",
    "design-map --packings 0": "expected a whole number from 1 to",
    "design-map --workers -1": "did you mean 1?",
    "results --limit 0": "expected a whole number from 1 to",
    "verdict --layer-thickness 0.00006": "did you mean 60 (6e-05 m)?",
    "verdict --toughness 150000": "did you mean 0.15 (150000 Pa m^(1/2))?",
    "verdict --current 0": "expected 0.0001 to 10000 mA/cm^2, got 0 mA/cm^2",
    "verdict --slot-width 2 1": "--slot-width: expected one value, or the lower and the upper end of a range, got 2 1",
    "verdict --flaw 1 2 3": "--flaw: expected one value, or the lower and the upper end of a range, got 1 2 3",
    # wrong files and folders
    "resume nosuch": "neither a run folder nor the beginning of a submitted flow's uuid",
    "status my-rnu": "did you mean my-run?",
    "graph nosuch": "here are: my-run",
    "report --folder nosuch": "nosuch holds no run; make one with `selflimit run --folder nosuch`",
    "report nosuch": "nosuch holds no run; make one with `selflimit run --folder nosuch`",
    "resume --folder 3f2a91": "3f2a91 holds no run",
    "graph my-run --folder selflimit-run": "expected one run, got my-run and --folder selflimit-run",
    "run my-run": "a run folder is given as --folder my-run",
    "report my-run selflimit-run": "has no place for selflimit-run",
    "resume empty": "empty holds no run",
    "fetch my-run --folder new": "got the run folder my-run; its results are in it",
    "results --store nosuch": "no results at nosuch",
    "store copy nosuch there": "no results at nosuch",
    "diagram Li3N --entries mne.json": "did you mean mine.json?",
    "verdict --parameters nosuch.json": "found no file at nosuch.json",
    "verdict --electrolyte Li2ZrCk6": "did you mean Li2ZrCl6?",
    "graph my-run --out flow.sgv": "did you mean .svg?",
    # options that do not apply
    "verdict --coarse-fraction 0.4": "only with --growth",
    "verdict --growth --current 0.5": "only without --growth",
    "interface --preset list --force-field CHGNet-0.3.0": "--force-field does not apply",
    "interface --preset fig5-fine --overpotential -0.2": "only without --preset",
    "interface --movie gif": "only with --preset NAME",
    "orderings --count --max-force 0.005": "only with --learn or with relaxation",
    "orderings --count --keep 8": "--keep does not apply",
    "orderings --n-cells 2": "only with --count or with --write or with --sample or with --no-relax",
    "diagram Li2ZrCl6 --keep 8": "only without formulas",
    "diagram --samples 50": "only with formulas",
    "diagram Li2ZrCl6 --samples 0 --seed 1": "only with --samples above 0",
    "run --window 0.05": "only with --screen",
    "run --wall-time 3600": "only with --force-field VASP",
    "run --charge Zr=4": "only with a file as --parent",
    "status --store here": "--store does not apply",
    "resume my-run --break-lock": "only for a submitted flow",
    "resume 3f2a91 --store here": "only for a run folder",
    "submit --manager fireworks": "needs --launchpad FILE",
    "submit --manager fireworks --launchpad there.yaml --project mine": "only with --manager jobflow-remote",
    "submit --launchpad there.yaml": "only with --manager fireworks",
    "results --json --format json": "--format does not apply",
}
"""Command line, and what the answer names."""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a crystal, entries, a launchpad, a run folder and an empty one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MP_API_KEY", raising=False)
    for name in (
        "crystal.cif",
        "my.cif",
        "argyrodite.cif",
        "garnet.cif",
        "mine.json",
        "entries.json.bz2",
        "layers.txt",
        "POSCAR",
        "there.yaml",
        "my_launchpad.yaml",
    ):
        (tmp_path / name).write_text("")
    for folder in (
        "my-run",
        "selflimit-run",
        "empty",
        "selflimit-store",
        "runs",
        "my-calculations",
        "my-crystals",
        "selflimit-import",
    ):
        (tmp_path / folder).mkdir()
    for name in ("my-run/configuration.json", "selflimit-run/configuration.json", "selflimit-store/monty.storage.cfg"):
        (tmp_path / name).write_text("{}")
    return tmp_path


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_answered_in_one_line_with_its_remedy(line, here, capsys):
    before = sorted(here.rglob("*"))
    assert main(shlex.split(line)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("selflimit: ")
    assert said.err.count("\n") == 1
    assert MISTAKES[line] in said.err
    assert sorted(here.rglob("*")) == before, "nothing is made for a mistake"


@pytest.mark.parametrize("words", [["--traceback", "run", "--keep", "0"], ["run", "--keep", "0", "--traceback"]])
def test_the_traceback_of_a_mistake_can_be_asked_for(words):
    with pytest.raises(InputError, match="expected a whole number"):
        main(words)


def test_a_mistake_is_answered_before_anything_heavy_is_imported(here):
    code = (
        "import json, shlex, sys; from selflimit.cli.main import main\n"
        "for line in json.load(sys.stdin): assert main(shlex.split(line)) == 2, line\n"
        f"print([m for m in {HEAVY} if m in sys.modules])"
    )
    lines = json.dumps(list(MISTAKES))
    done = subprocess.run([sys.executable, "-c", code], input=lines, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def cpu_seconds(*command):
    """Processor time of a Python process (s)."""
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *command], capture_output=True, check=False)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_a_mistake_costs_less_than_importing_pymatgen(here):
    words = ["results", "--kind", "StabilityDok"]
    assert cpu_seconds("-m", "selflimit.cli.main", *words) < 2 * cpu_seconds("-c", "import pymatgen.core")


def commands_in(path):
    """Command lines of this package in the code blocks of a page."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    lines = (line for block in blocks for line in block.replace("\\\n", " ").splitlines())
    return [line for line in lines if line.startswith("selflimit ")]


PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
WRITTEN = [
    *(line for page in PAGES for line in commands_in(page)),
    *(line.strip() for verb in VERBS for line in verb.example.splitlines() if line.startswith("  selflimit ")),
]


@pytest.mark.parametrize("line", sorted({re.split(r" {3,}| > |\|", line)[0].split("  #")[0] for line in WRITTEN}))
def test_every_command_in_the_documentation_is_accepted(line, here):
    words = shlex.split(line, comments=True)[1:]
    if not {"--help", "--version"} & set(words):
        asked, mode = parse(words)
        assert (asked.verb, mode.function) == (words[0], mode.function)


def test_the_light_tables_are_those_of_the_registries():
    from pymatgen.core import Element

    from selflimit.mesoscale import PRESETS
    from selflimit.structures import FORCE_FIELDS
    from selflimit.structures.parents.parents import known_parents
    from selflimit.workflows.running.folder import configuration_path
    from selflimit.workflows.stores.result_fields import JOB_FIELDS, SEARCH_FIELDS
    from selflimit.workflows.stores.results import KINDS

    assert FORCE_FIELDS[:-1] == known.KNOWN_FORCE_FIELDS
    assert tuple(PRESETS) == known.KNOWN_PRESETS
    assert {element.symbol for element in Element} | {"D", "T"} == known.ELEMENTS
    assert list(known.bundled_parents()) == known_parents()
    assert known.known_kinds() == tuple(sorted(KINDS))
    fields = set().union(*(kind.model_fields for kind in KINDS.values()))
    assert known.known_fields() == {"kind", *JOB_FIELDS, *SEARCH_FIELDS} | fields
    assert configuration_path(Path()).name == CONFIGURATION


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_option_applies_somewhere_and_every_number_has_bounds(verb):
    _, by_verb = make_parsers()
    options = {action.dest: action for action in by_verb[verb.name]._actions if action.dest != "help"}
    for name, action in options.items():
        assert any(mode.takes(name) for mode in verb.modes), f"{name} is always refused"
        assert action.type not in (int, float), f"{name} has no bounds: name them in selflimit.plausible"
    named = frozenset().union(*((mode.only or frozenset()) | mode.idle for mode in verb.modes))
    known_to_all = {"break_lock", "project", "store"}  # the verbs about flows share their modes
    assert named - known_to_all <= options.keys()
    assert all(condition.options & options.keys() for condition in verb.conditions)

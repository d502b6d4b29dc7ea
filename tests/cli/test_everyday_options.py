"""What is the same in all verbs: how much is said, defaults of a folder, completion, time left."""

import logging
import re
import subprocess
import sys

import pytest

from selflimit.cli.main import main
from selflimit.cli.parsing import make_parsers, parse
from selflimit.cli.terminal.logs import split_verbosity, start_logging
from selflimit.cli.terminal.progress_display import Display, remaining
from selflimit.cli.verbs import VERBS

ONE_NAME = {
    "--folder": r"folder|files",
    "--seed": r"[Ss]eed",
    "--source": r"entries|Materials Project|phases",
    "--json": r"JSON",
    "--format": r"table|csv|json",
}
"""Option -> what its help speaks of, in every verb that has it."""
GONE = {"--out", "--sample-seed", "--random-seed", "--output", "--directory", "--dir", "--run-folder"}
"""Other names for these things."""


@pytest.mark.parametrize("option", ONE_NAME)
def test_one_thing_has_one_name_in_all_verbs(option):
    _, verbs = make_parsers()
    helps = {
        name: action.help
        for name, parser in verbs.items()
        for action in parser._actions
        if option in action.option_strings
    }
    assert helps
    assert all(re.search(ONE_NAME[option], said) for said in helps.values()), helps


def test_no_verb_has_another_name_for_them():
    _, verbs = make_parsers()
    found = {name: sorted(GONE & set(parser._option_string_actions)) for name, parser in verbs.items()}
    assert {name: options for name, options in found.items() if options} == {"graph": ["--out"]}  # a file, no folder


def test_the_help_explains_parents_and_pools():
    _, verbs = make_parsers()
    text = " ".join(verbs["run"].format_help().split())
    assert "LZC-A to E are models of C2/m Li2ZrCl6" in text
    assert "pool: site labels whose ions are shuffled together" in text


def test_a_folder_has_defaults_and_the_command_line_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "selflimit.toml").write_text(
        '[run]\nfolder = "mine"\nkeep = 5\nk-eff = [0, 7.5]\nclosed-loop = true\nreuse = false\n'
    )
    asked, _ = parse(["run", "--keep", "3"])
    assert (asked.folder, asked.keep, tuple(asked.k_effs), asked.closed_loop) == ("mine", 3, (0.0, 7.5), True)
    assert not asked.reuse
    assert {"folder", "closed_loop"} <= asked.given
    other, _ = parse(["orderings", "--count"])
    assert other.folder == "selflimit-run"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[run]\nkep = 5\n", "did you mean --keep?"),
        ("[rn]\nkeep = 5\n", "did you mean run?"),
        ("keep = 5\n", "expected a table for each verb"),
        ("[run\n", "is no TOML"),
        ("[run]\nkeep = 0\n", "--keep"),
        ('[run]\nduration = "soon"\n', "--duration"),
    ],
)
def test_faults_in_the_defaults_are_told_with_their_place(text, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "selflimit.toml").write_text(text)
    assert main(["run"]) == 2
    answer = capsys.readouterr().err
    assert said in answer
    assert answer.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "level"),
    [(["-q", "results"], logging.WARNING), (["results", "--verbose"], logging.DEBUG), ([], logging.INFO)],
)
def test_more_or_less_is_said(words, level):
    assert split_verbosity(words) == ([word for word in words if word[0] != "-"], level)


@pytest.mark.parametrize(("level", "lines"), [(logging.WARNING, 0), (logging.INFO, 1), (logging.DEBUG, 1)])
def test_quiet_says_nothing_of_the_steps(level, lines, capsys):
    try:
        start_logging(level)
        Display(["relax orderings"])._line("[1/1] relax orderings: 2.0 s")
        said = capsys.readouterr().err
    finally:
        start_logging(logging.INFO)
    assert said.count("\n") == lines
    assert ("selflimit.cli.terminal.progress_display" in said) == (level == logging.DEBUG)


def test_completion_knows_every_verb_and_is_accepted_by_the_shell(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "selflimit.cli.main", "completion", "bash"], capture_output=True, text=True, check=True
    )
    script = tmp_path / "completion.bash"
    script.write_text(done.stdout)
    subprocess.run(["bash", "-n", str(script)], check=True)
    assert all(verb.name in done.stdout for verb in VERBS)
    assert "--force-field" in done.stdout


def test_time_left_follows_the_measured_pace():
    """A job at constant pace: from a twentieth on the estimate is exact, whatever was expected."""
    for fraction in (0.05, 0.3, 0.9):
        assert remaining(fraction, 200.0 * fraction, 1.0) == pytest.approx(200.0 * (1 - fraction))
    assert remaining(1.0, 200.0, 1.0) == 0.0

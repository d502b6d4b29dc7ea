"""The local page: its numbers are the command line's, it answers at once, and a browser moves its sliders."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
import urllib.request

import pytest
from browser import Browser

pytest.importorskip("dash", reason="pip install 'selflimit[app]'")

from selflimit.app.limits import ELECTROLYTES
from selflimit.app.page import save, show
from selflimit.app.study import draw_point, electrolyte_study, equal_command, state_at
from selflimit.cli.main import main

FASTEST = 0.05
"""Processor time (s) of the server from a slider to the new diagram."""


@pytest.mark.parametrize(("formula", "k_eff", "voltage"), [("Li2ZrCl6", 7.5, 0.35), ("Li10GeP2S12", 0.0, 1.0)])
def test_values_are_those_of_the_equal_command(formula, k_eff, voltage, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(equal_command(formula, k_eff, voltage))[1:]) == 0
    printed = json.loads(capsys.readouterr().out)
    (told,), (window,) = printed["decompositions"], printed["stabilities"]
    ours = state_at(formula, k_eff, voltage)
    for name in ("reaction_energy", "reaction_strain", "decomposition_volume", "ion_uptake"):
        assert getattr(ours.reaction, name) == pytest.approx(told[name], rel=1e-9, abs=1e-9)
    assert ours.reaction.reaction == told["reaction"]
    for name in ("stability_low", "stability_high"):
        if window[name] is None or window[name] <= voltage:  # the command's range begins at the voltage
            continue
        assert getattr(ours.window, name) == pytest.approx(window[name], abs=1e-9)


@pytest.mark.parametrize("formula", ELECTROLYTES)
def test_every_electrolyte_answers(formula):
    words, figure, command = show(formula, 5.0, 1.0)
    assert len(words) == 12
    assert formula in command
    assert figure["data"][-1]["x"] == [1.0]
    assert figure["data"][-1]["y"] == [5.0]


def test_a_slider_is_answered_within_fifty_milliseconds():
    electrolyte_study("Li2ZrCl6")
    show("Li2ZrCl6", 5.0, 1.0)
    begin = time.process_time()
    for step in range(10):
        show("Li2ZrCl6", 0.5 * step, 0.1 * step)
    assert (time.process_time() - begin) / 10 < FASTEST


def test_the_saved_file_is_the_document():
    file = save(1, "Li3N", 5.0, 0.0)
    assert json.loads(file["content"])["formula"] == "Li3N"
    assert file["filename"] == "Li3N-5GPa-0V.json"
    assert draw_point("Li3N", 5.0, 0.0)["layout"]["yaxis"]["title"]["text"].endswith("(GPa)")


def test_the_page_is_there_before_the_science_is_loaded():
    ask = "import sys, selflimit.app.page; print([m for m in ('pymatgen', 'scipy', 'matplotlib') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def served():
    """The page on a port of its own."""
    port = 20000 + os.getpid() % 20000
    command = [sys.executable, "-m", "selflimit.cli.main", "app", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/"
    end = time.monotonic() + 120.0
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(address, timeout=2.0).close()
            break
        except OSError:
            time.sleep(0.3)
    yield address
    process.terminate()
    process.wait(timeout=30)


@pytest.mark.parametrize("width", [1200, 390])
def test_a_browser_moves_the_sliders_with_the_keyboard(served, width, tmp_path):
    if shutil.which("chromium") is None and shutil.which("google-chrome") is None:
        pytest.skip("no Chromium: apt-get install chromium")
    browser = Browser(tmp_path / "profile", proxy=None)
    try:
        browser.resize(width, 900)
        browser.open(served)
        browser.until(
            "document.querySelector('#command') !== null && document.querySelector('#command').textContent", 60
        )
        before = browser.ask("document.querySelector('#command').textContent")
        assert "--k-eff 5 " in before
        browser.ask("document.querySelector('#k-eff [role=slider]').focus()")
        browser.press("ArrowRight", 39)
        browser.until("document.querySelector('#command').textContent.includes('--k-eff 5.5 ')", 30)
        browser.until("document.querySelector('#map .main-svg') !== null", 30)
        assert browser.ask("document.documentElement.scrollWidth") <= width
        assert "V vs Li" in browser.ask("document.querySelector('#answer').textContent")
    finally:
        browser.close()

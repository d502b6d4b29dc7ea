"""The whole chain from the command line, small: run, resumed, queried, and its numbers cross-checked."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from browser import Browser
from page_figures import figures_of
from PIL import Image
from report_page import SMALLEST_TYPE, TABLES_ABOVE, WIDEST, open_report

pytest.importorskip("chgnet", reason="the chain's force field is CHGNet: pip install 'selflimit[forcefields]'")

SMALL = ["--cell", "primitive", "--keep", "1", "--k-eff", "0", "15", "--duration", "60", "--grid", "64", "96"]


def run(arguments):
    from selflimit.cli.main import main

    return main(arguments)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder in which the small chain has run."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("chain")
        patch.chdir(folder)
        assert run(["run", *SMALL]) == 0
        yield folder


def document(folder, name):
    return json.loads((folder / "selflimit-run" / "documents" / f"{name}.json").read_text())


def test_the_report_is_whole_and_shows_what_was_computed(finished):
    page = (finished / "selflimit-run" / "report.html").read_text()
    assert page.endswith("</html>\n")
    assert page.count('<figure class="plot">') >= 7
    assert page.count('class="frames"') == 2
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    tip = document(finished, "stress")[0]["tip_compression"]
    assert f"{tip:.3g} MPa" in page
    assert "calibrated" in page


def test_the_report_begins_with_the_verdict_on_the_decomposition_that_was_found(finished):
    verdict, reaction = document(finished, "arrest"), document(finished, "decompositions")[0]
    page = (finished / "selflimit-run" / "report.html").read_text()
    assert re.findall(r"<h2[^>]*>([^<]*)", page)[3] == "Does it limit itself?"
    assert page.index("Does it limit itself?") < page.index("<figure")
    assert verdict["reaction_voltage"] == pytest.approx(-reaction["reaction_energy"] / reaction["ion_uptake"])
    assert all(one["statement"][:30].replace("cm2", "cm²") in page for one in verdict["currents"])
    assert [one["current"] for one in verdict["currents"]] == [0.2, 0.5, 20.0]


def test_atoms_to_continuum_the_numbers_agree(finished):
    """The bridge, recomputed by hand from the documents on both sides."""
    reaction, stress = document(finished, "decompositions")[0], document(finished, "stress")[0]
    phases = {doc["label"]: doc for doc in document(finished, "relax-competing-phases")}
    electrolyte = document(finished, "lowest-ordering")
    volume = sum(part["amount"] * phases[part["entry_id"]]["volume_per_formula"] for part in reaction["products"])
    strain = volume / electrolyte["volume_per_formula"] - 1.0
    # sums of a few floats: round-off
    assert reaction["reaction_strain"] == pytest.approx(strain, rel=1e-9)
    rows = {row["name"]: row["value"] for row in stress["parameters"]}
    linear = (1.0 + strain) ** (1.0 / 3.0) - 1.0
    assert stress["zone_eigenstrain"] == pytest.approx(rows["retained fraction"] * linear, rel=1e-9)
    moduli = {doc["formula"]: doc for doc in document(finished, "elastic-constants")}
    assert rows["electrolyte modulus"] == pytest.approx(1e9 * moduli["Li2ZrCl6"]["youngs_modulus"], rel=1e-12)


def test_the_map_and_the_uncertainty_agree_with_the_thresholds(finished):
    """The map's critical K_eff at 0 V against the one-dimensional search; probabilities of one point sum to one."""
    from selflimit.documents import PredominanceDoc

    plain = {key: value for key, value in document(finished, "predominance").items() if key[0] != "@"}
    segments = document(finished, "constriction")["segments"]
    found = PredominanceDoc.model_validate(plain).critical_k_effs(0.0)
    wanted = [part["k_eff_high"] for part in segments if part["k_eff_high"] < plain["k_eff_range"][1]]
    assert found == pytest.approx(wanted, abs=1e-6)  # both are exact: round-off of crossings
    (spread,) = document(finished, "uncertainties")
    for k_eff in (0.0, 15.0):
        shares = [row["probability"] for row in spread["products"] if row["k_eff"] == k_eff]
        assert sum(shares) == pytest.approx(1.0, abs=1e-12)
    page = (finished / "selflimit-run" / "report.html").read_text()
    texts = [trace.get("text", "") for figure in figures_of(page) for trace in figure["data"]]
    assert sum("ΔV/V₀ =" in text for text in texts if isinstance(text, str)) == len(plain["regions"])
    median = spread["thresholds"][0]["median"]
    assert f"{median['value']:.1f} ± {median['standard_error']:.1f}; 5 to 95 %" in page


def test_all_energies_are_of_one_level_of_theory(finished):
    levels = [doc["level_of_theory"] for doc in document(finished, "relax-competing-phases")]
    levels.append(document(finished, "lowest-ordering")["level_of_theory"])
    assert len({json.dumps(level, sort_keys=True) for level in levels}) == 1
    assert len(levels[0]["weights_sha256"]) == 64


def test_the_same_command_again_redoes_nothing(finished, monkeypatch):
    monkeypatch.chdir(finished)
    before = {p: p.stat().st_mtime_ns for p in (finished / "selflimit-run" / "documents").iterdir()}
    assert run(["run", *SMALL]) == 0
    assert {p: p.stat().st_mtime_ns for p in before} == before
    jobs = json.loads((finished / "selflimit-run" / "provenance.json").read_text())["jobs"]
    assert not any(job["reused"] for job in jobs), "provenance keeps when each job really ran"


def test_provenance_names_and_hashes_everything(finished):
    from selflimit.files import sha256

    kept = json.loads((finished / "selflimit-run" / "provenance.json").read_text())
    folder = finished / "selflimit-run"
    for name, digest in kept["sha256"].items():
        assert sha256(folder / name) == digest
    assert {"report.html", "growth-fine.npz", "configuration.json"} <= set(kept["sha256"])
    assert kept["environment"]["versions"]["chgnet"]
    assert {level["model"] for level in kept["levels_of_theory"]} >= {"CHGNet r2scan", "PBE (MP GGA)"}


def test_results_are_found_again(finished, monkeypatch, capsys):
    monkeypatch.chdir(finished)
    assert run(["results", "--formula", "Li2ZrCl6", "--kind", "StabilityDoc", "--k-eff", "15", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [doc["k_eff"] for doc in found] == [15.0]
    assert found[0] == {
        "kind": "StabilityDoc",
        **{k: v for k, v in document(finished, "stabilities")[1].items() if k[0] != "@"},
    }


def test_another_configuration_is_refused_and_nothing_lost(finished, monkeypatch, capsys):
    monkeypatch.chdir(finished)
    before = (finished / "selflimit-run" / "report.html").read_bytes()
    assert run(["run", *SMALL, "--seed", "2"]) == 2
    assert "seed was 1, now 2" in capsys.readouterr().err
    assert run(["run", *SMALL[:-5], "--duration", "59", "--grid", "64", "96"]) == 2
    assert "expected a longer one that begins with it" in capsys.readouterr().err
    assert (finished / "selflimit-run" / "report.html").read_bytes() == before


def test_a_report_can_be_written_again(finished, monkeypatch):
    monkeypatch.chdir(finished)
    page = finished / "selflimit-run" / "report.html"
    content = page.read_text()
    page.unlink()
    assert run(["report", "selflimit-run"]) == 0
    assert len(page.read_text()) == pytest.approx(len(content), rel=0.01)  # figures may compress to other lengths


def test_checkpoints_of_finished_growths_are_told_and_may_be_deleted(finished, monkeypatch, capsys):
    monkeypatch.chdir(finished)
    kept = sorted((finished / "selflimit-run").glob("*.checkpoint"))
    size = sum(path.stat().st_size for path in kept) / 1e6
    before = document(finished, "growth-fine")
    capsys.readouterr()
    assert run(["resume"]) == 0
    assert f"checkpoints: {size:.0f} MB" in capsys.readouterr().out.replace("\n", " ")
    for path in kept:
        path.unlink()
    assert run(["run", *SMALL]) == 0
    assert "checkpoints" not in capsys.readouterr().out
    assert document(finished, "growth-fine") == before
    assert not list((finished / "selflimit-run").glob("*.checkpoint")), "nothing has grown again"


def test_the_papers_rule_rescales_the_computed_stress(finished):
    """Twice the mean coarse expansion in the zone, against the sweep of retained fractions that was solved for."""
    from selflimit.documents import StressDoc
    from selflimit.report.comparison import tip_by_published_rule

    plain = {key: value for key, value in document(finished, "stress")[0].items() if key[0] != "@"}
    sweep = {float(fraction): tip for fraction, tip in plain["retained_fraction_sweep"].items()}
    rows = {row["symbol"]: row["value"] for row in plain["parameters"]}
    mean = (rows["K_coarse xx"] + rows["K_coarse yy"] + rows["K_coarse zz"]) / 3.0
    fraction = 2.0 * mean / rows["e_r"]
    # stress is linear in the strain; the linear solves leave 1e-8 of it
    wanted = sweep[0.0] + fraction * (sweep[1.0] - sweep[0.0])
    assert tip_by_published_rule(StressDoc.model_validate(plain)) == pytest.approx(wanted, rel=1e-6)


def test_a_browser_shows_the_report_without_network(finished, tmp_path):
    """Headless Chromium with its network cut off: every figure is drawn, the page is not wider than the window."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium: apt-get install chromium")
    picture, page = tmp_path / "report.png", finished / "selflimit-run" / "report.html"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
    options += [
        "--disable-background-networking",
        "--proxy-server=127.0.0.1:1",
        f"--user-data-dir={tmp_path / 'profile'}",
    ]
    sizes = ["--window-size=1100,9000", f"--screenshot={picture}"]
    subprocess.run([browser, *options, *sizes, page.as_uri()], check=True, capture_output=True, timeout=120)
    pixels = np.asarray(Image.open(picture).convert("RGB"), dtype=int)
    coloured = (pixels.max(axis=2) - pixels.min(axis=2)) > 40  # text is grey: colour comes from the figures
    # The stability figure alone fills several per cent of its 1100 x 600 pixels with saturated colour
    assert coloured.sum() > 0.2 * 1100 * 600
    assert not coloured[:, -20:].any(), "nothing may run out of the window"


@pytest.fixture
def browser(tmp_path):
    """A headless Chromium."""
    if shutil.which("chromium") is None and shutil.which("google-chrome") is None:
        pytest.skip("no Chromium: apt-get install chromium")
    started = Browser(tmp_path / "profile")
    yield started
    started.close()


@pytest.mark.parametrize(("width", "height"), [(1200, 900), (390, 844)])
def test_the_report_on_a_screen_and_on_a_phone(finished, browser, width, height):
    page = finished / "selflimit-run" / "report.html"
    assert page.stat().st_size < 6e6
    open_report(browser, page, width, height)
    assert browser.ask("document.querySelectorAll('.answer').length") == 4
    if width > 600:
        assert browser.ask("document.querySelector('.answers').getBoundingClientRect().bottom") <= height
    assert browser.ask(WIDEST) <= width
    assert browser.ask(TABLES_ABOVE) == 0
    least, where = browser.ask(SMALLEST_TYPE)
    assert least >= 11, where
    assert browser.ask("document.title").startswith("Li2ZrCl6")


def test_a_crystal_of_the_report_turns_and_its_figures_answer(finished, browser):
    open_report(browser, finished / "selflimit-run" / "report.html", 1200, 900)
    turned = "[...document.querySelectorAll('.live')].find(g => g.data.some(t => t.type === 'scatter3d'))"
    browser.ask(f"{turned}.scrollIntoView({{block: 'center'}})")
    eye = f"JSON.stringify({turned}._fullLayout.scene._scene.getCamera().eye)"
    before = browser.ask(eye)
    x, y = browser.ask(f"(b => [b.x + b.width / 2, b.y + b.height / 2])({turned}.getBoundingClientRect())")
    browser.drag((x, y), (x + 120, y + 40))
    browser.until(f"{eye} !== {before!r}")
    titles = "[...document.querySelectorAll('.live')].filter(g => g._fullLayout.xaxis && g._fullLayout.xaxis.visible"
    titles += " && g._fullLayout.xaxis.showticklabels).map(g => [g._fullLayout.xaxis.title.text, "
    for across, up in browser.ask(f"{titles}g._fullLayout.yaxis.title.text])"):
        assert across and up and "Click" not in across + up


def growths(folder, name):
    """Documents and arrays of the growths in a run folder; the hash of the file is left out."""
    run_folder, found = folder / name, {}
    for layer in ("fine", "graded"):
        plain = json.loads((run_folder / "documents" / f"growth-{layer}.json").read_text())
        found[layer] = {key: value for key, value in plain.items() if key[0] != "@" and key != "fields"}
        with np.load(run_folder / f"growth-{layer}.npz") as arrays:
            found[layer, "arrays"] = {key: arrays[key].tobytes() for key in arrays.files}
    return found


def test_a_finished_run_is_extended_to_the_bits_of_one_long_run(finished, monkeypatch, capsys):
    """Last here, because it changes the run: 60 s and then 90 s, against 90 s at once in another folder."""
    monkeypatch.chdir(finished)
    longer = [*SMALL[:-5], "--duration", "90", "--grid", "64", "96"]
    before = {p: p.read_bytes() for p in (finished / "selflimit-run" / "documents").iterdir()}
    assert run(["run", *SMALL]) == 0  # its checkpoints are gone, or not: the answer is the same
    assert run(["run", *longer]) == 0
    assert "extended from 60 to 90 s" in capsys.readouterr().out.replace("\n", " ")
    changed = {p.stem for p, content in before.items() if p.read_bytes() != content}
    assert changed == {"growth-fine", "growth-graded", "report"}
    assert document(finished, "growth-fine")["times"][-2:] == pytest.approx([52 * 60 / 35, 90.0])
    page = (finished / "selflimit-run" / "report.html").read_text()
    assert f"{document(finished, 'growth-fine')['tip_height'][-1] * 1e6:.3g}" in page
    assert run(["results", "--kind", "GrowthDoc", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2, "the shorter growths are replaced"
    assert run(["run", *longer]) == 0, "the same command again does nothing"
    assert run(["run", *longer, "--folder", "long", "--output-every", repr(60 / 35), "--reuse"]) == 0
    assert growths(finished, "selflimit-run") == growths(finished, "long")

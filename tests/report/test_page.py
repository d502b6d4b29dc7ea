"""The report's page: formulas, numbers, and that it needs nothing from outside."""

import re
import shutil
import time

import numpy as np
import pytest
from browser import Browser
from hypothesis import given, settings
from hypothesis import strategies as st
from made_growths import made_growth
from PIL import Image

from selflimit.mesoscale import Grid, Microstructure
from selflimit.mesoscale.pictures.movies import encode_webp
from selflimit.report.comparison import beside_paper
from selflimit.report.growth_chapter import add_growths, draw_growths, four_outputs
from selflimit.report.html_page import Page, set_subscripts, write_cell


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Li2ZrCl6", "Li<sub>2</sub>ZrCl<sub>6</sub>"),
        ("6 LiCl + Zr at 15 GPa", "6 LiCl + Zr at 15 GPa"),
        ("Li10GeP2S12.", "Li<sub>10</sub>GeP<sub>2</sub>S<sub>12</sub>."),
        ("space group C2/m, V0, mp-22905, 2x1x1", "space group C2/m, V0, mp-22905, 2x1x1"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("Li5.5PS4.5Cl1.5", "Li<sub>5.5</sub>PS<sub>4.5</sub>Cl<sub>1.5</sub>"),
    ],
)
def test_subscripts(text, wanted):
    assert set_subscripts(text) == wanted


@pytest.mark.parametrize("count", range(1, 120))
def test_panels_are_evenly_spaced_and_end_with_the_last_output(count):
    chosen = four_outputs(count)
    assert len(chosen) == min(count, 4)
    assert chosen[-1] == count - 1
    assert len(set(np.diff(chosen))) <= 1
    assert count < 5 or chosen[0] > 0, "the start is not shown"
    assert count < 8 or chosen[0] <= 0.5 * count, "the growth from its first half on"


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_a_shown_number_is_the_number(value):
    # five significant digits: relative error at most 5e-5
    assert float(write_cell(value)) == pytest.approx(value, rel=5.1e-5, abs=0.0)


@settings(deadline=None)  # the first page reads the templates
@given(st.text(max_size=40))
def test_text_cannot_become_markup(text):
    page = Page(text)
    page.heading(text)
    page.paragraph(text)
    page.table(text, ["a", "b"], [[text, 1.0], ["x", 2.0]])
    tags = set(re.findall(r"<(/?\w+)", page.text().split("</style>")[1]))
    known = {"head", "body", "h1", "h2", "nav", "a", "p", "div", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert {tag.strip("/") for tag in tags} <= known | {"html", "sub", "sup", "mark"}


def test_figures_are_embedded(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "figure.png")
    page = Page("title")
    page.figure(tmp_path / "figure.png", "Li2ZrCl6 figure")
    assert 'src="data:image/png;base64,' in page.text()
    assert not re.search(r'(src|href)="(?!data:|#)', page.text()), "nothing may be loaded from elsewhere"


def test_the_papers_numbers_stand_only_beside_its_electrolyte():
    rows = [["products", "LiCl + Zr", "Li2S + Ge", "predicted"]]
    assert beside_paper("Li2ZrCl6", rows)[2] == rows
    heading, columns, shown_rows = beside_paper("Li10GeP2S12", rows)
    assert "paper" not in heading
    assert "paper" not in columns
    assert shown_rows == [["products", "Li2S + Ge", "predicted"]]


@pytest.fixture
def film(tmp_path):
    """A page with two players of 5 and 3 frames, each frame of one grey, and the greys."""
    page, greys = Page("film"), ([30, 80, 130, 180, 230], [10, 60, 110])
    for shades in greys:
        frames = [encode_webp(np.full((60, 90, 3), grey, np.uint8)) for grey in shades]
        page.player(frames, [f"{100 * i} s" for i in range(len(shades))], "Li2ZrCl6 & film")
    path = tmp_path / "film.html"
    path.write_text(page.text())
    return path, greys


@pytest.fixture
def browser(tmp_path):
    """A headless Chromium."""
    if shutil.which("chromium") is None and shutil.which("google-chrome") is None:
        pytest.skip("no Chromium: apt-get install chromium")
    started = Browser(tmp_path / "profile")
    yield started
    started.close()


def seen(browser, player, tmp_path):
    """Label, slider and grey of what a player shows, the grey from a screenshot."""
    state = f"document.querySelectorAll('.player')[{player}]"
    label, value, box = browser.ask(
        f"(p => [p.querySelector('output').textContent, +p.querySelector('input').value, (b => [b.x, b.y, b.width, "
        f"b.height])(p.querySelector('img:not([hidden])').getBoundingClientRect())])({state})"
    )
    picture = np.asarray(Image.open(browser.screenshot(tmp_path / "seen.png")).convert("L"))
    return label, value, int(picture[int(box[1] + box[3] / 2), int(box[0] + box[2] / 2)])


def test_a_browser_plays_the_film_and_moves_its_slider(film, browser, tmp_path):
    """Mouse and keys on the real page, from a file, without network; what is seen is read from the screen."""
    path, greys = film
    browser.open(path.as_uri())
    near = 3  # WebP is lossy
    assert seen(browser, 0, tmp_path) == ("400 s", 4, pytest.approx(greys[0][-1], abs=near))
    browser.click(".player input", 0.5)
    assert seen(browser, 0, tmp_path) == ("200 s", 2, pytest.approx(greys[0][2], abs=near))
    browser.press("ArrowLeft", 37)
    assert seen(browser, 0, tmp_path) == ("100 s", 1, pytest.approx(greys[0][1], abs=near))
    assert seen(browser, 1, tmp_path)[:2] == ("200 s", 2), "the other player stays where it is"
    browser.click(".player button")
    assert browser.ask("document.querySelector('button').textContent") == "Pause"
    browser.until("document.querySelector('output').textContent === '300 s'")
    browser.until("document.querySelector('button').textContent === 'Play'")  # stops at the end
    assert seen(browser, 0, tmp_path) == ("400 s", 4, pytest.approx(greys[0][4], abs=near))
    browser.click(".player button")  # from the end it begins anew
    browser.until("document.querySelector('output').textContent === '100 s'")
    browser.click(".player button")
    stopped = browser.ask("document.querySelector('output').textContent")
    time.sleep(0.5)  # two frames and a half
    assert browser.ask("document.querySelector('output').textContent") == stopped


def test_without_scripts_the_last_frame_is_a_picture(film):
    path, _ = film
    markup = path.read_text()
    first = markup.split('<figure class="player">')[1].split("</figure>")[0]
    assert first.count("<img") == 5
    assert [tag.endswith(" hidden>") for tag in re.findall(r"<img[^>]*>", first)] == [True] * 4 + [False]
    assert '<div class="controls" hidden>' in first
    assert not re.search(r'(src|href)="(?!data:|#)', markup), "nothing may be loaded from elsewhere"
    assert markup.count("<script>") == 1
    assert "<script" not in Page("no film").text()


def test_growths_of_every_kind_get_their_figures_and_films(tmp_path):
    """A plane and a volume, both below an electrolyte: the report's chapter on growth."""
    plane, volume = Grid((32, 48), 1e-6), Grid((32, 16, 32), 1e-6)
    fine = Microstructure.fine(plane)
    cases = [(plane, [0.0, 500.0, 900.0], None), (plane, [0.0, 700.0], fine), (volume, [0.0, 400.0], None)]
    growths = []
    for number, (grid, times, structure) in enumerate(cases):
        document, _, _ = made_growth(grid, tmp_path / str(number), times, structure)
        path = f"{number}/{document.fields.path}"
        growths.append(document.model_copy(update={"fields": document.fields.model_copy(update={"path": path})}))
    figures, page = draw_growths(growths, tmp_path), Page("growth")
    layers = {f"growth-{number}" for number in range(3)}
    assert set(figures) == {*layers, "front", "multiphase-0", "multiphase-2", "volume-2"}
    Image.new("RGB", (4, 4)).save(tmp_path / "drawn.png")
    add_growths(page, growths, dict.fromkeys(figures, tmp_path / "drawn.png"), tmp_path)
    markup = page.text()
    assert markup.count("data:image/png") == 3
    assert markup.count('class="player"') == 3
    twins = 3 + 1
    assert markup.count("data:image/webp") == 3 + 2 + 2 + twins
    assert "middle section" in markup

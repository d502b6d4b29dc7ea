"""The report's page: formulas, numbers, and that it needs nothing from outside."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from selflimit.workflows.page import Page, shown, subscripted
from selflimit.workflows.report import beside_paper


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
    assert subscripted(text) == wanted


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_a_shown_number_is_the_number(value):
    # five significant digits: relative error at most 5e-5
    assert float(shown(value)) == pytest.approx(value, rel=5.1e-5, abs=0.0)


@given(st.text(max_size=40))
def test_text_cannot_become_markup(text):
    page = Page(text)
    page.heading(text)
    page.paragraph(text)
    page.table(text, ["a", "b"], [[text, 1.0], ["x", 2.0]])
    tags = set(re.findall(r"<(/?\w+)", page.text().split("</style>")[1]))
    known = {"head", "body", "h1", "h2", "nav", "a", "p", "div", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert {tag.strip("/") for tag in tags} <= known | {"html", "sub", "mark"}


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

"""A diagram shows itself in a few lines, in a notebook as a table, and draws its products."""

import sys

import pytest

from selflimit.documents import BulkModulus
from selflimit.errors import MissingDependencyError
from selflimit.phase_diagrams import ConstrainedPhaseDiagram


def test_it_prints_what_it_is_about(chloride_entries):
    text = repr(ConstrainedPhaseDiagram(chloride_entries))
    assert text.count("\n") < 6 and max(map(len, text.splitlines())) < 120
    for said in ("Cl-Li-Zr", f"{len(chloride_entries)} entries", "linear: W = K_eff (V - V0)", "gases solid", "MP2020"):
        assert said in text
    assert str(ConstrainedPhaseDiagram(chloride_entries)) == text


def test_rules_are_said(chloride_entries):
    soft = {str(e.entry_id): BulkModulus(modulus=20.0, source="made up") for e in chloride_entries}
    text = repr(ConstrainedPhaseDiagram(chloride_entries, model="elastic", gases="released", bulk_moduli=soft))
    assert "elastic" in text and "gases released" in text and f"{len(soft)} bulk moduli" in text
    assert text.count("\n") < 6  # however many moduli there are


def test_documents_of_a_diagram_print_on_one_screen(chloride_entries):
    diagram = ConstrainedPhaseDiagram(chloride_entries, model="elastic")
    documents = (diagram.profile("Li2ZrCl6", 5.0), diagram.predominance("Li2ZrCl6"), diagram.products("Li2ZrCl6", 0, 5))
    for shown in (diagram, *documents):
        assert str(shown).count("\n") < 25


def test_a_notebook_gets_the_same_as_a_table(chloride_entries):
    html = ConstrainedPhaseDiagram(chloride_entries)._repr_html_()
    assert html.count("<tr>") == 4 and "Cl-Li-Zr" in html and "W = K_eff (V - V0)" in html


def test_it_draws_one_lane_for_each_modulus(chloride_entries):
    axes_module = pytest.importorskip("matplotlib.figure")
    diagram = ConstrainedPhaseDiagram(chloride_entries)
    ax = diagram.plot("Li2ZrCl6")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0", "5", "10", "15"]
    assert ax.get_xlim() == (0.0, 6.0) and "Voltage (V vs Li/Li" in ax.get_xlabel()
    own = axes_module.Figure(figsize=(9, 3)).subplots()
    assert diagram.plot("Li2ZrCl6", [2.0], (1.0, 3.0), ax=own) is own
    assert own.get_xlim() == (1.0, 3.0)


def test_without_matplotlib_it_says_which_extra(chloride_entries, monkeypatch):
    for name in [n for n in sys.modules if n.startswith(("matplotlib", "selflimit.phase_diagrams.pictures"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependencyError, match=r"selflimit\[plots\]"):
        ConstrainedPhaseDiagram(chloride_entries).plot("Li2ZrCl6")

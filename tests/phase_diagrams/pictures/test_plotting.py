"""Figures: what is drawn, with which units, and that no two labels overlap."""

from itertools import combinations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from selflimit.errors import InputError
from selflimit.phase_diagrams import ConstrainedPhaseDiagram
from selflimit.phase_diagrams.pictures.profiles import (
    plot_predominance,
    plot_profile,
    plot_reaction_energy,
    plot_reaction_strain,
    write_formula,
)


@pytest.fixture(scope="module")
def docs(chloride_entries):
    diagram = ConstrainedPhaseDiagram(chloride_entries)
    return [diagram.profile("Li2ZrCl6", k_eff) for k_eff in (15.0, 0.0, 10.0, 5.0)]


@pytest.fixture
def ax():
    figure = Figure(figsize=(9, 4), layout="constrained")
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def test_subscripts():
    assert write_formula("Li2ZrCl6") == "Li₂ZrCl₆"
    assert write_formula("Li10Ge(PS6)2") == "Li₁₀Ge(PS₆)₂"


def test_lanes_follow_the_documents(docs, ax):
    assert plot_profile(docs, ax) is ax
    assert [t.get_text() for t in ax.get_yticklabels()] == ["0", "5", "10", "15"]
    assert "V vs Li" in ax.get_xlabel()
    assert "GPa" in ax.get_ylabel()
    filled = [p for p in ax.patches if isinstance(p, Rectangle) and p.get_fill()]
    edges = {round(p.get_x(), 9) for p in filled if p.get_y() < 0}  # lowest lane: K = 0
    formulas = {}
    for s in docs[1].segments:
        formulas.setdefault(tuple(p.formula for p in s.products), round(s.voltage_low, 9))
    assert edges == set(formulas.values())


def test_assemblages_differ_without_colour(docs, ax):
    plot_profile(docs, ax)
    swatches = ax.get_legend().get_patches()
    looks = {(p.get_hatch(), p.get_facecolor()) for p in swatches}
    assert len(looks) == len(swatches)
    # eight hatches; the white electrolyte has none, as the first of the others
    assert len({p.get_hatch() for p in swatches}) >= min(len(swatches) - 1, 8)


@pytest.mark.parametrize("size", [(9, 4), (6, 3), (14, 7)])
def test_labels_do_not_overlap(docs, size):
    figure = Figure(figsize=size, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    ax = plot_profile(docs, figure.add_subplot())
    canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert boxes
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    bars = [p.get_window_extent() for p in ax.patches if not p.get_fill()]
    assert all(any(bar.x0 <= box.x0 and box.x1 <= bar.x1 for bar in bars if bar.overlaps(box)) for box in boxes)


def test_energy_and_strain_lines_follow_the_documents(docs, ax):
    plot_reaction_energy(docs, ax)
    line = ax.lines[0]  # K = 0
    assert list(line.get_xdata()) == [*(s.voltage_low for s in docs[1].segments), 6.0]
    assert line.get_ydata()[0] == docs[1].segments[0].reaction_energy_low
    assert "eV" in ax.get_ylabel()


def test_strain_is_in_percent(docs, ax):
    plot_reaction_strain(docs, ax)
    assert ax.lines[0].get_ydata()[0] == pytest.approx(100 * docs[1].segments[0].reaction_strain, rel=1e-12)
    assert "%" in ax.get_ylabel()
    assert len({(line.get_linestyle(), line.get_marker()) for line in ax.lines[:4]}) == 4


def test_one_electrolyte_at_a_time(docs, ax, chloride_entries):
    other = ConstrainedPhaseDiagram(chloride_entries).profile("ZrCl4", 0.0)
    with pytest.raises(InputError, match="one electrolyte"):
        plot_profile([*docs, other], ax)
    with pytest.raises(InputError, match="none"):
        plot_profile([], ax)


def test_elastic_strain_follows_the_coexistence(chloride_entries, ax):
    """Lines without steps inside a pair: p/K at both ends."""
    doc = ConstrainedPhaseDiagram(chloride_entries, model="elastic").profile("Li2ZrCl6", 15.0)
    plot_reaction_strain([doc], ax)
    index = next(i for i, s in enumerate(doc.segments) if s.coexisting)
    segment, drawn = doc.segments[index], ax.lines[0].get_ydata()
    assert drawn[2 * index] == pytest.approx(100 * segment.pressure_low / 15, rel=1e-12)
    assert drawn[2 * index] == pytest.approx(drawn[2 * index - 1], abs=1e-6)  # continuous at the start of the pair
    assert drawn[2 * index] != pytest.approx(drawn[2 * index + 1], abs=1e-3)


@pytest.mark.parametrize("model", ["linear", "elastic"])
def test_map_draws_every_region_and_names_it(chloride_entries, ax, model):
    doc = ConstrainedPhaseDiagram(chloride_entries, model=model).predominance("Li2ZrCl6")
    assert plot_predominance(doc, ax) is ax
    assert "GPa" in ax.get_ylabel() and "V vs Li" in ax.get_xlabel()
    drawn = {tuple(map(tuple, p.get_xy()[:-1])) for p in ax.patches}
    assert {tuple(region.vertices) for region in doc.regions} <= drawn
    names = {tuple(sorted({p.formula for p in region.products})) for region in doc.regions}
    assert len(ax.get_legend().get_patches()) == len(names)
    looks = {(p.get_hatch(), p.get_facecolor()) for p in ax.get_legend().get_patches()}
    assert len(looks) == len(names)
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert boxes
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))

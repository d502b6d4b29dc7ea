"""Figures of uncertainty and interfaces: the curves are the document's numbers, with units and without overlaps."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from selflimit.errors import InputError
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, electrolyte_entries, interface_scan, sample_uncertainty
from selflimit.phase_diagrams.entries.volumes import volume_sources
from selflimit.phase_diagrams.pictures.uncertainty_and_interfaces import (
    plot_boundary_bands,
    plot_interface,
    plot_product_probabilities,
)
from selflimit.phase_diagrams.uncertainty.error_models import REACTION_ERROR
from selflimit.phase_diagrams.uncertainty.question import Question


@pytest.fixture(scope="module")
def sampled(mp_entries):
    question = Question("Li2ZrCl6", k_effs=(0.0, 8.0, 16.0))
    return sample_uncertainty(mp_entries, question, REACTION_ERROR, volume_sources(mp_entries), samples=40)


@pytest.fixture(scope="module")
def scans():
    pair = "Li3N", "Li2ZrCl6"
    diagram = ConstrainedPhaseDiagram(electrolyte_entries(pair, source="force-field").entries)
    return [interface_scan(diagram, *pair, k_eff=k, voltage=v) for v in (None, 0.0) for k in (0.0, 15.0)]


@pytest.fixture
def ax():
    figure = Figure(figsize=(9, 5), layout="constrained")
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def test_bands_are_those_of_the_document(sampled, ax):
    assert plot_boundary_bands(sampled, ax) is ax
    certain = [band for band in sampled.boundaries if band.below == ["LiCl", "ZrCl4"]]
    line = next(line for line in ax.lines if line.get_label().startswith("LiCl + ZrCl₄ |"))
    assert list(line.get_xdata()) == [band.k_eff for band in certain]
    assert list(line.get_ydata()) == [band.median.value for band in certain]
    edges = [path for band in ax.collections for path in band.get_paths()[0].vertices.tolist()]
    assert all([band.k_eff, band.high.value] in edges and [band.k_eff, band.low.value] in edges for band in certain)
    assert "GPa" in ax.get_xlabel()
    assert "V vs Li" in ax.get_ylabel()
    assert len({(line.get_linestyle(), line.get_marker(), line.get_color()) for line in ax.lines}) == len(ax.lines)


def test_probabilities_add_up(sampled, ax):
    plot_product_probabilities(sampled, 0.0, ax)
    lines = [container.lines[0] for container in ax.containers]
    assert sum(line.get_ydata()[0] for line in lines) == pytest.approx(1.0, abs=0.05)  # rare products are not drawn
    marked = [line for line in ax.lines if "experiment" in str(line.get_label())]
    assert marked[0].get_xdata()[0] == pytest.approx(13.55, abs=0.01)  # the theory page's value
    with pytest.raises(InputError, match=r"no products at 1\.0 V"):
        plot_product_probabilities(sampled, 1.0, ax)


def test_scans_and_numbered_kinks(scans, ax):
    plot_interface(scans, ax)
    for line, doc in zip(ax.lines, scans, strict=False):
        assert list(line.get_xdata()) == [kink.mixing_ratio for kink in doc.kinks]
        assert list(line.get_ydata()) == [kink.reaction_energy_per_atom for kink in doc.kinks]
    *numbers, reactions = sorted(ax.texts, key=lambda text: len(text.get_text()))
    listed = {line.split()[0] for line in reactions.get_text().splitlines() if not line.startswith(" ")}
    assert {text.get_text() for text in numbers} <= listed
    assert "4 Li₃N + 3 Li₂ZrCl₆ →" in reactions.get_text()
    assert "eV/atom" in ax.get_ylabel()


def test_numbers_do_not_overlap(scans, ax):
    plot_interface(scans, ax)
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts if text.get_text().isdigit()]
    assert len(boxes) >= 4
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_bad_input(sampled, scans, ax):
    with pytest.raises(InputError, match="none"):
        plot_interface([], ax)
    other = scans[0].model_copy(update={"first": "Li6PS5Cl"})
    with pytest.raises(InputError, match="one pair"):
        plot_interface([scans[0], other], ax)
    single = sampled.model_copy(update={"boundaries": [b for b in sampled.boundaries if b.k_eff == 0.0]})
    with pytest.raises(InputError, match="two K_eff"):
        plot_boundary_bands(single, ax)

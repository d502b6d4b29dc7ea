"""The map for web pages: every region carries its reaction, nothing is loaded from elsewhere."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selflimit.errors import InputError
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, interface_scan
from selflimit.phase_diagrams.pictures.interactive_curves import (
    draw_interface_svg,
    draw_reaction_energy_svg,
    draw_reaction_strain_svg,
    draw_staircase_svg,
    round_values,
)
from selflimit.phase_diagrams.pictures.interactive_map import HEIGHT, LEFT, RIGHT, WIDTH, draw_predominance_svg
from selflimit.phase_diagrams.pictures.palette import assemblages

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module", params=["linear", "elastic"])
def doc(request, chloride_entries):
    return ConstrainedPhaseDiagram(chloride_entries, model=request.param).predominance("Li2ZrCl6")


def test_every_region_is_there_with_its_reaction(doc):
    groups = ElementTree.fromstring(draw_predominance_svg(doc)).findall(f"{SVG}g")
    assert len(groups) == len(doc.regions)
    for group, region in zip(groups, doc.regions, strict=True):
        shown = group.find(f"{SVG}title").text
        plain = shown.translate(str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")).replace("→", "->")
        assert all(reaction in plain for reaction in region.reaction.split(" | "))
        assert f"{100 * region.reaction_strain:+.1f} %" in plain
        assert len(group.find(f"{SVG}polygon").get("points").split()) == len(region.vertices)


def test_subscripts_are_for_formulas_only(doc):
    titles = [t.text for t in ElementTree.fromstring(draw_predominance_svg(doc)).iter(f"{SVG}title")]
    assert any(t.startswith("Li₂ZrCl₆ + 4 Li → 6 LiCl + Zr") for t in titles)


def test_nothing_leaves_the_page_or_the_drawing(doc):
    svg = draw_predominance_svg(doc)
    assert "<script" not in svg
    assert "url(" not in svg
    assert re.findall(r"https?://[^\s\"]+", svg) == ["http://www.w3.org/2000/svg"]
    for points in re.findall(r'points="([^"]+)"', svg):
        for x, y in (map(float, pair.split(",")) for pair in points.split()):
            assert 0 <= x <= WIDTH and 0 <= y <= HEIGHT


def test_map_without_regions(doc):
    with pytest.raises(InputError, match="no"):
        draw_predominance_svg(doc.model_copy(update={"regions": []}))


def plain(text):
    return text.translate(str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")).replace("→", "->")


def test_staircase_has_every_step_with_its_reaction_and_width(chloride_entries):
    diagram = ConstrainedPhaseDiagram(chloride_entries)
    docs = [diagram.profile("Li2ZrCl6", k) for k in (0.0, 10.0)]
    groups = ElementTree.fromstring(draw_staircase_svg(docs)).findall(f"{SVG}g")
    parts = [part for doc in docs for part in doc.segments]
    assert len(groups) == len(parts)
    for group, part in zip(groups, parts, strict=True):
        assert plain(group.find(f"{SVG}title").text).startswith(part.reaction)
        corners = [float(pair.split(",")[0]) for pair in group.find(f"{SVG}polygon").get("points").split()]
        share = (max(corners) - min(corners)) / (WIDTH - LEFT - RIGHT)
        # coordinates are written with two decimals
        assert share == pytest.approx((part.voltage_high - part.voltage_low) / 6.0, abs=1e-4)
    with pytest.raises(InputError, match="profiles of one electrolyte, got none"):
        draw_staircase_svg([])


@pytest.mark.parametrize("model", ["linear", "elastic"])
def test_curves_have_every_piece_with_its_reaction_where_its_values_are(chloride_entries, model):
    diagram = ConstrainedPhaseDiagram(chloride_entries, model=model)
    docs = [diagram.profile("Li2ZrCl6", k) for k in (0.0, 10.0)]
    parts = [part for doc in docs for part in doc.segments]
    heights = {}
    for draw in (draw_reaction_energy_svg, draw_reaction_strain_svg):
        svg = draw(docs)
        assert "<script" not in svg and "url(" not in svg
        groups = ElementTree.fromstring(svg).findall(f"{SVG}g")
        assert len(groups) == len(parts)
        ends = []
        for group, part in zip(groups, parts, strict=True):
            assert plain(group.find(f"{SVG}title").text).startswith(part.reaction)
            points = group.findall(f"{SVG}polyline")[1].get("points").split()
            (x1, y1), (x2, y2) = (map(float, point.split(",")) for point in points)
            share = (x2 - x1) / (WIDTH - LEFT - RIGHT)
            assert share == pytest.approx((part.voltage_high - part.voltage_low) / 6.0, abs=1e-4)  # two decimals
            ends += [y1, y2]
        heights[draw] = ends
    energies = [e for part in parts for e in (part.reaction_energy_low, part.reaction_energy_high)]
    slope, offset = np.polyfit(energies, heights[draw_reaction_energy_svg], 1)
    assert slope < 0  # pixels count downwards
    assert heights[draw_reaction_energy_svg] == pytest.approx([slope * e + offset for e in energies], abs=0.02)
    for k_eff in (0.0, 10.0):
        assert f"</tspan> {k_eff:g} GPa" in svg
    with pytest.raises(InputError, match="profiles of one electrolyte, got none"):
        draw_reaction_energy_svg([])


def test_interface_scan_has_every_kink_with_its_reaction(chloride_entries):
    diagram = ConstrainedPhaseDiagram(chloride_entries)
    scans = [interface_scan(diagram, "Li2ZrCl6", "Zr", k, voltage=0.5) for k in (0.0, 15.0)]
    groups = ElementTree.fromstring(draw_interface_svg(scans)).findall(f"{SVG}g")
    kinks = [kink for doc in scans for kink in doc.kinks]
    assert [plain(group.find(f"{SVG}title").text).split(";")[0] for group in groups] == [k.reaction for k in kinks]
    with pytest.raises(InputError, match="scans of one pair"):
        draw_interface_svg([])


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_levels_are_round_and_within(low, width):
    values = round_values(low, low + width)
    step = values[1] - values[0]
    assert 3 <= len(values) <= 8 and np.allclose(np.diff(values), step, rtol=1e-6)
    assert low - 1e-9 <= values[0] and values[-1] <= low + width + 1e-9
    assert f"{step:.0e}"[0] in "125"


def test_one_assemblage_has_one_colour_in_staircase_map_and_figure(chloride_entries):
    diagram = ConstrainedPhaseDiagram(chloride_entries)
    profiles = [diagram.profile("Li2ZrCl6", k_eff) for k_eff in (0.0, 5.0, 20.0)]
    region_map = diagram.predominance("Li2ZrCl6", (0.0, 6.0), (0.0, 20.0))
    in_steps = assemblages(part for doc in reversed(profiles) for part in doc.segments)
    assert set(in_steps) == set(assemblages(region_map.regions)), "the same are shown"
    assert in_steps == assemblages(region_map.regions)
    assert in_steps[0] == ("LiCl", "Zr"), "the most reduced comes first"

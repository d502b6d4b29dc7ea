"""Figures to be pointed at: everything is there where the documents say, and looks the same in all of them."""

import base64
import gzip
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_documents import filled
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from page_figures import looks, plain
from pymatgen.core import Lattice, Structure

from selflimit.documents import UncertaintyDoc
from selflimit.errors import InputError
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, competing_entries, interface_scan
from selflimit.phase_diagrams.pictures.palette import COLOURS, HATCHES, formulas_of, lines_of, styles_of
from selflimit.report.diagram_sections import draw_diagrams, map_finding, shared_styles
from selflimit.report.interactive.crystals import plot_crystals
from selflimit.report.interactive.curves import plot_energies, plot_mixing, plot_strains
from selflimit.report.interactive.diagrams import MOST_NAMED, list_areas, named_areas, plot_map, plot_shares
from selflimit.report.interactive.layout import packed_plotly, spread_labels

FORMULA = "Li2ZrCl6"


@pytest.fixture(scope="module")
def entries():
    return competing_entries("Li-Zr-Cl", "force-field")


@pytest.fixture(scope="module", params=["linear", "elastic"])
def study(request, entries):
    """Map and profiles of one electrolyte, and their shared styles."""
    diagram = ConstrainedPhaseDiagram(entries, model=request.param)
    profiles = [diagram.profile(FORMULA, k_eff) for k_eff in (0.0, 5.0, 10.0, 15.0)]
    doc = diagram.predominance(FORMULA)
    return doc, profiles, shared_styles(FORMULA, profiles, [doc], [])


def test_every_region_is_there_with_its_reaction_and_corners(study):
    doc, profiles, styles = study
    areas = [
        trace for trace in plot_map(doc, styles, lines_of(profiles))["data"] if "products" in trace.get("meta", {})
    ]
    assert len(areas) == len(doc.regions)
    for trace, region in zip(areas, doc.regions, strict=True):
        assert all(reaction in plain(trace["text"]) for reaction in region.reaction.split(" | "))
        assert f"{100 * region.reaction_strain:+.1f} %" in trace["text"]
        assert list(zip(trace["x"], trace["y"], strict=True))[:-1] == [tuple(corner) for corner in region.vertices]


def test_a_map_without_regions_is_refused(study):
    doc, profiles, styles = study
    with pytest.raises(InputError, match="none"):
        plot_map(doc.model_copy(update={"regions": []}), styles, lines_of(profiles))


def test_one_product_and_one_modulus_look_the_same_in_all_figures(study):
    """Interactive figures against each other, and against the static twins, read off the drawn patches."""
    doc, profiles, styles = study
    found = sampled(sorted({formulas_of(region) for region in doc.regions}))
    styles = shared_styles(FORMULA, profiles, [doc], found)
    figures = [plot_map(doc, styles, lines_of(profiles)), plot_shares(found, styles)]
    curves = [plot_energies(profiles), plot_strains(profiles)]
    products, moduli = looks(figures, "products"), looks([figures[0], *curves], "k_eff")
    assert len(products) >= 5
    assert len(moduli) == 4
    assert all(len(seen) == 1 for seen in [*products.values(), *moduli.values()])
    assert len({next(iter(seen)) for seen in products.values()}) == len(products), "no two products look alike"
    twins = draw_diagrams(doc, profiles, found, styles)
    for name in ("map", "shares"):
        FigureCanvasAgg(twins[name]).draw()
        # below each hatched area of the map lies a plain one, which closes the seams
        patches = [p for p in twins[name].axes[0].patches if name == "shares" or p.get_linewidth() == 0]
        assert len(patches) >= len(styles) - 1
        drawn = {(to_hex(p.get_facecolor()).upper(), (p.get_hatch() or "")[:1]) for p in patches}
        assert drawn <= {next(iter(seen)) for seen in products.values()}, name
    for name in ("energy", "strain"):
        lines = {line.get_label(): to_hex(line.get_color()).upper() for line in twins[name].axes[0].lines[:4]}
        assert lines == {f"{k:g}": next(iter(moduli[k]))[0] for k in moduli}


def test_names_of_bars_stand_in_their_rows(study):
    doc, profiles, _ = study
    found = sampled(sorted({formulas_of(region) for region in doc.regions})[:2])
    figure = plot_shares(found, shared_styles(FORMULA, profiles, [doc], found))
    rows = set(figure["layout"]["yaxis"]["categoryarray"])
    assert len(figure["layout"]["annotations"]) == 2
    for label in figure["layout"]["annotations"]:
        assert label["y"] in rows
        assert not label["y"].isdigit(), "Plotly takes such a category for a place on the axis"


def sampled(names):
    """An uncertainty with a share of each set of products at one K_eff."""
    rows = [
        {
            "voltage": 0.0, "k_eff": 15.0, "products": list(name), "probability": 1 / len(names),
            "standard_error": 0.0, "low": 0.0, "high": 1.0,
        }
        for name in names
    ]  # fmt: skip
    made = filled(UncertaintyDoc).model_dump(exclude={"search"}) | {"products": rows, "formula": FORMULA}
    return [UncertaintyDoc(**made)]


def test_sixty_four_sets_of_products_differ():
    names = [(f"X{number}",) for number in range(len(COLOURS) * len(HATCHES))]
    styles = styles_of(names, FORMULA)
    assert len({styles[name] for name in names}) == len(names)


def test_at_most_eight_areas_are_named_and_the_key_numbers_them(study):
    doc, profiles, styles = study
    extra = [renamed(region, f"Zr{number}Cl") for number, region in enumerate(doc.regions[:6], start=2)]
    crowded = doc.model_copy(update={"regions": [*doc.regions, *extra]})
    assert len(named_areas(crowded)) == MOST_NAMED
    key = list_areas(doc, styles)
    labels = {label["text"] for label in plot_map(doc, styles, lines_of(profiles))["layout"]["annotations"]}
    assert labels <= {number for number, _, _ in key} | {name for _, name, _ in key}


def renamed(region, formula):
    """A region of other products."""
    products = [product.model_copy(update={"formula": formula}) for product in region.products]
    return region.model_copy(update={"products": products})


@pytest.mark.parametrize("width", ["annotations", "narrow"])
def test_names_stand_inside_their_areas(study, width):
    """Corners of each label, at the width that it is made for, against the areas by matplotlib's own test."""
    from matplotlib.path import Path

    doc, profiles, styles = study
    layout = plot_map(doc, styles, lines_of(profiles))["layout"]
    labels = layout["annotations"] if width == "annotations" else layout["meta"]["narrow"]
    for label in (label for label in labels if len(label["text"]) > 2):
        paths = [Path(region.vertices) for region in doc.regions]
        assert any(path.contains_point((label["x"], label["y"])) for path in paths)


def test_curves_have_every_piece_where_its_values_are(study):
    _, profiles, _ = study
    for draw, value in ((plot_energies, "reaction_energy_low"), (plot_strains, None)):
        figure = draw(profiles)
        assert "V vs Li" in figure["layout"]["xaxis"]["title"]["text"]
        for trace, doc in zip(figure["data"], profiles, strict=True):
            assert trace["meta"]["k_eff"] == doc.k_eff
            assert len(trace["x"]) == 2 * len(doc.segments)
            for number, part in enumerate(doc.segments):
                assert trace["x"][2 * number : 2 * number + 2] == [part.voltage_low, part.voltage_high]
                assert plain(trace["hovertext"][2 * number]).startswith(part.reaction)
                if value:
                    assert trace["y"][2 * number] == getattr(part, value)
    with pytest.raises(InputError, match="profiles of one electrolyte, got none"):
        plot_energies([])


def test_labels_of_curves_do_not_cover_each_other(study):
    _, profiles, _ = study
    for figure in (plot_energies(profiles), plot_strains(profiles)):
        values = [v for trace in figure["data"] for v in trace["y"]]
        pixels = 300 / (max(values) - min(values))
        heights = [label["y"] * pixels for label in figure["layout"]["annotations"]]
        assert len(heights) == len(profiles)
        assert all(abs(a - b) > 15 for a, b in combinations(heights, 2)), heights


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine draws slowly
@given(st.lists(st.floats(-50, 50), min_size=1, max_size=8), st.floats(0.1, 10))
def test_labels_are_spread_in_their_order(values, least):
    placed = spread_labels(values, least)
    pairs = sorted(zip(values, placed, strict=True))
    apart = np.diff(np.sort(placed))
    assert np.all(apart >= least - 1e-6)
    assert all(b[1] >= a[1] for a, b in pairwise(pairs) if b[0] > a[0])
    assert np.mean(placed) == pytest.approx(np.mean(values), abs=1e-6), "as many move up as down"


def test_interface_scan_has_every_kink_with_its_reaction(entries):
    diagram = ConstrainedPhaseDiagram(entries)
    scans = [interface_scan(diagram, FORMULA, "Zr", k, voltage=0.5) for k in (0.0, 15.0)]
    for trace, doc in zip(plot_mixing(scans)["data"], scans, strict=True):
        assert [plain(text).split("<br>")[0] for text in trace["hovertext"]] == [kink.reaction for kink in doc.kinks]
        assert trace["y"] == [kink.reaction_energy_per_atom for kink in doc.kinks]
    with pytest.raises(InputError, match="scans of one pair"):
        plot_mixing([])


def test_a_crystal_shows_each_atom_its_bonded_neighbours_and_the_cell():
    """Rock salt: eight atoms in the cell, and of each of them the six neighbours that lie beyond it."""
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    figure = plot_crystals({"NaCl": salt, "again": salt})
    traces = figure["data"]
    assert [trace["visible"] for trace in traces] == [True] * 4 + [False] * 4
    edges, bonds, *atoms = traces[:4]
    assert len(edges["x"]) == 3 * 12
    assert len(bonds["x"]) == 3 * 8 * 6
    lengths = [
        np.linalg.norm([bonds[c][i] - bonds[c][i + 1] for c in "xyz"]) for i in range(0, len(bonds["x"]), 3)
    ]  # fmt: skip
    assert lengths == pytest.approx([2.82] * 48, abs=2e-3)  # coordinates are written to 1e-3 Angstrom
    places = np.array([[trace[c][i] for c in "xyz"] for trace in atoms for i in range(len(trace["x"]))])
    inside = np.all((places > -1e-3) & (places < 5.64 - 1e-3), axis=1)
    assert inside.sum() == 8


def test_the_finding_of_the_map_names_the_first_change(study):
    doc, _, _ = study
    said = map_finding(doc)
    if doc.functional == "linear":
        threshold = min(k for k in doc.critical_k_effs(0.0) if k > 0.0)
        assert f"from {threshold:.3g} GPa on" in said
    assert said.endswith("point at an area for its reaction.")


def test_plotly_is_packed_whole():
    from plotly.offline import get_plotlyjs

    assert gzip.decompress(base64.b64decode(packed_plotly())).decode() == get_plotlyjs()

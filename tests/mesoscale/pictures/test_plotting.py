"""Figures: the panels hold the document's numbers, on one scale, with units and scale bars."""

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from selflimit.errors import InputError
from selflimit.mesoscale import Grid, Microstructure, Particle, plot_growth, plot_multiphase, plot_packing, plot_volume
from selflimit.mesoscale.pictures.plotting import _plot_phases, bar_length, pressure_limit


@pytest.fixture
def figure():
    made = Figure(figsize=(8, 8), layout="constrained")
    FigureCanvasAgg(made)
    return made


def texts(figure):
    """All words of a figure."""
    return " ".join(text.get_text() for text in figure.findobj(Text))


def test_growth_panels_hold_the_fields_on_one_scale(grown_plane, figure):
    document, fields, _ = grown_plane
    panels = plot_growth([(document, fields)], [1, 4], figure)
    images = [panel.images[0] for panel in panels[2:]]
    for image, output in zip(images, (1, 4), strict=True):
        assert np.array_equal(image.get_array(), -fields["pressure"][output].T / 1e6)
    assert {image.get_clim() for image in images} == {(0.0, pressure_limit([fields["pressure"][[1, 4]]]))}
    assert [panel.get_title() for panel in panels[:2]] == ["300 s", "1150 s"]
    assert all(word in texts(figure) for word in ("MPa", "10 µm"))


def test_multiphase_rows_show_their_own_phases(grown_plane, figure):
    document, fields, _ = grown_plane
    panels = plot_multiphase(document, fields, [2, 4], figure)
    figure.canvas.draw()
    for row, shown in ((1, fields["coarse"] + fields["electrolyte"] >= 0.5), (2, fields["coarse"] < 0.5)):
        pressure, cover = panels[2 * row].images
        assert np.array_equal(pressure.get_array(), -fields["pressure"][2].T / 1e6)
        assert np.array_equal(np.ma.getmaskarray(np.ma.masked_invalid(cover.get_array())).T, shown)
    assert len({panel.images[0].get_clim() for panel in panels[2:]}) == 1


def test_a_growth_without_electrolyte_is_no_multiphase_growth(grown_plane, figure):
    document, fields, _ = grown_plane
    with pytest.raises(InputError, match="electrolyte"):
        plot_multiphase(document, dict(fields, electrolyte=0.0 * fields["electrolyte"]), [0], figure)


def test_volume_panels(grown_volume, figure):
    document, fields, _ = grown_volume
    view, above, upright, _ = plot_volume(document, fields, 1, figure)
    front = document.tip_height[1] * 1e6
    heights = np.asarray(above.images[0].get_array())
    assert heights == pytest.approx(np.full(heights.shape, front), abs=0.6)  # to whole cells of 1 µm
    grey = 1.0 - 0.3 * fields["coarse"][:, 8] - 0.12 * fields["electrolyte"][:, 8]
    assert np.asarray(upright.images[0].get_array()) == pytest.approx(grey.T)
    assert "400 s" in view.get_title()


def test_the_view_from_outside_has_the_size_of_what_it_shows(figure):
    """A sphere of radius 8 in a box of 32: its outline is a disc of radius 8 from every side."""
    grid = Grid((32, 32, 32), 1e-6)
    structure = Microstructure.of_particles(grid, [Particle.ball((16e-6, 16e-6, 16e-6), 8e-6)])
    picture = plot_packing(structure, 0.5e-6, figure)[0].images[0]
    pixels, extent = np.asarray(picture.get_array()), picture.get_extent()
    orange = (pixels[..., 0] > 1.2 * pixels[..., 2]) & (pixels[..., 0] < 0.999)
    area = orange.sum() * ((extent[1] - extent[0]) / pixels.shape[0]) ** 2
    assert area == pytest.approx(np.pi * 64, rel=0.03)  # a pixel is 0.17 cells
    rows = np.flatnonzero(orange.any(axis=1))
    assert 0.5 * (rows[0] + rows[-1]) == pytest.approx(0.5 * pixels.shape[0], abs=3)


def test_planes_are_no_volumes(grown_plane, figure):
    with pytest.raises(InputError, match="three dimensions"):
        plot_volume(*grown_plane[:2], 0, figure)


@pytest.mark.parametrize(
    ("middle", "base", "radius"), [(0.3, 0.9, 0.15), (0.5, 0.9, 0.15), (0.7, 0.9, 0.15), (0.3, 1.1, 0.25)]
)
def test_no_name_and_no_line_of_the_phases_lies_on_another_name(middle, base, radius):
    """A reaction zone above a channel of lithium, in a panel as small as the report's."""
    x, y = np.meshgrid((np.arange(64) + 0.5) / 64, (np.arange(96) + 0.5) / 64, indexing="ij")
    zone = (np.hypot(x - middle, y - base) < radius) & (y > base)
    electrolyte = (y > base) & ~zone
    coarse = (y < base) & (y > 0.3) & (abs(x - middle) > 0.12)
    phases = {"zone": zone, "electrolyte": electrolyte, "coarse": coarse, "lithium": (y < base) & ~coarse}
    figure = Figure(figsize=(2.1, 3.2), dpi=100)
    canvas, panel = FigureCanvasAgg(figure), figure.subplots()
    document = SimpleNamespace(grid_shape=(64, 96), spacing=0.5e-6)
    _plot_phases(document, {name: cells.astype(float) for name, cells in phases.items()}, panel)
    canvas.draw()
    shown = [text for text in panel.texts if text.get_text()]
    boxes = {text.get_text(): Text.get_window_extent(text) for text in shown}  # an annotation's own includes its line
    assert set(boxes) >= {"reaction\nzone", "electrolyte", "coarse", "Li"}
    assert not [(a, b) for a in boxes for b in boxes if a < b and boxes[a].overlaps(boxes[b])]
    edge = panel.transData.transform((0.0, base * 32.0))[1]
    assert not boxes["reaction\nzone"].y0 - 2 < edge < boxes["reaction\nzone"].y1 + 2, "the electrolyte's edge"
    [line] = [text.arrow_patch for text in shown if getattr(text, "arrow_patch", None)]
    path = line.get_path().transformed(line.get_transform())
    del boxes["reaction\nzone"]
    assert not [name for name, box in boxes.items() if path.intersects_bbox(box, filled=False)]


def test_scale_bars_are_round_and_fit():
    assert [bar_length(width) for width in (1.0, 8.0, 32.0, 64.0, 300.0)] == [1, 2, 10, 20, 100]

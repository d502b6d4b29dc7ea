"""One panel with the essentials: the right field at the right time, the lithium, the names, the scale."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from selflimit.errors import InputError
from selflimit.mesoscale import plot_growth_overview


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_a_growth_shows_its_last_output_with_names_and_scale(grown_plane):
    doc, fields, folder = grown_plane
    ax = plot_growth_overview(doc, folder)
    np.testing.assert_allclose(ax.images[0].get_array(), -fields["pressure"][-1].T / 1e6)
    assert {"Li", "coarse", "electrolyte", "10 µm"} <= set(texts(ax))
    assert "1150 s" in ax.get_title()
    label = next(text for text in ax.texts if text.get_text() == "Li")
    assert label.get_position()[1] < 1e6 * doc.tip_height[-1]
    assert any("MPa" in panel.get_ylabel() for panel in ax.figure.axes)


def test_it_draws_on_given_axes_at_any_output_and_through_the_middle_of_a_volume(grown_volume):
    doc, _, folder = grown_volume
    ax = Figure().subplots()
    assert plot_growth_overview(doc, str(folder), ax, output=0) is ax
    assert ax.images[0].get_array().shape == (32, 32)
    assert "middle section, 0 s" in ax.get_title()
    with pytest.raises(InputError, match="output number below 2, got 2"):
        plot_growth_overview(doc, folder, output=2)

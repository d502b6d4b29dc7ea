"""One reading as a whole: a dendrite among closed coarse particles, from its preset to its comparison."""

import pytest

from selflimit.mesoscale import GrowthHistory, compare_growth, find_preset, load_fields
from selflimit.units import MPA
from selflimit.workflows import grow_preset, preset_parameters


@pytest.mark.slow
def test_a_branched_dendrite_goes_round_closed_coarse_particles(tmp_path):
    """No lithium is compressed more than where nothing yields, 3 B K of its mean expansion: 23.7 MPa at coarse ones."""
    preset = find_preset("fig5-graded")
    parameters, layer = preset_parameters(preset, 0.0), preset.build(preset.grid(), 1)
    grown = grow_preset(preset, parameters, layer, tmp_path)
    run = GrowthHistory(grown, load_fields(tmp_path, grown.fields), layer)
    rows = compare_growth(preset, run)
    # its largest compression lies above the published 20 MPa, and the comparison says so
    assert [row.quantity.split(",")[0] for row in rows if not row.is_within] == ["largest compression"]
    bulk = parameters.lithium_modulus / (3.0 * (1.0 - 2.0 * parameters.lithium_poisson))
    confined = bulk * sum(parameters.coarse_expansion) / MPA
    assert max(grown.peak_compression) < confined
    assert grown.shape.trunks[-1] == 1
    assert min(value for value in grown.shape.filling if value) > 0.95
    # branches lengthen the contour faster than a needle that only grows, whose contour has two flanks
    longer = grown.shape.perimeter[-1] - grown.shape.perimeter[0]
    assert longer > 3.0 * (grown.tip_height[-1] - grown.tip_height[0])
    assert not grown.notes

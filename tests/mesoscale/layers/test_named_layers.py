"""Layers by name."""

import pytest

from selflimit.errors import InputError
from selflimit.mesoscale import LAYERS, InterfaceParameters, build_layer


def test_an_unknown_layer_is_refused_and_the_nearest_named():
    with pytest.raises(InputError, match="got 'gradd'; did you mean graded"):
        build_layer("gradd", InterfaceParameters(), (64, 96), 1)


@pytest.mark.parametrize("name", LAYERS)
def test_each_layer_fills_its_grid_and_is_the_same_for_the_same_seed(name):
    parameters = InterfaceParameters(interface_width=1e-6)
    first, same, other = (build_layer(name, parameters, (128, 192), seed) for seed in (1, 1, 2))
    assert first.grid.shape == (128, 192)
    assert first.grid.spacing == parameters.interface_width
    assert (first.coarse == same.coarse).all()
    assert (first.seed, other.seed) == (1, 2)
    assert first.electrolyte.any() == (name not in ("fine", "graded", "large graded"))

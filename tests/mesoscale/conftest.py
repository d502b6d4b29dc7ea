import made_growths
import pytest
import sparse_oracle

from selflimit.mesoscale import Grid


@pytest.fixture(scope="session")
def oracle():
    """The independent sparse direct solver beside the tests."""
    return sparse_oracle


@pytest.fixture(scope="session")
def grown_plane(tmp_path_factory):
    """Document, fields and folder of a made-up growth in a plane with 5 outputs."""
    grid, times = Grid((32, 48), 1e-6), [0.0, 300.0, 600.0, 900.0, 1150.0]
    return made_growths.made_growth(grid, tmp_path_factory.mktemp("plane"), times)


@pytest.fixture(scope="session")
def grown_volume(tmp_path_factory):
    """The same in three dimensions with 2 outputs."""
    return made_growths.made_growth(Grid((32, 16, 32), 1e-6), tmp_path_factory.mktemp("volume"), [0.0, 400.0])

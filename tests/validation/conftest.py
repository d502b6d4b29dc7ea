import numpy as np
import pytest


@pytest.fixture(scope="session")
def rate():
    """Observed order of convergence: the slope of log(error) over log(1/cells) through all sizes."""
    return lambda cells, errors: -np.polyfit(np.log(cells), np.log(errors), 1)[0]

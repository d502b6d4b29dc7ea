import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def oracle():
    """The independent sparse direct solver beside the tests."""
    spec = importlib.util.spec_from_file_location("sparse_oracle", Path(__file__).with_name("sparse_oracle.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

"""What jobflow's own runner gives for the whole chain: the reference for every other runner."""

import pytest
import runner_numbers


@pytest.fixture(scope="session")
def numbers_of_run_locally(tmp_path_factory):
    """Every number of the smallest whole chain under ``run_locally``, a folder for each job."""
    store, _ = runner_numbers.run_here(runner_numbers.whole_chain(), tmp_path_factory.mktemp("reference"))
    return runner_numbers.all_numbers(store)

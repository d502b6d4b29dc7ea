"""Products by the bundled DFT energies."""

import pytest

from selflimit.phase_diagrams.rules import dft_products


def test_a_system_without_bundled_dft_energies_has_no_reference():
    assert dft_products("Na3PS4", "Na", [0.0], (0.0, 5.0)) == []


def test_the_reference_brackets_the_published_threshold():
    # The published change of product lies between 0 and 15 GPa; the design's own check gives 16.7 and 13.6 GPa
    found = {doc.volumes.split(" ")[0]: doc.critical_k_eff for doc in dft_products("Li2ZrCl6", "Li", [0.0], (0.0, 5.0))}
    assert found["PBE"] == pytest.approx(16.7, abs=0.05)
    assert found["experiment"] == pytest.approx(13.6, abs=0.05)

"""Five daily tasks in a few lines and one import: the lines are run, and their results found by the long way too."""

import numpy as np
import pytest
from made_documents import decomposition, put
from PIL import Image

import selflimit
from selflimit.documents import OrderingsDoc, with_level
from selflimit.errors import InputError, LevelOfTheoryError
from selflimit.mesoscale import load_fields
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, competing_entries
from selflimit.structures import count_orderings, parent_cell
from selflimit.workflows import open_store

LINES = """
import selflimit as sl
found = sl.rank_orderings("LZC-A", cell="conventional", keep=2)
entries = sl.relax_lowest(found, most=1)
diagram = sl.map_products("Li2ZrCl6", entries)
diagram.plot().savefig("diagram.png")
growth = sl.grow_layer("layer.png", duration=20.0, folder="growth")
growth.plot("growth").savefig("stress.png")
old = sl.results("store", formula="Li2ZrCl6", k_eff=15.0)
"""


@pytest.fixture
def layer(tmp_path):
    """A picture of 32 x 48 pixels of 1 micrometre: fine particles, one coarse one, an electrolyte on top."""
    picture = np.zeros((48, 32), np.uint8)
    picture[:8] = 2
    rows, columns = np.ogrid[:48, :32]
    picture[(rows - 25) ** 2 + (columns - 16) ** 2 < 81] = 1
    Image.fromarray(picture).save(tmp_path / "layer.png")
    store = open_store(str(tmp_path / "store"))
    for number, k_eff in enumerate((0.0, 15.0)):
        put(store, decomposition(k_eff, 0.0), f"job-{number}")
    store.close()
    return tmp_path


@pytest.mark.force_field
def test_five_tasks_in_fifteen_lines_and_one_import(layer, monkeypatch):
    pytest.importorskip("chgnet", reason="pip install 'selflimit[forcefields]'")
    lines = [line for line in LINES.splitlines() if line]
    assert len(lines) <= 15
    assert sum(line.startswith(("import", "from")) for line in lines) == 1
    monkeypatch.chdir(layer)
    names = {}
    exec(LINES, names)
    assert names["found"].distinct_count == count_orderings(parent_cell("LZC-A"), "conventional").distinct
    shipped = ConstrainedPhaseDiagram([*names["entries"], *competing_entries("Li-Zr-Cl", "force-field")])
    assert names["diagram"].critical_k_effs(0.0) == shipped.predominance("Li2ZrCl6").critical_k_effs(0.0)
    coarse = load_fields(layer / "growth", names["growth"].fields)["coarse"]
    spacing = names["growth"].spacing / 1e-6
    assert coarse.sum() * spacing**2 == pytest.approx(np.pi * 81, rel=0.05)  # a disc of 9 pixels: a staircase edge
    assert [doc.k_eff for doc in names["old"]] == [15.0]
    for name in ("diagram.png", "stress.png"):
        assert Image.open(layer / name).width > 300


def test_results_take_a_folder_and_refuse_one_that_is_not_there(layer):
    assert len(selflimit.results(layer / "store")) == 2
    with pytest.raises(InputError, match="no results at"):
        selflimit.results(str(layer / "nowhere"))


def test_entries_of_another_level_compete_among_themselves_or_name_the_remedy():
    ours = competing_entries("Li-N", "force-field")
    assert selflimit.map_products("Li3N", ours).formula == "Li3N"
    mixed = [*ours, with_level(competing_entries("Li-Zr-Cl")[0], decomposition(0.0, 0.0).level_of_theory)]
    with pytest.raises(LevelOfTheoryError, match="competing_entries"):
        selflimit.map_products("Li3N", mixed)


def test_a_crystal_that_is_neither_file_nor_name_is_refused():
    assert isinstance(selflimit.rank_orderings("LZC-A", keep=1), OrderingsDoc)
    with pytest.raises(InputError, match="LZC"):
        selflimit.rank_orderings("LZC-Q")

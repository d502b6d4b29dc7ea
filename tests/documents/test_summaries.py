"""What documents print: short for every kind, with units; and which of them draw themselves."""

import io
import re
import subprocess
import sys

import numpy as np
import pytest
from made_documents import decomposition, filled, profile, relaxation
from made_growths import made_growth
from matplotlib.figure import Figure
from rich.console import Console
from rich.pretty import Pretty

from selflimit import documents
from selflimit.documents import Document, ElasticDoc, StabilityDoc, VerdictDoc
from selflimit.documents.pictures import PICTURES
from selflimit.documents.summaries import in_words, unit_of
from selflimit.errors import InputError, MissingDependencyError
from selflimit.mesoscale import Grid

KINDS = [
    kind
    for kind in (getattr(documents, name) for name in documents.__all__)
    if isinstance(kind, type) and issubclass(kind, Document) and kind is not Document
]
MOST_LINES = 25


def rich_text(shown):
    """What rich prints on a terminal of 80 columns."""
    console = Console(file=io.StringIO(), width=80)
    console.print(shown)
    return console.file.getvalue()


@pytest.mark.parametrize("length", [0, 3, 200])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_document_prints_more_than_a_screen(kind, length):
    doc = filled(kind, length)
    for text in (repr(doc), str(doc), f"{doc}", rich_text(doc), rich_text(Pretty(doc))):
        assert text.startswith(kind.__name__)
        assert 1 <= len(text.splitlines()) <= MOST_LINES
        assert max(map(len, text.splitlines())) < 120
    html = doc._repr_html_()
    assert html.count("<tr>") <= MOST_LINES
    assert set(re.findall(r"</?(\w+)", html)) == {"table", "caption", "tbody", "tr", "th", "td"}, "text is escaped"


def test_the_numbers_that_matter_are_there_with_their_units():
    said = repr(decomposition(15.0, 0.2))
    for line in (
        "DecompositionDoc of Li2ZrCl6",
        r"  voltage +0\.2 V vs Li/Li\+",
        r"  k_eff +15 GPa",
        r"  products +6 LiCl",
        r"  reaction_energy +-1 eV per formula unit",
        r"  level_of_theory +model-A",
    ):
        assert re.search(f"^{line}$", said, re.MULTILINE), line
    assert re.search(r"structure +crystal of LiCl, 2 atoms in 132\.7 Å³", repr(relaxation("LiCl", -3.0)))
    assert "segments" in repr(profile(0.0, 0.0, 5.0))
    assert re.search(r"tensor +6 x 6 values GPa", repr(filled(ElasticDoc, tensor=[[1.0] * 6] * 6)))


def test_of_many_fields_the_lists_go_first():
    said = repr(filled(VerdictDoc, 200))
    assert re.search(r"^  self_limiting +True$", said, re.MULTILINE)
    assert re.search(r"^  and +.*coverage", said, re.MULTILINE)


@pytest.mark.parametrize(
    ("kind", "field", "unit"),
    [
        ("StabilityDoc", "k_eff", "GPa"),
        ("StabilityDoc", "functional", ""),  # its text has '(V - V0)' in it, which is no unit
        ("DecompositionDoc", "pressure", "GPa"),
        ("RelaxationDoc", "max_force", "eV/Å"),
        ("GrowthDoc", "tip_height", "m"),
        ("OrderingsDoc", "raw_count", ""),
    ],
)
def test_units_come_from_the_descriptions(kind, field, unit):
    assert unit_of(next(one for one in KINDS if one.__name__ == kind).model_fields[field]) == unit


def test_an_estimate_has_its_error():
    spread = next(one for one in KINDS if one.__name__ == "PressureSpreadDoc")
    assert in_words(filled(spread).low, "MPa") == "1 ± 1 MPa"


def test_a_document_draws_itself_on_a_figure_of_its_own_or_on_given_axes(chloride_profile):
    figure = chloride_profile.plot()
    assert "Voltage" in figure.axes[0].get_xlabel()
    given = Figure(figsize=(9, 3)).subplots()
    assert chloride_profile.plot(ax=given) is given.figure
    assert given.get_title() == figure.axes[0].get_title() != ""


@pytest.fixture
def chloride_profile():
    part = filled(StabilityDoc).segments[0].model_copy(update={"voltage_low": 0.0, "voltage_high": 2.0})
    return filled(StabilityDoc, segments=[part])


@pytest.mark.parametrize("cells", [(32, 48), (32, 16, 32)], ids=["plane", "volume"])
def test_a_growth_draws_its_fields(tmp_path, cells):
    doc, _, folder = made_growth(Grid(cells, 1e-6), tmp_path, [0.0, 500.0, 900.0])
    assert doc.plot(folder).axes[0].get_title().endswith("900 s")
    given = Figure().subplots()
    assert doc.plot(folder, given) is given.figure
    with pytest.raises(InputError, match="give the folder of the run"):
        doc.plot(tmp_path / "elsewhere")


def test_every_picture_is_there_and_other_kinds_name_those_that_have_one():
    for place in PICTURES.values():
        module, _, function = place.partition(":")
        __import__(module)
        assert callable(getattr(sys.modules[module], function))
    assert set(PICTURES) <= {kind.__name__ for kind in KINDS}
    with pytest.raises(InputError, match=r"StabilityDoc.*got RelaxationDoc"):
        relaxation("LiCl", -3.0).plot()


def test_without_matplotlib_the_extra_is_named(monkeypatch, chloride_profile):
    for name in [name for name in sys.modules if name.startswith(("matplotlib", "selflimit.phase_diagrams.pictures"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependencyError, match=r"selflimit\[plots\]"):
        chloride_profile.plot()


def test_printing_loads_neither_stage_nor_plotting_library():
    code = """import sys
from selflimit.documents import LevelOfTheory, FailedRelaxationDoc
repr(FailedRelaxationDoc(label="a", message="b", level_of_theory=LevelOfTheory(method="DFT", model="PBE")))
print([name for name in ("matplotlib", "jinja2", "selflimit.phase_diagrams") if name in sys.modules])"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"


def test_the_fields_of_a_stress_are_drawn(tmp_path):
    from selflimit.documents import StressDoc
    from selflimit.mesoscale.field_files import save_fields

    cells = np.zeros((16, 24))
    lower, upper, middle = cells.copy(), cells.copy(), cells.copy()
    lower[:, :8], middle[:, 8:16], upper[:, 16:] = 1.0, 1.0, 1.0
    arrays = {"lithium": lower, "zone": middle, "electrolyte": upper, "coarse": middle * (np.arange(16) > 8)[:, None]}
    arrays |= {"pressure": -4e7 * middle, "pressure_without_reaction": -5e6 * middle}
    fields = save_fields(tmp_path, "stress.npz", {name: (array, "1") for name, array in arrays.items()})
    doc = filled(StressDoc, fields=fields, grid_shape=(16, 24), spacing=1e-6)
    assert doc.plot(tmp_path).axes[0].get_title() == "1 MPa at the tip"

"""Stores and queries: what was written is found again, from another connection, with the same filters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selflimit.documents import DecompositionDoc, LevelOfTheory, PhaseAmount, StabilityDoc, VoltageSegment
from selflimit.errors import InputError
from selflimit.workflows.results import results
from selflimit.workflows.stores import open_store, redacted

LEVEL = LevelOfTheory(method="force field", model="model-A", weights_sha256="ab")


def decomposition(k_eff, voltage, formula="Li2ZrCl6"):
    return DecompositionDoc(
        formula=formula, working_ion="Li", voltage=voltage, k_eff=k_eff,
        products=[PhaseAmount(formula="LiCl", entry_id="x", amount=6, volume=34.0)],
        ion_uptake=4, reaction="a -> b", reaction_energy=-1.0, electrolyte_volume=200.0,
        decomposition_volume=10.0, reaction_strain=0.05, level_of_theory=LEVEL,
    )  # fmt: skip


def profile(k_eff, low, high):
    segment = VoltageSegment(
        voltage_low=low, voltage_high=high, products=[], ion_uptake=0, reaction="", reaction_energy_low=0,
        reaction_energy_high=0, decomposition_volume=0, reaction_strain=0,
    )  # fmt: skip
    return StabilityDoc(
        formula="Li2ZrCl6", working_ion="Li", k_eff=k_eff, functional="linear", electrolyte_volume=200.0,
        segments=[segment], stability_low=None, stability_high=None, entries=[], level_of_theory=LEVEL,
    )  # fmt: skip


def put(store, output, uuid):
    """As jobflow stores a job's output."""
    from monty.json import jsanitize

    store.update({"uuid": uuid, "index": 1, "output": jsanitize(output, strict=True)}, key=["uuid", "index"])


@pytest.fixture
def filled(empty_store):
    store = open_store(empty_store)
    put(store, decomposition(0.0, 0.0), "a")
    put(store, decomposition(15.0, 1.0), "b")
    put(store, [profile(0.0, 0.0, 1.5), profile(15.0, 1.0, 2.0)], "c")
    put(store, {"@class": "StabilityDoc", "formula": "Li2ZrCl6", "k_eff": 0.0}, "damaged")
    put(store, {"@class": "Elsewhere", "formula": "Li2ZrCl6"}, "foreign")
    return empty_store


def test_documents_come_back_equal_from_another_connection(filled):
    found = results(open_store(filled), kind="DecompositionDoc", k_eff=15.0)
    assert found == [decomposition(15.0, 1.0)]


def test_filters(filled):
    store = open_store(filled)
    assert len(results(store)) == 4, "the damaged and the foreign document must not hide the others"
    assert len(results(store, formula="Li2ZrCl6", k_eff=0.0)) == 2
    assert len(results(store, kind="StabilityDoc")) == 2
    assert results(store, formula="Li3N") == []
    assert len(results(store, level="model-A")) == 4
    assert results(store, level="PBE") == []


def test_voltage_filter_means_touching(filled):
    store = open_store(filled)
    assert [d.k_eff for d in results(store, kind="StabilityDoc", voltage=(1.6, 1.9))] == [15.0]
    assert len(results(store, kind="StabilityDoc", voltage=(1.2, 1.3))) == 2
    assert results(store, voltage=(3.0, 4.0)) == []
    with pytest.raises(InputError, match="from low to high"):
        results(store, voltage=(2.0, 1.0))


def test_mongodb_has_the_indexes_that_queries_need(mongo_server):
    store = open_store(f"{mongo_server}/indexed")
    kept = {key for index in store.docs_store._collection.list_indexes() for key in index["key"]}
    assert {"uuid", "index", "output.@class", "output.formula", "output.k_eff"} <= kept


def test_unknown_kind_names_the_known(filled):
    with pytest.raises(InputError, match="StabilityDoc"):
        results(open_store(filled), kind="Stability")


def test_a_missing_store_is_not_made_by_asking(tmp_path):
    with pytest.raises(InputError, match="no results at"):
        open_store(str(tmp_path / "none"), must_exist=True)
    assert not (tmp_path / "none").exists()


def test_an_absent_server_is_one_clear_error_without_the_password(monkeypatch):
    monkeypatch.setenv("SELFLIMIT_STORE_TIMEOUT", "0.3")
    with pytest.raises(InputError) as caught:
        open_store("mongodb://user:secret@127.0.0.1:1/db")  # port 1: nothing listens there
    assert "secret" not in str(caught.value)
    assert "127.0.0.1:1" in str(caught.value)


@given(st.text(alphabet="abcXYZ019%._~-", min_size=1), st.sampled_from(["mongodb", "mongodb+srv"]))
def test_no_password_survives_redaction(password, scheme):
    assert f":{password}@" not in redacted(f"{scheme}://user:{password}@host:27017/db")


def test_documents_refuse_nan():
    with pytest.raises(ValueError, match="finite"):
        decomposition(float("nan"), 0.0)

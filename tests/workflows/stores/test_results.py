"""Queries: what was written is found again, from another connection, with the same filters, by an index."""

import tracemalloc
import uuid
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from monty.json import jsanitize

from selflimit.documents import DecompositionDoc, LevelOfTheory
from selflimit.errors import InputError
from selflimit.workflows import iter_results, open_store, results
from selflimit.workflows.stores.opening import DATED, INDEXES
from selflimit.workflows.stores.results import SPANS, Wanted, _query

"""Documents that the revision 36b1ac2 of this package computed: schema version 1, without search keys."""

DFT = LevelOfTheory(method="DFT", model="PBE (MP GGA)", corrections="MP2020")


@pytest.fixture
def filled(empty_store, made):
    store = open_store(empty_store)
    made.put(store, made.decomposition(0.0, 0.0), "a", "2026-01-31T23:59:59.5", ["thesis"])
    made.put(store, made.decomposition(15.0, 1.0), "b", "2026-02-01T00:00:00", ["thesis", "fast"])
    made.put(store, [made.profile(0.0, 0.0, 1.5), made.profile(15.0, 1.0, 2.0)], "c")
    made.put(store, made.decomposition(15.0, 0.5, "Li3N", DFT), "d", "2026-04-01T10:00:00")
    made.put(store, made.interface_reaction("Li3N", "Li2ZrCl6"), "e")
    made.put(store, [made.relaxation("low", -3.5), made.relaxation("high", -3.0)], "r")
    made.put(store, {"@class": "StabilityDoc", "formula": "Li2ZrCl6", "k_eff": 0.0}, "damaged")
    made.put(store, {"@class": "Elsewhere", "formula": "Li2ZrCl6"}, "foreign")
    made.put(store, 42, "number")
    return empty_store


@pytest.fixture
def store(filled):
    return open_store(filled)


def names(found):
    return sorted(one["uuid"] for one in found)


def where(store, **filters):
    return names(results(store, fields=["uuid"], **filters))


def test_documents_come_back_equal_from_another_connection(store, made):
    assert results(store, kind="DecompositionDoc", k_eff=15.0, formula="Li2ZrCl6") == [made.decomposition(15.0, 1.0)]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"formula": "Li2ZrCl6"}, "abcce"),
        ({"formula": "Li4Zr2Cl12", "kind": "DecompositionDoc"}, "ab"),
        ({"formula": "Li3N"}, "de"),
        ({"kind": "StabilityDoc"}, "cc"),
        ({"chemsys": "Li-Zr-Cl"}, "abcc"),
        ({"chemsys": "N-Li"}, "d"),
        ({"chemsys": "Li-N-Zr-Cl"}, "e"),
        ({"k_eff": 15.0}, "bcd"),
        ({"k_eff": 0.0, "formula": "Li2ZrCl6"}, "ace"),
        ({"voltage": (1.6, 1.9)}, "c"),
        ({"voltage": (1.2, 1.3)}, "cc"),
        ({"voltage": (0.9, 1.0)}, "bcc"),
        ({"voltage": (3.0, 4.0)}, ""),
        ({"level": "model-A", "kind": "DecompositionDoc"}, "ab"),
        ({"level": "PBE"}, "d"),
        ({"level": "PBE (MP GGA) + MP2020 corrections"}, "d"),
        ({"level": "GGA"}, ""),
        ({"tag": "thesis"}, "ab"),
        ({"tag": "fast", "since": "2026-02-01"}, "b"),
        ({"since": "2026-02-01", "until": "2026-02-01"}, "b"),
        ({"until": "2026-01-31"}, "a"),
        ({"until": date(2026, 1, 31)}, "a"),
        ({"until": "2026-02-01T00:00:00"}, "ab"),
        ({"since": "2026-04-01T10:00:00.1"}, ""),
        ({"since": "2026-04-01", "k_eff": 15.0, "chemsys": "Li-N"}, "d"),
    ],
)
def test_filters(store, filters, found):
    assert where(store, **filters) == list(found)


def test_what_cannot_be_read_is_counted_and_hides_nothing(store):
    with pytest.warns(UserWarning, match="1 documents cannot be read.*job damaged"):
        assert len(results(store)) == 8


def test_one_by_one_is_the_same(store):
    with pytest.warns(UserWarning, match="cannot be read.*job damaged"):
        one_by_one = list(iter_results(store))
    with pytest.warns(UserWarning, match="cannot be read"):
        assert one_by_one == results(store)
    assert names(iter_results(store, fields=["uuid"], k_eff=15.0)) == list("bcd")
    with pytest.raises(InputError, match="document type"):
        iter_results(store, kind="Nonsense")


def test_projection_gives_plain_dictionaries(store):
    asked = ["formula", "k_eff", "level_of_theory.model", "products.formula", "date", "kind", "tags", "job", "steps"]
    [one] = results(store, fields=asked, tag="fast")
    assert one == {
        "formula": "Li2ZrCl6", "k_eff": 15.0, "level_of_theory.model": "model-A", "products.formula": ["LiCl"],
        "date": "2026-02-01T00:00:00", "kind": "DecompositionDoc", "tags": ["thesis", "fast"], "job": "job b",
        "steps": None,
    }  # fmt: skip


def test_sorting_and_limit(store):
    order = [one["date"] for one in results(store, fields=["date"], sort="-date", limit=2)]
    assert order == ["2026-04-01T10:00:00", "2026-03-01T12:00:00.000001"]
    assert results(store, fields=["uuid"], sort="date", limit=1) == [{"uuid": "a"}]
    assert [doc.label for doc in results(store, kind="RelaxationDoc", sort="-energy_per_atom")] == ["high", "low"]
    with pytest.warns(UserWarning, match="cannot be read"):
        ranked = results(store, sort="energy_per_atom")
    assert [doc.label for doc in ranked[:2]] == ["low", "high"]
    assert len(ranked) == 8, "what has no such field comes last"


@pytest.mark.parametrize("filters", [{}, {"formula": "Li2ZrCl6"}])
def test_a_document_of_another_schema_is_left_out_with_the_reason(store, made, filters):
    written = made.decomposition(5.0, 1.0).model_dump(mode="json") | {
        "@module": DecompositionDoc.__module__, "@class": "DecompositionDoc", "schema_version": "99",
    }  # fmt: skip
    made.put(store, written, "other", tags=["tomorrow"])
    with pytest.warns(UserWarning, match=r"schema version '1', got '99'; read it with the selflimit that wrote it"):
        assert results(store, tag="tomorrow", **filters) == []
    assert results(store, fields=["k_eff"], tag="tomorrow", **filters) == []


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"kind": "Stability"}, "StabilityDoc"),
        ({"voltage": (2.0, 1.0)}, "from low to high"),
        ({"voltage": (float("nan"), 1.0)}, "from low to high"),
        ({"chemsys": "LiZrCl"}, "separate the elements"),
        ({"formula": "not one"}, "formula"),
        ({"since": "yesterday"}, "2026-01-31"),
        ({"limit": 0}, "at least 1"),
        ({"sort": "colour"}, "'colour'"),
        ({"fields": ["output"]}, "'output'"),
    ],
)
def test_a_filter_that_nothing_can_meet_is_refused(filters, message, tmp_path):
    with pytest.raises(InputError, match=message):
        results(open_store(str(tmp_path / "store")), **filters)


@pytest.mark.parametrize(
    "filters",
    [
        {"formula": "Li2ZrCl6"},
        {"chemsys": "Li-Zr-Cl"},
        {"k_eff": 15.0},
        {"level": "model-A"},
        {"tag": "thesis"},
        {"since": "2026-01-01"},
        {"kind": "StabilityDoc"},
    ],
)
def test_every_filter_uses_an_index(mongo_server, filters, made):
    """The server's own plan; it must name the index of the filter, and never read the whole collection."""
    collection = open_store(f"{mongo_server}/explained").docs_store._collection
    if collection.estimated_document_count() == 0:
        collection.insert_many([{"uuid": str(number), "index": 1} for number in range(100)])
    query = _query(Wanted.of(filters), None)
    assert plan_of(collection, query) >= {"IXSCAN", next(iter(query))}


@pytest.mark.parametrize("filters", [{"kind": "StabilityDoc"}, {"tag": "thesis"}, {"formula": "LiCl"}, {"k_eff": 0.0}])
def test_the_newest_of_one_value_are_found_by_its_index_with_the_date(mongo_server, filters, made):
    """The plan of every span must begin with both fields, so that it reads nothing but what it finds."""
    collection = open_store(f"{mongo_server}/explained").docs_store._collection
    if collection.estimated_document_count() == 0:
        collection.insert_many([{"uuid": str(number), "index": 1} for number in range(100)])
    spans = list(Wanted.of(filters).spans())
    assert len(spans) == SPANS + 2
    [value] = set(_query(Wanted.of(filters), None))
    for span in spans[:-1]:
        assert plan_of(collection, _query(span, None)) == {"IXSCAN", value, "completed_at"}


def test_spans_of_dates_leave_no_gap_and_keep_what_was_asked():
    spans = list(Wanted.of({"since": "2025-01-01", "until": "2026-03-01"}).spans())
    assert (spans[-1].since, spans[0].until) == ("2025-01-01T00:00:00", "2026-03-02T00:00:00")
    assert all(earlier.until == later.since for later, earlier in pairwise(spans))
    undated = list(Wanted.of({}).spans())[-1]
    assert undated.of_job() == {"completed_at": {"$not": {"$type": "string"}}}


@pytest.mark.parametrize("filters", [{}, {"kind": "DecompositionDoc"}, {"tag": "thesis"}, {"voltage": (0.0, 5.0)}])
def test_a_limit_leaves_the_newest_of_what_is_found_without(mongo_server, made, filters):
    store = open_store(f"{mongo_server}/limited-{uuid.uuid4().hex}")
    now = datetime.now()
    for number, hours in enumerate([30_000, 900, 2, 100, -5, 100_000]):
        day = (now - timedelta(hours=hours)).isoformat()
        made.put(store, made.decomposition(float(number), 1.0), str(number), day, ["thesis"])
    made.put(store, made.decomposition(6.0, 1.0), "none", None, ["thesis"])
    order = ["4", "2", "3", "1", "0", "5", "none"]
    for sort in (None, "-date"):
        for limit in (1, 3, 7, 100):
            found = results(store, fields=["uuid"], sort=sort, limit=limit, **filters)
            assert [one["uuid"] for one in found] == order[:limit]
    assert len(results(store, limit=100, since="2010-01-01", **filters)) == 6


def test_both_ends_of_a_voltage_range_have_an_index(mongo_server):
    """One by one: SecantusDB 0.7 explains a query of two fields as a scan, although it uses the first one's index."""
    collection = open_store(f"{mongo_server}/explained").docs_store._collection
    low, high = _query(Wanted.of({"voltage": (0.0, 1.0)}), None).items()
    for field, condition in (low, high):
        assert plan_of(collection, {field: condition}) >= {"IXSCAN", field}


def test_references_are_resolved_by_an_index(mongo_server):
    store = open_store(f"{mongo_server}/explained")
    assert plan_of(store.docs_store._collection, {"uuid": "a", "index": 1}) >= {"IXSCAN", "uuid"}
    assert plan_of(store.additional_stores["data"]._collection, {"blob_uuid": "a"}) >= {"IXSCAN", "blob_uuid"}
    assert plan_of(store.docs_store._collection, {"hosts": "a"}) == {"COLLSCAN"}, "the control: no index, so a scan"


@pytest.mark.slow
def test_memory_stays_flat_over_a_large_store(mongo_server, made):
    """150 MB of documents: at any moment the client holds one batch of the server's (16 MB, and what is read of it)."""
    store = open_store(f"{mongo_server}/flat-{uuid.uuid4().hex}")
    large = jsanitize(made.decomposition(15.0, 1.0), strict=True) | {"reaction": "x" * 100_000}
    about = {"index": 1, "completed_at": "2026-03-01T12:00:00", "metadata": {}, "name": "job", "hosts": []}
    for start in range(0, 1500, 100):
        numbers = range(start, start + 100)
        store.docs_store._collection.insert_many([{"uuid": str(n), "output": large, **about} for n in numbers])
    tracemalloc.start()
    try:
        rows = results(store, fields=["uuid", "reaction"])
        assert tracemalloc.get_traced_memory()[0] > 140e6, "the control: all of it kept"
        del rows
        tracemalloc.reset_peak()
        assert sum(1 for _ in iter_results(store, fields=["reaction"])) == 1500
        assert tracemalloc.get_traced_memory()[1] < 75e6
    finally:
        tracemalloc.stop()


def plan_of(collection, query):
    """Stages of the plan, and the fields of the index it uses."""
    if collection.name == "data" and collection.estimated_document_count() == 0:
        collection.insert_one({"blob_uuid": "b"})
    plan = collection.find(query).explain()["queryPlanner"]["winningPlan"]
    stages = []
    while plan:
        stages.append(plan)
        plan = plan.get("queryPlan") or plan.get("inputStage")
    kinds = {stage["stage"] for stage in stages if "stage" in stage} - {"FETCH"}
    return kinds | {field for stage in stages for field in stage.get("keyPattern", {})}


def test_the_documented_indexes_are_there(mongo_server):
    collection = open_store(f"{mongo_server}/explained").docs_store._collection
    kept = {tuple(index["key"]) for index in collection.list_indexes()}
    dated = {(field, "completed_at") for field in DATED}
    assert {(field,) for field in INDEXES["outputs"]} | dated | {("uuid", "index")} <= kept

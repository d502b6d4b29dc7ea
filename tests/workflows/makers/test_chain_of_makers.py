"""Glue between the stages, on crystals made by hand."""

import re
import uuid

import pytest
from pymatgen.core import Lattice, Structure

from selflimit.documents import CoarseRelaxationDoc, LevelOfTheory, OrderingDoc, OrderingsDoc, RelaxationDoc
from selflimit.errors import InputError, LevelOfTheoryError
from selflimit.phase_diagrams import MechanicalRules
from selflimit.structures import parent_cell
from selflimit.workflows import ForceFieldRelaxMaker, OrderingMaker, SelfLimitMaker, open_store, results
from selflimit.workflows.makers.orderings import lowest_ordering, orderings_to_relax
from selflimit.workflows.makers.phase_diagram import diagram_of
from selflimit.workflows.running.local import jobs_in_order
from selflimit.workflows.stores.retrying import PatientJobStore

LEVEL = LevelOfTheory(method="force field", model="model-A", weights_sha256="ab")


def relaxed(label, energy_per_atom, cells=1, level=LEVEL):
    crystal = Structure(Lattice.cubic(5.1), ["Li", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]).make_supercell([cells, 1, 1])
    n = len(crystal)
    return RelaxationDoc(
        label=label, formula="LiCl", structure=crystal, energy=n * energy_per_atom, energy_per_atom=energy_per_atom,
        volume=crystal.volume, volume_per_formula=crystal.volume * 2 / n, volume_change=0.0, max_force=0.0,
        max_stress=0.0, steps=1, level_of_theory=level,
    )  # fmt: skip


def test_of_tied_orderings_the_smallest_cell_is_taken():
    # 0.05 meV/atom is relaxation noise, 0.5 meV/atom is not
    big, small = relaxed("big", -3.00005, cells=2), relaxed("small", -3.0)
    assert lowest_ordering.original([big, small]).label == "small"
    assert lowest_ordering.original([relaxed("big", -3.0005, cells=2), small]).label == "big"


def test_candidates_name_cell_and_rank():
    crystal = relaxed("x", -3.0).structure
    one = OrderingDoc(structure=crystal, degeneracy=2, electrostatic_energy=-1.0)
    doc = OrderingsDoc(
        parent="P",
        parent_source="",
        formula="LiCl",
        cell="primitive",
        raw_count=4,
        distinct_count=2,
        orderings=[one, one],
    )
    found = orderings_to_relax.original([doc, doc.model_copy(update={"cell": "2x1x1"})])
    assert found.labels == ["P primitive #0", "P primitive #1", "P 2x1x1 #0", "P 2x1x1 #1"]
    assert found.degeneracies == [2] * 4
    assert len(found.structures) == 4


def found_orderings(count):
    """Orderings of 40 kB each."""
    crystal = relaxed("x", -3.0).structure
    crystal.add_site_property("label", ["L" * 20_000] * 2)
    one = OrderingDoc(structure=crystal, degeneracy=1, electrostatic_energy=-1.0)
    return OrderingsDoc(
        parent="P", parent_source="", formula="LiCl", cell="primitive", raw_count=count, distinct_count=count,
        orderings=[one] * count,
    )  # fmt: skip


def test_a_batch_that_mongodb_would_not_take_is_refused_before_it_is_relaxed(mongo_server):
    with pytest.raises(InputError, match=r"500 crystals that would take 20 MB.*keep \d+ or fewer") as refused:
        orderings_to_relax.original([found_orderings(500)])
    most = int(re.search(r"keep (\d+)", str(refused.value))[1])
    assert most > 0.9 * 16 * 2**20 / 42_000, "not a tenth less than there is room for"
    candidates = orderings_to_relax.original([found_orderings(most)])
    store = open_store(f"{mongo_server}/batch-{uuid.uuid4().hex}")
    docs = [
        relaxed(label, -3.0).model_copy(update={"structure": crystal})
        for label, crystal in zip(candidates.labels, candidates.structures, strict=True)
    ]
    about = {"index": 1, "completed_at": "2026-03-01T12:00:00", "metadata": {}, "name": "job", "hosts": []}
    store.update({"uuid": "fits", "output": docs, **about})
    assert len(results(store)) == most
    with pytest.raises(InputError, match="the database refuses the job's document") as refused:
        PatientJobStore(store).update({"uuid": "too many", "output": docs + docs, **about})
    assert len(str(refused.value)) < 500, "without the document"


def test_energies_of_two_levels_never_meet():
    other = LevelOfTheory(method="force field", model="model-B", weights_sha256="cd")
    with pytest.raises(LevelOfTheoryError, match="model-B"):
        diagram_of([relaxed("a", -3.0), [relaxed("b", -3.0, level=other)]], MechanicalRules())


def test_the_chain_is_one_connected_flow_of_uniquely_named_jobs():
    flow = SelfLimitMaker().make(parent_cell("LZC-A"))
    order = jobs_in_order(flow)
    names = [job.name for job in order]
    assert len(set(names)) == len(names), "documents are kept by job name"
    assert [part.name for part in flow.jobs] == ["orderings", "phase diagram", "interface", "report"]
    seen = set()
    for job in order:
        assert set(job.input_uuids) <= seen, f"{job.name} before its parents"
        seen.add(job.uuid)
    assert names[-1] == "report"


def test_what_is_asked_for_beside_the_chain_joins_the_flow():
    """Another force field to compare rankings with."""
    other = ForceFieldRelaxMaker(force_field="CHGNet-0.3.0")
    orderings = OrderingMaker(cells=("primitive",), compared_makers=(other,)).make(parent_cell("LZC-A"))
    steps = {job.name: job for job in jobs_in_order(orderings)}
    assert steps["compared relaxations 0"].uuid in steps["energies of orderings"].input_uuids


def test_an_ordering_that_was_only_ranked_is_never_the_lowest():
    ranked = CoarseRelaxationDoc(
        label="ranked", formula="LiCl", structure=relaxed("x", -3.0).structure, coarse_energy_per_atom=-9.0,
        max_force=0.04, max_stress=0.2, steps=1, degeneracy=1, duplicate_of=None, level_of_theory=LEVEL,
    )  # fmt: skip
    assert lowest_ordering.original([ranked, relaxed("converged", -3.0)]).label == "converged"

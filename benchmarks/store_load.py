"""Time and memory of queries on a large store: every documented filter of `results`, and resolving references.

    python benchmarks/store_load.py mongodb://127.0.0.1:27017 --documents 100000

writes into the database `selflimit-load` of that server, which is dropped before and after. The documents are synthetic
(random numbers in real document types): 100,000 results of single jobs, and 1,000 jobs with 100 relaxations each.
"""

import argparse
import os
import random
import resource
import time
import uuid
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from monty.json import jsanitize
from pymatgen.core import Lattice, Structure
from pymongo import MongoClient

from selflimit.documents import (
    DecompositionDoc,
    LevelOfTheory,
    PhaseAmount,
    RelaxationDoc,
    StabilityDoc,
    VoltageSegment,
)
from selflimit.workflows import iter_results, open_store, results

DATABASE = "selflimit-load"
ELEMENTS = ["Zr", "Hf", "In", "Y", "Er", "Sc", "Ti", "Ge", "Sn", "Si", "P", "As", "Nb", "Ta", "La", "Ga", "Al", "Mg"]
ANIONS = ["Cl", "Br", "I", "S", "O", "F", "N"]
FORMULAS = [f"Li{count}{metal}{anion}6" for metal in ELEMENTS for anion in ANIONS for count in (2, 3, 4)]
LEVELS = [LevelOfTheory(method="force field", model=name) for name in ("CHGNet-r2scan", "CHGNet-0.3.0", "MACE-MP-0")]
LEVELS.append(LevelOfTheory(method="DFT", model="PBE (MP GGA)", corrections="MP2020"))


def decomposition(chance):
    return DecompositionDoc(
        formula=chance.choice(FORMULAS), working_ion="Li", voltage=round(chance.uniform(0, 5), 3),
        k_eff=chance.randrange(200) / 4,
        products=[PhaseAmount(formula="LiCl", entry_id="x", amount=6, volume=34.0)] * 3,
        ion_uptake=4, reaction="Li2ZrCl6 + 4 Li -> 6 LiCl + Zr", reaction_energy=-chance.random(),
        reaction_energy_per_atom=-0.1, grand_potential=-80.0, grand_potential_per_atom=-9.0, functional="linear",
        electrolyte_volume=200.0, decomposition_volume=10.0, reaction_strain=0.05,
        level_of_theory=chance.choice(LEVELS),
    )  # fmt: skip


def stability(chance):
    ends = sorted(round(chance.uniform(0, 5), 3) for _ in range(4))
    segments = [
        VoltageSegment(
            voltage_low=low, voltage_high=high, products=[], ion_uptake=0, reaction="", reaction_energy_low=0,
            reaction_energy_high=0, decomposition_volume=0, reaction_strain=0,
        )
        for low, high in pairwise(ends)
    ]  # fmt: skip
    return StabilityDoc(
        formula=chance.choice(FORMULAS), working_ion="Li", k_eff=chance.randrange(200) / 4, functional="linear",
        electrolyte_volume=200.0, segments=segments, stability_low=None, stability_high=None,
        entries=[f"mp-{number}" for number in range(30)], level_of_theory=chance.choice(LEVELS),
    )  # fmt: skip


def relaxation(chance, number, formula, level):
    crystal = Structure(Lattice.cubic(5.1), ["Li", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    energy = -3.5 + 0.1 * chance.random()
    return RelaxationDoc(
        label=f"LZC-A primitive #{number}", formula=formula, structure=crystal, energy=2 * energy,
        energy_per_atom=energy, volume=crystal.volume, volume_per_formula=crystal.volume, volume_change=0.0,
        max_force=0.0, max_stress=0.0, steps=1, level_of_theory=level,
    )  # fmt: skip


def batch(chance, count):
    """Relaxations of one parent's orderings, as one job."""
    formula, level = chance.choice(FORMULAS), chance.choice(LEVELS)
    return [relaxation(chance, number, formula, level) for number in range(count)]


def job(output, chance):
    day = date.today() - timedelta(days=chance.randrange(700))
    return {
        "uuid": str(uuid.UUID(int=chance.getrandbits(128))), "index": 1, "output": jsanitize(output, strict=True),
        "completed_at": f"{day}T12:00:00.000001", "metadata": {"tags": [f"tag-{chance.randrange(500)}"]},
        "hosts": [], "name": "job",
    }  # fmt: skip


def fill(store, documents, batches):
    chance = random.Random(1)
    kinds = (decomposition, stability, lambda chance: batch(chance, 1)[0])
    for _ in range(0, documents, 5000):
        made = [job(chance.choice(kinds)(chance), chance) for _ in range(5000)]
        store.docs_store._collection.insert_many(made)
    for _ in range(0, batches, 50):
        made = [job(batch(chance, 100), chance) for _ in range(50)]
        store.docs_store._collection.insert_many(made)


def memory():
    """Peak memory of this process (MB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def cpu_seconds(server):
    """CPU time of this process and of the server (s): what an idle machine takes, however busy this one is."""
    used = Path(f"/proc/{server}/stat").read_text().rsplit(")", 1)[1].split() if server else [0] * 14
    return time.process_time() + (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")


def timed(what, server):
    begin, used = time.perf_counter(), cpu_seconds(server)
    answer = what()
    return answer, cpu_seconds(server) - used if server else time.perf_counter() - begin


FILTERS = {
    "formula": {"formula": "Li2ZrCl6", "kind": "StabilityDoc"},
    "chemsys": {"chemsys": "Li-Zr-Cl", "kind": "DecompositionDoc"},
    "k_eff": {"k_eff": 15.0},
    "voltage": {"voltage": (0.0, 0.02)},
    "voltage, K_eff": {"voltage": (0.0, 1.0), "k_eff": 15.0},
    "tag": {"tag": "tag-7"},
    "date: one day": {"since": date.today() - timedelta(days=250), "until": date.today() - timedelta(days=250)},
    "level, formula": {"level": "CHGNet-r2scan", "formula": "Li3YBr6"},
    "level": {"level": "CHGNet-r2scan"},
    "kind": {"kind": "StabilityDoc"},
    "kind, latest": {"kind": "StabilityDoc", "sort": "-date"},
    "kind of none": {"kind": "ReportDoc"},
    "kind, level": {"kind": "StabilityDoc", "level": "CHGNet"},
    "voltage: all": {"voltage": (0.0, 5.0)},
    "date: a year": {"since": date.today() - timedelta(days=365)},
    "none": {},
}
"""Every documented filter; those after 'level, formula' meet a large share of the store."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("uri", help="MongoDB server without database")
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--batches", type=int, default=1_000)
    parser.add_argument(
        "--server", type=int, metavar="PID", help="a server on this machine: CPU time instead of wall time"
    )
    parser.add_argument("--keep", action="store_true", help="use what an earlier --keep left, and leave it")
    asked = parser.parse_args()
    client, pid = MongoClient(asked.uri), asked.server
    if not asked.keep or DATABASE not in client.list_database_names():
        client.drop_database(DATABASE)
        fill(open_store(f"{asked.uri}/{DATABASE}"), asked.documents, asked.batches)
    store = open_store(f"{asked.uri}/{DATABASE}")
    print(f"{store.count()} jobs in the store; peak memory {memory():.0f} MB")
    print(f"{'filter':20} {'found':>7} {'rows (s)':>9} {'documents (s)':>14} {'first 100 (s)':>14}")
    for name, filters in FILTERS.items():
        table, row_time = timed(
            lambda f=filters: results(store, fields=["formula", "k_eff", "date"], **f, limit=5000), pid
        )
        _, document_time = timed(lambda f=filters: results(store, **f, limit=5000), pid)
        _, first_time = timed(lambda f=filters: results(store, **f, limit=100), pid)
        print(f"{name:20} {len(table):7} {row_time:9.3f} {document_time:14.3f} {first_time:14.3f}", flush=True)
    print(f"peak memory {memory():.0f} MB (limit 5000 documents)")
    before = memory()
    count, spent = timed(lambda: sum(1 for _ in iter_results(store, fields=["formula", "k_eff", "date"])), pid)
    print(
        f"all {count} documents one by one: {spent:.0f} s; peak memory {before:.0f} MB before, {memory():.0f} MB after"
    )
    uuids = [doc["uuid"] for doc in store.query({}, ["uuid"]) if random.random() < 0.001][:50]
    _, spent = timed(lambda: [store.get_output(one) for one in uuids], pid)
    print(f"resolving a reference: {1000 * spent / len(uuids):.1f} ms; peak memory {memory():.0f} MB")
    new = job(decomposition(random.Random(2)), random.Random(3))
    _, spent = timed(lambda: [store.update({**new, "uuid": str(uuid.uuid4())}) for _ in range(50)], pid)
    print(f"storing a job: {1000 * spent / 50:.1f} ms")
    if not asked.keep:
        client.drop_database(DATABASE)


if __name__ == "__main__":
    main()

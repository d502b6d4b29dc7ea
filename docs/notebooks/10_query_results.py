# %% [markdown]
# # Find old results again
#
# Every run writes its documents to a store: a folder, or MongoDB by one setting. Here a small store is made first.

# %%
import selflimit as sl
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, electrolyte_entries
from selflimit.workflows import open_store

diagram = ConstrainedPhaseDiagram(electrolyte_entries(["Li3N"], source="force-field").entries)
store = open_store("my-store")
for number, k_eff in enumerate((0.0, 10.0, 20.0)):
    found = diagram.profile("Li3N", k_eff)
    document = {"@module": "selflimit.documents.diagrams", "@class": "StabilityDoc", **found.model_dump(mode="json")}
    job = {"uuid": f"job-{number}", "index": 1, "output": document, "completed_at": f"2026-03-0{number + 1}T12:00:00"}
    store.update({**job, "metadata": {"tags": ["thesis"]}, "hosts": [], "name": "profile"}, key=["uuid", "index"])
store.close()

# %% [markdown]
# A path is enough:

# %%
profiles = sl.results("my-store", kind="StabilityDoc", formula="Li3N", k_eff=10.0)
profiles[0]

# %%
rows = sl.results("my-store", chemsys="Li-N", fields=["k_eff", "stability_high", "date"], sort="k_eff")
for row in rows:
    print(row)
assert [row["k_eff"] for row in rows] == [0.0, 10.0, 20.0]

# %% [markdown]
# # The whole chain on a cluster
#
# The chain is a jobflow `Flow`: a job manager can run it anywhere. This page makes the flow and looks at it; the
# commands at the end hand it to Slurm through jobflow-remote (see "From zero to a cluster").

# %%
from collections import Counter

from selflimit.structures import parent_cell
from selflimit.workflows import SelfLimitMaker

flow = SelfLimitMaker().make(parent_cell("LZC-A"))
jobs = [job for job, _ in flow.iterflow()]
Counter(job.name.split(" ")[0] for job in jobs)

# %% [markdown]
# ```sh
# selflimit submit --project selflimit --worker slurm --tag thesis   # prints the flow's uuid
# selflimit status 3f2a91c0                                          # eight characters of it are enough
# selflimit fetch 3f2a91c0 --folder results                          # documents, fields and the report
# ```

# %%
assert len(jobs) > 15
assert len({job.uuid for job in jobs}) == len(jobs)

"""Orderings per hour: this package's staged relaxation beside a loop over atomate2's ForceFieldRelaxMaker.

    python benchmarks/relaxation.py            # 6 of the 49 orderings of LZC-A 2x1x1, spread over the ranks
    python benchmarks/relaxation.py 49         # all of them (the peer takes about ten minutes)

Both use CHGNet r2scan at 0.005 eV/Angstrom, and start from the same unrelaxed crystals. The peer is what a user writes:
one Maker, one ``run_locally`` per crystal, torch's default threads. atomate2 takes CHGNet by name as 0.3.0 only, so its
calculator is replaced by the r2scan one, loaded once. Wall times are without imports and enumeration; ours includes
starting worker processes, where the batch is worth them, and loading the model in each. Set OMP_NUM_THREADS=1 on a
machine with other work on it: the peer's threads wait for each other there, and the ratio in wall time flatters us.
"cpu" is the processor time of all processes and threads, imports included. Energies
differ by what the tolerance leaves, and where one of the two found another minimum.
"""

import contextlib
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings

N_DEFAULT = 6
MAX_FORCE = 0.005


def chosen_orderings(count):
    from selflimit.structures.electrostatics import orderings_document
    from selflimit.structures.parents import parent_cell

    found = orderings_document(parent_cell("LZC-A"), "2x1x1", 49).orderings
    return [found[round(k * (len(found) - 1) / max(1, count - 1))] for k in range(count)]


def ours(orderings):
    from selflimit.documents import RelaxationDoc
    from selflimit.workflows.relaxation import Tolerances
    from selflimit.workflows.staged_relaxation import relax_in_stages

    labels = [f"#{k}" for k in range(len(orderings))]
    found = relax_in_stages(
        [o.structure for o in orderings], labels, [o.degeneracy for o in orderings],
        tolerances=Tolerances(max_force=MAX_FORCE),
    )  # fmt: skip
    fine = [doc.energy_per_atom for doc in found if isinstance(doc, RelaxationDoc)]
    return min(
        fine
    ), f"{len(fine)} refined, {sum(type(doc).__name__ == 'CoarseRelaxationDoc' for doc in found)} ranked only"


def peer(orderings):
    from atomate2.forcefields.jobs import ForceFieldRelaxMaker
    from atomate2.forcefields.utils import MLFF
    from chgnet.model.dynamics import CHGNetCalculator
    from chgnet.model.model import CHGNet
    from jobflow import run_locally

    class R2scan(ForceFieldRelaxMaker):
        calculator = CHGNetCalculator(CHGNet.load(model_name="r2scan", use_device="cpu"), use_device="cpu")

    maker = R2scan(force_field_name=MLFF.CHGNet, relax_kwargs={"fmax": MAX_FORCE})
    energies = []
    for ordering in orderings:
        job = maker.make(ordering.structure)
        energies.append(run_locally(job, log=False, ensure_success=True)[job.uuid][1].output.output.energy_per_atom)
    return min(energies), "all relaxed"


def timed(work, count):
    """One side, in this process: its wall time after imports, printed for the parent."""
    warnings.simplefilter("ignore")
    orderings = chosen_orderings(count)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        begin = time.perf_counter()
        lowest, what = work(orderings)
        wall = time.perf_counter() - begin
    print(f"{wall:.2f} {lowest:.5f} {what}")


def measured(name, count):
    """Wall and processor time (s) of one side, run in a process of its own."""
    before = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    said = subprocess.run(
        [sys.executable, __file__, name, str(count)], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.splitlines()[-1]
    cpu = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - before
    wall, lowest, what = said.split(" ", 2)
    rate = 3600 * count / float(wall)
    print(f"{name}: wall {float(wall):.1f} s, cpu {cpu:.1f} s, {rate:.0f} per hour, lowest {lowest} eV/atom ({what})")
    return float(wall), cpu


def main(count):
    print(f"{count} orderings of LZC-A 2x1x1, 36 atoms each; {os.cpu_count()} cores")
    (our_wall, our_cpu), (peer_wall, peer_cpu) = measured("ours", count), measured("peer", count)
    print(f"ratio peer/ours: {peer_wall / our_wall:.1f} in wall time, {peer_cpu / our_cpu:.1f} in processor time")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        timed({"ours": ours, "peer": peer}[sys.argv[1]], int(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else N_DEFAULT)

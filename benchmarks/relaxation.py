"""Orderings per hour: this package's staged relaxation beside a loop over atomate2's ForceFieldRelaxMaker.

    OMP_NUM_THREADS=1 python benchmarks/relaxation.py                # 6 of the 49 orderings of LZC-A 2x1x1
    OMP_NUM_THREADS=1 python benchmarks/relaxation.py 49 FOLDER      # all of them; the peer takes about 20 CPU minutes

Both use CHGNet r2scan at 0.005 eV/Angstrom, start from the same unrelaxed crystals, and run in one process on one
thread. The peer is what a user writes: one Maker, one ``run_locally`` per crystal. atomate2 takes CHGNet by name as
0.3.0 only, so its calculator is replaced by the r2scan one, loaded once. Times are processor times of the relaxations,
ours with loading the model and both stages; imports and enumeration are left out. The peer writes a line for every
crystal to FOLDER/peer.txt, so that the same command goes on after an interruption. Energies differ by what the
tolerance leaves, and where one of the two found another minimum.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

N_DEFAULT = 6
MAX_FORCE = 0.005


def chosen_orderings(count):
    from selflimit.structures import parent_cell
    from selflimit.structures.lowest.documents import orderings_document

    found = orderings_document(parent_cell("LZC-A"), "2x1x1", 49).orderings
    return [found[round(k * (len(found) - 1) / max(1, count - 1))] for k in range(count)]


def ours(orderings, folder):
    """Processor time (s), lowest energy (eV/atom), and how many were refined."""
    from selflimit.documents import RelaxationDoc
    from selflimit.structures.relaxation.relaxation import Tolerances
    from selflimit.structures.relaxation.stages import relax_in_stages

    begin = time.process_time()
    found = relax_in_stages(
        [o.structure for o in orderings], [f"#{k}" for k in range(len(orderings))], [o.degeneracy for o in orderings],
        tolerances=Tolerances(max_force=MAX_FORCE), workers=1,
        progress=lambda done, what: print(f"  ours {done:.0%} {what} {time.process_time() - begin:.1f} s", flush=True),
    )  # fmt: skip
    seconds = time.process_time() - begin
    refined = [doc.energy_per_atom for doc in found if isinstance(doc, RelaxationDoc)]
    ranked = sum(type(doc).__name__ == "CoarseRelaxationDoc" for doc in found)
    return seconds, min(refined), f"{len(refined)} refined, {ranked} ranked only"


def peer(orderings, folder):
    """Processor time (s), lowest energy (eV/atom); crystals that FOLDER/peer.txt holds are not relaxed again."""
    from atomate2.forcefields.jobs import ForceFieldRelaxMaker
    from atomate2.forcefields.utils import MLFF
    from chgnet.model.dynamics import CHGNetCalculator
    from chgnet.model.model import CHGNet
    from jobflow import run_locally

    class R2scan(ForceFieldRelaxMaker):
        calculator = CHGNetCalculator(CHGNet.load(model_name="r2scan", use_device="cpu"), use_device="cpu")

    maker = R2scan(force_field_name=MLFF.CHGNet, relax_kwargs={"fmax": MAX_FORCE})
    lines = folder / "peer.txt"
    done = [tuple(map(float, row.split())) for row in lines.read_text().splitlines()] if lines.exists() else []
    for number, ordering in enumerate(orderings[len(done) :], start=len(done)):
        job, begin = maker.make(ordering.structure), time.process_time()
        output = run_locally(job, log=False, ensure_success=True)[job.uuid][1].output
        done.append((time.process_time() - begin, output.output.energy_per_atom))
        with lines.open("a") as file:
            file.write(f"{done[-1][0]:.3f} {done[-1][1]:.6f}\n")
        print(f"  peer {number + 1} of {len(orderings)}: {done[-1][0]:.1f} s, {done[-1][1]:.5f} eV/atom", flush=True)
    return sum(seconds for seconds, _ in done), min(energy for _, energy in done), "all relaxed"


def one_side(work, count, folder):
    """One side, in this process: what it returns on the last line, for the parent process."""
    warnings.simplefilter("ignore")
    orderings = chosen_orderings(count)
    with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(scratch):
        print(*work(orderings, folder))


def measured(name, count, folder):
    """Processor time (s) of one side, run in a process of its own; its lines are passed on."""
    command = [sys.executable, __file__, name, str(count), str(folder)]
    last = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line
    if process.returncode:
        raise SystemExit(f"{name} failed")
    seconds, lowest, what = last.strip().split(" ", 2)
    rate = 3600 * count / float(seconds)
    print(f"{name}: {float(seconds):.1f} CPU s, {rate:.0f} per hour, lowest {float(lowest):.5f} eV/atom ({what})")
    return float(seconds)


def main(count, folder):
    if os.environ.get("OMP_NUM_THREADS") != "1":
        raise SystemExit("set OMP_NUM_THREADS=1: processor times of threads that wait for each other flatter us")
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{count} orderings of LZC-A 2x1x1, 36 atoms each; one process, one thread")
    our_seconds, peer_seconds = measured("ours", count, folder), measured("peer", count, folder)
    print(f"ratio peer/ours: {peer_seconds / our_seconds:.1f} in processor time")


if __name__ == "__main__":
    if len(sys.argv) > 3:
        one_side({"ours": ours, "peer": peer}[sys.argv[1]], int(sys.argv[2]), Path(sys.argv[3]))
    else:
        asked = int(sys.argv[1]) if len(sys.argv) > 1 else N_DEFAULT
        with tempfile.TemporaryDirectory() as scratch:
            main(asked, Path(sys.argv[2] if len(sys.argv) > 2 else scratch).resolve())

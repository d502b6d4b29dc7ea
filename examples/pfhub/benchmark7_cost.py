"""PFHub benchmark 7 (Allen-Cahn with a manufactured solution), parts (b) and (c): cost against error.

The problem of ``benchmark7`` (its statement, commit cecb594) with an interface of a sixteenth of the width: kappa =
0.0004/256 = 1.5625e-6 in both parts, and in (c) C2 = 0.5 (as it stands there, without the pi of the nominal value).
Asked for: wall time, number of cores, largest memory, L2 error at t = 8 and normalised cost (wall time x cores x
nominal speed of a core/2 GHz) for at least three levels of error between 1e-5 and 5e-3, mesh and steps at choice.

Mesh. The interface stays within 1/4 +- (8 A1 + A2) = 1/4 +- 0.09. Beyond |y - 1/4| = 0.1127, twelve times sqrt(2
kappa) further, the solution is 0 or 1 to 1e-10 and the source nothing: only that strip is meshed, with the no flux of
the solver on both sides; the rest of the published domain has no error. In x the margins that are renewed after every
step (``benchmark7``) are 1/142 long, 17 decay lengths sqrt(kappa h) and more. Cells of 4/3 to 1/2 of the interface
width w = sqrt(kappa/2) = 1/1131.

Steps. Few: a hundred in (b), in each of which the interface moves by a width w or so; the error of the mesh prevails.

Run ``python benchmark7_cost.py [--part b|c] [--ghz GHZ] [--quick] [--out FOLDER]`` on an idle machine; writes cost.csv.
The number of cores is that of numba's threads (NUMBA_NUM_THREADS).
"""

import argparse
import resource
import time
from pathlib import Path

import numba
from benchmark7 import Problem, Strip, error_at_end, l2_norm, whole_domain
from marching import write_table

PROBLEMS = {"b": Problem(0.0004 / 256.0), "c": Problem(0.0004 / 256.0, 0.5)}
LEVELS = {"b": ((1136, 100), (1704, 100), (2272, 100)), "c": ((852, 100), (1136, 100), (2272, 200))}
"""Cells per unit length and steps."""
QUICK = ((568, 50),)


def strip(cells: int) -> Strip:
    """The mesh; for multiples of 284 cells it can be coarsened."""
    return Strip(cells, cells // 142, 16 * cells // 71)


def measure(problem: Problem, cells: int, steps: int, ghz: float) -> tuple[float, ...]:
    """One row: cores, wall time (s), largest memory so far (KiB), L2 error, normalised cost (s)."""
    begin, cores = time.perf_counter(), numba.get_num_threads()
    error = l2_norm(error_at_end(problem, strip(cells), steps, 1e-5))
    wall = time.perf_counter() - begin
    return cores, wall, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, error, wall * cores * ghz / 2.0


def main(
    part: str = "b", ghz: float = 2.0, quick: bool = False, out: Path = Path("pfhub-benchmark7")
) -> dict[str, list[float]]:
    """Write and print the table; return the errors and times of all levels."""
    error_at_end(Problem(), whole_domain(64), 8)  # compiles
    rows = []
    for cells, steps in QUICK if quick else LEVELS[part]:
        busy = time.process_time()
        rows.append(measure(PROBLEMS[part], cells, steps, ghz))
        _, wall, memory, error, _ = rows[-1]
        cpu = time.process_time() - busy
        seconds = f"{wall:.0f} s (CPU {cpu:.0f} s)"
        print(f"h = 1/{cells}, {steps} steps: L2 error {error:.3e}, {seconds}, {memory / 1024:.0f} MiB", flush=True)
    write_table(out / "cost.csv", ("cores", "wall_time", "memory", "error", "cost"), rows)
    return {"error": [row[3] for row in rows], "wall time": [row[1] for row in rows]}


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="PFHub benchmark 7, parts (b) and (c)")
    arguments.add_argument("--part", choices=("b", "c"), default="b", help="slower (b) or faster (c) interface")
    arguments.add_argument("--ghz", type=float, default=2.0, help="nominal speed of a core; 2 makes cost wall x cores")
    arguments.add_argument("--quick", action="store_true", help="one coarse mesh, seconds")
    arguments.add_argument("--out", type=Path, default=Path("pfhub-benchmark7"), help="folder of the CSV file")
    main(**vars(arguments.parse_args()))

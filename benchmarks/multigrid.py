"""Iterations, times and memory of the multigrid solvers, beside a stream triad and, where they are found, two peers.

    python benchmarks/multigrid.py                     # 64 to 2048 cells a side in 2-D, 32 and 64 in 3-D
    python benchmarks/multigrid.py --sizes 400 1024 --cubes 128
    python benchmarks/multigrid.py --sizes 400 --dolfinx /usr/bin/python3 --scikit-fem /path/to/python

The medium is a conductor with thin branches in a poor one (contrast 1e7), and for mechanics the same shape as a soft
metal (5 GPa, nu 0.42) in a stiff matrix (50 GPa, nu 0.30) with an eigenstrain of 1e-3, from a cold start to 1e-8.
Seconds are CPU seconds of one thread after a first call that compiles, the least of several, set-up included. Every
line is a process of its own, whose peak resident memory is given (0.3 GiB of it are the libraries). "bound" is the
part of the time that moving the arrays of the iterations once per sweep would take at the speed of the triad of the
same run.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numba
import numpy as np

from selflimit.isotropic import lame
from selflimit.mesoscale import Grid
from selflimit.mesoscale.mechanics.elasticity import eigenstress, nodal_forces, roller_box
from selflimit.mesoscale.solver import solve as multigrid

SWELLING = 1e-3


def branches(grid):
    *lateral, y = (c / size for c, size in zip(grid.cell_centres(), grid.size, strict=True))
    x = sum(lateral) / len(lateral)
    metal = y < 0.2 + 0.1 * np.sin(9.0 * x)
    for cx, cy, radius in np.random.default_rng(1).uniform(0.0, 1.0, (12, 3)):
        metal |= np.hypot(x - cx, y - cy) < 0.08 * radius
        metal |= (abs(x - cx + 0.1 * np.sin(10.0 * y + 6.0 * radius)) < 0.01) & (y < 0.8 * cy)
    return metal


def moduli(metal):
    return lame(np.where(metal, 5e9, 50e9), np.where(metal, 0.42, 0.3))


def potential(grid):
    fixed, x0, zero = np.zeros(grid.nodes, dtype=bool), np.zeros(grid.nodes), np.zeros(grid.nodes)
    fixed[..., [0, -1]] = True
    x0[..., 0] = -0.1
    return multigrid.solve_scalar, (grid, np.where(branches(grid), 1e7, 1.0), zero, zero, fixed, x0)


def mechanics(grid):
    metal = branches(grid)
    lam, mu = moduli(metal)
    load = nodal_forces(grid, eigenstress(lam, mu, SWELLING * metal[..., None] * np.ones(3)))
    return multigrid.solve_elastic, (grid, lam, mu, load, roller_box(grid), np.zeros((*grid.nodes, grid.dimension)))


PROBLEMS = {"potential": potential, "mechanics": mechanics}


@numba.njit
def triad(a, b, c):
    for i in range(len(a)):
        a[i] = b[i] + 2.0 * c[i]


def bandwidth():
    """Bytes per second of a stream triad on arrays that fit no cache."""
    a, b, c = (np.ones(8_000_000) for _ in range(3))
    return 3 * a.nbytes / fastest(lambda: triad(a, b, c), 5)[1]


def fastest(call, repeats):
    times = []
    for _ in range(repeats + 1):
        begin = time.process_time()
        result = call()
        times.append(time.process_time() - begin)
    return result, min(times[1:])


def bytes_per_iteration(hierarchy, operator):
    """Arrays that one iteration has to move, each once per sweep that uses it."""
    vector = operator.free.nbytes
    total = operator.coefficients.nbytes + 12 * vector  # product, two dot products, two updates
    degree, visits = hierarchy.cycle.degree, 1
    for depth, level in enumerate(hierarchy.levels):
        corrections = hierarchy.cycle.visits if depth else 1
        sweeps, matrix = degree * (corrections + 1), stored(level.subtract)
        once = sweeps * (matrix.nbytes + 3 * level.x.nbytes + level.inverse.nbytes + 5 * level.x.nbytes)
        total += visits * (once + corrections * 2 * (level.transfer.weights.nbytes + 2 * level.x.nbytes))
        visits *= corrections
    return total


def stored(product):
    """The stencil of a coarse level, the coefficients of the cells of the finest."""
    for name in ("half", "stencil"):
        if hasattr(product, name):
            return getattr(product, name)
    return product.__self__.coefficients


def measure(name, shape):
    grid, captured = Grid(shape, 1e-7), []
    build = multigrid.build_hierarchy

    def capture(operator, *arguments):
        captured[:] = [(build(operator, *arguments), operator)]
        return captured[0][0]

    multigrid.build_hierarchy = capture
    solve, arguments = PROBLEMS[name](grid)
    solution, seconds = fastest(lambda: solve(*arguments), 5 if np.prod(shape) < 5e5 else 1)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    bound = solution.iterations * bytes_per_iteration(*captured[0]) / bandwidth() / seconds
    print(json.dumps([solution.iterations, seconds, memory, bound]))


def line(name, shape):
    command = [sys.executable, __file__, "--one", name, *map(str, shape)]
    output = subprocess.run(command, check=True, capture_output=True, text=True, env=one_thread()).stdout
    iterations, seconds, memory, bound = json.loads(output)
    cells = " x ".join(map(str, shape))
    print(f"{name:10} {cells:>15} {iterations:10} {seconds:9.3f} {memory:10.2f} {bound:6.0%}", flush=True)
    return seconds


def one_thread():
    return os.environ | {"OMP_NUM_THREADS": "1"}


def peers(cells, interpreters):
    """Iterations and CPU seconds of the peers on the same cell fields, by name."""
    grid = Grid((cells, cells), 1.0 / cells)
    metal = branches(grid)
    lam, mu = (m / 1e9 for m in moduli(metal))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fields.npz"
        np.savez(path, conductivity=np.where(metal, 1e7, 1.0), lam=lam, mu=mu, eigenstrain=SWELLING * metal)
        for script, (python, names) in interpreters.items():
            program = Path(__file__).with_name(f"peer_{script}.py")
            runs = [
                subprocess.run([python, program, path], check=True, capture_output=True, text=True, env=one_thread())
                for _ in range(3)
            ]
            for problem, rows in zip(names, zip(*(run.stdout.split("\n") for run in runs), strict=False), strict=False):
                iterations, seconds = min((row.split() for row in rows), key=lambda row: float(row[1]))
                print(f"{script:11} {problem:28} {cells} x {cells}: {iterations} iterations, {float(seconds):.3f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=[64, 128, 256, 400, 512, 1024, 2048])
    parser.add_argument("--cubes", type=int, nargs="*", default=[32, 64])
    parser.add_argument("--dolfinx", help="Python that has DOLFINx")
    parser.add_argument("--scikit-fem", help="Python that has scikit-fem and pyamg")
    parser.add_argument("--one", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        return measure(options.one[0], tuple(map(int, options.one[1:])))
    print(f"stream triad: {bandwidth() / 1e9:.1f} GB/s, one thread; load average {os.getloadavg()[0]:.1f}")
    print(f"{'problem':10} {'cells':>15} {'iterations':>10} {'CPU/s':>9} {'peak/GiB':>10} {'bound':>6}")
    for shape in [(n, n) for n in options.sizes] + [(n, n, n) for n in options.cubes]:
        for name in PROBLEMS:
            line(name, shape)
    interpreters = {}
    if options.dolfinx:
        interpreters["dolfinx"] = (options.dolfinx, ["potential", "mechanics"])
    if options.scikit_fem:
        interpreters["scikit_fem"] = (options.scikit_fem, ["mechanics", "mechanics, pyamg's defaults"])
    if interpreters:
        peers(options.sizes[0], interpreters)
    return None


if __name__ == "__main__":
    main()

"""Time and memory of a whole growth of a graded layer, dx = w, default accuracy.

    python benchmarks/growth.py                              # 400 x 400 cells to 2100 s
    python benchmarks/growth.py --cells 1024 --duration 60
    python benchmarks/growth.py --longest-step 0.5 --duration 40    # 4000 steps would take it to 2000 s

CPU seconds of one thread, after a short growth that compiles; peak resident memory with the libraries.
"""

import argparse
import resource
import time

from selflimit.mesoscale import Grid, GrowthModel, InterfaceParameters, Microstructure, Numerics


def grown(cells, duration, numerics):
    parameters = InterfaceParameters()
    layer = Microstructure.graded(Grid((cells, cells), parameters.interface_width), 1)
    begin = time.process_time()
    run = GrowthModel(parameters, layer, numerics).evolve(
        layer.initial_lithium(parameters.interface_width), [0.0, duration]
    )
    return run, time.process_time() - begin


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=400, help="a side")
    parser.add_argument("--duration", type=float, default=2100.0, help="model time (s)")
    parser.add_argument("--longest-step", type=float, default=Numerics.longest_step, help="longest time step (s)")
    asked = parser.parse_args()
    numerics = Numerics(longest_step=asked.longest_step)
    grown(128, 1.0, numerics)
    run, seconds = grown(asked.cells, asked.duration, numerics)
    peak, effort = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, run.effort
    print(f"{asked.cells} x {asked.cells} to {run.state.time:.0f} s: {seconds:.0f} CPU s, {effort}, {peak:.2f} GiB")
    accepted, attempted = seconds / effort.steps, seconds / (effort.steps + effort.rejected)
    print(f"{accepted:.2f} s an accepted step, {attempted:.2f} s an attempted one")

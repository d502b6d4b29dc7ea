"""The mechanics of benchmarks/multigrid.py in scikit-fem with conjugate gradients and pyamg's smoothed aggregation.

Run by benchmarks/multigrid.py with a Python that has both (pip install scikit-fem pyamg). Prints two lines, iterations
and CPU seconds of assembly, set-up and solve: with the rigid motions given to pyamg, and with its defaults, which know
constants only.
"""

import sys
import time

import numpy as np
import pyamg
from skfem import Basis, BilinearForm, ElementQuad1, ElementVector, LinearForm, MeshQuad, condense
from skfem.helpers import ddot, div, sym_grad


@BilinearForm
def stiffness(u, v, w):
    return w.lam * div(u) * div(v) + 2.0 * w.mu * ddot(sym_grad(u), sym_grad(v))


@LinearForm
def swelling(v, w):
    return (3.0 * w.lam + 2.0 * w.mu) * w.e * div(v)


def solve(A, b, near_null):
    begin = time.process_time()
    hierarchy = pyamg.smoothed_aggregation_solver(A, B=near_null)
    steps = []
    hierarchy.solve(b, tol=1e-8, accel="cg", maxiter=1000, residuals=steps)
    return len(steps) - 1, time.process_time() - begin


def main(path):
    data = np.load(path)
    n = len(data["lam"])
    ticks = np.linspace(0.0, 1.0, n + 1)
    mesh = MeshQuad.init_tensor(ticks, ticks)
    basis = Basis(mesh, ElementVector(ElementQuad1()), intorder=2)
    at = np.floor(mesh.p[:, mesh.t].mean(axis=1) * n).astype(int)
    points = basis.X.shape[1]
    lam, mu, e = (np.repeat(data[k][at[0], at[1]][:, None], points, axis=1) for k in ("lam", "mu", "eigenstrain"))
    begin = time.process_time()
    K, f = stiffness.assemble(basis, lam=lam, mu=mu), swelling.assemble(basis, lam=lam, mu=mu, e=e)
    x, y = basis.doflocs
    fixed = (
        np.isclose(y, 0.0)
        | np.isclose(y, 1.0)
        | ((np.isclose(x, 0.0) | np.isclose(x, 1.0)) & (np.arange(len(x)) % 2 == 0))
    )
    A, b, _, free = condense(K, f, D=np.flatnonzero(fixed))
    modes = np.zeros((len(x), 3))
    modes[0::2, 0], modes[1::2, 1] = 1.0, 1.0
    modes[0::2, 2], modes[1::2, 2] = -y[0::2], x[1::2]
    A = A.tocsr()
    assembly = time.process_time() - begin
    for near_null in (modes[free], None):
        iterations, seconds = solve(A, b, near_null)
        print(iterations, assembly + seconds)


if __name__ == "__main__":
    main(sys.argv[1])

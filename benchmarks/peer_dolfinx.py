"""The 2-D problems of benchmarks/multigrid.py in DOLFINx with conjugate gradients and hypre's BoomerAMG.

BoomerAMG's defaults with the rigid motions as near null space were the fastest for mechanics of the settings tried:
11 iterations at 400 x 400; its nodal coarsening with vector interpolation took 555.

Run by benchmarks/multigrid.py with the Python that has DOLFINx (Debian: python3-dolfinx-real). Reads the cell fields
from an .npz file and prints two lines: iterations and CPU seconds for set-up (mesh and forms excluded) and solve.
"""

import sys
import time

import numpy as np
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI
from petsc4py import PETSc


def cell_field(domain, values, spacing):
    space = fem.FunctionSpace(domain, ("DG", 0))
    function = fem.Function(space)
    middles = np.floor(space.tabulate_dof_coordinates()[:, :2] / spacing).astype(int)
    function.x.array[:] = values[middles[:, 0], middles[:, 1]]
    return function


def solve(a, L, bcs, near_null, x0=None):
    bilinear, linear = fem.form(a), fem.form(L)
    begin = time.process_time()
    A = fem.petsc.assemble_matrix(bilinear, bcs)
    A.assemble()
    b = fem.petsc.assemble_vector(linear)
    fem.petsc.apply_lifting(b, [bilinear], [bcs])
    fem.petsc.set_bc(b, bcs)
    if near_null is not None:
        A.setNearNullSpace(near_null)
    solver = PETSc.KSP().create(MPI.COMM_SELF)
    solver.setType("cg")
    solver.getPC().setType("hypre")
    solver.setNormType(PETSc.KSP.NormType.NATURAL)  # sqrt(r.M r): the measure of selflimit
    solver.setTolerances(rtol=1e-8, max_it=1000)
    solver.setOperators(A)
    solver.setFromOptions()
    x = A.createVecRight()
    solver.solve(b, x)
    if solver.getConvergedReason() < 0:
        raise RuntimeError(f"hypre did not converge: reason {solver.getConvergedReason()}")
    return solver.getIterationNumber(), time.process_time() - begin


def rigid_motions(space):
    vectors = [fem.Function(space) for _ in range(3)]
    vectors[0].interpolate(lambda x: np.stack([1 + 0 * x[0], 0 * x[0]]))
    vectors[1].interpolate(lambda x: np.stack([0 * x[0], 1 + 0 * x[0]]))
    vectors[2].interpolate(lambda x: np.stack([-x[1], x[0]]))
    basis = [v.vector.copy() for v in vectors]
    for i, v in enumerate(basis):
        for w in basis[:i]:
            v.axpy(-v.dot(w), w)
        v.normalize()
    return PETSc.NullSpace().create(vectors=basis)


def main(path):
    data = np.load(path)
    n = len(data["conductivity"])
    domain = mesh.create_rectangle(MPI.COMM_SELF, [np.zeros(2), np.ones(2)], [n, n], mesh.CellType.quadrilateral)
    ends = [lambda x: np.isclose(x[1], 0.0), lambda x: np.isclose(x[1], 1.0)]
    V = fem.FunctionSpace(domain, ("CG", 1))
    u, v = ufl.TrialFunction(V), ufl.TestFunction(V)
    k = cell_field(domain, data["conductivity"], 1.0 / n)
    bcs = [
        fem.dirichletbc(PETSc.ScalarType(value), fem.locate_dofs_geometrical(V, end), V)
        for end, value in zip(ends, (-0.1, 0.0), strict=True)
    ]
    zero = fem.Constant(domain, PETSc.ScalarType(0.0))
    print(*solve(k * ufl.inner(ufl.grad(u), ufl.grad(v)) * ufl.dx, zero * v * ufl.dx, bcs, None))

    W = fem.VectorFunctionSpace(domain, ("CG", 1))
    u, v = ufl.TrialFunction(W), ufl.TestFunction(W)
    lam, mu, e = (cell_field(domain, data[name], 1.0 / n) for name in ("lam", "mu", "eigenstrain"))
    eps = lambda w: ufl.sym(ufl.grad(w))  # noqa: E731
    a = lam * ufl.div(u) * ufl.div(v) * ufl.dx + 2 * mu * ufl.inner(eps(u), eps(v)) * ufl.dx
    L = (3 * lam + 2 * mu) * e * ufl.div(v) * ufl.dx
    clamped = [fem.dirichletbc(np.zeros(2), fem.locate_dofs_geometrical(W, end), W) for end in ends]
    sides = mesh.locate_entities_boundary(domain, 1, lambda x: np.isclose(x[0], 0.0) | np.isclose(x[0], 1.0))
    rollers = fem.dirichletbc(PETSc.ScalarType(0.0), fem.locate_dofs_topological(W.sub(0), 1, sides), W.sub(0))
    print(*solve(a, L, [*clamped, rollers], rigid_motions(W)))


if __name__ == "__main__":
    main(sys.argv[1])

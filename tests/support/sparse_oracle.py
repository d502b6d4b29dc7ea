"""Independent second solver: element matrices by tensor products of 1-D matrices, sparse assembly, direct solve."""

from functools import reduce
from itertools import product

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve

MASS = np.array([[2.0, 1.0], [1.0, 2.0]]) / 6.0  # 1-D linear element of unit length
STIFFNESS = np.array([[1.0, -1.0], [-1.0, 1.0]])
MIXED = np.array([[-0.5, -0.5], [0.5, 0.5]])  # MIXED[i, j] = integral of N_i' N_j


def corner_nodes(shape):
    """Flat node numbers of the corners of each cell, shape (cells, 2^d), first axis slowest."""
    nodes = [n + 1 for n in shape]
    number = np.arange(np.prod(nodes)).reshape(nodes)
    corners = product(*((slice(None, -1), slice(1, None)) for _ in shape))
    return np.stack([number[corner].ravel() for corner in corners], axis=-1)


def on_axes(dimension, special):
    """Kronecker product of 1-D matrices: those of ``special`` on their axes, the mass elsewhere."""
    return reduce(np.kron, [special.get(axis, MASS) for axis in range(dimension)])


def assemble(dofs, element_matrices, size):
    rows = np.repeat(dofs, dofs.shape[1], axis=1).ravel()
    columns = np.tile(dofs, (1, dofs.shape[1])).ravel()
    return sparse.coo_matrix((element_matrices.ravel(), (rows, columns)), shape=(size, size)).tocsr()


def scalar_matrix(shape, spacing, conductivity, reaction):
    d, size = len(shape), int(np.prod([n + 1 for n in shape]))
    element = spacing ** (d - 2) * sum(on_axes(d, {axis: STIFFNESS}) for axis in range(d))
    corners = corner_nodes(shape)
    matrix = assemble(corners, conductivity.ravel()[:, None, None] * element, size)
    volumes = np.bincount(corners.ravel(), minlength=size) * spacing**d / 2**d
    return matrix + sparse.diags(volumes * reaction.ravel())


def elastic_matrix(shape, spacing, lam, mu):
    """Plane strain or three dimensions; unknown number = d * node + component."""
    d, corners = len(shape), corner_nodes(shape)
    second = np.empty((d, d, 2**d, 2**d))  # integral of d_a(N_i) d_b(N_j)
    for a, b in product(range(d), repeat=2):
        second[a, b] = on_axes(d, {a: STIFFNESS} if a == b else {a: MIXED, b: MIXED.T})
    second *= spacing ** (d - 2)
    identity = np.eye(d)
    volumetric = np.einsum("abij->iajb", second)  # integral of div(v) div(u)
    deviatoric = np.einsum("baij->iajb", second) + np.einsum("ccij,ab->iajb", second, identity)  # of 2 eps(v) : eps(u)
    volumetric, deviatoric = (m.reshape(d * 2**d, d * 2**d) for m in (volumetric, deviatoric))
    dofs = (d * corners[:, :, None] + np.arange(d)).reshape(len(corners), -1)
    elements = lam.ravel()[:, None, None] * volumetric + mu.ravel()[:, None, None] * deviatoric
    return assemble(dofs, elements, d * int(np.prod([n + 1 for n in shape])))


def solve_with_fixed(matrix, rhs, fixed, x0):
    x, free = x0.ravel().copy(), ~fixed.ravel()
    known = matrix @ np.where(free, 0.0, x)
    x[free] = spsolve(matrix[free][:, free].tocsc(), (rhs.ravel() - known)[free])
    return x.reshape(x0.shape)


def direct_scalar(grid, conductivity, reaction, rhs, fixed, x0):
    return solve_with_fixed(scalar_matrix(grid.shape, grid.spacing, conductivity, reaction), rhs, fixed, x0)


def direct_elastic(grid, lam, mu, rhs, fixed, x0):
    return solve_with_fixed(elastic_matrix(grid.shape, grid.spacing, lam, mu), rhs, fixed, x0)

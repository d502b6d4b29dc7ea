"""Independent second solver: element matrices by tensor products of 1-D matrices, sparse assembly, direct solve."""

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve

MASS = np.array([[2.0, 1.0], [1.0, 2.0]]) / 6.0  # 1-D linear element of unit length
STIFFNESS = np.array([[1.0, -1.0], [-1.0, 1.0]])
MIXED = np.array([[-0.5, -0.5], [0.5, 0.5]])  # MIXED[i, j] = integral of N_i' N_j


def corner_nodes(shape):
    """Flat node numbers of the corners of each cell, shape (cells, 4), corner = 2 * right + upper."""
    number = np.arange((shape[0] + 1) * (shape[1] + 1)).reshape(shape[0] + 1, shape[1] + 1)
    return np.stack([number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]], axis=-1).reshape(-1, 4)


def assemble(dofs, element_matrices, size):
    rows = np.repeat(dofs, dofs.shape[1], axis=1).ravel()
    columns = np.tile(dofs, (1, dofs.shape[1])).ravel()
    return sparse.coo_matrix((element_matrices.ravel(), (rows, columns)), shape=(size, size)).tocsr()


def scalar_matrix(shape, spacing, conductivity, reaction):
    nodes = (shape[0] + 1, shape[1] + 1)
    element = np.kron(STIFFNESS, MASS) + np.kron(MASS, STIFFNESS)
    corners = corner_nodes(shape)
    matrix = assemble(corners, conductivity.ravel()[:, None, None] * element, nodes[0] * nodes[1])
    volumes = np.bincount(corners.ravel(), minlength=nodes[0] * nodes[1]) * spacing**2 / 4.0
    return matrix + sparse.diags(volumes * reaction.ravel())


def elastic_matrix(shape, lam, mu):
    """Plane strain; unknown number = 2 * node + component."""
    xx, yy, xy = np.kron(STIFFNESS, MASS), np.kron(MASS, STIFFNESS), np.kron(MIXED, MIXED.T)
    volumetric = np.zeros((8, 8))  # integral of div(v) div(u)
    deviatoric = np.zeros((8, 8))  # integral of 2 eps(v) : eps(u)
    volumetric[0::2, 0::2], volumetric[0::2, 1::2] = xx, xy
    volumetric[1::2, 0::2], volumetric[1::2, 1::2] = xy.T, yy
    deviatoric[0::2, 0::2], deviatoric[0::2, 1::2] = 2.0 * xx + yy, xy.T
    deviatoric[1::2, 0::2], deviatoric[1::2, 1::2] = xy, xx + 2.0 * yy
    corners = corner_nodes(shape)
    dofs = (2 * corners[:, :, None] + np.arange(2)).reshape(-1, 8)
    elements = lam.ravel()[:, None, None] * volumetric + mu.ravel()[:, None, None] * deviatoric
    return assemble(dofs, elements, 2 * (shape[0] + 1) * (shape[1] + 1))


def solve_with_fixed(matrix, rhs, fixed, x0):
    x, free = x0.ravel().copy(), ~fixed.ravel()
    known = matrix @ np.where(free, 0.0, x)
    x[free] = spsolve(matrix[free][:, free].tocsc(), (rhs.ravel() - known)[free])
    return x.reshape(x0.shape)


def direct_scalar(grid, conductivity, reaction, rhs, fixed, x0):
    return solve_with_fixed(scalar_matrix(grid.shape, grid.spacing, conductivity, reaction), rhs, fixed, x0)


def direct_elastic(grid, lam, mu, rhs, fixed, x0):
    return solve_with_fixed(elastic_matrix(grid.shape, lam, mu), rhs, fixed, x0)

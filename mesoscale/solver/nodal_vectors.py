"""Nodal vectors as lines: the layout that the multigrid kernels work on, the same in two and three dimensions.

A line is a row of nodes along the last axis. A nodal vector has the shape ``(lines, c, N + 2)``: all lines of the grid
one after the other, c unknowns per node one after the other (1 for a potential, 2 or 3 for a displacement, 3 or 6 for
a rigid motion), then the N nodes of the line. Lines and nodes carry a rim of zeros, so that no kernel asks where the
boundary is: the neighbours of line i are the lines ``i + around``, and every inner loop runs over contiguous numbers.

Kernels are compiled on first use and kept on disk, once for one thread and once for several. Threads share the lines
of a vector; a line is computed by one thread in a fixed order, so the result does not depend on their number.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from types import FunctionType

import numba
import numpy as np

from selflimit.arrays import AnyArray, IntArray

FEWEST_LINES = 128
"""Fewer lines than this are swept by one thread: meeting costs several microseconds, as much as a few lines."""


class Kernel:
    """A function compiled for one thread and, where it has many lines to share, for several."""

    def __init__(self, function: Callable[..., None]) -> None:
        # contract: a multiplication and an addition may round once; results stay the same from run to run
        options = {"cache": True, "error_model": "numpy", "fastmath": {"contract"}}
        self.serial = numba.njit(**options)(function)
        self.threaded = numba.njit(parallel=True, **options)(_renamed(function))

    def __call__(self, threads: int, lines: AnyArray, *arguments: object) -> None:
        """Run over the line numbers ``lines`` with ``threads`` threads."""
        if threads == 1 or len(lines) < FEWEST_LINES:
            self.serial(lines, *arguments)
        else:
            self.threaded(lines, *arguments)


def threads_asked() -> int:
    """OMP_NUM_THREADS, as batch systems set it, up to the processors there are for this process; 1 if not set."""
    # a list gives the threads of nested parallel regions, of which there are none here
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return min(max(int(asked), 1), numba.config.NUMBA_NUM_THREADS) if asked.isdecimal() else 1


def _renamed(function: Callable[..., None]) -> Callable[..., None]:
    """The same function under a name of its own: numba's cache knows a function by its name, not by its options."""
    copy = FunctionType(function.__code__, function.__globals__, function.__name__)
    copy.__qualname__ = f"{function.__qualname__}_threaded"
    return copy


@dataclass(frozen=True)
class Lines:
    """The lines of a grid of ``nodes`` nodes with ``unknowns`` unknowns each."""

    nodes: tuple[int, ...]
    unknowns: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of a nodal vector."""
        across = int(np.prod([n + 2 for n in self.nodes[:-1]]))
        return across, self.unknowns, self.nodes[-1] + 2

    @cached_property
    def inner(self) -> IntArray:
        """Numbers of the lines that are not rim, in order."""
        number = np.arange(self.shape[0]).reshape([n + 2 for n in self.nodes[:-1]])
        return np.ascontiguousarray(number[(slice(1, -1),) * number.ndim].ravel())

    @cached_property
    def around(self) -> IntArray:
        """Distance in number to the 3^(d-1) lines around a line, itself included."""
        return self._offsets(-1, 0, 1)

    @cached_property
    def behind(self) -> IntArray:
        """Distance in number to the 2^(d-1) lines behind a line, itself included."""
        return self._offsets(-1, 0)

    @cached_property
    def ahead(self) -> IntArray:
        """Distance in number to the 2^(d-1) lines ahead of a line, itself included."""
        return self._offsets(0, 1)

    def _offsets(self, *steps: int) -> IntArray:
        strides = [int(np.prod([n + 2 for n in self.nodes[1 + axis : -1]])) for axis in range(len(self.nodes) - 1)]
        return np.array([np.dot(strides, step) for step in product(steps, repeat=len(strides))], dtype=np.int64)

    def zeros(self, dtype: type) -> AnyArray:
        """A nodal vector of zeros."""
        return np.zeros(self.shape, dtype)

    def pack(self, field: AnyArray, dtype: type) -> AnyArray:
        """Nodal vector of a field of shape ``nodes + (c,)``, zero on the rim."""
        vector = self.zeros(dtype)
        self.unpack(vector)[...] = field
        return vector

    def unpack(self, vector: AnyArray) -> AnyArray:
        """View of a nodal vector as a field of shape ``nodes + (c,)``."""
        grid = vector.reshape(*(n + 2 for n in self.nodes[:-1]), self.unknowns, self.nodes[-1] + 2)
        return np.moveaxis(grid, -2, -1)[(slice(1, -1),) * len(self.nodes)]


def dot(lines: Lines, threads: int, a: AnyArray, b: AnyArray) -> float:
    """Return the scalar product, summed line by line so that it does not depend on the number of threads.

    Parameters
    ----------
    lines
        Layout of the vectors.
    threads
        Threads of the kernel.
    a, b
        Nodal vectors of one shape.
    """
    by_line = np.zeros(len(lines.inner))
    _dot_by_line(threads, lines.inner, a, b, by_line)
    return float(by_line.sum())


@Kernel
def follow(lines: AnyArray, z: AnyArray, factor: float, p: AnyArray, image: AnyArray) -> None:
    """p = z + factor p, the next search direction of conjugate gradients, and a clean place for its image.

    Parameters
    ----------
    lines
        Numbers of the lines with free nodes.
    z
        Preconditioned residual.
    factor
        Share of the direction before that is kept.
    p, image
        The direction, which is overwritten, and its image, which is set to zero.
    """
    for line in numba.prange(len(lines)):
        i = lines[line]
        for a in range(p.shape[1]):
            for j in range(p.shape[2]):
                p[i, a, j] = z[i, a, j] + factor * p[i, a, j]
                image[i, a, j] = 0.0


@Kernel
def advance_iterate(lines: AnyArray, step: float, p: AnyArray, minus_Ap: AnyArray, x: AnyArray, r: AnyArray) -> None:
    """x += step p and r -= step A p.

    Parameters
    ----------
    lines
        Numbers of the lines with free nodes.
    step
        Length of the step.
    p, minus_Ap
        The direction and the negative of its image.
    x, r
        Iterate and residual, which are overwritten.
    """
    for line in numba.prange(len(lines)):
        i = lines[line]
        for a in range(p.shape[1]):
            for j in range(p.shape[2]):
                x[i, a, j] += step * p[i, a, j]
                r[i, a, j] += step * minus_Ap[i, a, j]


@Kernel
def _dot_by_line(lines: AnyArray, a: AnyArray, b: AnyArray, by_line: AnyArray) -> None:
    for line in numba.prange(len(lines)):
        total = np.zeros(a.shape[2])  # sums side by side, halved at the end: as fast as memory, and in a fixed order
        for u in range(a.shape[1]):
            x, y = a[lines[line], u], b[lines[line], u]
            for j in range(len(total)):
                total[j] += x[j] * y[j]
        left = len(total)
        while left > 1:
            half = (left + 1) // 2
            for j in range(left - half):
                total[j] += total[half + j]
            left = half
        by_line[line] = total[0]

"""How the inner loops are compiled: once, into the cache of numba, as few and small machine functions as possible."""

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function that is called from Python; it works on arrays that it is given and makes none.

    Without memory of its own (``_nrt``) no references to arrays are counted; that halves the machine code.
    """
    made: Function = njit(cache=True, no_cfunc_wrapper=True, error_model="numpy", _nrt=False)(function)
    return made


def inlined(function: Function) -> Function:
    """Compile a function as a part of the one compiled function that calls it."""
    made: Function = njit(inline="always", error_model="numpy", _nrt=False)(function)
    return made


def called(function: Function) -> Function:
    """Compile a function that only one compiled function calls, with which it is cached."""
    made: Function = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, error_model="numpy", _nrt=False)(function)
    return made

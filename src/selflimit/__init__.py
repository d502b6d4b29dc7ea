"""selflimit: from disordered electrolyte crystals to the stress at a self-limiting lithium interface.

Four stages, one direction: ``selflimit.structures`` (which crystals), ``selflimit.phase_diagrams`` (which
phases are stable under constriction), ``selflimit.mesoscale`` (how the growth stops) and
``selflimit.workflows`` (run it, find it again). Importing this package loads none of them.

The five daily tasks are here: :func:`rank_orderings`, :func:`relax_lowest`, :func:`map_products`,
:func:`grow_layer`, :func:`results`; each is loaded when it is first asked for.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
TASKS = ("grow_layer", "map_products", "rank_orderings", "relax_lowest", "results")
"""Functions of :mod:`selflimit.tasks.daily` that are names of the package."""


def __getattr__(name: str) -> Any:
    """Load one of the five tasks when it is asked for (PEP 562)."""
    if name in TASKS:
        return getattr(import_module("selflimit.tasks.daily"), name)
    raise AttributeError(f"module 'selflimit' has no attribute {name!r}; it has {', '.join(TASKS)}")


def __dir__() -> list[str]:
    """Names of the package, the tasks among them."""
    return sorted([*globals(), *TASKS])

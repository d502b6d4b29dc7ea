"""A batch of crystals on one or two processes, each kept in a journal as it is finished."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from selflimit.documents import Document
from selflimit.errors import SelflimitError
from selflimit.progress import Progress
from selflimit.structures.relaxation.journal import Journal, content_hash
from selflimit.worker_processes import worker_processes

WORTH_A_PROCESS = 250.0
"""Atoms to relax from which on a second process pays: starting one and loading a model takes as long as relaxing 200
atoms (9 and 0.06 CPU s per atom with CHGNet r2scan)."""

T = TypeVar("T")
R = TypeVar("R", bound=Document)


def compute_batch(
    task: Callable[[T], R],
    items: Sequence[T],
    inputs: Sequence[dict[str, Any]],
    costs: Sequence[float],
    workers: int | None,
    progress: Progress,
    journal: Path | None,
) -> list[R]:
    """Results of ``task`` for all items, the costly ones first so that the processes end together.

    Parameters
    ----------
    task
        Computes one item; picklable.
    items
        What is computed.
    inputs
        All that the result of each item depends on, and its name as 'label', as plain JSON data.
    costs
        Cost of each item, in atoms to relax.
    workers
        Processes; None: 2 where the batch is worth it and there are two cores, else 1.
    progress
        Hears of each item that is finished.
    journal
        File that keeps each item as it is finished, and gives those that an earlier start has finished; None: none.

    Raises
    ------
    InputError
        The journal is damaged.
    SelflimitError
        A process died.
    """
    kept = Journal(journal)
    keys = [content_hash(one) for one in inputs] if journal is not None else [""] * len(items)
    results: dict[int, Any] = {i: found for i, key in enumerate(keys) if (found := kept.find(key)) is not None}
    order = sorted((i for i in range(len(items)) if i not in results), key=lambda i: -costs[i])
    worthwhile = min(2, os.cpu_count() or 1) if sum(costs[i] for i in order) >= WORTH_A_PROCESS else 1
    if results:
        progress(len(results) / len(items), f"{len(results)} of {len(items)} were finished before")
    for i, result in _computed(task, items, order, workers or worthwhile):
        kept.keep(keys[i], result)
        results[i] = result
        progress(len(results) / len(items), f"{inputs[i]['label']} ({len(results)} of {len(items)})")
    return [results[i] for i in range(len(items))]


def _computed(task: Callable[[T], R], items: Sequence[T], order: list[int], workers: int) -> Iterator[tuple[int, R]]:
    if workers == 1 or len(order) <= 1:
        yield from ((i, task(items[i])) for i in order)
        return
    futures = {_processes(workers).submit(task, items[i]): i for i in order}
    try:
        yield from ((futures[done], done.result()) for done in as_completed(futures))
    except BrokenProcessPool as cause:
        _processes.cache_clear()
        raise SelflimitError(
            "a relaxation process died: out of memory, or the script lacks 'if __name__ == \"__main__\":'; "
            "try workers=1"
        ) from cause
    finally:
        for future in futures:
            future.cancel()


@lru_cache(maxsize=1)
def _processes(workers: int) -> ProcessPoolExecutor:
    """The worker processes, kept for the next batch: starting one and loading a model takes seconds."""
    return worker_processes(workers)

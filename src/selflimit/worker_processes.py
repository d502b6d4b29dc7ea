"""Worker processes that never outlive the process that started them."""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from threading import Thread

from threadpoolctl import threadpool_limits


def worker_processes(count: int) -> ProcessPoolExecutor:
    """Fresh processes of one thread each: the tasks are what runs in parallel.

    They end as soon as the process that started them does, even by `kill -9`; Python's own would wait for it for ever.
    """
    # spawn, because forking a process whose libraries have started threads can deadlock
    return ProcessPoolExecutor(count, get_context("spawn"), _begin)


def _begin() -> None:
    threadpool_limits(limits=1)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := parent_process():
        parent.join()
        # not sys.exit, which in a thread ends the thread alone
        os._exit(1)

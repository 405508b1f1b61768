"""Where cells are computed: in this process, in others, or on a cluster; always through joblib."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from headway.pipelines.cells.work import Filled, Task, work
from headway.pipelines.configuration.schema import Executor

Work = Callable[[Task], Filled]


def spread(tasks: Iterable[Task], executor: Executor, threads: int) -> Generator[Filled, None, None]:
    """The answers, as they come; ``tasks`` is read as workers become free. Closing it ends every worker.

    Parameters
    ----------
    threads : of each worker, and of the contestants that it runs

    Raises
    ------
    CapabilityError
        The executor needs what is not there.
    """
    from joblib import Parallel, delayed

    with _EXECUTORS[executor.kind](executor, threads) as (do, settings):
        parallel = Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="n_jobs", **settings)
        yield from parallel(delayed(do)(task) for task in tasks)


@contextmanager
def _inline(executor: Executor, threads: int) -> Iterator[tuple[Work, dict[str, Any]]]:
    yield work, {"n_jobs": 1}


@contextmanager
def _processes(executor: Executor, threads: int) -> Iterator[tuple[Work, dict[str, Any]]]:
    from joblib import cpu_count

    from headway.pipelines.cells.processes import Seats

    workers = executor.workers or max(1, cpu_count() // threads)
    with Seats(workers, threads) as seats:
        yield seats.work, {"n_jobs": workers, "backend": "threading"}


@contextmanager
def _ray(executor: Executor, threads: int) -> Iterator[tuple[Work, dict[str, Any]]]:
    from headway.pipelines.cells.cluster import cluster

    with cluster(executor.address, executor.workers, threads) as (backend, workers):
        yield work, {"n_jobs": workers, "backend": backend}


_EXECUTORS = {"inline": _inline, "processes": _processes, "ray": _ray}

"""Workers as processes of this machine, each of which dies alone.

joblib's own executor of processes breaks as a whole when one of them dies: every cell under way is lost with it, and
nobody can tell whose it was. Here joblib spreads cells over threads, and each thread has a process to itself.
"""

from __future__ import annotations

import signal
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

from joblib.externals.loky.process_executor import BrokenProcessPool, ProcessPoolExecutor

from headway.contest.runner import THREAD_VARIABLES
from headway.contest.worker import end_with_parent
from headway.pipelines.cells.work import Filled, Task, work

ATTEMPTS = 2  # a cell whose worker dies is given to one other worker


class Seats:
    """So many single workers; each computes with ``threads`` threads.

    Use as a context: no process is left behind.
    """

    def __init__(self, workers: int, threads: int) -> None:
        self._env = {name: str(threads) for name in THREAD_VARIABLES}
        self._all = [self._seat() for _ in range(workers)]
        self._free: SimpleQueue[Any] = SimpleQueue()
        for seat in self._all:
            self._free.put(seat)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for seat in self._all:
            seat.shutdown(wait=False, kill_workers=True)

    def work(self, task: Task) -> Filled:
        """The answer of a free worker; its death costs this task an attempt, and no other task anything."""
        why = ""
        for _ in range(ATTEMPTS):
            seat = self._free.get()
            try:
                return seat.submit(work, task).result()  # type: ignore[no-any-return]
            except BrokenProcessPool as error:
                why, seat = " ".join(str(error).split()), self._seat()
                self._all.append(seat)
            finally:
                self._free.put(seat)
        return Filled(task.address, None, why)

    def _seat(self) -> Any:
        return ProcessPoolExecutor(max_workers=1, initializer=_begin, env=self._env)


def _begin() -> None:
    """In a new worker: it ends with its parent, which alone hears of Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()

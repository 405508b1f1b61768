"""Contestants under one clock: each runs in a process of its own, and every answer is re-scored here.

One worker serves one contestant with one seed, and gets one instance at a time. Whatever becomes of
it (an answer, a crash, a hang, too much memory, an exception, nonsense) is a recorded `Outcome`, and
the next instance gets a fresh worker where the last one is gone.

The score at budget b is the last incumbent stamped <= b CPU-seconds. There is no grace: a solver
that wants its last answer to count reports it in time. Later answers stay in the trace.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from multiprocessing import Pipe
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from headway.batch import Batch, Instance
from headway.components import options
from headway.contest import wire
from headway.contest.contestants import Contestant
from headway.contest.outcome import Outcome, Record, Status
from headway.errors import SolverError
from headway.problem import Problem
from headway.solver import Budget

LOAD_LIMIT = 300.0  # wall seconds to import and load a contestant, before any clock runs
# Wall seconds to warm up. In a new installation that is when compiled kernels are compiled, once: 15 to 20 CPU-seconds.
WARM_LIMIT = 120.0
POLL = 0.1  # seconds between two looks at the worker's memory and at the wall clock

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def own_seed(seed: int, instance: Instance) -> int:
    """The seed a contestant gets on ``instance``: the same wherever it meets it, another on every other one.

    With one seed for all instances, what luck does would be the same on each, and no average would tell.
    """
    digest = hashlib.sha256(f"{seed}|{instance.digest()}".encode()).digest()
    return int.from_bytes(digest[:4], "little") >> 1


class WorkerLostError(SolverError):
    """The worker is gone, or was killed at a limit."""

    def __init__(self, status: Status, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def run(
    contestant: Contestant,
    problem: Problem[Any, Any],
    instances: Instance | Sequence[Instance],
    budget: Budget,
    seed: int = 0,
    *,
    done: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Run ``contestant`` on each of the ``instances`` (a batch, or batches of one), and re-score what it answers.

    ``done`` hears of each outcome as it comes. No process is left behind, also not on an exception.
    """
    outcomes = []
    with Worker(contestant, problem, budget, seed) as worker:
        for index in range(len(instances)):
            outcomes.append(worker.solve(instances[index]))
            done(outcomes[-1])
    return outcomes


class Worker:
    """A contestant's process, started when first needed and again after it was lost."""

    def __init__(self, contestant: Contestant, problem: Problem[Any, Any], budget: Budget, seed: int = 0) -> None:
        self.contestant, self.problem, self.budget, self.seed = contestant, problem, budget, seed
        self.load_seconds = math.nan
        self._warm, self._watched = True, -math.inf
        self._process: subprocess.Popen[bytes] | None = None
        self._refusal: WorkerLostError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def solve(self, instance: Instance) -> Outcome:
        """What the contestant makes of an instance (a batch of one)."""
        record = Record(self.problem, instance, self.budget)
        before = math.nan
        try:
            self._ready()
            record.began, before = time.monotonic(), self._measure("cpu")
            self._ask(instance, record)
        except WorkerLostError as lost:
            record.lost(lost.status, lost.message, self._measure("cpu") - before)
            self.close()
        return dataclasses.replace(record.outcome(), load_seconds=self.load_seconds)

    def close(self) -> None:
        """Kill the worker and everything it started."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._connection.close()
        self._log.close()
        self._process = None

    # -- starting ---------------------------------------------------------------------------------
    def _ready(self) -> None:
        if self._refusal is not None:
            raise self._refusal
        if self._process is not None:
            return
        try:
            self._start()
        except WorkerLostError:
            if self._refusal is not None or not self._warm:
                raise
            # The warm-up took it down. Started cold, it meets its fate on the clock.
            self._warm = False
            self.close()
            self._start()

    def _start(self) -> None:
        self._spawn()
        problem = type(self.problem)
        setup = {
            "problem": f"{problem.__module__}:{problem.__qualname__}",
            "problem_options": _jsonable(options(self.problem)),
            "contestant": _jsonable(self.contestant.message()),
            "budget": dataclasses.asdict(self.budget),
            "warm": self._warm,
        }
        self._send(setup)
        first, _ = self._next(time.monotonic() + LOAD_LIMIT)
        if first["event"] == "failed":
            self._refusal = WorkerLostError(first["status"], f"it cannot be loaded: {first['text']}")
            raise self._refusal
        ready, _ = self._next(time.monotonic() + max(self.budget.deadline, WARM_LIMIT))
        self.load_seconds = ready["cpu"]

    def _spawn(self) -> None:
        self._connection, theirs = Pipe()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the worker)
        threads = {name: str(self.budget.threads) for name in THREAD_VARIABLES}
        # What can be imported here can be imported there, and nothing else: not what lies in the folder.
        paths = {"PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path)}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "headway.contest.worker", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                env={**os.environ, **threads, **paths},
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # one group to kill, and no Ctrl-C meant for us
            )

    # -- asking -----------------------------------------------------------------------------------
    def _ask(self, instance: Instance, record: Record) -> None:
        end = time.monotonic() + self.budget.deadline
        self._send({"seed": own_seed(self.seed, instance)}, instance)
        while True:
            message, arrays = self._next(end)
            if message["event"] == "failed":
                raise WorkerLostError(message["status"], message["text"])
            if message["event"] == "done":
                record.finished(message["cpu"], message["wall"])
                return
            record.add(message, arrays)

    def _send(self, message: dict[str, Any], batch: Batch | None = None) -> None:
        try:
            wire.send(self._connection, message, batch)
        except OSError as error:
            raise self._lost() from error

    def _next(self, end: float) -> tuple[dict[str, Any], dict[str, Any]]:
        """The worker's next message, which must come before ``end`` (on the monotonic clock)."""
        while time.monotonic() < end:
            self._watch_memory()
            try:
                if self._connection.poll(POLL):
                    return wire.receive(self._connection)
            except (EOFError, OSError) as error:
                raise self._lost() from error
        raise WorkerLostError("hang", f"killed after {self.budget.deadline:.1f} s without an end")

    def _watch_memory(self) -> None:
        if time.monotonic() - self._watched < POLL:
            return
        self._watched = time.monotonic()
        if self._measure("memory") > self.budget.memory:
            raise WorkerLostError("memory", f"killed above {self.budget.memory / 2**20:.0f} MiB resident")

    def _measure(self, what: Literal["cpu", "memory"]) -> float:
        """CPU-seconds or resident bytes of the process tree; NaN once it is gone."""
        import psutil

        if self._process is None:
            return math.nan
        try:
            tree = [psutil.Process(pid) for pid in _family(self._process.pid)]
            if what == "memory":
                return float(sum(p.memory_info().rss for p in tree))
            return float(sum(sum(p.cpu_times()[:2]) for p in tree))
        except psutil.Error:
            return math.nan

    def _lost(self) -> WorkerLostError:
        code = self._process.wait() if self._process is not None else 0
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        self._log.seek(0)
        last = self._log.read()[-500:].decode(errors="replace").strip()
        return WorkerLostError("crash", f"the process ended with {how}" + (f": {last}" if last else ""))


def _family(pid: int) -> list[int]:
    """A process and all its descendants.

    From the kernel's lists of children: psutil looks through every process of the machine for them, which took longer
    than many a policy needs for its answer.
    """
    import psutil

    if not Path(f"/proc/{pid}/task/{pid}/children").exists():
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            for thread in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (thread / "children").read_text().split())
    return found


def _jsonable(value: Any) -> Any:
    from pydantic_core import to_jsonable_python

    return to_jsonable_python(value)

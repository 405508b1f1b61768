"""The process that runs one contestant: ``python -m headway.contest.worker FD``, started by `headway.contest.runner`.

It loads problem and contestant, says ``ready``, and then answers one instance at a time. Its clock
starts when it holds an instance; every incumbent is sent at once with its stamp. Whatever the
contestant raises becomes a message; whatever kills the process is seen by the runner.
"""

from __future__ import annotations

import ctypes
import dataclasses
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from headway.batch import Batch, Instance
from headway.components import build
from headway.contest import wire
from headway.contest.contestants import Contestant
from headway.problem import Problem, lookup
from headway.rollouts import Walk
from headway.solver import Budget, Search, Solver

WARM_UP = 0.05  # CPU-seconds of a solver's warm-up, and decisions of a policy's
WARM_UP_STEPS = 3
LOOK_AGAIN = 0.01  # seconds between two looks for child processes

PR_SET_PDEATHSIG = 1  # linux/prctl.h


class TreeClock:
    """CPU-seconds of this process and of those it started.

    Living children are looked for at most every `LOOK_AGAIN` seconds, and only where Linux lists
    them; elsewhere a child counts once it has ended and been waited for.
    """

    def __init__(self) -> None:
        self._children, self._looked = 0.0, -1.0

    def __call__(self) -> float:
        now = time.monotonic()
        if now - self._looked > LOOK_AGAIN:
            self._children, self._looked = _children(), now
        return time.process_time() + self._children


def _children() -> float:
    waited = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = waited.ru_utime + waited.ru_stime
    if not any(path.read_bytes() for path in Path("/proc/self/task").glob("*/children")):
        return total
    import psutil

    for child in psutil.Process().children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue  # it ended between the two looks, and is among the waited ones next time
        total += times.user + times.system
    return total


class Desk:
    """A loaded contestant, and the line to the runner."""

    def __init__(self, setup: Mapping[str, Any], connection: Connection) -> None:
        self.connection, self.lock = connection, threading.Lock()
        self.budget = Budget(**setup["budget"])
        reference = setup["problem"]
        cls = lookup("problem", reference, {reference: reference})
        self.problem: Problem[Any, Any] = build(cls, setup["problem_options"], where="problem")
        self.contestant = Contestant.from_message(setup["contestant"])
        self.entrant = self.contestant.load(self.problem)

    def warm_up(self) -> None:
        """A moment's work on a tuning instance, so that late imports and first calls are off the clock."""
        instance = self.problem.instances("tuning", 1)
        if isinstance(self.entrant, Solver):
            budget = dataclasses.replace(self.budget, cpu=WARM_UP)
            self.entrant.solve(self.problem, instance, Search(budget=budget))
            return
        walk = self._walk(instance, 0)
        for _ in range(WARM_UP_STEPS):
            if len(walk.active):
                walk.step()

    def answer(self, instance: Instance, seed: int) -> None:
        """Run the contestant on one instance, sending each solution as it comes."""
        clock, began = TreeClock(), time.monotonic()

        def report(solution: Any, cpu: float) -> None:
            self._send_solution(solution, cpu, time.monotonic() - began)

        def report_bound(value: float, cpu: float) -> None:
            self.send("bound", value=float(value), cpu=cpu)

        search: Search[Any] = Search(
            budget=self.budget, seed=seed, report=report, report_bound=report_bound, clock=clock
        )
        solution = self._solve(instance, search)
        if solution is not None:
            search.incumbent(solution)
        self.send("done", cpu=search.spent, wall=time.monotonic() - began)

    def send(self, event: str, batch: Batch | None = None, **content: Any) -> None:
        """One message to the runner; solvers report from several threads."""
        with self.lock:
            wire.send(self.connection, {"event": event, **content}, batch)

    def _solve(self, instance: Instance, search: Search[Any]) -> Any:
        if isinstance(self.entrant, Solver):
            return self.entrant.solve(self.problem, instance, search)
        walk = self._walk(instance, search.seed)
        while len(walk.active):
            walk.step()
        return walk.result().solution

    def _walk(self, instance: Instance, seed: int) -> Walk:
        from headway.contest.chance import acting

        name = self.contestant.environment
        environment = self.problem.environment(name, **self.contestant.environment_options)
        return Walk(environment, acting(self.entrant, environment, instance), instance, seed=seed)

    def _send_solution(self, solution: Any, cpu: float, wall: float) -> None:
        expected = self.problem.solution_type
        if isinstance(solution, expected) and len(solution) == 1:
            self.send("incumbent", solution, cpu=cpu, wall=wall)
            return
        got = f"{len(solution)} solutions" if isinstance(solution, expected) else type(solution).__name__
        self.send("invalid", cpu=cpu, wall=wall, text=f"got {got}, expected one {expected.__name__}")


def main() -> int:
    """Serve until the runner hangs up."""
    end_with_parent()
    descriptor = int(sys.argv[1])
    os.set_inheritable(descriptor, False)
    connection = Connection(descriptor)
    setup, _ = wire.receive(connection)
    desk = _attempt(connection, lambda: Desk(setup, connection))
    if desk is None:
        return 1
    desk.send("loaded")
    if setup["warm"]:
        # What goes wrong here goes wrong again on the clock, where it is recorded.
        _attempt(None, desk.warm_up)
    limit_memory(desk.budget.memory)
    desk.send("ready", cpu=time.process_time())
    while True:
        try:
            task, arrays = wire.receive(connection)
        except EOFError:
            return 0
        instance = desk.problem.instance_type.made(arrays)
        _attempt(connection, partial(desk.answer, instance, task["seed"]))


def _attempt(connection: Connection | None, act: Callable[[], Any]) -> Any:
    """Run foreign code; whatever it raises is told to the runner, and None returned."""
    try:
        return act()
    except MemoryError as error:
        failure = {"status": "memory", "text": str(error) or "MemoryError"}
    except Exception as error:  # a contestant may raise anything: it is an outcome, and recorded
        failure = {"status": "error", "text": f"{type(error).__name__}: {error}"}
    if connection is not None:
        wire.send(connection, {"event": "failed", **failure})
    return None


def end_with_parent() -> None:
    """Let the kernel kill this process when its parent dies, however that happens (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def limit_memory(memory: int) -> None:
    """Allow ``memory`` more bytes of data than are mapped now, so that most excess is a MemoryError."""
    if sys.platform != "linux":
        return
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    mapped = int(status["VmData"].split()[0]) * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (mapped + memory, resource.getrlimit(resource.RLIMIT_DATA)[1]))


if __name__ == "__main__":
    sys.exit(main())

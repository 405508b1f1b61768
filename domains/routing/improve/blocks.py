"""A search cut into blocks: what stays between them, as plain arrays, and one block more."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.domains.routing.classical.polish import begun
from headway.domains.routing.classical.savings import savings
from headway.domains.routing.classical.sisr_kernel import anneal, written
from headway.domains.routing.classical.sisr_knobs import knobs_of, mean_distance
from headway.domains.routing.classical.sisr_state import best_of
from headway.domains.routing.classical.task import NEAR, Floats, Task, task_of, writable
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.improve.params import PLAIN, SEEN, Params, State
from headway.domains.routing.improve.steering import Watch, seen, steered
from headway.errors import CapabilityError

REMOVALS = 10.0  # in an iteration, where effort is counted in iterations
TABLES = ("distance", "duration")
NODES = ("demand", "change", "mate", "sends", "line", "haul", "earliest", "latest", "service", "prize")
ROWS = ("customers", "capacity", "limit", "rich", "pairs", "optional")


def task_at(p: Params, row: int) -> Task:
    """One row's task."""
    n, depots = int(p.customers[row]), int(p.depots[row])
    size = n + depots
    fields: dict[str, Any] = {name: writable(getattr(p, name)[row, :size, :size]) for name in TABLES}
    fields |= {name: np.ascontiguousarray(getattr(p, name)[row, :size]) for name in NODES}
    fields |= {name: getattr(p, name)[row].item() for name in ROWS}
    back = np.ascontiguousarray(fields["distance"].T)
    home = np.concatenate([[0], np.arange(n + 1, size)]).astype(np.int64)
    near = np.ascontiguousarray(p.near[row, : n + 1, : int(p.width[row])].astype(np.int32))
    return Task(back=back, home=home, near=near, fleet=p.fleet[row, :depots].copy(), **fields)


def numbers(instance: RoutingInstance, effort: tuple[float, float] = (1.0, 1.0)) -> Params:
    """The parameters, as numpy arrays; ``plain`` is empty. Efforts lie between these two, by the instance.

    Raises
    ------
    CapabilityError
        The savings method finds no solution to begin with: the fleet is too small for it.
    """
    tasks = [task_of(instance, row) for row in range(len(instance))]
    n, width = instance.nodes, min(NEAR, instance.nodes)  # shapes follow from N alone, so that rows can be exchanged
    columns: dict[str, Any] = {name: np.array([getattr(task, name) for task in tasks]) for name in ROWS}
    columns |= {name: np.stack([_padded(getattr(task, name), (n,)) for task in tasks]) for name in NODES}
    columns |= {name: np.stack([_padded(getattr(task, name), (n, n)) for task in tasks]) for name in TABLES}
    columns["near"] = np.stack([_padded(task.near.astype(np.int64), (n, width)) for task in tasks])
    columns["width"] = np.array([task.near.shape[1] for task in tasks])
    columns["depots"] = np.array([len(task.home) for task in tasks])
    columns["fleet"] = np.stack([_padded(task.fleet, (int(columns["depots"].max()),)) for task in tasks])
    columns["seed"] = np.array([zlib.crc32(task.distance.tobytes()) for task in tasks], np.int64)
    # A fraction that looks like chance and belongs to the instance; logarithms of efforts are uniform.
    drawn = columns["seed"] % 1009 / 1008
    columns["effort"] = effort[0] * (effort[1] / effort[0]) ** drawn
    starts = [savings(task) for task in tasks]
    if any(start is None for start in starts):
        raise CapabilityError("the savings method finds nothing to improve", where="improve", got="too small a fleet",
                              hint="use problems whose fleet is unlimited")  # fmt: skip
    found = [begun(task, start) for task, start in zip(tasks, starts, strict=True)]
    columns["first"] = np.stack([_padded(best_of(state), (2 * n,)) for state in found])
    columns["ends"] = np.array([len(best_of(state)) for state in found])
    columns["cost"] = np.array([float(state.run["best"][0]) for state in found])
    return Params(**columns, plain=np.zeros((len(tasks), 0)))


def start(p: Params) -> State:
    """Nothing has been done."""
    rows = len(p.cost)
    none, zeros = np.zeros(rows, np.int64), np.zeros(p.demand.shape)
    sight = np.zeros((rows, SEEN))
    for row, (cost, effort) in enumerate(zip(p.cost.tolist(), p.effort.tolist(), strict=True)):
        sight[row] = seen(task_at(p, row), Watch(0.0, effort, cost, cost, cost, cost, 0.0, 0.0, 0.0, PLAIN))
    return State(p.first.copy(), p.ends.copy(), p.first.copy(), p.ends.copy(), p.cost.copy(), p.cost.copy(),
                 p.seed.copy(), zeros, none, none, sight)  # fmt: skip


def block(p: Params, s: State, row: int, decision: Floats, blocks: int, heat: tuple[float, float]) -> None:
    """One block of one row's search, written into its state."""
    task, effort = task_at(p, row), float(p.effort[row])
    search = begun(task, s.tour[row, : s.ends[row]])
    run = search.run
    run["random"] = s.random[row : row + 1].view(np.uint64)
    run["best"], run["length"], run["better"] = s.cost[row], s.best_ends[row], 0
    search.best[: s.best_ends[row]] = s.best[row, : s.best_ends[row]]
    search.site["credit"] = s.credit[row, : len(search.site)]
    knobs, factor = steered(task, knobs_of(task), decision, search)
    search.site["credit"] *= 0.5
    iterations = max(1, round(effort * task.customers / blocks * REMOVALS / knobs.average))
    scale, fall, done = factor * mean_distance(task), heat[1] / heat[0], int(s.block[row])
    hot, cold = (scale * heat[0] * fall ** (k / blocks) for k in (done, done + 1))
    before = float(s.cost[row])
    anneal(search, knobs, iterations, hot, cold)
    s.block[row] = done + 1
    s.ends[row] = written(search, s.tour[row])
    s.best_ends[row] = run["length"][0]
    s.best[row, : s.best_ends[row]] = best_of(search)
    s.current[row], s.cost[row] = run["current"][0], run["best"][0]
    s.random[row : row + 1] = run["random"].view(np.int64)
    s.credit[row, : len(search.site)] = search.site["credit"]
    if s.cost[row] < before:
        s.found[row] = done + 1
    watch = Watch((done + 1) / blocks, effort, float(p.cost[row]), float(s.cost[row]), float(s.current[row]), before,
                  float(run["taken"][0]) / iterations, float(run["better"][0]) / iterations,
                  float(done + 1 - s.found[row]) / blocks, decision)  # fmt: skip
    s.seen[row] = seen(task, watch)


def _padded(array: NDArray[Any], shape: tuple[int, ...]) -> Any:
    out = np.zeros(shape, array.dtype)
    out[tuple(slice(0, size) for size in array.shape)] = array
    return out

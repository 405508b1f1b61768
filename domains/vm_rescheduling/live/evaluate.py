"""The scorer: lets a cluster live second by second while a plan is carried out, in plain Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from headway.domains.vm_rescheduling.cluster.instance import NODES
from headway.domains.vm_rescheduling.cluster.plan import Move
from headway.domains.vm_rescheduling.live.instance import LiveSnapshot
from headway.domains.vm_rescheduling.live.plan import LivePlan
from headway.domains.vm_rescheduling.rescheduling.evaluate import Cluster, mixed
from headway.domains.vm_rescheduling.rescheduling.evaluate import evaluate as evaluate_frozen
from headway.evaluation import Evaluation

STEP = 10.0  # seconds between two points of the series


class Living(Cluster):
    """One cluster that lives on: at one second departures come first, then arrivals, each in order of their numbers."""

    def __init__(self, instance: LiveSnapshot, row: int) -> None:
        super().__init__(instance, row)
        vms = instance.vms
        self.spot = [-1.0] * vms + instance.spot[row].tolist()
        self.nodes += instance.arrival_nodes[row].tolist()
        self.group += [-1] * instance.arrivals
        self.need["cpu"] += instance.arrival_cpu[row].tolist()
        self.need["memory"] += instance.arrival_memory[row].tolist()
        ends = enumerate(instance.leaves[row].tolist() + instance.until[row].tolist())
        starts = enumerate(instance.time[row].tolist(), start=vms)
        events = [(second, 0, vm) for vm, second in ends] + [(second, 1, vm) for vm, second in starts]
        self.events = sorted((event for event in events if event[0] < np.inf), reverse=True)
        self.refused = self.late = 0

    def live(self, second: float) -> None:
        """Let everything happen up to and at this second."""
        while self.events and self.events[-1][0] <= second:
            _, arrives, vm = self.events.pop()
            if arrives:
                self.arrive(vm)
            elif vm in self.at:
                self.put(vm, *self.at[vm], sign=-1)
                del self.at[vm]

    def arrive(self, vm: int) -> None:
        """Place an arriving VM by the scheduler's rule, or refuse it."""
        fits = self.places(vm)
        if not fits:
            self.refused += 1
        elif self.spot[vm] < 0:
            free = self.free["cpu"]
            self.put(vm, *min(fits, key=lambda place: (sum(free[place[0]]), free[place[0]][place[1]], place)))
        else:
            self.put(vm, *fits[int(self.spot[vm] * len(fits))])

    def places(self, vm: int) -> list[tuple[int, int]]:
        """Machines and nodes that take VMs and have room for this one now (node 0 for a VM on two)."""
        cores, memory = (self.need[resource][vm] // self.nodes[vm] for resource in ("cpu", "memory"))
        machines = enumerate(zip(self.active, self.free["cpu"], self.free["memory"], strict=True))
        if self.nodes[vm] == NODES:
            return [(m, 0) for m, (open, cpu, mb) in machines if open and min(cpu) >= cores and min(mb) >= memory]
        rooms = ((m, cpu, mb) for m, (open, cpu, mb) in machines if open and max(cpu) >= cores)
        return [(m, n) for m, cpu, mb in rooms for n in range(NODES) if cpu[n] >= cores and mb[n] >= memory]

    def attempt(self, move: Move) -> None:
        """Carry out a migration, or skip it where it has come too late."""
        vm, machine, node = move
        there = vm in self.at and self.at[vm] != (machine, node)
        if not there or (machine, node) not in self.places(vm) or self.clashes(vm, machine):
            self.late += 1
            return
        self.put(vm, *self.at[vm], sign=-1)
        self.put(vm, machine, node)


def evaluate(problem: Any, instance: LiveSnapshot, plan: LivePlan) -> Evaluation:
    """The initial fragment rate less what the plan has gained right after its last migration (see the README).

    Violations: those of the plan on the snapshot that the planner saw (see `rescheduling.evaluate`).
    Metrics: ``migrations`` in the plan, ``late`` ones among them that were skipped, ``ready`` (second of the last
    migration, 0 without one), ``initial`` rate, ``rate`` right after the last migration and ``without`` the plan at
    that second, ``end`` and ``end_without`` at the horizon, arrivals ``refused`` up to then and ``refused_without``.
    Series, every 10 seconds from 0 to the horizon: the rate with the plan (``fragments``) and ``without``.

    Raises
    ------
    SolutionError
        Another number of plans than snapshots, a plan that has been cut off, seconds out of order.
    """
    plan.validate()  # slices and changed copies have not been
    frozen = evaluate_frozen(problem, instance, plan)
    rows = [_lived(problem, instance, plan, row) for row in range(len(instance))]
    metrics = {name: np.array([row[0][name] for row in rows]) for name in rows[0][0]}
    objective = metrics["initial"] - (metrics["without"] - metrics["rate"])
    series = {name: np.array([row[1][name] for row in rows]) for name in rows[0][1]}
    return Evaluation(objective, frozen.violations, metrics, series)


def _lived(
    problem: Any, instance: LiveSnapshot, plan: LivePlan, row: int
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Metrics and series of one row."""
    moves = plan.decided(row)
    last = moves[-1][1] if moves else 0.0
    grid = np.arange(0.0, problem.horizon + STEP / 2, STEP).tolist()
    moments = sorted({*grid, last})
    planned, without = Living(instance, row), Living(instance, row)
    initial = mixed(planned, problem.terms)
    rates, idle = (_rates(problem, world, todo, moments) for world, todo in ((planned, moves), (without, [])))
    metrics = {
        "migrations": len(moves), "late": planned.late, "ready": last, "initial": initial,
        "rate": rates[last], "without": idle[last], "end": rates[grid[-1]], "end_without": idle[grid[-1]],
        "refused": planned.refused, "refused_without": without.refused,
    }  # fmt: skip
    series = {"fragments": [rates[second] for second in grid], "without": [idle[second] for second in grid]}
    return {name: float(value) for name, value in metrics.items()}, series


def _rates(
    problem: Any, world: Living, moves: Sequence[tuple[Move, float]], moments: Sequence[float]
) -> dict[float, float]:
    """The fragment rate at each of these seconds, after the migrations of that second."""
    todo, rates = list(reversed(moves)), {}
    for moment in moments:
        while todo and todo[-1][1] <= moment:
            move, second = todo.pop()
            world.live(second)
            world.attempt(move)
        world.live(moment)
        rates[moment] = mixed(world, problem.terms)
    return rates

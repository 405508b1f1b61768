"""A plan of the next periods as an integer program for CP-SAT, begun from a plan that is known."""

from __future__ import annotations

from math import erfc, exp, pi, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.lot_sizing.evaluate import replay
from headway.domains.inventory.lot_sizing.instance import PlantPath

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MONEY = 1000  # the solver counts in whole numbers: money in thousandths
TANGENTS = (-1.0, 0.0, 1.0)  # of the expected shortage, in standard deviations around the demand


class Task(NamedTuple):
    """What is to be planned.

    path : PlantPath of one row with the expected demand of the window, stock, and set-ups of the period before
    told : what the first machines do in the first period, which is decided
    spread : factor on the standard deviation of demand
    ending : float64 [I], worth of a full stock and of a machine set up for the item, after the last period
    """

    path: PlantPath
    told: tuple[int, ...]
    spread: float
    ending: Floats


class Program:
    """The model, where ``known`` counts what the known plan costs in it, in the model's units.

    For every machine, item and period there is a switch for making it and one for the change to it. Stock follows as in
    `Assign`, with expected demand: what is short is lost, what is above the capacity is wasted. The penalty is paid on
    the expected shortage where the demand until then is normal: no less than any of a few tangents of it.

    Items that no machine makes in any plan worth having are left out: what they cost is the same in all plans.
    """

    def __init__(self, task: Task, plan: Integers) -> None:
        from ortools.sat.python import cp_model

        self.model: Any = cp_model.CpModel()
        self.known, self._terms = 0, list[Any]()
        self.task, self.plan, self.ledger = task, plan, replay(task.path, plan[None])
        self.making: dict[tuple[int, int], list[Any]] = {}
        self.fresh: dict[tuple[int, int], list[Any]] = {}
        self._machines()
        for item in sorted({i for _, i in self.making}):
            self._item(item)
        self.model.minimize(sum(self._terms))

    def solve(self, work: float) -> Integers:
        """What the machines do first, int64 [M]: in the best plan found, or the known one where none is better.

        ``work`` limits the search, in the solver's own measure (about seconds), so that it is the same every time.
        """
        from ortools.sat.python import cp_model

        solver: Any = cp_model.CpSolver()
        solver.parameters.num_workers, solver.parameters.random_seed = 1, 0
        solver.parameters.max_deterministic_time = work
        solver.parameters.interleave_search = True  # one worker takes turns at all strategies, by the same clock
        status = solver.solve(self.model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE) or solver.objective_value >= self.known:
            return np.array(self.plan[0])
        first = np.zeros(self.plan.shape[1], np.int64)
        for (machine, item), making in self.making.items():
            if solver.value(making[0]):
                first[machine] = item + 1
        return first

    # -- parts of the model -------------------------------------------------------------------------
    def _number(self, high: int, value: float, low: int = 0) -> Any:
        """A variable, and what it is in the known plan."""
        variable = self.model.new_int_var(low, high, "")
        self.model.add_hint(variable, int(value))
        return variable

    def _pay(self, cost: int, variable: Any, value: float) -> None:
        self._terms.append(cost * variable)
        self.known += cost * int(value)

    def _machines(self) -> None:
        """Switches: a machine does one thing at a time, and pays for changes."""
        path, plan, told = self.task.path, self.plan, self.task.told
        worth = worthwhile(path)
        for m, i in np.argwhere(path.rate[0] > 0).tolist():
            before = int(path.setup[0, m] == i + 1)
            used = plan[:, m] == i + 1
            if not (worth[m, i] or before or used.any()):
                continue
            making, fresh = [self._number(1, on) for on in used], []
            for now, on, was in zip(making, used, [before, *used[:-1]], strict=True):
                change = self._number(1, on and not was)
                self.model.add(change >= now - before)
                self.model.add(change <= now)
                self.model.add(change <= 1 - before)
                self._pay(round(MONEY * path.setup_cost[0, m, i]), change, on and not was)
                fresh.append(change)
                before = now
            if m < len(told):
                self.model.add(making[0] == int(told[m] == i + 1))
            self.making[m, i], self.fresh[m, i] = making, fresh
        for m in range(path.machines):
            for t in range(len(plan)):
                self.model.add_at_most_one(making[t] for (k, _), making in self.making.items() if k == m)

    def _item(self, i: int) -> None:
        """Stock from period to period, and what it costs to have too little or too much."""
        path, ledger = self.task.path, self.ledger
        machines = [m for m, item in self.making if item == i]
        rate, loss = path.rate[0, :, i].astype(int), path.setup_loss[0, :, i].astype(int)
        capacity, most = int(path.capacity[0, i]), int(rate[machines].sum())
        stock: Any = int(path.stock[0, i])
        for t, demand in enumerate(path.demand[0, :, i].astype(int).tolist()):
            made = sum(int(rate[m]) * self.making[m, i][t] for m in machines)
            made -= sum(int(min(loss[m], rate[m])) * self.fresh[m, i][t] for m in machines)
            kept, short, wasted = (float(table[0, t, i]) for table in (ledger.stock, ledger.short, ledger.wasted))
            left, lost, over = self._number(capacity, kept), self._number(demand, short), self._number(most, wasted)
            full, empty = self._number(1, wasted > 0), self._number(1, short > 0)
            self.model.add(left == stock + made - demand + lost - over)
            self.model.add(over <= most * full)
            self.model.add(left >= capacity * full)
            self.model.add(lost <= demand * empty)  # else a plan would turn customers away to keep its stock
            self.model.add(left <= capacity - capacity * empty)
            self._pay(round(MONEY * path.holding[0, i]), left, kept)
            self._shortage(i, t, left - lost, kept - short)
            stock = left
        self._ending(i, stock, [self.making[m, i][-1] for m in machines])

    def _ending(self, i: int, stock: Any, making: list[Any]) -> None:
        """What is left is worth a change saved where a machine is set up, and the stock's share of one."""
        worth, full = round(MONEY * self.task.ending[i]), int(self.task.path.capacity[0, i])
        if worth == 0 or full == 0:
            return
        self._pay(-(worth // full), stock, self.ledger.stock[0, -1, i])
        is_ready = (self.plan[-1] == i + 1).any()
        ready = self._number(1, is_ready)
        self.model.add(ready <= sum(making))
        self._pay(-worth, ready, is_ready)

    def _shortage(self, i: int, t: int, net: Any, value: float) -> None:
        """The penalty on E(D - y)+, y - E(D) being ``net``: at least its limit, and at least each tangent."""
        path, penalty = self.task.path, MONEY * float(self.task.path.penalty[0, i])
        deviation = self.task.spread * float(path.std[0, i]) * (t + 1) ** 0.5
        lines = [(0, 0), (0, round(penalty))]
        lines += [(round(penalty * at), round(penalty * slope)) for at, slope in tangents(deviation)]
        worst = max(at + slope * int(path.demand[0, t, i] + 1) for at, slope in lines)
        cost = max(at - slope * int(value) for at, slope in lines)
        paid = self._number(worst, cost)
        for at, slope in lines[1:]:
            self.model.add(paid >= at - slope * net)
        self._pay(1, paid, cost)


def worthwhile(path: PlantPath) -> NDArray[np.bool_]:
    """Whether a full stock of the item would be worth the change, bool [M, I]."""
    worth: NDArray[np.bool_] = (path.penalty * path.capacity)[0] > path.setup_cost[0]
    worth &= path.rate[0] > 0
    return worth


def tangents(deviation: float) -> list[tuple[float, float]]:
    """Tangents a - b x of the expected shortage E(N - x)+, N normal around 0: (a, b) at each of `TANGENTS`.

    With loss function f(z) - z (1 - F(z)) (Zipkin 2000, "Foundations of Inventory Management", section C.3.1) the one
    at z has b = 1 - F(z), and a = deviation x f(z).
    """
    points = TANGENTS if deviation else ()
    return [(deviation * exp(-z * z / 2) / sqrt(2 * pi), erfc(z / sqrt(2)) / 2) for z in points]

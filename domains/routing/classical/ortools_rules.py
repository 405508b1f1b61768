"""The rules of an instance as dimensions, disjunctions and pairs of OR-Tools' routing model."""

from __future__ import annotations

from typing import Any

import numpy as np

from headway.domains.routing.classical.scaling import NEVER, Whole
from headway.domains.routing.classical.task import Task
from headway.domains.routing.family.instance import Ints

FINE = 1e11  # resolution of times and lengths that are held against limits; they cost nothing, unlike the objective's


class Rules:
    """Adds what a task asks for to ``model``, before it is closed.

    ``fine``: its numbers at `FINE`, for what is held against limits. ``prize`` [n]: in the objective's units.
    """

    def __init__(self, task: Task, fine: Whole, prize: Ints, model: Any, manager: Any) -> None:
        self.task, self.model, self.manager = task, model, manager
        self.customers = range(1, task.customers + 1)
        self.vehicles = range(manager.GetNumberOfVehicles())
        self.pairs = [(node, int(task.mate[node])) for node in np.flatnonzero(task.sends).tolist()]
        self._load()
        self._backhauls_last()
        self._windows(fine)
        self._length(fine)
        self._optional(prize)
        self._pairs()

    # -- loads ----------------------------------------------------------------------------------
    def _load(self) -> None:
        """One sum for deliveries, one for everything else; or, where both are on board together, the load itself.

        Each vehicle starts with all that it delivers, which is why the load begins where what remains of it does.
        """
        delivered, change, capacity = self.task.demand, self.task.change, self.task.capacity
        separate = self.task.haul.any() and not self.pairs and not (delivered * change).any()
        if separate or not (delivered.any() and change.any()):
            for name, amount in {"delivered": delivered, "load": change}.items():
                self._count(amount, capacity, name)
            return
        remaining = self._count(-delivered, capacity, "remaining", starts_empty=False)
        load = self._count(change - delivered, capacity, "load", starts_empty=False)
        for vehicle in self.vehicles:
            start = self.model.Start(vehicle)
            remaining.CumulVar(self.model.End(vehicle)).SetValue(0)
            self.model.solver().Add(load.CumulVar(start) == remaining.CumulVar(start))

    def _backhauls_last(self) -> None:
        """A delivery from the depot comes after no pickup for it."""
        if not (self.task.haul.any() and self.task.line.any()):
            return
        collected = self._count(self.task.haul.astype(np.int64), len(self.customers), "collected")
        for node in np.flatnonzero(self.task.line).tolist():
            collected.CumulVar(self._index(node)).SetMax(0)

    # -- times ----------------------------------------------------------------------------------
    def _windows(self, fine: Whole) -> None:
        """Vehicles leave when the depot opens: no later start serves a customer earlier."""
        if not fine.timed:
            return
        known = np.where(fine.latest < NEVER, fine.latest, 0)
        horizon = int(max(known.max(), fine.earliest.max()) + fine.travel.max(1).sum() + fine.service.sum())
        step = self.model.RegisterTransitMatrix((fine.service[:, None] + fine.travel).tolist())
        self.model.AddDimension(step, horizon, horizon, False, "time")
        time = self.model.GetDimensionOrDie("time")
        latest = np.minimum(fine.latest, horizon)
        for node in self.customers:
            time.CumulVar(self._index(node)).SetRange(int(fine.earliest[node]), int(latest[node]))
        for vehicle in self.vehicles:
            start, end = self.model.Start(vehicle), self.model.End(vehicle)
            depot = self.manager.IndexToNode(start)
            time.CumulVar(start).SetValue(int(fine.earliest[depot]))
            time.CumulVar(end).SetMax(int(latest[depot]))

    def _length(self, fine: Whole) -> None:
        if fine.limit < NEVER:
            step = self.model.RegisterTransitMatrix(fine.length.tolist())
            self.model.AddDimension(step, 0, fine.limit, True, "length")

    # -- visits ---------------------------------------------------------------------------------
    def _optional(self, prize: Ints) -> None:
        """Customers that may be left out, both of a pair or none."""
        alone = [(node,) for node in self.customers if not self.task.mate[node]]
        for group in (*alone, *self.pairs):
            if all(prize[node] < NEVER for node in group):
                indices = [self._index(node) for node in group]
                self.model.AddDisjunction(indices, int(sum(prize[node] for node in group)), len(group))

    def _pairs(self) -> None:
        if not self.pairs:
            return
        position = self._count(np.ones(len(self.task.demand), np.int64), self.task.customers + 2, "position")
        solver = self.model.solver()
        for origin, node in self.pairs:
            first, then = self._index(origin), self._index(node)
            self.model.AddPickupAndDelivery(first, then)
            solver.Add(self.model.VehicleVar(first) == self.model.VehicleVar(then))
            solver.Add(self.model.ActiveVar(first) == self.model.ActiveVar(then))
            solver.Add(position.CumulVar(first) <= position.CumulVar(then))

    # -- helpers --------------------------------------------------------------------------------
    def _index(self, node: int) -> int:
        return int(self.manager.NodeToIndex(node))

    def _count(self, amount: Ints, most: int, name: str, *, starts_empty: bool = True) -> Any:
        """A dimension that adds up an amount per visited node, between 0 and ``most``."""
        step = self.model.RegisterUnaryTransitVector(amount.tolist())
        self.model.AddDimension(step, 0, most, starts_empty, name)
        return self.model.GetDimensionOrDie(name)

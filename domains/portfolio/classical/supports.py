"""Few names by branch and bound over who may be held at all: every node is a linear program of those that are left."""

from __future__ import annotations

import dataclasses
import heapq
import itertools
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.portfolio.classical.limits import Limits
from headway.domains.portfolio.classical.measures import Measure, add_risk, add_weights
from headway.domains.portfolio.classical.programs import PROVEN, Found, Program
from headway.errors import SolverError

Floats = NDArray[np.float64]
Names = tuple[int, ...]

_HELD = 1e-9  # the least weight that counts as held


class Node(NamedTuple):
    """A part of the choices, least risk first: ``sure`` are held, of the others those are not that ``left`` lacks."""

    risk: float  # least risk of those that are left, however many are held
    number: int
    sure: frozenset[int]
    left: Names
    weights: Floats


@dataclass
class Supports:
    """Least risk with at most ``names`` of n assets, by the choice of names.

    Weights that may be zero say little about how many names it takes: 1/N itself tracks 1/N without error, and a
    program with a binary a name is no better until many of them are fixed. Here whole assets are ruled out: the
    programs stay small, and each loss of a name shows in the bound at once. The search starts from the weights of a
    local search (drop the smallest, then swap while that helps).

    days : what the measure is `measured` of, [T, n]
    """

    days: Floats
    limits: Limits
    budget: float
    measure: Measure
    names: int
    best: Found = field(init=False)

    def solve(self, nodes: int) -> Found:
        """The best weights [n], their risk, and a proven bound, after the expansion of at most so many nodes.

        Raises
        ------
        SolverError
            No weights that keep the limits were found.
        """
        risk, weights = self._least(self._all)
        self.best = Found(weights, np.inf, risk)
        self._search_nearby(risk, weights)
        queue = [Node(risk, 0, frozenset(), self._all, weights)]
        number = itertools.count(1)
        while queue and queue[0].risk < self._goal and nodes:
            for child in self._children(heapq.heappop(queue)):
                heapq.heappush(queue, child._replace(number=next(number)))
            nodes -= 1
        if not np.isfinite(self.best.value):
            got = f"none with {self.names} names"
            raise SolverError("no weights were found", where="program", got=got, expected="weights in the limits")
        return self.best._replace(bound=min(queue[0].risk, self.best.value) if queue else self.best.value)

    @property
    def _all(self) -> Names:
        return tuple(range(self.days.shape[1]))

    @property
    def _goal(self) -> float:
        """What a better choice must be below."""
        value = self.best.value
        return value - PROVEN * abs(value) if np.isfinite(value) else value

    def _children(self, node: Node) -> list[Node]:
        """What the largest weights, one after the other, divide a node into: without the first; with it, but without
        the second; and so on. Parts that cannot hold anything better are left out.
        """
        free = sorted(set(node.left) - node.sure, key=lambda asset: -node.weights[asset])
        room, found = self.names - len(node.sure), []
        for place, asset in enumerate(free[:room]):
            left = tuple(other for other in node.left if other != asset)
            risk, weights = self._least(left)
            if risk < self._goal and not self._kept(weights, risk):
                found.append(Node(risk, 0, node.sure.union(free[:place]), left, weights))
        risk, weights = self._least(tuple(sorted(node.sure.union(free[:room]))))
        self._kept(weights, risk)
        return found

    def _kept(self, weights: Floats, risk: float) -> bool:
        """Whether the weights are few enough; the best ones are remembered."""
        few = bool((weights > _HELD).sum() <= self.names)
        if few and risk < self.best.value:
            self.best = Found(weights, risk, self.best.bound)
        return few

    def _search_nearby(self, risk: float, weights: Floats) -> None:
        """Drop the smallest weight until few enough are left, then swap one name for another while it helps."""
        left = self._all
        while len(left) > self.names:
            left = tuple(sorted(left, key=lambda asset: weights[asset])[1:])
            risk, weights = self._least(left)
        self._kept(weights, risk)
        while left != (left := self._swapped(left)):
            pass

    def _swapped(self, left: Names) -> Names:
        """The first neighbour with less risk than the best so far; the same names where there is none."""
        for out, into in itertools.product(left, sorted(set(self._all) - set(left))):
            other = tuple(sorted({*left, into} - {out}))
            risk, weights = self._least(other)
            if risk < self._goal and self._kept(weights, risk):
                return other
        return left

    def _least(self, left: Names) -> tuple[float, Floats]:
        """Least risk, and its weights [n], of these assets only; infinite where they cannot keep the limits."""
        columns, program = list(left), Program()
        limits = dataclasses.replace(self.limits, groups=self.limits.groups[:, columns])
        held = add_weights(program, limits, len(columns), self.budget)
        add_risk(program, held, self.days[:, columns], self.measure)
        weights = np.zeros(self.days.shape[1])
        try:
            found = program.solve("GLOP")
        except SolverError:
            return np.inf, weights
        weights[columns] = found.x[held]
        return found.value, weights

"""The environment `penalties`: a policy sets the penalties of an augmented Lagrangian method."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.routing.classical.task import writable
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.domains.routing.lagrangian.params import Params, State
from headway.environment import Environment, Observation, Transition
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces

REACH = 8.0  # the penalty is multiplied or divided by so much at most
STEP = 8.0  # longest step of the multipliers, in units of the textbook's (Hestenes 1969, Powell 1969)
SWING = 0.6  # how far a policy moves the decision of the plain rule
NEAR_ENOUGH = 0.01  # what is reached in haste
FEASIBLE, STREAKS = 0, slice(9, 11)  # columns of the observation
SEEN = 18  # numbers in the observation
WRITTEN = ("seq", "size", "multiplier", "rho", "best", "cost", "iteration", "stale", "streak", "made", "length",
           "excess", "worst")  # fmt: skip


@component
class Penalties(Environment[RoutingInstance, Routes, Params, State]):
    """Capacities are relaxed: routes cost their length and psi(load - capacity; lambda_r, rho) (Rockafellar 1973).

    In an iteration the multipliers follow the violations, lambda_r <- max(0, lambda_r + w rho (load_r - capacity)), the
    penalty is scaled, rho <- f rho, and a local search descends from where the last one ended. The best feasible routes
    ever seen are the solution; to begin with, those of a sweep after a descent.

    Decision: float64 [B, 2] in [-1, 1]: ln f / ln `REACH`, and (w / (`STEP` / 2)) - 1, so w in [0, `STEP`]. Reward: by
    how much the best became better. Truncated after ``iterations``.

    Action: in [-1, 1], added to the plain rule's decision, times `SWING`; 0 is the plain rule. By it the penalty grows
    by a factor after an infeasible iteration and shrinks by another after a feasible one, and steps are all alike. Its
    constants were tuned by random search on validation instances (iterations to 1 % of good solutions).

    Observation: ``search`` float32 [`SEEN`], see `_seen`; free of units and of the number of customers.

    Attributes
    ----------
    iterations : of an episode
    patience : iterations without a better solution after which routes and penalties begin anew
    first : the plain rule's first penalty, in mean distances per squared mean demand
    up, down : its factors
    weight : its step of the multipliers
    reward : ``objective``; or, for training, ``percent``: the relative gain, in per cent; ``haste``: -0.1 for each
        iteration until the best is within `NEAR_ENOUGH` of what the plain rule finds from another start
    """

    action: ClassVar[Literal["discrete", "box"]] = "box"

    iterations: Annotated[int, Field(ge=1)] = 60
    patience: Annotated[int, Field(ge=1)] = 20
    first: Annotated[float, Field(gt=0)] = 1.28
    up: Annotated[float, Field(ge=1, le=REACH)] = 2.86
    down: Annotated[float, Field(gt=0, le=1)] = 0.21
    weight: Annotated[float, Field(ge=0, le=STEP)] = 4.0
    reward: Literal["objective", "percent", "haste"] = "objective"

    def prepare(self, instance: RoutingInstance) -> Params:
        from headway.domains.routing.lagrangian.setting import numbers

        params = numbers(instance)
        if self.reward == "haste":
            params = params._replace(goal=(1 + NEAR_ENOUGH) * self._found(params))
        return Params(*map(self._asarray, params))

    def _found(self, params: Params) -> Any:
        """Distances [B] that the plain rule reaches from another start in an episode."""
        began = params._replace(seed=params.seed + 1)
        state = self.reset(began)
        for _ in range(self.iterations):
            idle = np.zeros((len(began.cost), 2))
            state = self.step(began, state, self.decode(self.observe(began, state), idle)).state
        return np.asarray(state.cost)

    def reset(self, params: Params) -> State:
        from headway.domains.routing.lagrangian import alm_kernel

        p = Params(*map(writable, params))
        rows, k = len(p.unit), p.demand.shape[1]
        seq, size = np.zeros((rows, k, p.demand.shape[1] + 1), np.int64), np.zeros((rows, k), np.int64)
        for row in range(rows):
            alm_kernel.begin(p, row, int(p.seed[row]), seq, size)
        none = {name: np.zeros(rows, np.int64) for name in ("iteration", "stale", "streak", "made")}
        zero = {name: np.zeros(rows) for name in ("excess", "worst")}
        state = State(
            seq=seq,
            size=size,
            multiplier=np.zeros((rows, k)),
            rho=np.ones(rows),
            best=p.first.copy(),
            cost=p.cost.copy(),
            length=p.cost.copy(),
            before=np.zeros((rows, 4)),
            **none,
            **zero,
        )
        return State(*map(self._asarray, state))

    def step(self, params: Params, state: State, decision: Array) -> Transition[State]:
        from headway.domains.routing.lagrangian import alm_kernel

        p, given = Params(*map(writable, params)), np.asarray(decision)
        s = State(*map(np.asarray, state))
        after = s._replace(
            **{name: getattr(s, name).copy() for name in WRITTEN},
            before=np.column_stack([s.length, s.excess, given]),
        )
        factor, weight = REACH ** given[:, 0], (given[:, 1] + 1.0) * (STEP / 2)
        alm_kernel.iterate(p, after, self.patience, factor, weight)
        gain = s.cost - after.cost
        if self.reward == "percent":
            gain = 100.0 * gain / np.maximum(p.cost, 1e-12)
        if self.reward == "haste":
            gain = -0.1 * (after.cost > p.goal)
        cut = after.iteration >= self.iterations
        ended = self._asarray(np.zeros_like(cut))
        return Transition(State(*map(self._asarray, after)), self._asarray(gain), ended, self._asarray(cut))

    def observe(self, params: Params, state: State) -> Observation:
        seen = _seen(Params(*map(np.asarray, params)), State(*map(np.asarray, state)))
        return {"search": self._asarray(seen.astype(np.float32))}

    def decode(self, observation: Observation, action: Array) -> Array:
        """The plain rule's decision, moved by the action."""
        seen = np.asarray(observation["search"], np.float64)
        factor = np.where(seen[:, FEASIBLE] > 0, self.down, self.up)
        factor = np.where((seen[:, STREAKS] == 0).all(1), self.first, factor)
        plain = np.column_stack([np.log(factor) / math.log(REACH), np.full(len(seen), self.weight / (STEP / 2) - 1.0)])
        return self._asarray(np.clip(plain + SWING * np.asarray(action, np.float64), -1.0, 1.0))

    def project(self, observation: Observation, decision: Array) -> Array:
        xp = self.arrays.xp
        return xp.clip(xp.astype(decision, xp.float64), -1.0, 1.0)

    def spaces(self, params: Params) -> tuple[spaces.Dict, spaces.Space[Any]]:
        from gymnasium import spaces

        seen = spaces.Box(-np.inf, np.inf, (SEEN,), np.float32)
        return spaces.Dict({"search": seen}), spaces.Box(-1.0, 1.0, (2,), np.float32)

    def solution(self, instance: RoutingInstance, decisions: Array, length: Array, state: State) -> Routes:
        return Routes(np.asarray(state.best))

    def offset(self, instance: RoutingInstance) -> Array:
        """What the first routes cost."""
        from headway.domains.routing.lagrangian.setting import numbers

        return numbers(instance).cost

    def _asarray(self, array: Any) -> Array:
        return self.arrays.xp.asarray(array)


def _seen(p: Params, s: State) -> Any:
    """float64 [B, `SEEN`]."""
    from headway.domains.routing.lagrangian import alm_kernel

    cost = np.maximum(s.cost, 1e-12)  # rounded distances may all be 0
    spread = np.log1p(s.multiplier.sum(1) / p.slots)
    columns = (
        s.excess <= alm_kernel.TOLERANCE,
        np.log1p(s.excess),
        np.clip(s.worst, -2.0, 4.0),
        np.log(s.rho) / math.log(REACH),
        spread,
        np.log1p(s.multiplier.max(1)),
        np.clip(10.0 * (s.length / cost - 1.0), -3.0, 3.0),
        np.clip(s.made / p.customers, 0.0, 3.0),
        s.made == 0,
        np.log1p(np.maximum(s.streak, 0)),
        np.log1p(np.maximum(-s.streak, 0)),
        np.log1p(s.stale) / 2.0,
        np.clip(10.0 * (s.length - s.before[:, 0]) / cost, -3.0, 3.0),
        np.clip(s.excess - s.before[:, 1], -4.0, 4.0),
        s.before[:, 2],
        s.before[:, 3],
        p.customers / 100.0,
        # Customers per route, and how full the fewest routes are.
        p.capacity / 10.0 - p.customers / (p.capacity * np.maximum(p.slots - 1, 1)),
    )
    return np.column_stack([np.asarray(column, float) for column in columns])

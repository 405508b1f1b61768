"""The environment: a batch of portfolios traded on a schedule, one decision period per step."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.components import component
from headway.domains.portfolio.accounting.projection import project
from headway.domains.portfolio.accounting.rules import DAYS_PER_YEAR
from headway.domains.portfolio.allocation.actions import Scored
from headway.domains.portfolio.allocation.sight import Seen
from headway.domains.portfolio.allocation.solution import Weights, orders
from headway.domains.portfolio.market.instance import PricePath
from headway.environment import Observation, Transition
from headway.ops import Array

_RUIN = 1e-12  # growth of a period is no less than this, so that rewards stay finite in bankruptcy


class Params(NamedTuple):
    """Per instance, for D decision periods of ``every`` days and lag L.

    waiting : [B, D, L, N + 1], growth of each holding from the decision to each close up to the trade
    holding : [B, D, every - L, N + 1], growth from the trade to each later close of the period
    seen : what policies see
    start : int64 [B], day of the first decision
    scored : int64 [B], days after it
    """

    waiting: Array
    holding: Array
    seen: Seen
    start: Array
    scored: Array


class State(NamedTuple):
    """At the close of a decision day: which decision it is (int64 [B]), and the weights held [B, N + 1]."""

    period: Array
    weights: Array


@component
class Trade(Scored):
    """Scores -> target weights (see `Scored`); reward: the period's share of the objective."""

    capabilities: ClassVar[frozenset[str]] = frozenset({"differentiable"})
    action: ClassVar[Literal["discrete", "box"]] = "box"

    def prepare(self, instance: PricePath) -> Params:
        rules, convert = self.problem.rules, self.arrays.ops.asarray
        days = instance.decisions(rules.every, rules.lag)
        returns = np.concatenate([instance.returns, instance.cash[..., None]], axis=2)[:, instance.first + 1 :]
        # A short last period is filled up with days on which nothing moves.
        relatives = np.ones((len(instance), len(days) * rules.every, returns.shape[2]))
        relatives[:, : instance.scored] += returns
        periods = relatives.reshape(len(instance), len(days), rules.every, -1)
        return Params(
            waiting=convert(_compounded(periods[:, :, : rules.lag])),
            holding=convert(_compounded(periods[:, :, rules.lag :])),
            seen=self.see(instance, np.append(days, instance.length - 1)),
            start=convert(instance.start),
            scored=convert(np.full(len(instance), instance.scored)),
        )

    def reset(self, params: Params) -> State:
        """All wealth is in cash."""
        xp = self.arrays.xp
        assets = xp.zeros_like(params.waiting[:, 0, 0]) if self.problem.rules.lag else params.holding[:, 0, 0] * 0.0
        return State(xp.zeros_like(params.start), xp.concat([assets[:, :-1], xp.ones_like(assets[:, -1:])], axis=-1))

    def project(self, observation: Observation, decision: Array) -> Array:
        return project(self.arrays.xp, self.problem.rules, decision)

    def step(self, params: Params, state: State, decision: Array) -> Transition[State]:
        """Wait for the trade under the old weights, trade, and hold until the next decision."""
        xp, ops, rules = self.arrays.xp, self.arrays.ops, self.problem.rules
        waited = _grown(xp, ops.gather(params.waiting, state.period), state.weights)
        before, drifted = waited.growth, waited.weights
        idle = xp.all(decision == 0.0, axis=-1, keepdims=True)
        target = xp.where(idle, drifted, xp.astype(decision, xp.float64, copy=False))
        paid = rules.cost * xp.sum(xp.abs(target - drifted)[:, :-1], axis=-1)
        held = _grown(xp, ops.gather(params.holding, state.period), target)
        growth = before * (1.0 - paid) * held.growth
        ruined = (waited.low <= 0) | (held.low <= 0) | (paid >= 1.0)
        period = state.period + 1
        truncated = (period == params.holding.shape[1]) & ~ruined
        reward = xp.log(xp.where(growth > _RUIN, growth, _RUIN)) * DAYS_PER_YEAR / params.scored
        return Transition(State(period, held.weights), reward, ruined, truncated)

    def solution(self, instance: PricePath, decisions: Array, length: Array, state: State) -> Weights:
        return orders(instance, self.problem.rules, decisions)

    def period(self, params: Params, state: State) -> Array:
        """int [B]: index of the last day whose close is known."""
        passed = state.period * self.problem.rules.every
        return params.start + self.arrays.xp.minimum(passed, params.scored)


def _compounded(relatives: NDArray[np.float64]) -> NDArray[np.float64]:
    """Products of the first 1, 2, ..., E relatives along the third axis of [B, D, E, N + 1]."""
    out = relatives.copy()
    for day in range(1, out.shape[2]):  # numpy's cumprod over a middle axis takes several times as long
        out[:, :, day] *= out[:, :, day - 1]
    return out


class _Growth(NamedTuple):
    """After some days: wealth factor [B], drifted weights [B, N + 1], lowest wealth factor on the way [B]."""

    growth: Array
    weights: Array
    low: Array


def _grown(xp: Any, relatives: Array, weights: Array) -> _Growth:
    """Let ``weights`` drift through cumulative ``relatives`` [B, E, N + 1]."""
    if not relatives.shape[1]:
        one = xp.ones_like(weights[:, 0])
        return _Growth(one, weights, one)
    wealth = xp.matmul(relatives, weights[:, :, None])[:, :, 0]
    final = wealth[:, -1]
    safe = xp.where(final > 0, final, xp.ones_like(final))
    return _Growth(final, relatives[:, -1] * weights / safe[:, None], xp.min(wealth, axis=-1))

"""The environment: a batch of portfolios traded on a schedule, one decision period per step."""

from __future__ import annotations

import dataclasses
import math
from functools import cached_property
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from headway.components import build, component
from headway.domains.portfolio.accounting.knobs import check_places
from headway.domains.portfolio.accounting.projection import project
from headway.domains.portfolio.accounting.rules import DAYS_PER_YEAR
from headway.domains.portfolio.accounting.sums import over_assets
from headway.domains.portfolio.allocation.actions import Scored
from headway.domains.portfolio.allocation.holdings import Drift, drift, paid_out, possible, price
from headway.domains.portfolio.allocation.periods import Periods, cut
from headway.domains.portfolio.allocation.rewards import REWARDS, Earned, Reward
from headway.domains.portfolio.allocation.sight import Seen
from headway.domains.portfolio.allocation.solution import Weights, orders
from headway.domains.portfolio.market.instance import TRADED, PricePath
from headway.environment import Observation, Transition
from headway.ops import Array
from headway.problem import lookup


class Params(NamedTuple):
    """Per instance, for D decision periods.

    periods : growth, fills and frictions
    seen : what policies see
    scores : [B, D, N], what the reward knows of each asset; [B, 0] if nothing
    start : int64 [B], day of the first decision
    scored : int64 [B], days after it
    scale : float64 [B], one over the years that is
    """

    periods: Periods
    seen: Seen
    scores: Array
    start: Array
    scored: Array
    scale: Array


class State(NamedTuple):
    """At the close of a decision day: which decision it is (int64 [B]), the weights held [B, N + 1], wealth (1 at the
    start) [B], and what the reward remembers [B, M].
    """

    period: Array
    weights: Array
    wealth: Array
    memory: Array


@component
class Trade(Scored):
    """Scores -> target weights (see `Scored`); reward: the period's share of the objective.

    reward, reward_options : another reward by name (see allocation/rewards.py) and its options; the objective stays
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"differentiable"})
    action: ClassVar[Literal["discrete", "box"]] = "box"

    reward: str = "log_return"
    reward_options: dict[str, Any] = dataclasses.field(default_factory=dict)

    @cached_property
    def rewarding(self) -> Reward:
        """The reward that ``reward`` names."""
        cls = lookup("reward", self.reward, REWARDS)
        rewarding: Reward = build(cls, self.reward_options, where="env.reward_options")
        return rewarding

    def prepare(self, instance: PricePath) -> Params:
        rules, convert = self.problem.rules, self.arrays.ops.asarray
        check_places(rules, instance)
        days = instance.decisions(rules.every, rules.lag)
        halts = self.problem.halts or bool((instance.status != TRADED).any())
        return Params(
            periods=Periods(*map(convert, cut(instance, rules, days, halts))),
            seen=self.see(instance, np.append(days, instance.length - 1)),
            scores=convert(self.rewarding.scores(instance, days)),
            start=convert(instance.start),
            scored=convert(np.full(len(instance), instance.scored)),
            scale=convert(np.full(len(instance), DAYS_PER_YEAR / instance.scored)),
        )

    def reset(self, params: Params) -> State:
        """All wealth is in cash."""
        xp, holding = self.arrays.xp, params.periods.holding
        one = xp.ones((holding.shape[0], 1), dtype=holding.dtype)
        nothing = xp.zeros((holding.shape[0], holding.shape[3] - 1), dtype=holding.dtype)
        weights = xp.concat([nothing, one], axis=-1)
        memory = self.rewarding.start(xp, one, holding.shape[1])
        return State(xp.zeros_like(params.start), weights, one[:, 0], memory)

    def project(self, observation: Observation, decision: Array) -> Array:
        xp, rules, held = self.arrays.xp, self.problem.rules, None
        if rules.turnover < math.inf:
            held = xp.astype(observation["weights"], xp.float64)
        return project(xp, rules, decision, held)

    def step(self, params: Params, state: State, decision: Array) -> Transition[State]:
        """Wait for the trade under the old weights, trade, and hold until the next decision."""
        xp, ops, rules = self.arrays.xp, self.arrays.ops, self.problem.rules
        periods, now = params.periods, state.period
        waited = self._drifted(state.weights, periods.waiting, periods.owed_waiting, now)
        ordered, drifted, fate = xp.astype(decision, xp.float64, copy=False), waited.weights, None
        size = over_assets(xp, xp.abs(ordered))
        if periods.halted.shape[1] and bool(ops.gather(periods.halted, now).any()):
            fate = ops.gather(periods.fate, now)
            drifted = paid_out(xp, drifted, fate[:, 0])
            ordered = possible(xp, ordered, drifted, fate[:, 1])
        target = ordered if bool(size.min() > 0.0) else xp.where((size == 0.0)[:, None], drifted, ordered)
        wealth = state.wealth * waited.growth
        change = xp.abs(target[:, :-1] - drifted[:, :-1])
        paid = price(xp, rules, change, wealth, ops.gather(periods.friction, now) if rules.impact else None)
        held = self._drifted(target, periods.holding, periods.owed_holding, now)
        weights = held.weights if fate is None else paid_out(xp, held.weights, fate[:, 2])
        growth = waited.growth * (1.0 - paid) * held.growth
        ruined = paid >= 1.0
        if not rules.solvent:
            ruined = ruined | (waited.low <= 0) | (held.low <= 0)
        period = now + 1
        truncated = (period == periods.holding.shape[1]) & ~ruined
        scores = ops.gather(params.scores, now) if params.scores.shape[1] else params.scores
        earned = Earned(growth, params.scale, target, scores, state.memory)
        reward, memory = self.rewarding.give(xp, earned)
        return Transition(State(period, weights, state.wealth * growth, memory), reward, ruined, truncated)

    def _drifted(self, weights: Array, relatives: Array, owed: Array, now: Array) -> Drift:
        if not relatives.shape[2]:
            return Drift(1.0, weights, 1.0)
        xp, gather, rules = self.arrays.xp, self.arrays.ops.gather, self.problem.rules
        due = gather(owed, now) if rules.charges else None
        return drift(xp, weights, gather(relatives, now), due, rules.solvent)

    def solution(self, instance: PricePath, decisions: Array, length: Array, state: State) -> Weights:
        return orders(instance, self.problem.rules, decisions)

    def period(self, params: Params, state: State) -> Array:
        """int [B]: index of the last day whose close is known."""
        passed = state.period * self.problem.rules.every
        return params.start + self.arrays.xp.minimum(passed, params.scored)

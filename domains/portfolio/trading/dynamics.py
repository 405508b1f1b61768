"""The environment: a batch of cash accounts that trade whole lots on a schedule, one decision period per step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.portfolio.accounting.rules import DAYS_PER_YEAR
from headway.domains.portfolio.allocation.sight import Seen, Sight
from headway.domains.portfolio.market.instance import PricePath
from headway.domains.portfolio.trading.account import fill
from headway.domains.portfolio.trading.periods import Periods, cut
from headway.domains.portfolio.trading.solution import Lots
from headway.environment import Observation, Transition
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces


_ALL = 1 - 1e-6  # a share of cash that leaves nothing for assets


class Params(NamedTuple):
    """Per instance, for D decision periods.

    periods : prices, fills, payments and what cash earns
    seen : what policies see
    start : int64 [B], day of the first decision
    scored : int64 [B], days after it
    """

    periods: Periods
    seen: Seen
    start: Array
    scored: Array


class State(NamedTuple):
    """At the close of a decision day: which decision it is (int64 [B]), shares of wealth held [B, N + 1], cash last,
    lots held [B, N], cash in shares of the capital [B]; and, where assets are decided one by one, which is next (int64
    [B]) and the orders for those before it [B, N].
    """

    period: Array
    weights: Array
    lots: Array
    cash: Array
    phase: Array
    order: Array


@component
class Account(Sight):
    """An account that trades lots; reward: the period's share of the objective.

    Observed besides what `Sight` shows: ``size`` float32 [N], log(1 + lots that all wealth would buy).
    """

    def prepare(self, instance: PricePath) -> Params:
        rules, convert = self.problem.rules, self.arrays.ops.asarray
        days = instance.decisions(rules.every, rules.lag)
        return Params(
            periods=Periods(*map(convert, cut(instance, rules.every, rules.lag, self.problem.terms))),
            seen=self.see(instance, np.append(days, instance.length - 1)),
            start=convert(instance.start),
            scored=convert(np.full(len(instance), instance.scored)),
        )

    def reset(self, params: Params) -> State:
        """All wealth is in cash."""
        xp, price = self.arrays.xp, params.periods.close[:, 0]
        lots, cash = xp.zeros_like(price), xp.ones_like(price[:, 0])
        none = xp.zeros_like(params.start)
        return State(none, self._weights(price, lots, cash), lots, cash, none, lots)

    def _weights(self, price: Array, lots: Array, cash: Array) -> Array:
        xp = self.arrays.xp
        values = xp.concat([lots * price, cash[:, None]], axis=-1)
        return values / xp.sum(values, axis=-1, keepdims=True)

    def observe(self, params: Params, state: State) -> Observation:
        xp = self.arrays.xp
        unit = self.arrays.ops.gather(params.periods.close, state.period)
        wealth = state.cash[:, None] + xp.sum(state.lots * unit, axis=-1, keepdims=True)
        return super().observe(params, state) | {"size": xp.astype(xp.log1p(wealth / unit), xp.float32)}

    def spaces(self, params: Params) -> tuple[spaces.Dict, spaces.Space[Any]]:
        from gymnasium import spaces

        seen, action = super().spaces(params)
        size = spaces.Box(0.0, np.inf, (params.seen.assets.shape[2],), np.float32)
        return spaces.Dict({**seen.spaces, "size": size}), action

    def affordable(self, observation: Observation) -> Array:
        """Lots float64 [B, N] that all wealth would buy."""
        xp = self.arrays.xp
        return xp.expm1(xp.astype(observation["size"], xp.float64))

    def project(self, observation: Observation, decision: Array) -> Array:
        """Whole lots: orders that cash or holdings do not cover are filled in part, and need no correction."""
        xp = self.arrays.xp
        return xp.astype(xp.round(xp.astype(decision, xp.float64)), xp.int64)

    def traded(self, params: Params, state: State, order: Array) -> Transition[State]:
        """One decision period with an order [B, N]."""
        xp, ops, terms = self.arrays.xp, self.arrays.ops, self.problem.terms
        now = Periods(*(ops.gather(part, state.period) for part in params.periods))
        end = ops.gather(params.periods.close, state.period + 1)
        before = state.cash + xp.sum(state.lots * now.close, axis=-1)
        cash, lots = self._paid_out(state.cash * now.grown_before, state.lots, now.paid_before)
        cash, lots = fill(xp, terms, now.price, cash, lots, xp.astype(order, xp.float64) * now.trades)
        cash, lots = self._paid_out(cash * now.grown_after, lots, now.paid_after)
        wealth = cash + xp.sum(lots * end, axis=-1)
        reward = xp.log(wealth / before) * DAYS_PER_YEAR / params.scored
        period = state.period + 1
        over = period == params.periods.price.shape[1]
        new = State(
            period, self._weights(end, lots, cash), lots, cash, xp.zeros_like(state.phase), xp.zeros_like(state.order)
        )
        return Transition(new, reward, xp.zeros_like(over), over)

    def _paid_out(self, cash: Array, lots: Array, paid: Array) -> tuple[Array, Array]:
        xp = self.arrays.xp
        return cash + xp.sum(lots * paid, axis=-1), xp.where(paid > 0, 0.0 * lots, lots)

    def period(self, params: Params, state: State) -> Array:
        """int [B]: index of the last day whose close is known."""
        passed = state.period * self.problem.rules.every
        return params.start + self.arrays.xp.minimum(passed, params.scored)


@component
class Trade(Account):
    """A score in [-1, 1] for each asset: how much of it to buy or sell, in the habit of FinRL's stock trading.

    An account that holds nothing buys 1/N of what trades besides, so scores of zero are buy and hold.

    stake : share of wealth that a score of 1 buys of an asset, and -1 sells
    threshold : scores no larger than this hold
    """

    action: ClassVar[Literal["discrete", "box"]] = "box"

    stake: Annotated[float, Field(gt=0, le=1)] = 0.1
    threshold: Annotated[float, Field(ge=0, lt=1)] = 0.1

    def action_space(self, assets: int) -> spaces.Space[Any]:
        from gymnasium import spaces

        return spaces.Box(-1.0, 1.0, (assets,), np.float32)

    def decode(self, observation: Observation, action: Array) -> Array:
        """Scores [B, N] -> lots int64 [B, N]."""
        xp = self.arrays.xp
        scores = xp.clip(xp.astype(action, xp.float64), min=-1.0, max=1.0)
        scores = xp.where(xp.abs(scores) > self.threshold, scores, 0.0 * scores)
        trades = xp.astype(observation["traded"], xp.float64)
        each = trades / xp.clip(xp.sum(trades, axis=-1, keepdims=True), min=1.0)
        empty = observation["weights"][:, -1:] > _ALL
        shares = self.stake * scores + xp.where(empty, each, 0.0 * each)
        return xp.astype(xp.round(shares * self.affordable(observation)), xp.int64)

    def step(self, params: Params, state: State, decision: Array) -> Transition[State]:
        return self.traded(params, state, decision)

    def solution(self, instance: PricePath, decisions: Array, length: Array, state: State) -> Lots:  # type: ignore[override]
        return orders(instance, self.problem, decisions)


def orders(path: PricePath, problem: Any, lots: Array) -> Lots:
    """Lots [B, D, N] as a solution of ``path``."""
    days = path.decisions(problem.rules.every, problem.rules.lag)
    return Lots(path.dates[:, days], path.assets, np.asarray(lots, np.int64))

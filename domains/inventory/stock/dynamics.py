"""The environments: I independent items, one decision per period and item."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.inventory.stock.instance import StockPath
from headway.domains.inventory.stock.orders import Orders
from headway.environment import Environment, Observation, Transition
from headway.errors import CapabilityError
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces


TENTHS = 10  # actions per usual demand where any quantity may be ordered


class Params(NamedTuple):
    """Per instance; W is the longest lead time, at least 1.

    demand : float64 [B, T, I]
    place : float64 [B, I, 1 + W], one where an order joins the goods (see `State`)
    holding, penalty, keep, owed : float64 [B, I]; owed is 1 where what is short is owed, 0 where it is lost
    fixed : float64 [B, I], or None where no order has a fixed cost
    first : int64 [B], first period whose cost is counted; share : float64 [B], 1 / counted periods
    start : int64 [B]
    nothing : float64 [B, I, 1], zeros
    shown : what is observed and never changes (scale, costs, lot)
    recent : float32 [B, T - start + 1, I, H], last H demands at each decision and at the end, or None
    covariates : float32 [B, T - start + 1, I, K], or None
    """

    demand: Array
    place: Array
    holding: Array
    penalty: Array
    keep: Array
    owed: Array
    fixed: Array | None
    first: Array
    share: Array
    start: Array
    nothing: Array
    shown: Observation
    recent: Array | None
    covariates: Array | None


class State(NamedTuple):
    """Before the order of ``period`` (int64 [B]) is placed.

    ``goods`` float64 [B, I, 1 + W]: on hand (negative: owed), then what arrives in 1, 2, ..., W periods.
    """

    period: Array
    goods: Array


class Stock(Environment[StockPath, Orders, Params, State]):
    """What both environments share; the order of events stands in the domain's README.md.

    Decision: float64 [B, I], quantities ordered now. Reward: minus this period's cost over the number of
    counted periods, so that the return is minus the objective; zero during the warm-up. The horizon's end is
    a cut, so episodes are truncated.

    Observation, float32, in units of goods:

    ``stock``       [I]: on hand, arrivals of this period included; negative where goods are owed
    ``pipeline``    [I, W]: arrivals of the next W periods; the last is 0 until an order is placed
    ``scale``       [I], fixed: usual demand per period
    ``costs``       [I, 2], fixed: holding and penalty per unit and period
    ``lot``         [I], fixed: orders are multiples of it (0: any quantity)
    ``demand``      [I, H], with ``lags=H``: the last H demands, the latest last
    ``covariates``  [I, K], where the instance has some: what is known of this period
    """

    def prepare(self, instance: StockPath) -> Params:
        convert, first = self.arrays.ops.asarray, instance.first
        slots = np.arange(1 + max(1, int(instance.lead_time.max())))
        counted = first + instance.warmup
        shown = {"scale": instance.scale, "costs": np.stack([instance.holding, instance.penalty], axis=-1)}
        shown |= {"lot": instance.lot}
        known = [_recent(instance, self.problem.lags), _announced(instance)]
        recent, covariates = (None if array is None else convert(array) for array in known)
        return Params(
            demand=convert(instance.demand),
            place=convert((instance.lead_time[..., None] == slots).astype(np.float64)),
            holding=convert(instance.holding),
            penalty=convert(instance.penalty),
            keep=convert(instance.keep),
            owed=convert((~instance.lost).astype(np.float64)),
            fixed=convert(instance.fixed) if instance.fixed.any() else None,
            first=convert(counted),
            share=convert(1 / (instance.length - counted)),
            start=convert(instance.start),
            nothing=convert(np.zeros((*instance.scale.shape, 1))),
            shown={name: convert(array.astype(np.float32)) for name, array in shown.items()},
            recent=recent,
            covariates=covariates,
        )

    def reset(self, params: Params) -> State:
        """Nothing is on hand or on order."""
        xp = self.arrays.xp
        return State(xp.asarray(params.start, copy=True), xp.zeros_like(params.place))

    def observe(self, params: Params, state: State) -> Observation:
        return self._seen(params, state.period, state.goods)

    def post_decision(self, params: Params, state: State, decision: Array) -> Observation:
        """The observation once the order is placed: in the pipeline, or on hand where it serves at once."""
        return self._seen(params, state.period, state.goods + decision[..., None] * params.place)

    def _seen(self, params: Params, period: Array, goods: Array) -> Observation:
        xp, ops = self.arrays.xp, self.arrays.ops
        single = xp.astype(goods, xp.float32)
        seen = {"stock": single[..., 0], "pipeline": single[..., 1:], **params.shown}
        if params.recent is not None:
            seen["demand"] = ops.gather(params.recent, period - params.start)
        if params.covariates is not None:
            seen["covariates"] = ops.gather(params.covariates, period - params.start)
        return seen

    def observed(self, params: Params) -> spaces.Dict:
        """The observation space of one row."""
        from gymnasium import spaces

        start = self.observe(params, self.reset(params))
        return spaces.Dict({name: spaces.Box(-np.inf, np.inf, a.shape[1:], np.float32) for name, a in start.items()})

    def project(self, observation: Observation, decision: Array) -> Array:
        """The nearest multiple of the lot, and nothing below zero."""
        xp = self.arrays.xp
        wanted, lot = xp.maximum(decision, 0.0), xp.astype(observation["lot"], xp.float64)
        whole = lot > 0
        unit = xp.where(whole, lot, 1.0)
        return xp.where(whole, xp.round(wanted / unit) * unit, wanted)

    def step(self, params: Params, state: State, decision: Array) -> Transition[State]:
        """Order, demand, cost, arrivals."""
        xp = self.arrays.xp
        placed = state.goods + decision[..., None] * params.place
        net = placed[..., 0] - self.arrays.ops.gather(params.demand, state.period)
        left = xp.maximum(net, 0.0)
        short = left - net
        cost = params.holding * left + params.penalty * short
        if params.fixed is not None:
            cost = cost + params.fixed * (decision > 0)
        carried = params.keep * left - params.owed * short + placed[..., 1]
        goods = xp.concat([carried[..., None], placed[..., 2:], params.nothing], axis=-1)
        reward = -xp.sum(cost, axis=-1) * (params.share * (state.period >= params.first))
        period = state.period + 1
        return Transition(State(period, goods), reward, period < 0, period == params.demand.shape[1])

    def solution(self, instance: StockPath, decisions: Array, length: Array, state: State) -> Orders:
        return Orders(np.asarray(decisions, np.float64))

    def period(self, params: Params, state: State) -> Array:
        """int [B]: demands of earlier periods are known, and covariates up to this one."""
        return state.period


@component
class Order(Stock):
    """Quantities in usual demands: action 1 orders ``scale`` units. Box [I] from 0 to ``reach``.

    reach : largest order, in usual demands per period; 4 is beyond every optimal order of Zipkin's (2008)
        lost-sales problems with Poisson demand, and where fixed costs or quantiles ask for more, raise it
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"differentiable", "post_decision", "relax"})
    action: ClassVar[Literal["discrete", "box"]] = "box"

    reach: Annotated[float, Field(gt=0)] = 4.0

    def spaces(self, params: Params) -> tuple[spaces.Dict, spaces.Space[Any]]:
        from gymnasium import spaces

        return self.observed(params), spaces.Box(0.0, self.reach, (params.holding.shape[1],), np.float32)

    def decode(self, observation: Observation, action: Array) -> Array:
        xp = self.arrays.xp
        return xp.astype(action * observation["scale"], xp.float64, copy=False)

    def relax(self, observation: Observation, decision: Array) -> Array:
        """No less than nothing, in any quantity."""
        return self.arrays.xp.maximum(decision, 0.0)


@component
class Units(Stock):
    """Whole lots of one item: Discrete; where any quantity may be ordered, tenths of the usual demand.

    reach : largest order, in usual demands per period
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"post_decision"})
    action: ClassVar[Literal["discrete", "box"]] = "discrete"

    reach: Annotated[float, Field(gt=0)] = 4.0

    def spaces(self, params: Params) -> tuple[spaces.Dict, spaces.Space[Any]]:
        from gymnasium import spaces

        if params.holding.shape[1] != 1:
            raise CapabilityError(
                "one discrete action cannot order several items",
                where=f"{self.problem.name}, environment units",
                got=f"{params.holding.shape[1]} items",
                expected="one item",
                hint="use the environment `order`",
            )
        usual, lot = self.problem.usual, float(params.shown["lot"][0, 0])
        return self.observed(params), spaces.Discrete(1 + math.ceil(self.reach * usual / (lot or usual / TENTHS)))

    def decode(self, observation: Observation, action: Array) -> Array:
        xp = self.arrays.xp
        return xp.astype(action[:, None] * self._unit(observation), xp.float64, copy=False)

    def _unit(self, observation: Observation) -> Array:
        """float32 [B, 1]: what one more step of the action orders."""
        lot = observation["lot"]
        return self.arrays.xp.where(lot > 0, lot, observation["scale"] / TENTHS)


def _recent(instance: StockPath, lags: int) -> NDArray[np.float32] | None:
    """float32 [B, T - start + 1, I, lags]: the demands before each decided period and before the end."""
    if not lags:
        return None
    known = instance.demand[:, instance.first - lags :].astype(np.float32)
    return np.lib.stride_tricks.sliding_window_view(known, lags, axis=1, writeable=True)


def _announced(instance: StockPath) -> NDArray[np.float32] | None:
    """float32 [B, T - start + 1, I, K]: covariates of the decided periods, the last ones once more for the end."""
    if not instance.covariates.shape[-1]:
        return None
    decided = instance.covariates[:, instance.first :]
    return np.concatenate([decided, decided[:, -1:]], axis=1)

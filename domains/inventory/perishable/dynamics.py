"""The environments: stock by remaining life, ordered for period by period."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.inventory.perishable.instance import AgedPath
from headway.domains.inventory.stock.orders import Orders
from headway.environment import Environment, Observation, Transition
from headway.errors import CapabilityError
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces

COSTS = ("holding", "penalty", "unit_cost", "waste_cost")  # as observed
TENTHS = 10  # actions per usual demand where any quantity may be ordered


class Params(NamedTuple):
    """Per instance; M is the lifetime, W the longest lead time, at least 1.

    demand : float64 [B, T, I]
    place : float64 [B, I, M + W], one where an order joins the goods (see `State`)
    left_cost : float64 [B, I, M], cost per unit left at the end of its last period (waste), its last but one
        (holding), ...
    penalty, unit_cost, fixed : float64 [B, I]
    lifo : bool [B, I, 1]
    first : int64 [B], first period whose cost is counted; share : float64 [B], 1 / counted periods
    start : int64 [B]
    nothing : float64 [B, I, 1], zeros
    shown : what is observed and never changes (scale, costs, lot)
    covariates : float32 [B, T - start + 1, I, K], or None
    """

    demand: Array
    place: Array
    left_cost: Array
    penalty: Array
    unit_cost: Array
    fixed: Array
    lifo: Array
    first: Array
    share: Array
    start: Array
    nothing: Array
    shown: Observation
    covariates: Array | None


class State(NamedTuple):
    """Before the order of ``period`` (int64 [B]) is placed.

    ``goods`` float64 [B, I, M + W]: a conveyor that moves by one a period. The first M places are on hand, with
    1, 2, ..., M periods left (this one included); the others arrive, fresh, in 1, 2, ..., W periods.
    """

    period: Array
    goods: Array


class Aged(Environment[AgedPath, Orders, Params, State]):
    """What both environments share; README.md states the order of events.

    Decision: float64 [B, I], quantities ordered now. Reward: minus this period's cost over the number of
    counted periods, so that the return is minus the objective; zero during the warm-up. The horizon's end is
    a cut, so episodes are truncated.

    Observation, float32, in units of goods:

    ``stock``       [I, M]: on hand, by periods left (the first ones are waste if not sold now)
    ``pipeline``    [I, W]: arrivals of the next W periods; the last is 0 until an order is placed
    ``scale``       [I], fixed: usual demand per period
    ``costs``       [I, 4], fixed: holding, penalty, unit and waste cost per unit
    ``lot``         [I], fixed: orders are multiples of it (0: any quantity)
    ``covariates``  [I, K], where the instance has some: what is known of this period
    """

    def prepare(self, instance: AgedPath) -> Params:
        convert, life = self.arrays.ops.asarray, int(instance.lifetime.max(initial=1))
        places = np.arange(life + max(1, int(instance.lead_time.max(initial=1))))
        counted = instance.first + instance.warmup
        charged = [instance.waste_cost, *[instance.holding] * (life - 1)]
        shown = {"scale": instance.scale, "costs": np.stack([getattr(instance, name) for name in COSTS], axis=-1)}
        shown |= {"lot": instance.lot}
        decided = instance.covariates[:, instance.first :]
        covariates = np.concatenate([decided, decided[:, -1:]], axis=1) if decided.shape[-1] else None
        return Params(
            demand=convert(instance.demand),
            place=convert((instance.lead_time[..., None] + (life - 1) == places).astype(np.float64)),
            left_cost=convert(np.stack(charged, axis=-1)),
            penalty=convert(instance.penalty),
            unit_cost=convert(instance.unit_cost),
            fixed=convert(instance.fixed),
            lifo=convert(instance.lifo[..., None]),
            first=convert(counted),
            share=convert(1 / (instance.length - counted)),
            start=convert(instance.start),
            nothing=convert(np.zeros((*instance.scale.shape, 1))),
            shown={name: convert(array.astype(np.float32)) for name, array in shown.items()},
            covariates=None if covariates is None else convert(covariates),
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
        single, life = self.arrays.xp.astype(goods, self.arrays.xp.float32), params.left_cost.shape[-1]
        seen = {"stock": single[..., :life], "pipeline": single[..., life:], **params.shown}
        if params.covariates is not None:
            seen["covariates"] = self.arrays.ops.gather(params.covariates, period - params.start)
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
        unit = xp.where(lot > 0, lot, 1.0)
        return xp.where(lot > 0, xp.round(wanted / unit) * unit, wanted)

    def step(self, params: Params, state: State, decision: Array) -> Transition[State]:
        """Order, demand, cost, ageing and arrivals."""
        xp, life = self.arrays.xp, params.left_cost.shape[-1]
        placed = state.goods + decision[..., None] * params.place
        stock, demand = placed[..., :life], self.arrays.ops.gather(params.demand, state.period)
        older = xp.cumulative_sum(stock, axis=-1)  # units that are issued no later than the last of each age
        total = older[..., -1:]
        upto = xp.where(params.lifo, total - older + stock, older)
        left = xp.minimum(stock, xp.maximum(upto - demand[..., None], 0.0))
        short = xp.maximum(demand - total[..., 0], 0.0)
        cost = params.unit_cost * decision + params.fixed * (decision > 0)
        cost = cost + params.penalty * short + xp.sum(params.left_cost * left, axis=-1)
        goods = xp.concat([left[..., 1:], placed[..., life:], params.nothing], axis=-1)
        reward = -xp.sum(cost, axis=-1) * (params.share * (state.period >= params.first))
        period = state.period + 1
        return Transition(State(period, goods), reward, period < 0, period == params.demand.shape[1])

    def solution(self, instance: AgedPath, decisions: Array, length: Array, state: State) -> Orders:
        return Orders(np.asarray(decisions, np.float64))

    def period(self, params: Params, state: State) -> Array:
        """int [B]: demands of earlier periods are known, and covariates up to this one."""
        return state.period


@component
class Order(Aged):
    """Quantities in usual demands: action 1 orders ``scale`` units. Box [I] from 0 to ``reach``.

    reach : largest order, in usual demands per period
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"differentiable", "post_decision", "relax"})
    action: ClassVar[Literal["discrete", "box"]] = "box"

    reach: Annotated[float, Field(gt=0)] = 4.0

    def spaces(self, params: Params) -> tuple[spaces.Dict, spaces.Space[Any]]:
        from gymnasium import spaces

        return self.observed(params), spaces.Box(0.0, self.reach, (params.penalty.shape[1],), np.float32)

    def decode(self, observation: Observation, action: Array) -> Array:
        xp = self.arrays.xp
        return xp.astype(action * observation["scale"], xp.float64, copy=False)

    def relax(self, observation: Observation, decision: Array) -> Array:
        """No less than nothing, in any quantity."""
        return self.arrays.xp.maximum(decision, 0.0)


@component
class Units(Aged):
    """Whole lots of one item: Discrete; where any quantity may be ordered, tenths of the usual demand.

    reach : largest order, in usual demands per period
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"post_decision"})
    action: ClassVar[Literal["discrete", "box"]] = "discrete"

    reach: Annotated[float, Field(gt=0)] = 4.0

    def spaces(self, params: Params) -> tuple[spaces.Dict, spaces.Space[Any]]:
        from gymnasium import spaces

        if params.penalty.shape[1] != 1:
            raise CapabilityError(
                "one discrete action cannot order several items",
                where=f"{self.problem.name}, environment units",
                got=f"{params.penalty.shape[1]} items",
                expected="one item",
                hint="use the environment `order`",
            )
        usual, lot = self.problem.usual, float(params.shown["lot"][0, 0])
        return self.observed(params), spaces.Discrete(1 + math.ceil(self.reach * usual / (lot or usual / TENTHS)))

    def decode(self, observation: Observation, action: Array) -> Array:
        xp, lot = self.arrays.xp, observation["lot"]
        unit = xp.where(lot > 0, lot, observation["scale"] / TENTHS)
        return xp.astype(action[:, None] * unit, xp.float64, copy=False)

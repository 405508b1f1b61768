"""What happens in a period: one step for I independent items, on numpy or torch arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headway.domains.inventory.stock.instance import StockPath
from headway.domains.inventory.stock.orders import Orders
from headway.domains.inventory.stock.state import Params, State, announced, recent
from headway.environment import Environment, Observation, Transition
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces


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
        known = [recent(instance, self.problem.lags), announced(instance)]
        past, covariates = (None if array is None else convert(array) for array in known)
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
            recent=past,
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
        wanted, lot = xp.maximum(decision, 0.0), observation["lot"]
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

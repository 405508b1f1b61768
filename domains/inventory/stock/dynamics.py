"""What happens in a period: one step for I independent items, on numpy or torch arrays."""

from __future__ import annotations

import numpy as np

from headway.components import component
from headway.domains.inventory.stock.actions import Lots, Quantities
from headway.domains.inventory.stock.instance import StockPath
from headway.domains.inventory.stock.replenishment import Replenishment
from headway.domains.inventory.stock.state import Params, State, announced, recent
from headway.environment import Observation, Transition
from headway.ops import Array


class Stock(Replenishment[StockPath]):
    """What both environments share; the order of events stands in the domain's README.md.

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

    def seen(self, params: Params, period: Array, goods: Array) -> Observation:
        xp, ops = self.arrays.xp, self.arrays.ops
        single = xp.astype(goods, xp.float32)
        seen = {"stock": single[..., 0], "pipeline": single[..., 1:], **params.shown}
        if params.recent is not None:
            seen["demand"] = ops.gather(params.recent, period - params.start)
        if params.covariates is not None:
            seen["covariates"] = ops.gather(params.covariates, period - params.start)
        return seen

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


@component
class Order(Quantities, Stock):
    """Any quantity of each item."""


@component
class Units(Lots, Stock):
    """Whole lots of one item."""

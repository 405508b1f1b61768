"""What happens in a period: one step for items that age, on numpy or torch arrays."""

from __future__ import annotations

import numpy as np

from headway.components import component
from headway.domains.inventory.perishable.instance import AgedPath
from headway.domains.inventory.perishable.issuing import left
from headway.domains.inventory.perishable.state import Params
from headway.domains.inventory.stock.actions import Lots, Quantities
from headway.domains.inventory.stock.replenishment import Replenishment
from headway.domains.inventory.stock.state import State, announced
from headway.environment import Observation, Transition
from headway.ops import Array

COSTS = ("holding", "penalty", "unit_cost", "waste_cost")  # as observed


class Aged(Replenishment[AgedPath]):
    """What both environments share; README.md states the order of events.

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
        covariates = announced(instance)
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

    def seen(self, params: Params, period: Array, goods: Array) -> Observation:
        single, life = self.arrays.xp.astype(goods, self.arrays.xp.float32), params.left_cost.shape[-1]
        seen = {"stock": single[..., :life], "pipeline": single[..., life:], **params.shown}
        if params.covariates is not None:
            seen["covariates"] = self.arrays.ops.gather(params.covariates, period - params.start)
        return seen

    def step(self, params: Params, state: State, decision: Array) -> Transition[State]:
        """Order, demand, cost, ageing and arrivals."""
        xp, life = self.arrays.xp, params.left_cost.shape[-1]
        placed = state.goods + decision[..., None] * params.place
        stock, demand = placed[..., :life], self.arrays.ops.gather(params.demand, state.period)
        remaining = left(xp, stock, demand, params.lifo)
        short = xp.maximum(demand - xp.sum(stock, axis=-1), 0.0)
        cost = params.unit_cost * decision + params.fixed * (decision > 0)
        cost = cost + params.penalty * short + xp.sum(params.left_cost * remaining, axis=-1)
        goods = xp.concat([remaining[..., 1:], placed[..., life:], params.nothing], axis=-1)
        reward = -xp.sum(cost, axis=-1) * (params.share * (state.period >= params.first))
        period = state.period + 1
        return Transition(State(period, goods), reward, period < 0, period == params.demand.shape[1])


@component
class Order(Quantities, Aged):
    """Any quantity of each item."""


@component
class Units(Lots, Aged):
    """Whole lots of one item."""

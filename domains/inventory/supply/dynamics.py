"""The environment: a batch of supply networks, one period per step; README.md of the domain has the order of events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.inventory.supply.features import Known, known, observation_space, rounded_down
from headway.domains.inventory.supply.instance import SupplyPath
from headway.domains.inventory.supply.projection import project, relax
from headway.domains.inventory.supply.shipments import Shipments
from headway.environment import Environment, Observation, Transition
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces


class Params(NamedTuple):
    """Per instance; K is the longest lead time of the problem, at least 1. Ends of links outside are numbered N.

    demand : [B, T, N]
    holding, shortage : [B, N], cost per unit left, and more than that per unit short
    lost : [B, N], 1 where what is short is lost, else 0
    tail, head : int64 [B, E]
    at_once : [B, E], 1 where the lead time is 0, else 0
    slot : [B, K, E], 1 at the lead time (counted from 1), else 0
    unit_cost, fixed, transit : [B, E]
    stock : [B, N], on hand at the start
    warmup, horizon : int64 [B]
    share : [B], 1 / number of counted periods
    known : what a policy may see besides the state
    """

    demand: Array
    holding: Array
    shortage: Array
    lost: Array
    tail: Array
    head: Array
    at_once: Array
    slot: Array
    unit_cost: Array
    fixed: Array
    transit: Array
    stock: Array
    warmup: Array
    horizon: Array
    share: Array
    known: Known


class State(NamedTuple):
    """Before the shipments of a period.

    period : int64 [B]
    stock : float64 [B, N], on hand; negative: owed to customers
    pipeline : float64 [B, K, E], what arrives in one period, in two, ...
    """

    period: Array
    stock: Array
    pipeline: Array


@component
class Ship(Environment[SupplyPath, Shipments, Params, State]):
    """Actions, one per link: what to ship in units of the link's usual flow. Reward: the period's share of the cost.

    reach : largest action of a trained policy; classical rules may ship more
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"differentiable", "post_decision", "relax"})
    action: ClassVar[Literal["discrete", "box"]] = "box"

    reach: Annotated[float, Field(gt=0)] = 4.0

    def prepare(self, instance: SupplyPath) -> Params:
        convert, nodes = self.arrays.ops.asarray, instance.nodes.shape[1]
        periods = np.arange(1, max(int(instance.lead_time.max(initial=0)), self.problem.longest, 1) + 1)
        slot = (instance.lead_time[:, None, :] == periods[:, None]) & instance.exists[:, None, :]
        values = {
            "demand": instance.demand,
            "holding": instance.holding,
            # Where nobody is short, stock at zero must not be a kink: shipping all of it is what good policies do.
            "shortage": np.where(instance.penalty > 0, instance.penalty + instance.holding, 0.0),
            "lost": instance.lost.astype(np.float64),
            "tail": np.where(instance.tail < 0, nodes, instance.tail),
            "head": np.where(instance.head < 0, nodes, instance.head),
            "at_once": (instance.lead_time == 0).astype(np.float64),
            "slot": slot.astype(np.float64),
            "unit_cost": instance.unit_cost,
            "fixed": instance.fixed,
            "transit": instance.transit,
            "stock": instance.stock,
            "warmup": instance.warmup,
            "horizon": instance.horizon,
            "share": 1.0 / (instance.horizon - instance.warmup),
        }
        arrays = {name: convert(np.ascontiguousarray(array)) for name, array in values.items()}
        return Params(**arrays, known=Known(*map(convert, known(instance))))

    def reset(self, params: Params) -> State:
        """The first stock is on hand, nothing is under way."""
        xp = self.arrays.xp
        return State(xp.zeros_like(params.warmup), params.stock, xp.zeros_like(params.slot))

    def observe(self, params: Params, state: State) -> Observation:
        xp = self.arrays.xp
        seen = {"stock": rounded_down(xp, state.stock), "pipeline": xp.astype(state.pipeline, xp.float32)}
        return seen | params.known._asdict()

    def spaces(self, params: Params) -> tuple[spaces.Dict, spaces.Space[Any]]:
        return observation_space(params.slot.shape, params.stock.shape[1], self.reach)

    def decode(self, observation: Observation, action: Array) -> Array:
        """Actions [B, E] times the usual flow."""
        xp = self.arrays.xp
        return xp.astype(action, xp.float64) * xp.astype(observation["edge_scale"], xp.float64)

    def project(self, observation: Observation, decision: Array) -> Array:
        return project(self.arrays, observation, decision)

    def relax(self, observation: Observation, decision: Array) -> Array:
        """`project` without lots."""
        return relax(self.arrays, observation, decision)

    def post_decision(self, params: Params, state: State, decision: Array) -> Observation:
        """What is seen once the goods are under way and before the period's demand."""
        return self.observe(params, self._shipped(params, state, decision))

    def step(self, params: Params, state: State, decision: Array) -> Transition[State]:
        """Ship, serve demand, pay, and let the next period's goods arrive."""
        xp, ops = self.arrays.xp, self.arrays.ops
        nodes = params.holding.shape[1]
        shipped = self._shipped(params, state, decision)
        left = shipped.stock - ops.gather(params.demand, state.period)
        short = xp.maximum(-left, xp.zeros_like(left))  # half the gradient at zero, as a central difference has it
        per_node = params.holding * left + params.shortage * short
        per_link = params.unit_cost * decision + params.transit * xp.sum(shipped.pipeline, axis=1)
        per_link = per_link + params.fixed * xp.astype(decision > 0, xp.float64)
        cost = xp.sum(per_node, axis=1) + xp.sum(per_link, axis=1)
        arriving = ops.segment_sum(shipped.pipeline[:, 0], params.head, nodes + 1)[:, :nodes]
        pipeline = xp.concat([shipped.pipeline[:, 1:], xp.zeros_like(shipped.pipeline[:, :1])], axis=1)
        after = State(state.period + 1, left + params.lost * short + arriving, pipeline)
        reward = -cost * params.share * xp.astype(state.period >= params.warmup, xp.float64)
        over = after.period == params.horizon
        return Transition(after, reward, xp.zeros_like(over), over)

    def solution(self, instance: SupplyPath, decisions: Array, length: Array, state: State) -> Shipments:
        rest = instance.demand.shape[1] - decisions.shape[1]
        return Shipments(np.pad(np.asarray(decisions, np.float64), ((0, 0), (0, rest), (0, 0))))

    def period(self, params: Params, state: State) -> Array:
        """int [B]: demands of earlier periods are known."""
        return state.period

    def _shipped(self, params: Params, state: State, decision: Array) -> State:
        """The goods have left their tails, and those without lead time have arrived."""
        xp, ops, nodes = self.arrays.xp, self.arrays.ops, params.holding.shape[1]
        moved = xp.concat([decision * params.at_once, -decision], axis=1)
        ends = xp.concat([params.head, params.tail], axis=1)
        stock = state.stock + ops.segment_sum(moved, ends, nodes + 1)[:, :nodes]
        return State(state.period, stock, state.pipeline + params.slot * decision[:, None, :])

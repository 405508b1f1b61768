"""The environment: a period is one sub-step per machine; after the last one demand comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.components import component
from headway.domains.inventory.lot_sizing.instance import PlantPath
from headway.domains.inventory.lot_sizing.plan import Plan
from headway.environment import Environment, Observation, Transition
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces


class Params(NamedTuple):
    """Per instance; tables [B, M x (I + 1)] have a machine's figures for idle (zeros), item 1, ..., item I in turn.

    able : bool [B, M, I + 1], what each machine may do
    shown : what every observation repeats, float32, by name
    """

    demand: Array  # [B, T, I]
    rate: Array
    setup_cost: Array
    setup_loss: Array
    holding: Array  # [B, I], as are the next three
    penalty: Array
    capacity: Array
    mean: Array
    stock: Array  # [B, I], at the start
    setup: Array  # int64 [B, M], at the start
    able: Array
    shown: dict[str, Array]


class State(NamedTuple):
    """Which period it is and which machine is next, int64 [B]; goods after what has been made in this period so far
    [B, I]; what each machine does in this period, or did in the last one where it is still to be told, and what it
    did in the last one, int64 [B, M] (0 idle, else the item).
    """

    period: Array
    machine: Array
    stock: Array
    setup: Array
    held: Array


@component
class Assign(Environment[PlantPath, Plan, Params, State]):
    """Machine by machine: which item it makes in this period (1 to I), or nothing (0). Discrete(I + 1).

    An item that the machine cannot make is masked. Reward: minus the cost of the change at once; minus holding and
    penalty with the last machine's sub-step, after which demand comes.

    Observation; goods are in periods of the item's mean demand, money in the largest cost of a period in which one
    item is missing (max penalty x mean), so that sizes and units do not matter:

    ``phase``       [M]: 1 for the machine that is next; zeros after the last one (`post_decision` only)
    ``left``        [1]: periods left, this one included
    ``stock``       [I]: on hand, with what this period's machines make so far
    ``setup``       [M, I]: 1 where the machine is set up for the item
    ``rate``, ``setup_cost``, ``setup_loss``  [M, I], fixed
    ``items``       [I, 4], fixed: penalty of a period without the item, holding of a period's demand for a period,
                    capacity, standard deviation of a period's demand
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"phases", "post_decision", "rule"})
    masked: ClassVar[bool] = True
    action: ClassVar[Literal["discrete", "box"]] = "discrete"

    def prepare(self, instance: PlantPath) -> Params:
        convert, rate = self.arrays.ops.asarray, instance.rate
        able = np.concatenate([np.ones((*rate.shape[:2], 1), bool), rate > 0], axis=2)
        tables = {name: convert(_with_idle(getattr(instance, name))) for name in ("rate", "setup_cost", "setup_loss")}
        own = {name: convert(getattr(instance, name)) for name in Params._fields if name in instance.arrays()}
        shown = {name: convert(array) for name, array in scaled(instance).items()}
        return Params(**own | tables, able=convert(able), shown=shown)

    def reset(self, params: Params) -> State:
        xp = self.arrays.xp
        first = xp.zeros_like(params.setup[:, 0])
        return State(first, first, params.stock, params.setup, params.setup)

    def observe(self, params: Params, state: State) -> Observation:
        return self._seen(params, state.period, state.machine, state.stock, state.setup)

    def _seen(self, params: Params, period: Array, machine: Array, stock: Array, setup: Array) -> Observation:
        xp, single = self.arrays.xp, self.arrays.xp.float32
        numbers, turns = xp.arange(1, stock.shape[1] + 1), xp.arange(setup.shape[1])
        return {
            "phase": xp.astype(machine[:, None] == turns, single),
            "left": xp.astype((params.demand.shape[1] - period)[:, None], single),
            "stock": xp.astype(stock / params.mean, single),
            "setup": xp.astype(setup[..., None] == numbers, single),
            **params.shown,
        }

    def spaces(self, params: Params) -> tuple[spaces.Dict, spaces.Space[Any]]:
        from gymnasium import spaces

        seen = self.observe(params, self.reset(params))
        observed = spaces.Dict({name: spaces.Box(-np.inf, np.inf, a.shape[1:], np.float32) for name, a in seen.items()})
        return observed, spaces.Discrete(params.able.shape[2])

    def mask(self, params: Params, state: State) -> Array:
        """Idle, and the items that the next machine can make."""
        return self.arrays.ops.gather(params.able, state.machine)

    def rule(self, instance: PlantPath, decisions: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Sub-steps go round the machines: the one after T decisions may idle or make what its rate is not 0 for."""
        rate = instance.rate[:, decisions.shape[1] % instance.machines]
        return np.concatenate([np.ones((len(rate), 1), bool), rate > 0], axis=1)

    def step(self, params: Params, state: State, decision: Array) -> Transition[State]:
        """One machine is told what to do; with the last one the period ends."""
        xp, ops, machines = self.arrays.xp, self.arrays.ops, state.setup.shape[1]
        stock, setup, cost = self._assigned(params, state, decision)
        held, last = state.held, state.machine == machines - 1
        if xp.any(last):
            left = stock - ops.gather(params.demand, state.period)
            short, kept = xp.maximum(-left, 0.0), xp.minimum(xp.maximum(left, 0.0), params.capacity)
            ending = xp.sum(params.penalty * short + params.holding * kept, axis=-1)
            cost = cost + xp.where(last, ending, 0.0)
            stock, held = xp.where(last[:, None], kept, stock), xp.where(last[:, None], setup, held)
        period = state.period + xp.astype(last, xp.int64)
        state = State(period, (state.machine + 1) % machines, stock, setup, held)
        return Transition(state, -cost, period == params.demand.shape[1], period < 0)

    def post_decision(self, params: Params, state: State, decision: Array) -> Observation:
        """The observation once the machine is told; after the last one all goods are made and demand is to come."""
        stock, setup, _ = self._assigned(params, state, decision)
        return self._seen(params, state.period, state.machine + 1, stock, setup)

    def _assigned(self, params: Params, state: State, decision: Array) -> tuple[Array, Array, Array]:
        """Goods, set-ups and the cost of the change once the next machine is told what to do."""
        xp, ops, choices = self.arrays.xp, self.arrays.ops, params.able.shape[2]
        entry = state.machine * choices + decision
        changed = (decision > 0) & (decision != ops.gather(state.held, state.machine))
        lost = xp.where(changed, ops.gather(params.setup_loss, entry), 0.0)
        made = xp.maximum(ops.gather(params.rate, entry) - lost, 0.0)
        stock = state.stock + ops.one_hot(decision, choices)[:, 1:] * made[:, None]
        cost = xp.where(changed, ops.gather(params.setup_cost, entry), 0.0)
        return stock, ops.scatter(state.setup, state.machine, decision), cost

    def solution(self, instance: PlantPath, decisions: Array, length: Array, state: State) -> Plan:
        return Plan(np.asarray(decisions, np.int64).reshape(len(instance), -1, instance.machines))

    def period(self, params: Params, state: State) -> Array:
        """int [B]: demands of earlier periods are known."""
        return state.period


def scaled(instance: PlantPath) -> dict[str, NDArray[np.float32]]:
    """What does not change in an episode, in the observation's units."""
    mean, money = instance.mean, (instance.penalty * instance.mean).max(axis=1, keepdims=True)
    money = np.where(money > 0, money, 1.0)
    each = (
        instance.penalty * mean / money,
        instance.holding * mean / money,
        instance.capacity / mean,
        instance.std / mean,
    )
    shown = {
        "rate": instance.rate / mean[:, None],
        "setup_cost": instance.setup_cost / money[:, None],
        "setup_loss": instance.setup_loss / mean[:, None],
        "items": np.stack(each, axis=-1),
    }
    return {name: array.astype(np.float32) for name, array in shown.items()}


def _with_idle(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """[B, M, I] -> [B, M x (I + 1)], zeros for idle."""
    return np.pad(table, ((0, 0), (0, 0), (1, 0))).reshape(len(table), -1)

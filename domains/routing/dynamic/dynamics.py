"""The environment `dispatch`: which orders leave in this wave, on which route, and which wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.components import component
from headway.domains.routing.dynamic.instance import Day, Dispatches
from headway.environment import Environment, Observation, Transition
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces

FEATURES = 8


class Params(NamedTuple):
    """What stays the same during a day."""

    distance: Array  # float64 [B, N, N]
    unit: Array  # float64 [B], the longest distance between what is known at first
    places: Array  # float64 [B, N, 6], see `_places`
    demand: Array  # int64 [B, N]
    capacity: Array  # int64 [B]
    release: Array  # int64 [B, N]
    due: Array  # int64 [B, N]
    order: Array  # bool [B, N]
    waves: Array  # int64 [B]


class State(NamedTuple):
    """The wave that is being loaded."""

    wave: Array  # int64 [B]
    since: Array  # int64 [B], decisions taken in this wave
    position: Array  # int64 [B], the node visited last
    free: Array  # int64 [B], units of capacity left in the vehicle
    taken: Array  # int64 [B, N], the wave that took each order; -1 where none has
    steps: Array  # int64 [B]


@component
class Dispatch(Environment[Day, Dispatches, Params, State]):
    """Vehicles of a wave are loaded one after the other; each decision is the next order.

    Decision: int64 [B], an order that is known and waits; 0 sends the vehicle off and loads a new one, or, with none
    being loaded, lets the wave go and waits for the next one. Reward: minus the distance, float64. Terminated after the
    last wave. Mask: waiting orders that fit, and 0, unless that would let an order wait beyond its last wave.

    Observation: ``nodes`` float32 [N, 8] (x, y relative to the depot, distance from it, cosine and sine of the
    direction, demand as a fraction of the capacity, waves left until it must go and waves it has waited as fractions
    of the day; 0 for what is not known), ``real``, ``waiting``, ``here``, ``allowed`` int8 [N], ``distance`` float32
    [N] from the vehicle, ``free`` float32 [1], ``wave`` float32 [1], the share of the day that is over. Distances
    count in units of the longest one between what is known before the first wave.
    """

    masked: ClassVar[bool] = True
    action: ClassVar[Literal["discrete", "box"]] = "discrete"

    def prepare(self, instance: Day) -> Params:
        distance = instance.task().distances()
        known = instance.known(0)
        known[:, 0] = True
        unit = np.where(known[:, :, None] & known[:, None], distance, 0.0).max((1, 2))
        unit = np.where(unit > 0, unit, 1.0)
        arrays = Params(
            distance=distance,
            unit=unit,
            places=_places(instance, distance, unit),
            demand=np.where(instance.order, instance.demand, 0),
            capacity=instance.capacity,
            release=instance.release,
            due=instance.due,
            order=instance.order,
            waves=instance.waves,
        )
        return Params(*map(self.arrays.ops.asarray, arrays))

    def reset(self, params: Params) -> State:
        xp = self.arrays.xp
        zeros = xp.zeros_like(params.waves)
        capacity = xp.asarray(params.capacity, copy=True)
        return State(zeros, zeros, zeros, capacity, xp.zeros_like(params.demand) - 1, zeros)

    def observe(self, params: Params, state: State) -> Observation:
        xp, ops = self.arrays.xp, self.arrays.ops
        known = params.order & (params.release <= state.wave[:, None])
        left = (params.due - state.wave[:, None]) / params.waves[:, None]
        waited = (state.wave[:, None] - params.release) / params.waves[:, None]
        nodes = xp.concat([params.places, left[:, :, None], waited[:, :, None]], axis=2)
        seen = xp.astype(known, xp.float64)
        away = ops.gather(params.distance, state.position) / params.unit[:, None]
        depot = ops.one_hot(xp.zeros_like(state.wave), known.shape[1])
        return {
            "nodes": xp.astype(nodes * seen[:, :, None], xp.float32),
            "real": xp.astype(known | depot, xp.int8),
            "waiting": xp.astype(known & (state.taken < 0), xp.int8),
            "here": xp.astype(ops.one_hot(state.position, known.shape[1]), xp.int8),
            "allowed": xp.astype(self.mask(params, state), xp.int8),
            "distance": xp.astype(xp.where(known | depot, away, 0.0), xp.float32),
            "free": xp.astype(state.free / params.capacity, xp.float32)[:, None],
            "wave": xp.astype(state.wave / params.waves, xp.float32)[:, None],
        }

    def spaces(self, params: Params) -> tuple[spaces.Dict, spaces.Space[Any]]:
        from gymnasium import spaces

        n = params.demand.shape[1]
        flags = {name: spaces.MultiBinary(n) for name in ("real", "waiting", "here", "allowed")}
        return spaces.Dict(
            {
                "nodes": spaces.Box(-np.inf, np.inf, (n, FEATURES), np.float32),
                **flags,
                "distance": spaces.Box(0.0, np.inf, (n,), np.float32),
                "free": spaces.Box(-np.inf, 1.0, (1,), np.float32),
                "wave": spaces.Box(0.0, 1.0, (1,), np.float32),
            }
        ), spaces.Discrete(n)

    def mask(self, params: Params, state: State) -> Array:
        xp, ops = self.arrays.xp, self.arrays.ops
        waiting = params.order & (params.release <= state.wave[:, None]) & (state.taken < 0)
        must = xp.any(waiting & (params.due <= state.wave[:, None]), axis=1)
        depot = ops.one_hot(xp.zeros_like(state.wave), waiting.shape[1])
        home = (state.position != 0) | ~must
        return (waiting & (params.demand <= state.free[:, None])) | (depot & home[:, None])

    def step(self, params: Params, state: State, decision: Array) -> Transition[State]:
        xp, ops = self.arrays.xp, self.arrays.ops
        batch, n = params.demand.shape
        leg = ops.gather(xp.reshape(params.distance, (batch, n * n)), state.position * n + decision)
        home = decision == 0
        goes = home & (state.position == 0)
        before = ops.gather(state.taken, decision)
        after = State(
            wave=state.wave + xp.astype(goes, xp.int64),
            since=xp.where(goes, 0, state.since + 1),
            position=decision,
            free=xp.where(home, params.capacity, state.free - ops.gather(params.demand, decision)),
            taken=ops.scatter(state.taken, decision, xp.where(home, before, state.wave)),
            steps=state.steps + 1,
        )
        over = after.wave >= params.waves
        truncated = ~over & (after.steps >= 2 * n + params.waves)
        return Transition(after, -leg, over, truncated)

    def solution(
        self, instance: Day, decisions: NDArray[np.int64], length: NDArray[np.int64], state: State
    ) -> Dispatches:
        taken = np.asarray(self.arrays.ops.to_numpy(state.taken), np.int64)
        return Dispatches(np.asarray(decisions, np.int64), np.maximum(taken, 0))

    def period(self, params: Params, state: State) -> Array:
        # The day is over after its last wave; nothing more is revealed then.
        return self.arrays.ops.to_numpy(self.arrays.xp.minimum(state.wave, params.waves - 1))


def _places(day: Day, distance: NDArray[np.float64], unit: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64 [B, N, 6]: x and y relative to the depot, distance from it, cosine and sine, demand."""
    offset = np.where(day.order[:, :, None], day.coords - day.coords[:, :1], 0.0)
    radius = np.linalg.norm(offset, axis=-1, keepdims=True)
    turn = np.divide(offset, radius, out=np.zeros_like(offset), where=radius > 0)
    far, filling = distance[:, 0] / unit[:, None], day.demand / day.capacity[:, None]
    return np.concatenate([offset / unit[:, None, None], far[:, :, None], turn, filling[:, :, None]], -1)

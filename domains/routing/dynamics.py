"""The environment `construct`: routes are built node by node."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.components import component
from headway.domains.routing.features import FEATURES, longest, node_features
from headway.domains.routing.instance import CVRPInstance
from headway.domains.routing.solution import Routes
from headway.environment import Environment, Observation, Transition
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces


class Params(NamedTuple):
    """What stays the same during an episode."""

    distance: Array  # float64 [B, N, N], in the instance's unit
    longest: Array  # float64 [B], its largest entry
    demand: Array  # int64 [B, N]
    capacity: Array  # int64 [B]
    customers: Array  # int64 [B]
    waiting: Array  # bool [B, N], every customer
    nodes: Array  # float32 [B, N, FEATURES]
    real: Array  # int8 [B, N]


class State(NamedTuple):
    """Where the vehicle under way is, and what is still to do."""

    position: Array  # int64 [B], the node visited last
    free: Array  # int64 [B], units of capacity left
    waiting: Array  # bool [B, N], customers not served yet
    left: Array  # int64 [B], how many those are
    steps: Array  # int64 [B]


@component
class Construct(Environment[CVRPInstance, Routes, Params, State]):
    """Vehicles leave one after the other; each decision is the next node to visit.

    Decision: int64 [B], a node; 0 sends the vehicle back and a new, empty one out.
    Reward: minus the distance driven, float64 in the instance's unit. Terminated once every customer is
    served and the vehicle is back. Mask: waiting customers whose demand still fits, and the depot unless
    the vehicle is there already (where all is done it is allowed, so that no row is empty). A masked
    episode takes at most two steps per customer; an unmasked one is truncated then.

    Observation, scaled so that neither size nor unit of an instance matters:

    ``nodes``     float32 [N, 6], fixed: see `node_features`
    ``real``      int8 [N], fixed: 0 for padding
    ``waiting``   int8 [N]: 1 for customers not served yet
    ``here``      int8 [N]: 1 at the vehicle's node
    ``distance``  float32 [N]: from the vehicle to each node, as a fraction of the longest distance
    ``free``      float32 [1]: capacity left, as a fraction (negative if the mask was ignored)

    Task, mask and end are those of Kool, van Hoof and Welling (ICLR 2019); deliveries are not split.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"starts", "symmetries"})
    masked: ClassVar[bool] = True
    action: ClassVar[Literal["discrete", "box"]] = "discrete"

    def prepare(self, instance: CVRPInstance) -> Params:
        distance = instance.distances()
        real = instance.real
        arrays = Params(
            distance=distance,
            longest=longest(distance),
            demand=np.where(real, instance.demand, 0),
            capacity=instance.capacity,
            customers=instance.customers,
            waiting=real & (np.arange(instance.nodes) > 0),
            nodes=node_features(instance, distance),
            real=real.astype(np.int8),
        )
        return Params(*map(self.arrays.ops.asarray, arrays))

    def reset(self, params: Params) -> State:
        xp, customers = self.arrays.xp, params.customers
        return State(
            position=xp.zeros_like(customers),
            free=xp.asarray(params.capacity, copy=True),
            waiting=xp.asarray(params.waiting, copy=True),
            left=xp.asarray(customers, copy=True),
            steps=xp.zeros_like(customers),
        )

    def observe(self, params: Params, state: State) -> Observation:
        xp, ops = self.arrays.xp, self.arrays.ops
        away = ops.gather(params.distance, state.position) / params.longest[:, None]
        return {
            "nodes": params.nodes,
            "real": params.real,
            "waiting": xp.astype(state.waiting, xp.int8),
            "here": xp.astype(ops.one_hot(state.position, params.real.shape[1]), xp.int8),
            "distance": xp.astype(away, xp.float32),
            "free": xp.astype(state.free / params.capacity, xp.float32)[:, None],
        }

    def spaces(self, params: Params) -> tuple[spaces.Dict, spaces.Space[Any]]:
        from gymnasium import spaces

        n = params.real.shape[1]
        observation = {
            "nodes": spaces.Box(-np.inf, np.inf, (n, FEATURES), np.float32),
            "real": spaces.MultiBinary(n),
            "waiting": spaces.MultiBinary(n),
            "here": spaces.MultiBinary(n),
            "distance": spaces.Box(0.0, 1.0, (n,), np.float32),
            "free": spaces.Box(-np.inf, 1.0, (1,), np.float32),
        }
        return spaces.Dict(observation), spaces.Discrete(n)

    def mask(self, params: Params, state: State) -> Array:
        mask = state.waiting & (params.demand <= state.free[:, None])
        mask[:, 0] = (state.position != 0) | (state.left == 0)
        return mask

    def step(self, params: Params, state: State, decision: Array) -> Transition[State]:
        xp, ops = self.arrays.xp, self.arrays.ops
        batch, n = params.demand.shape
        leg = ops.gather(xp.reshape(params.distance, (batch, n * n)), state.position * n + decision)
        served = xp.astype(ops.gather(state.waiting, decision), xp.int64)
        after = State(
            position=decision,
            free=xp.where(decision == 0, params.capacity, state.free - ops.gather(params.demand, decision)),
            waiting=ops.scatter(state.waiting, decision, False),
            left=state.left - served,
            steps=state.steps + 1,
        )
        terminated = (after.left == 0) & (decision == 0)
        truncated = ~terminated & (after.steps >= 2 * params.customers)
        return Transition(after, -leg, terminated, truncated)

    def solution(
        self, instance: CVRPInstance, decisions: NDArray[np.int64], length: NDArray[np.int64], state: State
    ) -> Routes:
        return Routes(np.asarray(decisions, np.int64))

    # -- capabilities ---------------------------------------------------------------------------
    def starts(self, params: Params) -> Array:
        """int64 [B, K]: each customer as the first one visited; K is the smallest size in the batch (POMO)."""
        xp, customers = self.arrays.xp, params.customers
        return xp.arange(int(xp.min(customers)), dtype=xp.int64)[None, :] + xp.ones_like(customers)[:, None]

    def symmetries(self, instance: CVRPInstance) -> list[CVRPInstance]:
        """The eight rotations and reflections of the plane; all distances stay the same, bit for bit."""
        turned = [instance.coords, instance.coords[..., ::-1]]
        signs = [np.array(sign) for sign in ((1.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0))]
        return [dataclasses.replace(instance, coords=coords * sign) for coords in turned for sign in signs]

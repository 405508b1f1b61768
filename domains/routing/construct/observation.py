"""What a policy of the environment `construct` sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from headway.domains.routing.construct.features import FEATURES
from headway.domains.routing.construct.params import Params, State
from headway.environment import Observation
from headway.ops import Array, Backend

if TYPE_CHECKING:
    from gymnasium import spaces

VEHICLE = 5  # numbers about the vehicle under way


def observed(params: Params, state: State, rules: frozenset[str], arrays: Backend) -> Observation:
    """Scaled so that neither size nor unit of an instance matters; of each row:

    ``nodes``     float32 [N, FEATURES], fixed: see `node_features`
    ``real``      int8 [N], fixed: 0 for padding
    ``waiting``   int8 [N]: 1 for customers not served yet
    ``here``      int8 [N]: 1 at the vehicle's node
    ``distance``  float32 [N]: from the vehicle to each node, as a fraction of the longest distance
    ``duration``  float32 [N]: the same way's time, as a fraction of the horizon; 0 without windows
    ``allowed``   int8 [N]: the mask, for networks that look at nothing else
    ``free``      float32 [1]: capacity left, as a fraction (negative if the mask was ignored)
    ``vehicle``   float32 [5]: load from pickups and the most it has carried, as fractions of the capacity; time, as
                  one of the horizon; distance driven, as one of the limit; whether it has collected for the depot
    """
    xp, ops = arrays.xp, arrays.ops
    away = ops.gather(params.distance, state.position) / params.longest[:, None]
    vehicle = [
        state.load / params.capacity,
        state.peak / params.capacity,
        state.time / params.horizon,
        state.driven / params.limit,
        xp.astype(state.collected, xp.float64),
    ]
    return {
        "nodes": params.nodes,
        "real": params.real,
        "waiting": xp.astype(state.waiting, xp.int8),
        "here": xp.astype(ops.one_hot(state.position, params.real.shape[1]), xp.int8),
        "distance": xp.astype(away, xp.float32),
        "duration": _travel(params, state, rules, arrays),
        "allowed": xp.astype(state.allowed, xp.int8),
        "free": xp.astype((params.capacity - state.peak) / params.capacity, xp.float32)[:, None],
        "vehicle": xp.astype(xp.stack(vehicle, axis=1), xp.float32),
    }


def _travel(params: Params, state: State, rules: frozenset[str], arrays: Backend) -> Array:
    xp, ops = arrays.xp, arrays.ops
    if "windows" not in rules:
        return xp.zeros_like(params.real, dtype=xp.float32)
    return xp.astype(ops.gather(params.duration, state.position) / params.horizon[:, None], xp.float32)


def spaces_of(n: int) -> tuple[spaces.Dict, spaces.Space[Any]]:
    """Of observations and decisions, for instances of ``n`` nodes."""
    from gymnasium import spaces

    observation = {
        "nodes": spaces.Box(-np.inf, np.inf, (n, FEATURES), np.float32),
        "real": spaces.MultiBinary(n),
        "waiting": spaces.MultiBinary(n),
        "here": spaces.MultiBinary(n),
        "distance": spaces.Box(0.0, 1.0, (n,), np.float32),
        "duration": spaces.Box(0.0, np.inf, (n,), np.float32),
        "allowed": spaces.MultiBinary(n),
        "free": spaces.Box(-np.inf, 1.0, (1,), np.float32),
        "vehicle": spaces.Box(-np.inf, np.inf, (VEHICLE,), np.float32),
    }
    return spaces.Dict(observation), spaces.Discrete(n)

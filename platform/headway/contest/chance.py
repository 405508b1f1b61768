"""The policy that draws its actions at random: the ablation beside every learned policy."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from headway.batch import Instance
from headway.environment import Environment, Observation
from headway.errors import CapabilityError
from headway.ops import Array
from headway.policy import Policy


@dataclasses.dataclass(frozen=True)
class RandomPolicy(Policy):
    """Uniform over the allowed actions; in a box, uniform between its bounds (standard normal without).

    Every row has its own stream, so its actions do not depend on the rows beside it.

    Attributes
    ----------
    space : action space of one row, where no mask says how many actions there are (see `acting_in`)
    """

    space: spaces.Space[Any] | None = None

    def acting_in(self, space: spaces.Space[Any]) -> RandomPolicy:
        """Itself, for instances whose actions lie in ``space``."""
        return dataclasses.replace(self, space=space)

    def start(self, n: int, seed: int = 0) -> Any:
        """Stream keys uint64 [n] and the number of actions drawn so far."""
        keys = np.random.SeedSequence(seed).generate_state(n, np.uint64)
        return {"key": keys, "drawn": np.zeros(n, np.uint64)}

    def act(self, observation: Observation, mask: Array | None, memory: Any = None) -> tuple[Array, Any]:
        later = {"key": memory["key"], "drawn": memory["drawn"] + np.uint64(1)}
        if mask is not None:
            draws = _uniform(memory, mask.shape[1:])
            return np.where(mask, draws, -1.0).argmax(-1), later
        return _scale(_uniform(memory, _shape(self.space)), self.space), later


def acting(entrant: Any, environment: Environment[Any, Any, Any, Any], instance: Instance) -> Any:
    """The contestant, ready to act on this instance: a random policy without masks is told the action space."""
    if not isinstance(entrant, RandomPolicy):
        return entrant
    return entrant.acting_in(environment.spaces(environment.prepare(instance))[1])


def _shape(space: spaces.Space[Any] | None) -> tuple[int, ...]:
    if isinstance(space, (spaces.Box, spaces.MultiDiscrete)):
        return space.shape
    if isinstance(space, spaces.Discrete):
        return ()
    raise CapabilityError(
        "no random actions in this space", where="RandomPolicy", got=space, expected="Discrete, MultiDiscrete or Box"
    )


def _scale(draws: NDArray[np.float64], space: Any) -> NDArray[Any]:
    if isinstance(space, spaces.Discrete):
        return (int(space.start) + np.floor(draws * int(space.n))).astype(np.int64)
    if isinstance(space, spaces.MultiDiscrete):
        return np.floor(draws * space.nvec).astype(np.int64)
    from scipy.special import ndtri

    bounded = np.isfinite(space.low) & np.isfinite(space.high)
    low, high = np.where(bounded, space.low, 0.0), np.where(bounded, space.high, 0.0)
    normal = np.clip(ndtri(np.clip(draws, 1e-12, 1 - 1e-12)), space.low, space.high)
    return np.where(bounded, low + draws * (high - low), normal).astype(space.dtype)


def _uniform(memory: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """float64 [B, *shape] in [0, 1) from each row's key and counter, by SplitMix64 (Steele et al. 2014, fig. 17)."""
    size = int(np.prod(shape))
    state = memory["key"] + memory["drawn"] * np.uint64(0xD1342543DE82EF95)
    with np.errstate(over="ignore"):
        x = _mix(state)[:, None] + np.arange(1, size + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        bits = (_mix(x) >> np.uint64(11)).astype(np.float64)
    return (bits * 2.0**-53).reshape(len(state), *shape)


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))

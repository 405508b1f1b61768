"""The native form: a batched `gymnasium.vector.VectorEnv` with same-step autoreset."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from headway import tree
from headway.environment import Environment, Observation
from headway.errors import NumericalError
from headway.sampler import Sampler
from headway.seeds import Split


class HeadwayVectorEnv(VectorEnv[Observation, NDArray[Any], Any]):
    """``num_envs`` episodes of one environment, stepped as one array program.

    A row that ends is reset in the same step with the sampler's next instance; ``infos`` then holds
    ``final_obs`` (the whole batch before the reset) and ``_final_obs`` (bool [B], which rows count).
    Allowed actions are in ``infos["action_mask"]`` and from `action_masks`.

    Raises
    ------
    NumericalError
        A reward or observation is not finite; the message names row and step.
    """

    metadata: dict[str, Any] = {"autoreset_mode": AutoresetMode.SAME_STEP, "render_modes": []}  # noqa: RUF012

    def __init__(
        self,
        environment: Environment[Any, Any, Any, Any],
        num_envs: int = 1,
        *,
        split: Split = "train",
        seed: int = 0,
        block: int = 256,
    ) -> None:
        self.environment, self.num_envs = environment, num_envs
        self.sampler = Sampler(environment, split, seed, block=max(block, num_envs))
        self._params: Any
        self._state: Any
        self._observation: Observation
        self._mask: NDArray[np.bool_] | None
        self._returns: NDArray[np.float64]
        self._steps: NDArray[np.int64]
        self._shown: set[int]  # identities of the arrays that others hold
        self._begin()
        self.single_observation_space, self.single_action_space = environment.spaces(self._params)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    # -- gymnasium ------------------------------------------------------------------------------
    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """New episodes. With a seed the same ones each time; without, the sampler's next."""
        if seed is not None:
            first = seed[0] if isinstance(seed, list) else seed
            self.sampler = Sampler(self.environment, self.sampler.split, int(first or 0), block=self.sampler.block)
        self._begin()
        return self._observation, self._infos()

    def step(
        self, actions: NDArray[Any]
    ) -> tuple[Observation, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        env = self.environment
        decision = env.project(self._observation, env.decode(self._observation, actions))
        self._state, reward, terminated, truncated = env.step(self._params, self._state, decision)
        self._steps += 1
        self._returns += reward
        self._check("reward", reward)
        done = terminated | truncated
        observation = env.observe(self._params, self._state)
        final: dict[str, Any] = {}
        if done.any():
            final = {
                "final_obs": observation,
                "_final_obs": done,
                "episode": {"r": self._returns.copy(), "l": self._steps.copy()},
                "_episode": done,
            }
            observation = self._restart(done, observation)
        self._show(observation)
        return observation, reward, terminated, truncated, self._infos() | final

    def action_masks(self) -> NDArray[np.bool_]:
        """bool [B, A]: the allowed actions now. Raises AttributeError where the environment has none."""
        if self._mask is None:
            raise AttributeError(f"{self.environment.problem.name} has no action masks")
        return self._mask

    # -- state, for checkpoints -----------------------------------------------------------------
    def get_state(self) -> dict[str, Any]:
        """Everything that is not configuration, as arrays and integers (no pickle needed)."""
        arrays = {name: array.copy() for name, array in zip(self._state._fields, self._state, strict=True)}
        own = {"numbers": self._numbers.copy(), "returns": self._returns.copy(), "steps": self._steps.copy()}
        return {"state": arrays, **own, "next": self.sampler.next, "seed": self.sampler.seed}

    def set_state(self, saved: dict[str, Any]) -> None:
        """Continue exactly where `get_state` was taken."""
        self.sampler = Sampler(self.environment, self.sampler.split, int(saved["seed"]), block=self.sampler.block)
        self.sampler.next = int(saved["next"])
        self._numbers = np.array(saved["numbers"])
        self._params = tree.map_arrays(np.array, self.sampler.again(self._numbers).params)
        self._state = type(self._state)(**saved["state"])
        self._returns, self._steps = np.array(saved["returns"]), np.array(saved["steps"])
        self._shown = set()
        self._show(self.environment.observe(self._params, self._state))

    # -- inner ----------------------------------------------------------------------------------
    def _begin(self) -> None:
        self._numbers, start = self.sampler.draw(self.num_envs)
        self._params, self._state, observation = tree.map_arrays(np.array, start)
        self._returns = np.zeros(self.num_envs)
        self._steps = np.zeros(self.num_envs, np.int64)
        self._shown = set()
        self._show(observation)

    def _show(self, observation: Observation) -> None:
        """Hand out an observation and its mask, and remember which arrays others hold from now on."""
        self._check("observation", *observation.values())
        self._observation = observation
        self._mask = self.environment.mask(self._params, self._state)
        shown = observation.values() if self._mask is None else (*observation.values(), self._mask)
        self._shown.update(id(_root(array)) for array in shown)

    def _restart(self, done: NDArray[np.bool_], observation: Observation) -> Observation:
        """Give the rows that ended a new instance; what others hold is copied, not overwritten."""
        rows = np.flatnonzero(done)
        self._numbers[rows], start = self.sampler.draw(len(rows))
        self._returns[rows], self._steps[rows] = 0.0, 0
        copies: dict[int, Any] = {}

        def copied(old: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
            if id(old) not in copies:
                copies[id(old)] = old.copy()
                copies[id(old)][rows] = new
            return copies[id(old)]  # type: ignore[no-any-return]

        def overwritten(old: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
            if id(_root(old)) in shown:
                return copied(old, new)
            old[rows] = new
            return old

        shown, self._shown = self._shown | {id(_root(a)) for a in observation.values()}, set()
        self._params = tree.map_arrays(overwritten, self._params, start.params)
        self._state = tree.map_arrays(copied, self._state, start.state)
        renewed: Observation = tree.map_arrays(copied, observation, start.observation)
        return renewed

    def _infos(self) -> dict[str, Any]:
        return {} if self._mask is None else {"action_mask": self._mask}

    def _check(self, what: str, *arrays: NDArray[Any]) -> None:
        for array in arrays:
            # The sum is finite unless an entry is not, or it overflows: cheap, and then looked at closely.
            if array.dtype.kind == "f" and not np.isfinite(array.sum()) and not np.isfinite(array).all():
                row = int(np.argwhere(~np.isfinite(array))[0][0])
                raise NumericalError(
                    f"a {what} is not finite",
                    where=f"{self.environment.problem.name}, instance {self._numbers[row]}, step {self._steps[row]}",
                    got=array[row],
                    expected="finite numbers",
                )


def _root(array: NDArray[Any]) -> Any:
    """The array whose memory a view looks at."""
    return array if array.base is None else array.base

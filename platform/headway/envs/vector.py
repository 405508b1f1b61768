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
        observation = self._observe()
        final: dict[str, Any] = {}
        if done.any():
            final = {
                "final_obs": observation,
                "_final_obs": done,
                "episode": {"r": self._returns.copy(), "l": self._steps.copy()},
                "_episode": done,
            }
            observation = self._restart(done, observation)
        self._check("observation", *observation.values())
        self._observation = observation
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
        self._params = _owned(self.sampler.again(self._numbers))
        self._state = type(self._state)(**saved["state"])
        self._returns, self._steps = np.array(saved["returns"]), np.array(saved["steps"])
        self._observation = self._observe()
        self._infos()

    # -- inner ----------------------------------------------------------------------------------
    def _begin(self) -> None:
        self._numbers, params = self.sampler.draw(self.num_envs)
        self._params = _owned(params)
        self._state = self.environment.reset(self._params)
        self._returns = np.zeros(self.num_envs)
        self._steps = np.zeros(self.num_envs, np.int64)
        self._observation = self._observe()
        self._check("observation", *self._observation.values())
        self._infos()

    def _observe(self) -> Observation:
        return _apart(self.environment.observe(self._params, self._state), self._params)

    def _restart(self, done: NDArray[np.bool_], observation: Observation) -> Observation:
        """Give the rows that ended a new instance; the arrays handed out before stay untouched."""
        env, rows = self.environment, np.flatnonzero(done)
        numbers, params = self.sampler.draw(len(rows))
        self._numbers[rows] = numbers
        tree.put(self._params, rows, params)
        fresh = env.reset(params)
        self._state = _owned(self._state)
        tree.put(self._state, rows, fresh)
        self._returns[rows], self._steps[rows] = 0.0, 0
        observation = {name: array.copy() for name, array in observation.items()}
        tree.put(observation, rows, env.observe(params, fresh))
        return observation

    def _infos(self) -> dict[str, Any]:
        mask = self.environment.mask(self._params, self._state)
        self._mask = None if mask is None else _apart({"mask": mask}, self._params)["mask"]
        return {} if self._mask is None else {"action_mask": self._mask}

    def _check(self, what: str, *arrays: NDArray[Any]) -> None:
        for array in arrays:
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                row = int(np.argwhere(~np.isfinite(array))[0][0])
                raise NumericalError(
                    f"a {what} is not finite",
                    where=f"{self.environment.problem.name}, instance {self._numbers[row]}, step {self._steps[row]}",
                    got=array[row],
                    expected="finite numbers",
                )


def _owned(params: Any) -> Any:
    """A copy that may be written to."""
    return tree.map_arrays(np.array, params)


def _apart(arrays: Observation, params: Any) -> Observation:
    """The arrays, copied where they are, or are views of, parameters: those rows are overwritten on a restart."""
    kept: list[int] = []
    tree.map_arrays(lambda array: kept.append(id(array)), params)
    return {n: a.copy() if a.base is not None or id(a) in kept else a for n, a in arrays.items()}

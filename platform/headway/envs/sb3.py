"""The Stable-Baselines3 face: a thin `VecEnv` on the native batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env.base_vec_env import VecEnv, VecEnvIndices, VecEnvObs, VecEnvStepReturn

from headway.environment import Observation
from headway.envs.vector import HeadwayVectorEnv

_NOTHING: dict[str, Any] = {}  # infos of rows that go on, shared: SB3 only reads them


class SB3VecEnv(VecEnv):
    """What SB3's algorithms take. One Python object per batch, not per row."""

    def __init__(self, env: HeadwayVectorEnv) -> None:
        self.env = env
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)

    def reset(self) -> VecEnvObs:
        seed = next((s for s in self._seeds if s is not None), None)
        observation, _ = self.env.reset(seed=seed)
        self._reset_seeds()
        self._reset_options()
        return observation

    def step_async(self, actions: NDArray[Any]) -> None:
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        observation, reward, terminated, truncated, infos = self.env.step(self._actions)
        done = terminated | truncated
        rows: list[dict[str, Any]] = [_NOTHING] * self.num_envs
        for i in np.flatnonzero(done):
            rows[i] = self._final_info(int(i), bool(truncated[i] and not terminated[i]), infos)
        return observation, reward.astype(np.float32), done, rows

    def _final_info(self, i: int, truncated: bool, infos: dict[str, Any]) -> dict[str, Any]:
        final: Observation = infos["final_obs"]
        episode = {name: float(values[i]) for name, values in infos["episode"].items()}
        return {
            "terminal_observation": {name: array[i] for name, array in final.items()},
            "TimeLimit.truncated": truncated,
            "episode": {**episode, "t": 0.0},
        }

    def close(self) -> None:
        self.env.close()

    def action_masks(self) -> NDArray[np.bool_]:
        return self.env.action_masks()

    # -- SB3's per-row access -------------------------------------------------------------------
    def env_method(self, method_name: str, *args: Any, indices: VecEnvIndices = None, **kwargs: Any) -> list[Any]:
        result = getattr(self.env, method_name)(*args, **kwargs)
        rows = list(self._get_indices(indices))
        return [result[i] for i in rows] if isinstance(result, np.ndarray) else [result] * len(rows)

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        return [getattr(self.env, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        setattr(self.env, attr_name, value)

    def has_attr(self, attr_name: str) -> bool:
        if attr_name == "action_masks":
            return self.env.environment.masked
        return hasattr(self.env, attr_name)

    def env_is_wrapped(self, wrapper_class: type[Any], indices: VecEnvIndices = None) -> list[bool]:
        return [False] * len(list(self._get_indices(indices)))

    def get_images(self) -> Sequence[NDArray[Any] | None]:
        return [None] * self.num_envs

    def _get_indices(self, indices: VecEnvIndices) -> Iterable[int]:
        if indices is None:
            return range(self.num_envs)
        return [indices] if isinstance(indices, int) else indices

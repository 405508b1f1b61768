"""The Stable-Baselines3 face: a thin `VecEnv` on the native batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env.base_vec_env import VecEnv, VecEnvIndices, VecEnvObs, VecEnvStepReturn

from headway.envs.vector import HeadwayVectorEnv

_NOTHING: dict[str, Any] = {}  # infos of rows that go on, shared: SB3 only reads them


class FinalInfo(dict[str, Any]):
    """What SB3 asks about an episode's end; the row is cut out of the batch only when it does ask."""

    __slots__ = ("_infos", "_row")

    def __init__(self, infos: dict[str, Any], row: int, truncated: bool) -> None:
        self["TimeLimit.truncated"] = truncated
        self["terminal_observation"] = self["episode"] = None
        self._infos, self._row = infos, row

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        if value is None:
            value = self[key] = self._cut(key)
        return value

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, or ``default`` where there is none."""
        return self[key] if key in self else default  # noqa: SIM401 (dict.get would not cut the row out)

    def _cut(self, key: str) -> dict[str, Any]:
        if key == "terminal_observation":
            return {name: array[self._row] for name, array in self._infos["final_obs"].items()}
        return {name: float(values[self._row]) for name, values in self._infos["episode"].items()} | {"t": 0.0}


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
        ended = done.nonzero()[0]
        for row, cut in zip(ended.tolist(), (truncated & ~terminated)[ended].tolist(), strict=True):
            rows[row] = FinalInfo(infos, row, cut)
        return observation, reward.astype(np.float32), done, rows

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

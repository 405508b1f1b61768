"""What SB3 trains on: the native batch, with box actions in [-1, 1]."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from headway.envs.sb3 import SB3VecEnv
from headway.envs.vector import HeadwayVectorEnv
from headway.nn.decoding import Bounds


class TrainingVecEnv(SB3VecEnv):
    """SB3's face of an environment; whatever the unit of its actions, exploration is on one scale."""

    def __init__(self, env: HeadwayVectorEnv) -> None:
        super().__init__(env)
        self._bounds = Bounds(self.action_space) if isinstance(self.action_space, spaces.Box) else None
        if self._bounds:
            self.action_space = spaces.Box(-1, 1, self.action_space.shape, np.float32)

    def reset(self) -> VecEnvObs:
        # A dict of its own: SB3's replay buffer writes reshaped arrays into the one it is given.
        return dict(super().reset())  # type: ignore[arg-type]

    def step_async(self, actions: NDArray[Any]) -> None:
        if self._bounds:
            actions = self._bounds.unscale(torch.from_numpy(actions)).numpy()
        super().step_async(actions)

    def step_wait(self) -> VecEnvStepReturn:
        observation, reward, done, infos = super().step_wait()
        return dict(observation), reward, done, infos  # type: ignore[arg-type]

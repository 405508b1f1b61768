"""Drives an SB3 algorithm update by update, without its ``learn``, so that it can be stored between any two."""

from __future__ import annotations

import copy
import math
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.vec_env import VecEnv, VecNormalize
from stable_baselines3.common.vec_env.base_vec_env import VecEnvStepReturn
from torch import Tensor

from headway.environment import Environment
from headway.envs.vector import HeadwayVectorEnv
from headway.errors import NumericalError
from headway.nn.aligned import aligned
from headway.nn.decoding import Decoding
from headway.nn.guard import check_finite
from headway.nn.network import Network, Recipe
from headway.pipelines.agents.base import Trainer
from headway.pipelines.agents.reward_scale import RewardScale
from headway.pipelines.agents.rng import random_state, set_random_state
from headway.pipelines.agents.steps import StepAgent
from headway.pipelines.agents.vec_env import TrainingVecEnv
from headway.storage.stored import Description, StoredPolicy

MEMORY = 40_960  # steps over which the scale of rewards forgets: five updates of PPO, as with our own learner
COUNTERS = ("num_timesteps", "_n_updates", "_episode_num", "_current_progress_remaining")


class SB3Trainer(Trainer):
    """What SB3's two families share: set up, metrics, guards, state.

    ``counters`` names the attributes of the algorithm that count or follow a schedule. ``model`` is
    an SB3 algorithm, without a type, since much of what is stored are its private attributes.
    """

    counters: tuple[str, ...] = COUNTERS
    scheduled: Callable[[float], Mapping[str, float]]  # attributes of the algorithm by share of the run that is left

    def __init__(
        self,
        model: Any,
        environment: Environment[Any, Any, Any, Any],
        recipe: Recipe,
        *,
        steps: int,
        decoding: Decoding,
    ) -> None:
        self.model, self.env, self.total = model, model.env, steps
        self.description = Description.of(environment, recipe, decoding)
        model.set_logger(Logger(folder=None, output_formats=[]))
        _, self.callback = model._setup_learn(steps)
        self.callback.on_training_start({}, {})

    @abstractmethod
    def update(self) -> None:
        """The body of SB3's learning loop."""

    @abstractmethod
    def network(self) -> Network:
        """The network that acts, as one of ours."""

    @abstractmethod
    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """The algorithm's optimizers by name."""

    # -- Trainer ----------------------------------------------------------------------------------
    @property
    def steps(self) -> int:  # type: ignore[override]
        return int(self.model.num_timesteps)

    def advance(self) -> Mapping[str, float]:
        where = f"{self.description.problem_name}, {type(self.model).__name__}, step {self.steps}"
        try:
            self.update()
        except ValueError as error:
            # torch's distributions refuse NaN or a deviation of 0 with a ValueError; name the tensor instead.
            check_finite(self.model.policy, {}, where)
            if "of distribution" not in str(error):
                raise
            got = str(error).split(" of distribution")[0]
            raise NumericalError("a distribution of actions is not finite", where=where, got=got,
                                 expected="finite parameters, positive deviations") from error  # fmt: skip
        metrics = self._metrics()
        check_finite(self.model.policy, {name: v for name, v in metrics.items() if "loss" in name}, where)
        return {name: value for name, value in metrics.items() if math.isfinite(value)}

    def policy(self) -> StoredPolicy:
        return StoredPolicy(copy.deepcopy(self.network()), self.description)

    def get_state(self) -> dict[str, Any]:
        model = self.model
        return {
            "random": random_state(),
            "actions": model.action_space.np_random.bit_generator.state,
            "environment": inner(self.env).get_state(),
            "rewards": None if self.env.scale is None else self.env.scale.get_state(),
            "weights": dict(model.policy.state_dict()),
            "optimizers": {name: optimizer.state_dict() for name, optimizer in self.optimizers().items()},
            "counters": {name: getattr(model, name) for name in self.counters},
            "observation": dict(model._last_obs),
            "starts": model._last_episode_starts,
            "episodes": list(model.ep_info_buffer or ()),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        model = self.model
        inner(self.env).set_state(state["environment"])
        if self.env.scale is not None:
            self.env.scale.set_state(state["rewards"])
        model.policy.load_state_dict(state["weights"])
        for name, optimizer in self.optimizers().items():
            optimizer.load_state_dict(state["optimizers"][name])
        for name, value in state["counters"].items():
            setattr(model, name, value)
        model._last_obs = model._last_original_obs = dict(state["observation"])
        model._last_episode_starts = state["starts"]
        model.ep_info_buffer = deque(state["episodes"], maxlen=model._stats_window_size)
        model.action_space.np_random.bit_generator.state = state["actions"]
        set_random_state(state["random"])

    def _metrics(self) -> dict[str, float]:
        logged = self.model.logger.name_to_value
        metrics = {name: float(value) for name, value in logged.items()}
        logged.clear()
        if self.model.ep_info_buffer:
            metrics["rollout/return"] = float(np.mean([episode["r"] for episode in self.model.ep_info_buffer]))
        return metrics


def as_given(observation: Mapping[str, Tensor], space: spaces.Dict) -> dict[str, Tensor]:
    """Observations as environments give them: SB3's buffers store a category as [B, 1] instead of [B].

    SB3 shares numpy's memory while it collects, so they are brought onto torch's alignment too.
    """
    discrete = {name for name, part in space.spaces.items() if isinstance(part, spaces.Discrete)}
    given = {name: array.reshape(-1) if name in discrete else array for name, array in observation.items()}
    return {name: aligned(array) for name, array in given.items()}


def given(arrays: Mapping[str, NDArray[Any]], space: spaces.Dict) -> dict[str, Tensor]:
    """Observations out of SB3's buffers [..., rows, ...] as a batch."""
    return {name: torch.from_numpy(arrays[name]).reshape(-1, *(part.shape or ())) for name, part in space.items()}


# -- the environment under SB3 ----------------------------------------------------------------------
def training_env(environment: Environment[Any, Any, Any, Any], agent: StepAgent, seed: int, gamma: float) -> VecEnv:
    """The batch to train on; rewards are scaled for the learner where asked."""
    env = TrainingVecEnv(HeadwayVectorEnv(environment, agent.num_envs, split="train", seed=seed))
    weight = min(agent.num_envs / MEMORY, 1.0)
    return ScaledRewards(env, RewardScale.of(environment, agent, gamma, weight) if agent.normalize_reward else None)


class ScaledRewards(VecNormalize):
    """Our scale in the place of SB3's, where its replay buffers ask for it when they are sampled."""

    def __init__(self, env: VecEnv, scale: RewardScale | None) -> None:
        super().__init__(env, norm_obs=False, norm_reward=scale is not None)
        self.scale = scale

    def step_wait(self) -> VecEnvStepReturn:
        observation: Any
        observation, reward, done, infos = self.venv.step_wait()
        self.old_obs, self.old_reward = observation, reward
        if self.scale is not None:
            self.scale.update(torch.from_numpy(reward)[None], torch.from_numpy(~done)[None])
        return observation, self.normalize_reward(reward), done, infos

    def normalize_obs(self, obs: Any) -> Any:
        return obs

    def normalize_reward(self, reward: NDArray[Any]) -> NDArray[Any]:
        return reward if self.scale is None else self.scale.scaled(reward).astype(np.float32)


def inner(env: VecEnv | None) -> HeadwayVectorEnv:
    """The native batch inside SB3's wrappers."""
    return env.unwrapped.env  # type: ignore[union-attr, no-any-return]

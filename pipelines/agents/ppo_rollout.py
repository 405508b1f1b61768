"""Steps of a batch of environments, collected into tensors that are made once and filled again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import torch
from torch import Tensor

from headway import tree
from headway.environment import Observation
from headway.envs.vector import HeadwayVectorEnv

Tensors: TypeAlias = dict[str, Tensor]
Act = Callable[[Tensors, Tensor | None], tuple[Tensor, Tensor]]


class OpenVectorEnv(HeadwayVectorEnv):
    """The native batch, which also says what a policy sees before it acts."""

    @property
    def observation(self) -> Observation:
        """What a policy sees now."""
        return self._observation

    @property
    def mask(self) -> Any:
        """bool [B, A]: the allowed actions now, or None."""
        return self._mask


class PostDecisionVectorEnv(OpenVectorEnv):
    """The native batch, which also says what a decision leads to before chance acts."""

    def post_decision(self, actions: Any) -> Observation:
        """The post-decision observation of these actions, which are not taken."""
        environment: Any = self.environment
        decision = environment.project(self._observation, environment.decode(self._observation, actions))
        seen: Observation = environment.post_decision(self._params, self._state, decision)
        return seen


class Cut(NamedTuple):
    """Where episodes were cut by their horizon: at step ``t``, in ``rows``, before the state ``final``."""

    t: int
    rows: Tensor
    final: Tensors


class Rollout:
    """T steps of B rows.

    observation : [T + 1, B, ...] each, one more than was acted on
    mask : bool [T, B, A], or None
    action [T, B, ...], log_prob, reward, going float32 [T, B]; going is 0 where the episode ended
    cuts : episodes that were cut, not finished
    returns : of the episodes that ended
    """

    def __init__(self, env: OpenVectorEnv, steps: int) -> None:
        self.env, self.steps = env, steps
        self.observation = _room(env.observation, steps + 1)
        self.mask = None if env.mask is None else torch.empty((steps, *env.mask.shape), dtype=torch.bool)
        self.action: Tensor = torch.empty(0)
        self.log_prob, self.reward, self.going = (torch.empty((steps, env.num_envs)) for _ in range(3))
        self.cuts: list[Cut] = []
        self.returns: list[float] = []

    @torch.no_grad()
    def collect(self, act: Act, acted: Callable[[Tensor], Any]) -> None:
        """Go on for T steps.

        ``act`` draws actions and their log-probabilities, ``acted`` gives actions the environment's form.
        """
        env = self.env
        self.cuts, self.returns = [], []
        for t in range(self.steps):
            _put(self.observation, t, env.observation)
            if self.mask is not None:
                self.mask[t] = torch.from_numpy(env.mask)
            action, self.log_prob[t] = act(tree.rows(self.observation, t), None if self.mask is None else self.mask[t])
            if len(self.action) != self.steps:
                self.action = action.new_empty((self.steps, *action.shape))
            self.action[t] = action
            given = acted(action)
            self._decided(t, given)
            _, reward, terminated, truncated, infos = env.step(given)
            self.reward[t] = torch.from_numpy(reward)
            self.going[t] = torch.from_numpy(~(terminated | truncated))
            self._note(t, truncated & ~terminated, infos)
        _put(self.observation, self.steps, env.observation)

    def _decided(self, t: int, actions: Any) -> None:
        """Called before the actions of step ``t`` are taken."""

    def _note(self, t: int, cut: Any, infos: dict[str, Any]) -> None:
        if "_final_obs" not in infos:
            return
        self.returns += infos["episode"]["r"][infos["_final_obs"]].tolist()
        if cut.any():
            final = {name: torch.from_numpy(array[cut]) for name, array in infos["final_obs"].items()}
            self.cuts.append(Cut(t, torch.from_numpy(np.flatnonzero(cut)), final))


class PostDecisionRollout(Rollout):
    """The same, with ``post`` [T, B, ...] each: what a policy would see after its decision, before chance acts."""

    env: PostDecisionVectorEnv

    def __init__(self, env: PostDecisionVectorEnv, steps: int) -> None:
        super().__init__(env, steps)
        self.post = _room(env.observation, steps)

    def _decided(self, t: int, actions: Any) -> None:
        _put(self.post, t, self.env.post_decision(actions))


def flat(tensors: Tensors) -> Tensors:
    """[T, B, ...] -> [T * B, ...]."""
    return {name: tensor.flatten(0, 1) for name, tensor in tensors.items()}


def _room(observation: Observation, steps: int) -> Tensors:
    like = {name: torch.as_tensor(array) for name, array in observation.items()}
    return {name: torch.empty((steps, *tensor.shape), dtype=tensor.dtype) for name, tensor in like.items()}


def _put(room: Tensors, t: int, observation: Observation) -> None:
    for name, array in observation.items():
        room[name][t] = torch.as_tensor(array)

"""The single `gymnasium.Env`: a batch of one."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from headway.batch import Instance
from headway.environment import Environment, Observation
from headway.seeds import Split, stream


class HeadwayEnv(gymnasium.Env[dict[str, NDArray[Any]], Any]):
    """One episode at a time, for `gymnasium.make` and code that expects it.

    ``reset(seed=s)`` draws the same instance each time; ``reset()`` the next one;
    ``reset(options={"instance": instance})`` takes a given batch of one.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012

    def __init__(self, environment: Environment[Any, Any, Any, Any], *, split: Split = "train", seed: int = 0) -> None:
        self.environment, self.split = environment, split
        self._seed, self._episode = seed, -1
        self._params: Any
        self._state: Any
        self._observation: Observation
        self._load(self._draw())
        self.observation_space: spaces.Space[Any]
        self.observation_space, self.action_space = environment.spaces(self._params)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        super().reset(seed=seed)
        if seed is not None:
            self._seed, self._episode = seed, -1
        given = (options or {}).get("instance")
        self._load(given if given is not None else self._draw())
        return self._row(self._observation), self._info()

    def step(self, action: Any) -> tuple[dict[str, NDArray[Any]], float, bool, bool, dict[str, Any]]:
        env = self.environment
        decision = env.project(self._observation, env.decode(self._observation, np.asarray(action)[None]))
        self._state, reward, terminated, truncated = env.step(self._params, self._state, decision)
        self._observation = env.observe(self._params, self._state)
        return self._row(self._observation), float(reward[0]), bool(terminated[0]), bool(truncated[0]), self._info()

    def action_masks(self) -> NDArray[np.bool_]:
        """bool [A]: the allowed actions now. Raises AttributeError where the environment has none."""
        mask = self.environment.mask(self._params, self._state)
        if mask is None:
            raise AttributeError(f"{self.environment.problem.name} has no action masks")
        return np.asarray(mask[0])

    def _draw(self) -> Instance:
        self._episode += 1
        problem = self.environment.problem
        drawn: Instance = problem.generate(
            stream(self.split, self._seed, problem.name, "single", self._episode), 1, self.split
        )
        return drawn

    def _load(self, instance: Instance) -> None:
        self._params = self.environment.prepare(instance)
        self._state = self.environment.reset(self._params)
        self._observation = self.environment.observe(self._params, self._state)

    def _row(self, batch: dict[str, Any]) -> dict[str, NDArray[Any]]:
        return {name: np.array(array[0]) for name, array in batch.items()}

    def _info(self) -> dict[str, Any]:
        return {"action_mask": self.action_masks()} if self.environment.masked else {}

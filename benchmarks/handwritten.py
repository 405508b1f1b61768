"""The same worlds as a careful user would write them by hand: the bar for our own environments."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray


class SingleCVRP(gymnasium.Env[dict[str, NDArray[Any]], int]):
    """One vehicle-routing episode at a time in plain numpy, with the same observation and mask."""

    def __init__(self, problem: Any, seed: int) -> None:
        self.problem, self.rng = problem, np.random.default_rng(seed)
        n = problem.customers + 1
        self.action_space = spaces.Discrete(n)
        self.observation_space = spaces.Dict(
            {
                "nodes": spaces.Box(-np.inf, np.inf, (n, 6), np.float32),
                "waiting": spaces.MultiBinary(n),
                "here": spaces.MultiBinary(n),
                "distance": spaces.Box(0.0, 1.0, (n,), np.float32),
                "free": spaces.Box(-np.inf, 1.0, (1,), np.float32),
            }
        )

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        n = self.problem.customers + 1
        coords = self.rng.random((n, 2))
        self.distance = np.linalg.norm(coords[:, None] - coords[None], axis=-1)
        self.demand, self.capacity = self.rng.integers(1, 10, n), 30
        self.demand[0] = 0
        self.longest = self.distance.max()
        coords -= coords[0]
        radius = np.maximum(np.linalg.norm(coords, axis=1), 1e-9)
        columns = [coords, self.distance[:1].T / self.longest, coords / radius[:, None]]
        self.nodes = np.concatenate([*columns, self.demand[:, None] / self.capacity], 1).astype(np.float32)
        self.waiting = self.demand > 0
        self.position, self.free = 0, self.capacity
        return self._observe(), {}

    def step(self, action: int) -> tuple[dict[str, NDArray[Any]], float, bool, bool, dict[str, Any]]:
        leg = self.distance[self.position, action]
        self.position = int(action)
        if action == 0:
            self.free = self.capacity
        else:
            self.free -= int(self.demand[action])
            self.waiting[action] = False
        done = self.position == 0 and not self.waiting.any()
        return self._observe(), -float(leg), done, False, {}

    def action_masks(self) -> NDArray[np.bool_]:
        mask = self.waiting & (self.demand <= self.free)
        mask[0] = self.position != 0 or not self.waiting.any()
        return mask

    def _observe(self) -> dict[str, NDArray[Any]]:
        here = np.zeros(len(self.waiting), np.int8)
        here[self.position] = 1
        return {
            "nodes": self.nodes,
            "waiting": self.waiting.astype(np.int8),
            "here": here,
            "distance": (self.distance[self.position] / self.longest).astype(np.float32),
            "free": np.array([self.free / self.capacity], np.float32),
        }


def cvrp_step(params: Any, state: Any, decision: NDArray[np.int64]) -> tuple[Any, ...]:
    """The routing step on a batch, in numpy alone."""
    row = np.arange(len(decision))
    leg = params.distance[row, state.position, decision]
    served = state.waiting[row, decision]
    free = np.where(decision == 0, params.capacity, state.free - params.demand[row, decision])
    waiting = state.waiting.copy()
    waiting[row, decision] = False
    left, steps = state.left - served, state.steps + 1
    terminated = (left == 0) & (decision == 0)
    truncated = ~terminated & (steps >= 2 * params.customers)
    return (decision, free, waiting, left, steps), -leg, terminated, truncated


def portfolio_step(params: Any, state: Any, decision: NDArray[np.float64], cost: float) -> tuple[Any, ...]:
    """The portfolio step on a batch, in numpy alone (one day of lag)."""
    row = np.arange(len(decision))
    before, drifted, low = _drift(params.periods.waiting[row, state.period], state.weights)
    idle = (decision == 0).all(1, keepdims=True)
    target = np.where(idle, drifted, decision)
    paid = cost * np.abs(target - drifted)[:, :-1].sum(1)
    after, weights, lowest = _drift(params.periods.holding[row, state.period], target)
    growth = before * (1 - paid) * after
    ruined = (low <= 0) | (lowest <= 0) | (paid >= 1)
    period = state.period + 1
    truncated = (period == params.periods.holding.shape[1]) & ~ruined
    return (period, weights), 252 / params.scored * np.log(np.maximum(growth, 1e-12)), ruined, truncated


def _drift(relatives: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    wealth = np.matmul(relatives, weights[:, :, None])[:, :, 0]
    final = wealth[:, -1]
    return final, relatives[:, -1] * weights / np.where(final > 0, final, 1.0)[:, None], wealth.min(1)

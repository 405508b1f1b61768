"""A policy or planner, on given instances, each exactly once: the only way policies are evaluated."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway import tree
from headway.batch import Batch, Instance
from headway.environment import Environment
from headway.errors import ContractError
from headway.policy import Planner, Policy


@dataclass(frozen=True)
class Rollout:
    """What happened: the solution, the decisions [B, T, ...] behind it, undiscounted returns [B], lengths [B]."""

    solution: Batch
    decisions: NDArray[Any]
    returns: NDArray[np.float64]
    length: NDArray[np.int64]
    state: Any


def rollout(
    environment: Environment[Any, Any, Any, Any],
    policy: Policy | Planner[Any],
    instance: Instance,
    *,
    seed: int = 0,
    limit: int = 1_000_000,
) -> Rollout:
    """Run ``policy`` to the end of every episode.

    Rows that have ended are dropped from the batch, so an environment is never stepped past its end.

    Raises
    ------
    ContractError
        An episode does not end within ``limit`` steps.
    """
    walk = Walk(environment, policy, instance, seed=seed)
    while len(walk.active):
        if walk.length.max() >= limit:
            got = f"{limit} steps"
            raise ContractError("an episode does not end", where=environment.problem.name, got=got, expected="fewer")
        walk.step()
    return walk.result()


class Walk:
    """Episodes under way: the rows still active, and what has been decided in each row so far."""

    def __init__(
        self,
        environment: Environment[Any, Any, Any, Any],
        policy: Policy | Planner[Any],
        instance: Instance,
        *,
        seed: int = 0,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.environment, self.instance, self.clock = environment, instance, clock
        self.params = environment.prepare(instance)
        self.state = environment.reset(self.params)
        self.active = np.arange(len(instance))
        self.final = tree.map_arrays(np.array, self.state)
        self.returns = np.zeros(len(instance))
        self.length = np.zeros(len(instance), np.int64)
        self._steps: list[tuple[NDArray[Any], NDArray[Any]]] = []
        self.hand_over(policy, seed)

    def hand_over(self, policy: Policy | Planner[Any], seed: int = 0) -> None:
        """Let ``policy`` decide from here on; the world's state (holdings, stock) stays as it is."""
        self.policy = policy
        self.memory = policy.start(len(self.active), seed) if isinstance(policy, Policy) else None

    def step(self) -> None:
        """One decision in every active row."""
        environment, began = self.environment, self.clock()
        decision = self.decide()
        decision = environment.stamp(decision, self.clock() - began)
        self.state, reward, terminated, truncated = environment.step(self.params, self.state, decision)
        self._steps.append((self.active, np.asarray(decision)))
        self.returns[self.active] += reward
        self.length[self.active] += 1
        done = terminated | truncated
        if done.any():
            tree.put(self.final, self.active[done], tree.rows(self.state, done))
            self.active = self.active[~done]
            self.params, self.state, self.memory = tree.rows((self.params, self.state, self.memory), ~done)

    def decide(self) -> NDArray[Any]:
        """The policy's decisions [A, ...] for the active rows, projected onto the feasible set."""
        environment = self.environment
        observation = environment.observe(self.params, self.state)
        if isinstance(self.policy, Planner):
            decision = self._plan(self.policy)
        else:
            action, self.memory = self.policy.act(observation, environment.mask(self.params, self.state), self.memory)
            decision = environment.decode(observation, action)
        projected: NDArray[Any] = environment.project(observation, decision)
        return projected

    def _plan(self, planner: Planner[Any]) -> NDArray[Any]:
        problem, period = self.environment.problem, self.environment.period(self.params, self.state)
        plans = [
            planner.plan(
                problem, problem.view(self.instance[int(row)], int(period[i])), tree.rows(self.state, slice(i, i + 1))
            )
            for i, row in enumerate(self.active)
        ]
        return np.stack([np.asarray(plan) for plan in plans])

    def result(self) -> Rollout:
        """What has happened so far; complete once no row is active."""
        decisions = self.decisions()
        solution = self.environment.solution(self.instance, decisions, self.length, self.final)
        return Rollout(solution, decisions, self.returns, self.length, self.final)

    def decisions(self) -> NDArray[Any]:
        """What has been decided so far, [B, T, ...], zero beyond a row's own length. At least one step is done."""
        first = self._steps[0][1]
        out = np.zeros((len(self.instance), len(self._steps), *first.shape[1:]), first.dtype)
        for t, (rows, decision) in enumerate(self._steps):
            out[rows, t] = decision
        return out

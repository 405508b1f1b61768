"""Episodes played with random legal or recorded actions, with everything that happened in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from headway import tree
from headway.batch import Batch, Instance
from headway.environment import Environment
from headway.errors import ContractError

LIMIT = 20_000  # steps after which an episode counts as endless

Chooser = Callable[[int, int, NDArray[np.bool_] | None], Any]  # (row, step, its mask) -> its action


class Step(NamedTuple):
    """One step of one row, all arrays without the batch axis; ``after`` is the state it led to."""

    observation: dict[str, NDArray[Any]]
    mask: NDArray[np.bool_] | None
    action: NDArray[Any]
    decision: NDArray[Any]
    state: Any
    period: int
    reward: float
    terminated: bool
    truncated: bool
    after: Any


@dataclass(frozen=True)
class Episode:
    """What happened: the steps of each row, its final observation, and the solutions."""

    rows: list[list[Step]]
    final: list[dict[str, NDArray[Any]]]
    solution: Batch
    decisions: NDArray[Any]
    length: NDArray[np.int64]

    @property
    def returns(self) -> NDArray[np.float64]:
        return np.array([sum(step.reward for step in steps) for steps in self.rows])


def legal(space: spaces.Space[Any], seed: int = 0, names: Sequence[int] | None = None) -> Chooser:
    """Random legal actions: a function of seed, the row's name and the step, so that any row can be played again."""

    def choose(row: int, step: int, mask: NDArray[np.bool_] | None) -> Any:
        rng = np.random.default_rng([seed, row if names is None else names[row], step])
        if isinstance(space, spaces.Discrete):
            allowed = np.arange(space.n) if mask is None else np.flatnonzero(mask)
            if not len(allowed):
                raise ContractError("a mask is empty", where=f"row {row}, step {step}", expected="an allowed action")
            return allowed[rng.integers(len(allowed))]
        if isinstance(space, spaces.Box):
            low, high = np.maximum(space.low, -3.0), np.minimum(space.high, 3.0)
            return rng.uniform(low, high).astype(space.dtype)
        raise ContractError("an action space is neither Discrete nor Box", got=space)

    return choose


def again(episode: Episode, order: Sequence[int] | None = None) -> Chooser:
    """The actions of an episode, its rows in another order."""

    def choose(row: int, step: int, mask: NDArray[np.bool_] | None) -> Any:
        return episode.rows[row if order is None else order[row]][step].action

    return choose


def play(environment: Environment[Any, Any, Any, Any], instance: Instance, choose: Chooser) -> Episode:
    """Play every row to its end."""
    params = environment.prepare(instance)
    state = environment.reset(params)
    final_state = tree.map_arrays(np.array, state)
    active = np.arange(len(instance))
    rows: list[list[Step]] = [[] for _ in active]
    final: list[dict[str, Any]] = [{} for _ in active]
    for t in range(LIMIT):
        if not len(active):
            return _episode(environment, instance, rows, final, final_state)
        observation, mask = environment.observe(params, state), environment.mask(params, state)
        period = environment.period(params, state)
        action = np.stack([choose(int(row), t, None if mask is None else mask[i]) for i, row in enumerate(active)])
        decision = environment.project(observation, environment.decode(observation, action))
        after, reward, terminated, truncated = environment.step(params, state, decision)
        seen = environment.observe(params, after)
        for i, row in enumerate(active):
            rows[row].append(
                Step(
                    tree.rows(observation, i),
                    None if mask is None else mask[i],
                    action[i],
                    decision[i],
                    tree.rows(state, i),
                    int(period[i]),
                    float(reward[i]),
                    bool(terminated[i]),
                    bool(truncated[i]),
                    tree.rows(after, i),
                )
            )
            final[row] = tree.rows(seen, i)
        over = terminated | truncated
        tree.put(final_state, active[over], tree.rows(after, over))
        active, params, state = active[~over], tree.rows(params, ~over), tree.rows(after, ~over)
    raise ContractError("an episode does not end", where=environment.problem.name, got=f"{LIMIT} steps")


def _episode(
    environment: Environment[Any, Any, Any, Any],
    instance: Instance,
    rows: list[list[Step]],
    final: list[dict[str, Any]],
    state: Any,
) -> Episode:
    length = np.array([len(steps) for steps in rows])
    first = rows[0][0].decision
    decisions = np.zeros((len(rows), length.max(), *np.shape(first)), np.asarray(first).dtype)
    for row, steps in enumerate(rows):
        decisions[row, : len(steps)] = [step.decision for step in steps]
    return Episode(rows, final, environment.solution(instance, decisions, length, state), decisions, length)

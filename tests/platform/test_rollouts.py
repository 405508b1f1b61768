"""Rollouts: each instance once, by a policy or a planner."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from headway_maintenance.dynamics import FIRST

from headway.errors import ContractError
from headway.policy import Planner, Policy
from headway.rollouts import Walk, rollout


class Counting(Policy):
    """Works on machine 0 as often as its row's number says, and remembers how often it has."""

    def start(self, n: int, seed: int = 0) -> Any:
        return {"row": np.arange(n) + seed, "done": (np.zeros(n, int), None)}

    def act(self, observation, mask, memory=None):
        done = memory["done"][0]
        working = observation["phase"][:, 0] > 0
        action = np.where(working, 1, np.where(done < memory["row"], FIRST, 0))
        return action, {"row": memory["row"], "done": (done + working, None)}


class Watching(Planner):
    """Does nothing, and notes what it was shown."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int, int]] = []

    def plan(self, problem, view, state):
        self.seen.append((len(view), view.uniform.shape[1], int(state.period[0])))
        return np.asarray(0)


def test_rows_end_on_their_own_and_keep_their_memory(fleet):
    """Row i works i times, so it takes 14 + i steps; its plan shows exactly that."""
    instance = fleet.instances("train", 3)
    done = rollout(fleet.environment(), Counting(), instance)
    assert done.length.tolist() == [14, 15, 16]
    assert (done.solution.work > 0).sum(axis=1).tolist() == [0, 1, 2]
    assert done.decisions.shape == (3, 16)
    assert done.decisions[0, 14:].tolist() == [0, 0]
    assert done.state.period.tolist() == [14, 14, 14]


def test_returns_are_undiscounted_sums(fleet):
    """Minus the objective of the solution."""
    instance = fleet.instances("train", 5)
    done = rollout(fleet.environment(), Counting(), instance)
    np.testing.assert_allclose(done.returns, -fleet.evaluate(instance, done.solution).objective, rtol=1e-12)


def test_the_seed_reaches_the_policy(fleet):
    """With seed 2 row 0 works twice."""
    done = rollout(fleet.environment(), Counting(), fleet.instances("train", 1), seed=2)
    assert (done.solution.work > 0).sum() == 2


def test_a_planner_sees_one_row_and_the_prefix_only(fleet):
    """At period t the view holds t periods of luck."""
    planner = Watching()
    rollout(fleet.environment(), planner, fleet.instances("train", 2))
    assert planner.seen == [(1, t, t) for t in range(14) for _ in range(2)]


def test_an_endless_episode_is_a_contract_error(fleet):
    """The limit is inclusive: 14 steps end within 14, and not within 13."""
    instance = fleet.instances("train", 2)
    assert rollout(fleet.environment(), Watching(), instance, limit=14).length.max() == 14
    with pytest.raises(ContractError, match="does not end"):
        rollout(fleet.environment(), Watching(), instance, limit=13)


def test_a_walk_can_change_hands(fleet):
    """The world stays as it is; the new policy begins with a fresh memory for the rows still active."""
    walk = Walk(fleet.environment(), Watching(), fleet.instances("train", 3))
    for _ in range(5):
        walk.step()
    before = walk.state.age.copy()
    walk.hand_over(Counting())
    np.testing.assert_array_equal(walk.state.age, before)
    while len(walk.active):
        walk.step()
    assert (walk.result().solution.work > 0).sum(axis=1).tolist() == [0, 1, 2]
    assert walk.decisions().shape == (3, 16)


def test_the_time_of_a_decision_is_stamped_by_a_clock(fleet, monkeypatch):
    """Environments of live problems get the seconds that passed while deciding."""
    from headway_maintenance.dynamics import Crew

    stamps: list[float] = []
    monkeypatch.setattr(Crew, "stamp", lambda self, d, seconds: stamps.append(seconds) or d)
    ticks = iter(np.arange(100) ** 2.0)
    walk = Walk(fleet.environment(), Watching(), fleet.instances("train", 1), clock=lambda: float(next(ticks)))
    walk.step()
    walk.step()
    assert stamps == [1.0, 5.0]


def test_instances_are_not_changed(fleet):
    """A rollout leaves what it was given as it was."""
    instance = fleet.instances("train", 3)
    before = instance.digest()
    rollout(fleet.environment(), Counting(), instance)
    assert instance.digest() == before

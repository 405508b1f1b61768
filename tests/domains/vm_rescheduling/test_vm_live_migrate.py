"""The live environment against the scorer, with latency; the conformance suite plays without."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway import Policy
from headway.domains.vm_rescheduling.live.problem import ReschedulingLive
from headway.rollouts import Walk
from headway.testing.play import legal, play

# All of a cluster's VMs change in a minute, so that most plans meet what they did not expect.
RICH = ReschedulingLive(
    machines=4, limit=12, churn=1.0, horizon=60.0, flavors="ecs_memory", affinity=0.5, pinned=0.2, placement="any",
    fragments={"cpu16": 0.5, "memory64": 0.3, "cpu64x2": 0.2},
)  # fmt: skip
SMALL = ReschedulingLive(machines=6)


class Eager(Policy):
    """The last action that is allowed: it stops only where it must."""

    def act(self, observation, mask, memory=None):
        return mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1), memory


def walk(problem, instance, rng, seconds):
    """Random legal decisions on one instance, each of which takes an exponential time of this mean."""
    environment = problem.environment()
    params = environment.prepare(instance)
    state, total, over, steps = environment.reset(params), 0.0, False, []
    while not over:
        action = rng.choice(np.flatnonzero(environment.mask(params, state)[0]), size=1)
        decision = environment.stamp(environment.decode({}, action), rng.exponential(seconds))
        state, reward, terminated, _ = environment.step(params, state, decision)
        steps.append(decision)
        total, over = total + float(reward[0]), bool(terminated[0])
    return environment.solution(instance, np.stack(steps, axis=1), np.array([len(steps)]), state), total, state


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), seconds=st.sampled_from([0.0, 0.1, 1.0, 5.0]))
def test_the_return_is_what_the_scorer_says(seed, seconds):
    rng = np.random.default_rng(seed)
    instance = RICH.generate(rng, 1, "train")
    instance = dataclasses.replace(instance, active=instance.active & (rng.random((1, 4)) < 0.9))
    plan, total, state = walk(RICH, instance, rng, seconds)
    evaluation = RICH.evaluate(instance, plan)
    assert evaluation.feasible.all()
    assert total == pytest.approx(float((RICH.environment().offset(instance) - evaluation.objective)[0]), abs=1e-9)
    gained = evaluation.metrics["without"] - evaluation.metrics["rate"]
    np.testing.assert_allclose(state.gained, gained, atol=1e-12)
    assert state.clock[0] >= evaluation.metrics["ready"][0]


def test_latency_makes_migrations_late_and_costs():
    late, lost = {}, {}
    for seconds in (0.0, 2.0):
        rng = np.random.default_rng(0)
        walks = [
            (x, *walk(RICH, x, rng, seconds)) for x in (RICH.instances("validation", 1, seed) for seed in range(9))
        ]
        late[seconds] = sum(float(RICH.evaluate(x, plan).metrics["late"][0]) for x, plan, _, _ in walks)
        lost[seconds] = sum(float(abs(state.promised - state.gained)[0]) for *_, state in walks)
    assert late[0.0] == 0
    assert late[2.0] > 5
    assert lost[0.0] == pytest.approx(0, abs=1e-12)
    assert lost[2.0] > 0.05


@pytest.mark.parametrize(("seconds", "took"), [(None, 3.0), (0.25, 0.25)])
def test_a_decision_is_charged_what_it_took_or_what_is_said(seconds, took):
    clock = iter(np.arange(0.0, 10_000.0, 3.0))
    episode = Walk(SMALL.environment(seconds=seconds), Eager(), SMALL.instances("validation", 1), clock=clock.__next__)
    while len(episode.active):
        episode.step()
    result = episode.result()
    assert (result.decisions[0, :, 1] == took).all()
    assert result.solution.decided(0)[0][1] == 2 * took


def test_nothing_is_charged_where_nobody_measures():
    environment, instance = SMALL.environment(), SMALL.instances("validation", 2)
    space = environment.spaces(environment.prepare(instance))[1]
    assert not play(environment, instance, legal(space)).decisions[..., 1].any()


def test_the_period_tells_of_the_minutes_that_have_passed():
    environment = SMALL.environment(seconds=100.0)
    params = environment.prepare(SMALL.instances("validation", 1))
    state, stop = environment.reset(params), environment.decode({}, np.array([0]))
    assert environment.period(params, state).tolist() == [0]
    state = environment.step(params, state, stop).state
    assert environment.period(params, state).tolist() == [2]
    assert np.flatnonzero(environment.mask(params, state)).tolist() == [0]
    assert environment.step(params, state, stop).terminated.all()


def test_a_policy_sees_the_snapshot_and_its_own_migrations_only():
    instance = RICH.instances("validation", 1)
    seen = []
    for seconds in (0.0, 20.0):
        environment = RICH.environment(seconds=seconds)
        params = environment.prepare(instance)
        state = environment.reset(params)
        for _ in range(6):
            observation, mask = environment.observe(params, state), environment.mask(params, state)
            seen.append((observation, mask))
            action = Eager().act(observation, mask)[0]
            state = environment.step(params, state, environment.decode(observation, action)).state
    for (one, allowed), (other, still) in zip(seen[:6], seen[6:], strict=True):
        assert (allowed == still).all()
        assert all((one[name] == other[name]).all() for name in one)

"""The environment `migrate`: what it observes after thousands of steps is what the cluster then looks like."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.vm_rescheduling.cluster.instance import NODES
from headway.domains.vm_rescheduling.rescheduling.problem import Rescheduling
from headway.envs.vector import HeadwayVectorEnv
from headway.policy import Policy
from headway.rollouts import rollout


def scratch(problem, params, state):
    """Free cores and GB, slots and places worked out from where the VMs are, one VM at a time."""
    batch = len(params.open)
    free = params.free.astype(np.float64)
    for row in range(batch):
        for vm in np.flatnonzero(params.vm[row, :, 2]):
            cores, gigabytes, width, _ = params.vm[row, vm]
            for at, sign in ((params.at[row, vm], 1), (state.at[row, vm], -1)):
                for node in range(at, at + int(width)) if params.open[row, at] else ():
                    free[row, :, node] += sign * np.array([cores, gigabytes])
    resource = {"cpu": 0, "memory": 1}
    fragment, slots = [], []
    for term in problem.terms:
        size = term.size / (1024 if term.resource == "memory" else 1)
        amount = free[:, resource[term.resource]]
        fragment.append(amount % size / size)
        fit = (amount // size).reshape(batch, -1, NODES)
        slots.append((fit.min(2) if term.nodes == NODES else fit.sum(2)).sum(1))
    return free, np.stack(fragment, 2), np.stack(slots, 1)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"flavors": "ecs_memory", "fragments": {"cpu16": 1, "memory64": 1, "cpu64x2": 1}, "affinity": 0.3},
        {"flavors": "azure", "machines": 3, "utilisation": 0.93, "pinned": 0.2},
    ],
)
def test_observations_are_those_of_a_cluster_worked_out_anew(options):
    """Random legal migrations, episode after episode; no difference anywhere."""
    problem = Rescheduling(**{"machines": 8, "limit": 25, **options})
    env = HeadwayVectorEnv(problem.environment(), num_envs=32, seed=1, block=32)
    rng = np.random.default_rng(0)
    seen, _ = env.reset()
    for step in range(150):
        mask = env.action_masks()
        mask[:, 0] &= rng.random(len(mask)) < 0.02
        mask[~mask.any(1), 0] = True
        seen, *_ = env.step(np.where(mask, rng.random(mask.shape), -1.0).argmax(1))
        if step % 10:
            continue
        free, fragment, slots = scratch(problem, env._params, env._state)
        np.testing.assert_array_equal(np.stack([seen["cpu"], seen["memory"]], 1), free)
        np.testing.assert_allclose(seen["fragment"], fragment, atol=1e-6)
        np.testing.assert_array_equal(env._state.slots, slots)


def test_stopping_at_once_changes_nothing():
    """An empty plan, and the objective of the snapshot."""
    problem = Rescheduling(machines=5)
    snapshot = problem.instances("validation", 3)

    class Still(Policy):
        def act(self, observation, mask, memory=None):
            return np.zeros(len(mask), int), None

    walked = rollout(problem.environment(), Still(), snapshot)
    assert (walked.solution.length == 0).all()
    evaluation = problem.evaluate(snapshot, walked.solution)
    np.testing.assert_array_equal(evaluation.objective, evaluation.metrics["initial"])


def test_a_vm_with_nowhere_to_go_stays_and_the_turn_is_used(cluster):
    """Its group is everywhere else. Staying is in no plan."""
    cores = np.full((1, 4, 2), 44)
    cores[0, 3, 0] = 8
    environment = Rescheduling().environment()
    snapshot = cluster(group=np.array([[0, -1, 0, 0, 0, -1]]), cpu=cores)
    params = environment.prepare(snapshot)
    state = environment.step(params, environment.reset(params), np.array([1 + 4])).state
    assert np.flatnonzero(environment.mask(params, state)[0]).tolist() == [1 + 7]
    state = environment.step(params, state, np.array([1 + 7])).state
    assert (state.turn[0], state.made[0], state.chosen[0]) == (1, 0, -1)
    assert environment.solution(snapshot, np.array([[1 + 4, 1 + 7]]), np.array([2]), state).length[0] == 0

"""Learning from solvers: plans are replayed action by action, and a network comes to choose as they do."""

from __future__ import annotations

import numpy as np
import pytest

from headway import rollout
from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.rescheduling.decisions import plan_of, replayed
from headway.domains.vm_rescheduling.rescheduling.problem import Rescheduling
from headway.pipelines.agents.imitation import Imitation
from headway.pipelines.agents.imitation_teacher import shown
from headway.solver import Search


def test_replay_by_hand(cluster):
    """VM 1 to machine 2, node 1; VM 2 (on both nodes) to machine 3; a stop only where turns are left."""
    moves = [(1, 2, 1), (2, 3, 0)]
    plans = Plan.concat([Plan.of(moves), Plan.of(moves[:1]), Plan.of([])])
    snapshots = Snapshot.concat([cluster()] * 3)
    got = replayed(snapshots, plans)
    assert got.tolist() == [[2, 6, 3, 7, -1], [2, 6, 0, -1, -1], [0, -1, -1, -1, -1]]


@pytest.mark.parametrize("name", ["greedy", "exact"])
def test_what_solvers_show_is_their_plan(name):
    """The actions shown are allowed, one for each sub-step, and amount to the solver's own plan."""
    problem = Rescheduling(machines=10, limit=4)
    instance = problem.instances("train", 1)
    plan = problem.baseline(name).solve(problem, instance, Search())
    lessons = shown(problem.environment(), problem.baseline(name), instance, 1.0, 0)
    actions = lessons.action.numpy()
    assert lessons.mask.gather(1, lessons.action[:, None]).all()
    assert (
        lessons.observation["phase"][:, 0].numpy()[: 2 * int(plan.length[0])] == np.arange(2 * plan.length[0]) % 2
    ).all()
    again = plan_of(instance, actions[None], np.array([len(actions)]))
    assert again.moves() == plan.moves()


def test_learns_from_greedy():
    """In a few updates a network that knows nothing comes most of the way to greedy's objective."""
    problem = Rescheduling(machines=8, limit=4)
    environment, instances = problem.environment(), problem.instances("validation", 24)
    network = problem.network("tree_attention", dim=16, feedforward=32)
    agent = Imitation(teacher="greedy", epochs=6, batch=64, lr=3e-3)
    trainer = agent.trainer(environment, network, seed=0, steps=1_200)
    while trainer.steps < 1_200:
        trainer.advance()
    ours = problem.evaluate(instances, rollout(environment, trainer.policy(), instances).solution)
    greedy = problem.baseline("greedy")
    plans = Plan.concat([greedy.solve(problem, instances[i], Search()) for i in range(24)])
    best, nothing = problem.evaluate(instances, plans).objective.mean(), ours.metrics["initial"].mean()
    assert ours.feasible.all()
    assert ours.objective.mean() < best + 0.4 * (nothing - best)

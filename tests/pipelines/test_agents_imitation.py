"""Imitation: what it watches, that it learns it, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
import tiny
from headway_maintenance.problem import Fleet

from headway.errors import CapabilityError, ContractError, UnknownNameError
from headway.nn.mlp import MLP
from headway.pipelines.agents.imitation import Imitation
from headway.pipelines.agents.imitation_teacher import shown
from headway.rollouts import rollout


def test_a_policy_and_a_solver_show_the_same():
    """What the optimal policy does step by step is what the optimal solver's solution is replayed to."""
    problem = tiny.Order()
    instance = problem.instances("train", 6)
    environment = problem.environment()
    by_policy, by_solver = (
        shown(environment, problem.baseline(name), instance, 1.0, 0) for name in ("heaviest", "sorted")
    )
    assert by_policy.action.tolist() == by_solver.action.tolist()
    assert len(by_policy.action) == 6 * problem.jobs
    assert by_policy.mask.gather(1, by_policy.action[:, None]).all()
    first = by_policy.action[:6].numpy()
    assert first.tolist() == instance.weight.argmax(1).tolist()


def test_what_the_mask_forbids_is_not_learned():
    """A replay that takes a job twice is refused."""

    class Wrong(tiny.OrderEnvironment):
        def replay(self, instance, solution):
            return np.zeros_like(solution.order)

    problem = tiny.Order()
    with pytest.raises(ContractError, match="mask forbids"):
        shown(Wrong(problem=problem), problem.baseline("sorted"), problem.instances("train", 2), 1.0, 0)


@pytest.mark.parametrize("teacher", [None, "sorted"])
def test_learns_what_it_is_shown(teacher):
    """After a few updates the order is nearly the teacher's; the untrained network's is not."""
    problem = tiny.Order()
    environment, instances = problem.environment(), problem.instances("validation", 64)
    trainer = Imitation(teacher=teacher, lr=1e-2).trainer(environment, MLP(hidden=(32,)), seed=0, steps=6_000)

    def cost(policy):
        return float(problem.evaluate(instances, rollout(environment, policy, instances).solution).objective.mean())

    best, before = cost(problem.baseline("heaviest")), cost(trainer.policy())
    while trainer.steps < 6_000:
        metrics = trainer.advance()
    assert cost(trainer.policy()) - best < 0.1 * (before - best)
    assert metrics["train/agreement"] > 0.8


def test_every_update_sees_new_instances():
    """Two updates learn from other instances; another seed's, too, are others."""
    seen = []
    for seed in (0, 1):
        trainer = Imitation(episodes=4).trainer(tiny.Order().environment(), MLP(hidden=(4,)), seed=seed, steps=100)
        seen += [trainer.advance()["train/loss"] for _ in range(2)]
    assert len(set(seen)) == 4


def test_a_policy_teaches_in_its_own_environment_only():
    """The fleet's threshold policy acts in the toy environment; in another one there is no teacher."""
    environment = Fleet(machines=2, periods=14).environment()
    assert Imitation(teacher="age_threshold").taught_by(environment) == "age_threshold"
    with pytest.raises(CapabilityError, match="nothing to imitate"):
        Imitation().trainer(tiny.Order().environment("halves"), MLP(), seed=0, steps=10)


def test_unknown_teachers_are_refused():
    """The message names those that there are."""
    with pytest.raises(UnknownNameError, match="heaviest"):
        Imitation(teacher="heavist").trainer(tiny.Order().environment(), MLP(), seed=0, steps=10)

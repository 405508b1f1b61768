"""Pathwise gradients: they are the derivative of the return, and lead to the best policy."""

from __future__ import annotations

import numpy as np
import pytest
import tiny
import torch
from small_agents import small_trainer

from headway.errors import CapabilityError, NumericalError
from headway.nn.mlp import MLP
from headway.pipelines.agents.pathwise import Pathwise
from headway.rollouts import rollout


def test_gradient_is_the_derivative_of_the_return():
    """Backpropagation through an episode agrees with central differences of its return, weight by weight."""
    trainer = Pathwise(batch=4, max_grad_norm=1e9).trainer(
        tiny.Track().environment("box", backend="torch"), MLP(hidden=(3,)), seed=0, steps=100
    )

    def mean_return(weight, change):
        trainer.sampler.next = 0
        weight.data.flatten()[0] += change
        found = float(trainer._episodes().mean())
        weight.data.flatten()[0] -= change
        return found

    trainer.scale = 1.0
    for weight in (trainer.network.actor_tower[0].weight, trainer.network.actor_tower[2].bias):
        trainer.optimizer.zero_grad()
        mean_return(weight, 0.0)
        gradient = float(weight.grad.flatten()[0])
        up, down = (mean_return(weight, change) for change in (1e-2, -1e-2))
        assert -gradient == pytest.approx((up - down) / 2e-2, rel=1e-2, abs=1e-4)


def test_reaches_the_optimum():
    """On a signal to follow with unit weights, training ends within 2 % of the best memoryless linear rule.

    With cost (a - x)^2 + 0.1 (a - last)^2 and no knowledge of the next x (mean 0), dynamic programming
    gives a = (x + 0.1 last) / (1.1 + 0.1 - 0.1 k) with a stationary k; a fine grid finds the same.
    """
    problem = tiny.Track(periods=6)
    environment, instances = problem.environment("box"), problem.instances("validation", 256)
    trainer = Pathwise(batch=32).trainer(problem.environment("box", backend="torch"), MLP(), seed=0, steps=40_000)
    while trainer.steps < 40_000:
        trainer.advance()
    solution = rollout(environment, trainer.policy(), instances).solution
    got = problem.evaluate(instances, solution).objective.mean()
    best = min(_linear(instances.level, a, b) for a in np.linspace(0.7, 1, 31) for b in np.linspace(0, 0.2, 21))
    assert got < best * 1.02


def _linear(level, a, b):
    last, cost = np.zeros(len(level)), np.zeros(len(level))
    for now in level.T:
        action = a * now + b * last
        cost += (action - now) ** 2 + 0.1 * (action - last) ** 2
        last = action
    return cost.mean()


def test_segments_cut_gradients_but_not_returns():
    """With segments of one period the returns are the same numbers, the gradients are not."""
    found = []
    for segment in (None, 1):
        trainer = Pathwise(batch=8, segment=segment).trainer(
            tiny.Track().environment("box", backend="torch"), MLP(hidden=(4,)), seed=0, steps=1000
        )
        found.append((trainer._episodes(), trainer.network.actor_tower[0].weight.grad.clone()))
    assert torch.equal(found[0][0], found[1][0])
    assert not torch.allclose(found[0][1], found[1][1])


def test_needs_a_differentiable_environment():
    """An environment that does not declare its gradients is refused."""

    @tiny.component
    class Rough(tiny.TrackEnvironment):
        capabilities = frozenset()

    with pytest.raises(CapabilityError, match="lacks a capability"):
        Pathwise().trainer(Rough(problem=tiny.Track(), backend="torch"), MLP(), seed=0, steps=10)


def test_nan_is_stopped_within_one_update():
    """A NaN in a weight shows in the return and ends training."""
    trainer = small_trainer("pathwise")
    trainer.advance()
    with torch.no_grad():
        trainer.network.actor_tower[0].weight[0, 0] = float("nan")
    with pytest.raises(NumericalError, match="not finite"):
        trainer.advance()

"""The attention network: any size, blind to padding, shared by actor and critic."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from headway.domains.routing.family.configurations import CVRP
from headway.errors import ConfigError
from headway.policy import Policy
from headway.rollouts import rollout


class Greedy(Policy):
    """The best allowed logit."""

    def __init__(self, network):
        self.network = network

    def act(self, observation, mask, memory=None):
        with torch.no_grad():
            logits = self.network(tensors(observation)).numpy()
        return np.where(mask, logits, -np.inf).argmax(1), memory


def tensors(observation):
    return {name: torch.from_numpy(np.array(array)) for name, array in observation.items()}


def network(problem, **options):
    torch.manual_seed(0)
    env = problem.environment()
    spaces = env.spaces(env.prepare(problem.instances("train", 1)))
    return problem.network("attention", **options).build(*spaces).eval()


def seen(problem, instance):
    env = problem.environment()
    params = env.prepare(instance)
    state, *_ = env.step(params, env.reset(params), np.ones(len(instance), np.int64))
    return env.observe(params, state)


def test_shapes_and_gradients(problem):
    """Logits [B, N], values [B, 1]; every weight learns from one or the other."""
    net = network(problem)
    hidden = net.encode(tensors(seen(problem, problem.instances("train", 5))))
    logits, values = net.actor(hidden), net.critic(hidden)
    assert logits.shape == (5, 21)
    assert values.shape == (5, 1)
    (logits.log_softmax(-1)[:, 3].sum() + values.sum()).backward()
    assert all(weight.grad is not None for weight in net.parameters())


def test_other_size_than_built_for(problem):
    """Built for 20 customers, it routes 50, feasibly; untrained it prefers near nodes, so it is about as good as
    nearest neighbour."""
    assert not network(problem).sized
    instance = CVRP(customers=50).instances("test", 4)
    env = problem.environment()
    ours = problem.evaluate(instance, rollout(env, Greedy(network(problem)), instance).solution)
    nearest = problem.evaluate(instance, rollout(env, problem.baseline("nearest_neighbour"), instance).solution)
    assert ours.feasible.all()
    assert ours.objective.mean() < 1.2 * nearest.objective.mean()


def test_padding_is_not_seen():
    """A row's logits and value are those it has alone; padding gets next to no probability."""
    problem = CVRP(customers=12, fewest=4)
    net = network(problem)
    instance = problem.instances("test", 8)
    with torch.no_grad():
        hidden = net.encode(tensors(seen(problem, instance)))
        logits, values = net.actor(hidden), net.critic(hidden)
        for row in range(8):
            size = int(instance.customers[row]) + 1
            own = net.encode(tensors(seen(problem, instance.trimmed(row))))
            torch.testing.assert_close(net.actor(own)[0], logits[row, :size], rtol=1e-4, atol=1e-4)
            torch.testing.assert_close(net.critic(own)[0], values[row], rtol=1e-4, atol=1e-4)
            assert logits[row].softmax(0)[size:].sum() == 0


def test_order_of_customers_does_not_matter(problem):
    """Renumbering customers renumbers the logits."""
    net = network(problem)
    observation = tensors(seen(problem, problem.instances("test", 2)))
    order = torch.cat([torch.zeros(1, dtype=torch.long), 1 + torch.randperm(20)])
    shuffled = {name: part if name in ("free", "vehicle") else part[:, order] for name, part in observation.items()}
    with torch.no_grad():
        torch.testing.assert_close(net(shuffled), net(observation)[:, order], rtol=1e-4, atol=1e-4)


def test_heads_must_divide(problem):
    """An impossible shape is refused when the recipe is made."""
    with pytest.raises(ConfigError, match="divisor of 32"):
        problem.network("attention", heads=7)

"""Networks for supply networks: any number of stores, indifferent to padding and order, and trainable."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from headway.domains.inventory.supply.instance import SupplyPath
from headway.domains.inventory.supply.network import Network
from headway.domains.inventory.supply.one_warehouse import OneWarehouse
from headway.domains.inventory.supply.serial import Serial
from headway.errors import CapabilityError
from headway.pipelines.agents.pathwise import Pathwise
from headway.rollouts import rollout


def trained(problem, network, updates=0, **options):
    """A policy after some updates of the pathwise trainer."""
    agent = Pathwise(**{"batch": 16, "segment": 10, "lr": 1e-2} | options)
    steps = max(updates, 1) * agent.batch * 10
    trainer = agent.trainer(problem.environment(backend="torch"), problem.network(network), seed=0, steps=steps)
    for _ in range(updates):
        trainer.advance()
    policy = trainer.policy()
    for parameter in policy.network.parameters() if not updates else ():  # untrained heads are nearly constant
        torch.manual_seed(parameter.numel())
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return policy


def seen(problem, n=3):
    """The observation after one period in which little was shipped, of validation instances."""
    environment = problem.environment()
    path = problem.instances("validation", n)
    params = environment.prepare(path)
    state = environment.step(params, environment.reset(params), 0.3 * path.edge_scale).state
    return environment.observe(params, state)


@pytest.mark.parametrize("network", ["graph", "symmetric"])
def test_trained_on_three_stores_it_runs_on_seven(network):
    policy = trained(OneWarehouse(stores=3, horizon=20, warmup=0), network, updates=2)
    problem = OneWarehouse(stores=7, horizon=20, warmup=0)
    path = problem.instances("validation", 4)
    evaluation = problem.evaluate(path, rollout(problem.environment(), policy, path).solution)
    assert evaluation.feasible.all()


def test_a_plain_perceptron_is_tied_to_its_size():
    policy = trained(OneWarehouse(stores=3, horizon=20, warmup=0), "vanilla")
    with pytest.raises(CapabilityError, match="tied to the size"):
        policy.act(seen(OneWarehouse(stores=7, horizon=20, warmup=0)), None)


@pytest.mark.parametrize("network", ["graph", "symmetric"])
def test_stores_are_told_apart_by_their_numbers_alone(network):
    """Stores in another order are ordered for in that order."""
    problem = OneWarehouse(stores=5, horizon=20, warmup=0)
    policy, observation = trained(problem, network), seen(problem)
    order = np.array([0, 3, 5, 1, 2, 4])
    by_row = ("costs", "link_costs")
    turned = {name: a[:, order] if name in by_row else a[..., order] for name, a in observation.items()}
    turned |= {name: observation[name] for name in ("tail", "head")}
    action, again = policy.act(observation, None)[0], policy.act(turned, None)[0]
    np.testing.assert_allclose(again, action[:, order], rtol=1e-4, atol=1e-5)
    assert np.ptp(action[:, 1:]) > 1e-3


@pytest.mark.parametrize("network", ["graph", "symmetric"])
def test_padding_is_not_seen(network):
    small, large = (OneWarehouse(stores=n, horizon=20, warmup=0) for n in (3, 6))
    policy, environment = trained(small, network), small.environment()
    joined = SupplyPath.concat([small.instances("validation", 2), large.instances("validation", 2)])
    params = environment.prepare(joined)
    beside = policy.act(environment.observe(params, environment.reset(params)), None)[0]
    params = environment.prepare(small.instances("validation", 2))
    expected = policy.act(environment.observe(params, environment.reset(params)), None)[0]
    np.testing.assert_allclose(beside[:2, :4], expected, rtol=1e-4, atol=1e-5)


def test_a_graph_network_runs_on_another_graph():
    policy = trained(Network(horizon=20, warmup=0), "graph", updates=1)
    problem = Network(graph="diamond", horizon=20, warmup=0)
    path = problem.instances("validation", 2)
    with pytest.raises(CapabilityError, match="longer than the network knows"):
        rollout(problem.environment(), policy, path)
    policy = trained(problem, "graph", updates=1)
    tree = Network(horizon=20, warmup=0)
    path = tree.instances("validation", 2)
    assert tree.evaluate(path, rollout(tree.environment(), policy, path).solution).feasible.all()


@pytest.mark.parametrize("network", ["graph", "vanilla"])
def test_training_lowers_the_cost(network):
    problem = Serial(lead_times=(1, 1), holding=(0.5, 1.0), horizon=40, warmup=10)
    path = problem.instances("validation", 32)

    def cost(policy):
        return problem.evaluate(path, rollout(problem.environment(), policy, path).solution).objective.mean()

    assert cost(trained(problem, network, updates=40)) < 0.7 * cost(trained(problem, network, updates=1))


def test_untrained_networks_order_the_usual_flow():
    problem = Network(horizon=20, warmup=0)
    agent = Pathwise(batch=4)
    for network in ("graph", "vanilla"):
        trainer = agent.trainer(problem.environment(backend="torch"), problem.network(network), seed=0, steps=4)
        action, _ = trainer.policy().act(seen(problem), None)
        np.testing.assert_allclose(action, 1.0, atol=0.25)

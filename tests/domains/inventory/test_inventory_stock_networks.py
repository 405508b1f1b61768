"""The items' network: where it starts, on which sizes it acts, what it costs exactly; pictures of policies."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch

from headway.domains.inventory.stock.exact_cost import exact_cost
from headway.domains.inventory.stock.problem import LostSales
from headway.domains.inventory.stock.slices import ordered, policy_slice
from headway.errors import CapabilityError
from headway.rollouts import rollout
from headway.storage.stored import Description, StoredPolicy


def untrained(problem, environment="order", decoding="mean", **options):
    """A stored policy of a fresh network."""
    torch.manual_seed(0)
    description = Description.of(problem.environment(environment), problem.network("item_mlp", **options), decoding)
    return StoredPolicy(description.build(), description)


def test_it_begins_by_ordering_about_the_usual_demand():
    problem = LostSales(lead_time=2)
    states = np.array([[5, 5], [0, 5], [10, 3]])
    assert ordered(problem, untrained(problem), states) == pytest.approx([5, 5, 5], abs=2)


def test_it_acts_on_more_items_than_it_was_built_for():
    """Trained on one item, run on seven: each is ordered as if it were alone."""
    problem = LostSales(demand="restaurant", keep=0, lead_time=0, lags=7, horizon=20)
    policy, row = untrained(problem), problem.history()
    environment = problem.environment()
    params = environment.prepare(row)
    seen = environment.observe(params, environment.reset(params))
    together, _ = policy.act(seen, None)
    assert together.shape == (1, 7)
    alone, _ = policy.act({name: array[:, 3:4] for name, array in seen.items()}, None)
    assert alone[0, 0] == pytest.approx(together[0, 3], rel=1e-5)
    assert problem.evaluate(row, rollout(environment, policy, row).solution).feasible.all()


def test_units_have_logits_and_one_item_only():
    problem = LostSales(lead_time=1)
    policy = untrained(problem, "units", "greedy")
    action, _ = policy.act(_seen(problem, "units", 3), None)
    assert action.shape == (3,)
    assert np.issubdtype(action.dtype, np.integer)
    two = LostSales(items=2)
    space = two.environment().spaces(two.environment().prepare(two.instances("train", 1)))[0]
    discrete = problem.environment("units").spaces(problem.environment().prepare(problem.instances("train", 1)))[1]
    with pytest.raises(CapabilityError, match="several items"):
        two.network("item_mlp").build(space, discrete)


def test_the_critic_adds_up_items():
    problem = LostSales(items=3, lead_time=1)
    policy = untrained(problem)
    seen = {name: torch.tensor(array) for name, array in _seen(problem, "order", 4).items()}
    value = policy.network.critic(policy.network.encode(seen))
    alone = [
        policy.network.critic(policy.network.encode({k: v[:, i : i + 1] for k, v in seen.items()})) for i in range(3)
    ]
    assert value.shape == (4, 1)
    assert torch.allclose(value, sum(alone), atol=1e-5)


def test_a_network_has_an_exact_cost():
    """A network that always orders five, of lots of one: what simulation says, within three standard errors."""
    problem = LostSales(lead_time=1, penalty=4, horizon=300, warmup=50)
    policy = untrained(problem)
    torch.nn.init.zeros_(policy.network.head.weight)
    torch.nn.init.constant_(policy.network.head.bias, 2 * 0.8 / 4 - 1)  # four units
    path = problem.instances("test", 200)
    cost = problem.evaluate(path, rollout(problem.environment(), policy, path).solution).objective
    constant = problem.evaluate(
        path, rollout(problem.environment(), problem.baseline("constant_order", amount=4.0), path).solution
    ).objective
    assert np.array_equal(cost, constant)
    rule = problem.baseline("capped_base_stock", level=12.0, cap=4.0)
    assert exact_cost(problem, rule) > exact_cost(problem, problem.baseline("optimal"))


def test_slices_of_policies_are_drawn_beside_the_optimum():
    problem = LostSales(lead_time=2)
    figure = policy_slice(
        problem, {"base-stock": problem.baseline("base_stock", level=19.0), "network": untrained(problem)}
    )
    labels = [text.get_text() for text in figure.axes[-1].get_legend().get_texts()]
    assert labels == ["optimal", "base-stock", "network"]
    assert [axes.get_title(loc="left")[0] for axes in figure.axes] == ["2", "4", "6"]
    figure.savefig(file := io.BytesIO(), format="svg")
    assert len(file.getvalue()) > 1000
    assert len(policy_slice(LostSales(demand="normal", lead_time=1), {}).axes) == 1


def _seen(problem, environment, n):
    made = problem.environment(environment)
    params = made.prepare(problem.instances("train", n))
    return made.observe(params, made.reset(params))

"""The network for real demand: levels by hand, units that do not matter, any number of items."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from headway.domains.inventory.stock.problem import LostSales
from headway.errors import CapabilityError
from headway.rollouts import rollout
from headway.storage.stored import Description, StoredPolicy


@pytest.fixture(scope="module")
def restaurant():
    return LostSales(demand="restaurant", keep=0, lead_time=0, lags=14, horizon=20)


@pytest.fixture(scope="module")
def policy(restaurant):
    """Of a fresh network."""
    torch.manual_seed(0)
    description = Description.of(restaurant.environment(), restaurant.network("demand_mlp"), "squashed")
    return StoredPolicy(description.build(), description)


@pytest.fixture(scope="module")
def seen(restaurant):
    """The observation of the first decision, all items as one row."""
    environment, row = restaurant.environment(), restaurant.history()
    params = environment.prepare(row)
    return environment.observe(params, environment.reset(params))


def orders(policy, observation):
    """Orders [I] in units of goods."""
    return (policy.act(observation, None)[0] * observation["scale"])[0]


def test_untrained_it_fills_up_to_the_mean_of_the_same_weekdays(policy, seen):
    """Demands of 0 to 13, of which 0 and 7 fell on this weekday: their mean is 3.5; with 2 on hand 1.5 are ordered."""
    items = seen["scale"].shape[1]
    demand = np.broadcast_to(np.arange(14, dtype=np.float32), (1, items, 14)).copy()
    simple = seen | {"demand": demand, "scale": np.full((1, items), 5, np.float32)}
    assert orders(policy, simple) == pytest.approx(np.full(items, 3.5), rel=0.1)
    stocked = simple | {"stock": np.full((1, items), 2, np.float32)}
    assert orders(policy, stocked) == pytest.approx(np.full(items, 1.5), abs=0.35)


def test_weights_of_the_weeks_are_learned(policy, seen):
    """With all weight on the last week the level is 7."""
    items = seen["scale"].shape[1]
    demand = np.broadcast_to(np.arange(14, dtype=np.float32), (1, items, 14)).copy()
    simple = {name: torch.from_numpy(array) for name, array in seen.items()} | {"demand": torch.from_numpy(demand)}
    weights = policy.network.weights
    try:
        weights.data[:] = torch.tensor([20.0, 0.0])
        _, level, _ = policy.network.encode(simple)
    finally:
        weights.data.zero_()
    assert (level * simple["scale"]).detach().numpy() == pytest.approx(np.full((1, items), 7.0), rel=1e-5)


def test_an_item_nobody_asks_for_on_such_a_day_is_not_ordered(policy, seen):
    demand = np.full_like(seen["demand"], 9)
    demand[..., ::7] = 0  # both days of this weekday
    assert (orders(policy, seen | {"demand": demand}) < 1e-3 * seen["scale"][0]).all()


@pytest.mark.parametrize("factor", [0.01, 1000.0])
def test_units_do_not_matter(policy, seen, factor):
    """Grams or kilos: the orders are the same goods."""
    goods = ("stock", "pipeline", "scale", "demand")
    other = seen | {name: np.float32(factor) * seen[name] for name in goods}
    assert orders(policy, other) == pytest.approx(factor * orders(policy, seen), rel=1e-3)


def test_items_are_ordered_as_if_they_were_alone(policy, seen, restaurant):
    """Built for one item, it orders seven."""
    alone = {name: array[:, 3:4] for name, array in seen.items()}
    assert orders(policy, alone)[0] == pytest.approx(orders(policy, seen)[3], rel=1e-5)
    row = restaurant.history()
    assert restaurant.evaluate(row, rollout(restaurant.environment(), policy, row).solution).feasible.all()


def test_the_critic_adds_up_items(policy, seen):
    tensors = {name: torch.from_numpy(array) for name, array in seen.items()}
    network = policy.network
    single = [network.critic(network.encode({k: v[:, [i]] for k, v in tensors.items()})) for i in range(7)]
    assert torch.allclose(network.critic(network.encode(tensors)), sum(single), atol=1e-4)


def test_it_needs_a_season_of_demands_and_a_box():
    with pytest.raises(CapabilityError, match="lags=7 or more"):
        _description(LostSales(lags=6), "order")
    with pytest.raises(CapabilityError, match="lags=7 or more"):
        _description(LostSales(), "order")
    with pytest.raises(CapabilityError, match="any quantity"):
        _description(LostSales(lags=7), "units")


def _description(problem, environment):
    Description.of(problem.environment(environment), problem.network("demand_mlp"), "squashed").build()

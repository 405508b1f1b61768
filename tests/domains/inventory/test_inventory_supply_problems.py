"""The four problems: what they draw, refuse, publish and know exactly."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.inventory.supply.dual_sourcing import DualSourcing
from headway.domains.inventory.supply.network import Network
from headway.domains.inventory.supply.one_warehouse import OneWarehouse
from headway.domains.inventory.supply.serial import Serial
from headway.errors import CapabilityError, ConfigError
from headway.rollouts import rollout
from headway.testing import checks_for

SHORT = {"horizon": 16, "warmup": 0}


def test_stores_are_drawn_between_their_bounds_and_correlated():
    """Means 2.5 to 7.5, deviations a quarter to a half of that, correlation 0.5 (cutting at 0 hardly shows)."""
    problem = OneWarehouse(stores=4, horizon=400, warmup=0)
    path = problem.instances("validation", 60)
    mean, spread = path.node_scale[:, 1:], path.spread[:, 1:]
    assert mean.min() >= 2.5
    assert mean.max() <= 7.5
    assert 0.25 <= (spread / mean).min() < (spread / mean).max() <= 0.5
    assert set(np.unique(path.lead_time[:, 1:])) == {2, 3}
    assert (path.lead_time[:, 0] == 3).all()
    assert path.holding[:, 1:].mean() == pytest.approx(1.0, abs=0.05)
    assert path.penalty[:, 1:].mean() == pytest.approx(9.0, abs=0.4)
    np.testing.assert_allclose(path.node_scale[:, 0], mean.sum(axis=1))
    standard = (path.demand[:, :, 1:] - mean[:, None]) / spread[:, None]
    assert np.mean([np.corrcoef(row.T)[np.triu_indices(4, 1)] for row in standard]) == pytest.approx(0.5, abs=0.03)
    total = path.demand.sum(axis=2).std(axis=1)
    np.testing.assert_allclose(total.mean(), path.spread[:, 0].mean(), rtol=0.03)


def test_a_world_is_the_same_in_every_split_and_another_one_is_not():
    problem = OneWarehouse(stores=3, world=7, **SHORT)
    one, other = (problem.instances(split, 3) for split in ("train", "test"))
    assert (one.penalty == other.penalty[:1]).all()
    assert (one.demand != other.demand).any()
    assert (OneWarehouse(stores=3, world=8, **SHORT).instances("train", 3).penalty != one.penalty)[:, 1:].all()


@pytest.mark.parametrize("number", [1, 3, 6, 10])
def test_published_warehouses_are_whole_numbered_with_their_means(number):
    problem = OneWarehouse(kaynov=number, horizon=100, warmup=0)
    path = problem.instances("validation", 40)
    assert (path.demand == np.round(path.demand)).all()
    np.testing.assert_allclose(path.demand[:, :, 1:].mean(axis=(0, 1)), path.node_scale[0, 1:], rtol=0.05)
    assert path.lost[0, 1:].all() == (number > 5)
    assert path.penalty[0].tolist() == [0, 9, 9, 9]
    assert (path.stock == np.round(path.stock)).all()


def test_partial_backorders_are_refused():
    with pytest.raises(ConfigError, match="partial backorders are not modelled"):
        OneWarehouse(kaynov=12).instances("validation", 1)


@pytest.mark.parametrize("bounds", [{"mean": (3.0, 2.0)}, {"mean": (0.0, 2.0)}, {"lead_times": (4, 2)}])
def test_empty_ranges_of_stores_are_refused(bounds):
    with pytest.raises(ConfigError, match="an empty range"):
        OneWarehouse(**bounds)


def test_stages_need_all_their_numbers():
    with pytest.raises(ConfigError, match="not every stage") as refusal:
        Serial(lead_times=(1, 2), holding=(1.0,))
    assert refusal.value.got == {"lead_times": 2, "holding": 1}
    with pytest.raises(ConfigError, match="no period is counted"):
        Serial(horizon=10, warmup=10)


def test_holding_costs_that_fall_leave_the_levels_to_the_search():
    assert Serial(holding=(1.0, 0.5, 0.2, 0.1)).known_levels is None
    assert len(Serial().known_levels) == 4


def test_what_is_constant_in_the_serial_cost():
    """Goods under way and unit costs add their mean flow: 5 a period, over lead times 4, 3, 2 at 0.1, 0.2, 0.5."""
    plain = Serial(demand="poisson", demand_options={"mean": 5.0})
    all_in = Serial(demand="poisson", demand_options={"mean": 5.0}, transit=True, unit_costs=(1.0, 0, 0, 2.0))
    assert all_in.optimum.levels == plain.optimum.levels
    expected = plain.optimum.cost + 5 * (4 * 0.1 + 3 * 0.2 + 2 * 0.5) + 5 * 3.0
    assert all_in.optimum.cost == pytest.approx(expected)


def test_dual_sourcing_knows_its_optimum():
    """216.7698 (Gijsbrechts et al.'s first instance), reached in simulation within three standard errors."""
    problem = DualSourcing(horizon=400, warmup=50)
    assert problem.model().solve().cost == pytest.approx(216.7698, abs=1e-4)
    path = problem.instances("validation", 128)
    solution = rollout(problem.environment(), problem.baseline("optimal"), path).solution
    cost = problem.evaluate(path, solution).objective
    assert abs(cost.mean() - 216.7698) < 3 * cost.std() / np.sqrt(128)


@pytest.mark.parametrize("options", [{"expedited_lead_time": 1}, {"demand": "normal", "demand_options": {}}])
def test_no_exact_model_is_said_so(options):
    with pytest.raises(CapabilityError, match="no exact costs"):
        DualSourcing(**options).model()


def test_sources_in_the_wrong_order_are_refused():
    with pytest.raises(ConfigError, match="no faster"):
        DualSourcing(regular_lead_time=1, expedited_lead_time=1)


CHEAP = {"check_padding_is_inert", "check_gradients_are_right", "check_return_is_the_objective", "check_faces_agree"}


@pytest.mark.parametrize("graph", ["diamond", "two_warehouses"])
def test_other_graphs_keep_the_contract(graph):
    """The clauses that depend on the network; the whole suite runs on the tree."""
    for bound in checks_for(Network(graph=graph, **SHORT)):
        if bound.check.name in CHEAP:
            bound.run()

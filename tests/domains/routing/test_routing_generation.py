"""Generated instances: valid under every combination of switches, and solvable one customer at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.problems import VRP
from headway.domains.routing.generation.draw import draw
from headway.domains.routing.generation.loads import partners, share_of, usual_capacity, vehicles
from headway.domains.routing.generation.windows import HORIZON


def drawn(n: int = 200, **switches: object) -> RoutingInstance:
    return draw(np.random.default_rng(5), n, VRP(**switches))


SWITCHES = st.fixed_dictionaries(
    {
        "customers": st.integers(4, 12),
        "fewest": st.none() | st.integers(2, 4),
        "layout": st.sampled_from(["uniform", "clustered", "uchoa"]),
        "convention": st.sampled_from([None, "float", "nint", "trunc1"]),
        "time_windows": st.booleans(),
        "open": st.booleans(),
        "distance_limit": st.none() | st.sampled_from([0.1, 3.0, 3000.0]),
        "fleet": st.none() | st.integers(1, 3),
        "prizes": st.sampled_from([0.0, 0.4, 1.0]),
    }
)
KINDS = st.sampled_from(
    [{}, {"backhauls": 0.3}, {"backhauls": 1.0, "backhaul_last": True}, {"pairs": True}, {"depots": 3}, {"tour": True}]
)


@settings(max_examples=150)
@given(switches=SWITCHES, kind=KINDS, seed=st.integers(0, 99))
def test_every_combination_is_valid_and_repeats(switches, kind, seed):
    """Construction checks all rules of an instance, that each customer can be reached in time among them."""
    if kind.get("tour") and switches["prizes"] < 1:
        switches["distance_limit"] = None
    recipe = VRP(**{**switches, **kind})
    instance = draw(np.random.default_rng(seed), 5, recipe)
    assert instance.customers.min() >= (recipe.fewest or recipe.customers) - recipe.pairs
    assert not recipe.pairs or (instance.customers % 2 == 0).all()
    assert instance.customers.max() <= recipe.customers
    assert instance.nodes == recipe.customers + recipe.depots
    assert draw(np.random.default_rng(seed), 5, recipe).digest() == instance.digest()


def test_switches_that_are_off_leave_no_trace():
    """The plain CVRP has the neutral value everywhere."""
    instance = drawn(20)
    plain = RoutingInstance.of(
        coords=instance.coords, demand=instance.demand, capacity=instance.capacity, name=instance.name
    )
    assert instance.digest() == plain.digest()


def test_uniform_instances_follow_their_recipe():
    """Unit square, demands 1..9 with both ends met, sizes from fewest to customers, capacity by size."""
    instance = drawn(400, customers=50, fewest=20)
    assert (instance.customers.min(), instance.customers.max()) == (20, 50)
    assert set(np.unique(instance.demand[instance.customer])) == set(range(1, 10))
    assert instance.coords[instance.real].mean(0) == pytest.approx([0.5, 0.5], abs=0.01)
    assert instance.coords[instance.real].std(0) == pytest.approx([12**-0.5] * 2, rel=0.02)
    assert (instance.capacity == usual_capacity(instance.customers)).all()


def test_clusters_are_close_and_depots_are_anywhere():
    """Customers i and i + 3 share a centre: i and i + 1 do not."""
    instance = drawn(400, layout="clustered", customers=30)
    distance = instance.distances()
    near = np.concatenate([distance[:, i, i + 3] for i in range(1, 28)])
    # The distance of two points with normal coordinates of deviation s: Rayleigh with s sqrt(2), mean s sqrt(pi).
    assert near.mean() == pytest.approx(0.07 * np.pi**0.5, rel=0.02)
    assert np.concatenate([distance[:, i, i + 1] for i in range(1, 28)]).mean() > 0.25
    assert instance.coords[:, 0].std() == pytest.approx(12**-0.5, rel=0.1)


@pytest.mark.parametrize(("layout", "side"), [("uniform", 1.0), ("uchoa", 1000.0)])
def test_windows_lie_in_the_day(layout, side):
    """Service 0.15 to 0.18 and windows 0.18 to 0.2 sides, anywhere between arrival and the last return."""
    instance = drawn(time_windows=True, layout=layout, customers=50)
    customer, home = instance.customer, instance.distances()[:, 0]
    length = (instance.latest - instance.earliest)[customer] / side
    assert (instance.service[customer] / side).min() >= 0.149
    assert (instance.service[customer] / side).max() <= 0.18
    assert 0.179 <= length.min() < length.mean() < length.max() <= 0.2 + 1e-12
    assert (instance.latest[:, 0] == HORIZON * side).all()
    assert (instance.earliest >= home)[customer].all()
    done = instance.latest + instance.service + home
    assert (done[customer] <= HORIZON * side * (1 + 1e-9)).all()
    wait = (instance.earliest - home)[customer] / (HORIZON * side - done + instance.earliest - home)[customer]
    assert wait.mean() == pytest.approx(0.5, abs=0.01)  # uniform over what is possible


@pytest.mark.parametrize("layout", ["uniform", "uchoa"])
def test_pairs_can_be_served_one_after_the_other(layout):
    """From the end of the pickup's window on, the delivery is met, and the depot; the first half picks up."""
    instance = drawn(pairs=True, time_windows=True, layout=layout, distance_limit=0.1, customers=20, fewest=10)
    assert (instance.customers % 2 == 0).all()
    distance, row = instance.distances(), np.arange(len(instance))
    for delivery in range(1, 21):
        real = (delivery > instance.customers // 2) & (delivery <= instance.customers)
        pickup = np.where(real, instance.origin[:, delivery], 0)
        assert (pickup == np.where(real, delivery - instance.customers // 2, 0)).all()
        assert (instance.demand[real, delivery] == instance.pickup[row, pickup][real]).all()
        across, home = distance[row, pickup, delivery], distance[row, delivery, 0]
        arrival = instance.latest[row, pickup] + instance.service[row, pickup] + across
        assert (arrival <= instance.earliest[:, delivery] + 1e-9 * arrival)[real].all()
        back = instance.latest[:, delivery] + instance.service[:, delivery] + home
        assert (back <= instance.latest[:, 0] * (1 + 1e-12))[real].all()
        assert (distance[row, 0, pickup] + across + home <= instance.limit * (1 + 1e-12))[real].all()


def test_tours_with_windows_have_a_tour():
    """An exact search over orders finds one for small instances."""
    for switches in ({}, {"layout": "uchoa"}):
        instance = drawn(20, tour=True, time_windows=True, customers=6, **switches)
        assert (instance.fleet == 1).all()
        assert (instance.demand == 0).all()
        for row in range(len(instance)):
            assert completed(instance[row], instance[row].distances()[0], [0], 0.0)


def completed(task, distance, path, time):
    """Is there a way to visit the rest of one instance in time, after this path?"""
    at, left = path[-1], set(range(1, task.customers[0] + 1)) - set(path)
    if not left:
        return time + distance[at, 0] <= task.latest[0, 0]
    begin = {node: max(time + distance[at, node], task.earliest[0, node]) for node in left}
    fit = [node for node in left if begin[node] <= task.latest[0, node]]
    return any(completed(task, distance, [*path, node], begin[node]) for node in fit)


def test_backhauls_are_a_share():
    """30 % of 20 customers are 6; nobody both receives and sends."""
    instance = drawn(backhauls=0.3, backhaul_last=True)
    assert ((instance.pickup > 0).sum(1) == 6).all()
    assert ((instance.demand > 0) ^ (instance.pickup > 0))[instance.customer].all()
    assert instance.backhaul_last.all()
    assert (instance.pickup > 0)[:, 1:].mean(0).std() < 0.1  # anybody


def test_prizes_are_about_what_a_visit_costs():
    """Half of the customers, with prizes up to twice the estimate; the estimate of the far ones is larger."""
    instance = drawn(400, prizes=0.5)
    optional = np.isfinite(instance.prize) & instance.customer
    assert (optional.sum(1) == 10).all()
    home = instance.distances()[:, 0]
    worth = 2 * home * instance.demand / instance.capacity[:, None] + 0.7124 / 20**0.5
    ratio = (instance.prize / worth)[optional]
    assert (ratio.min(), ratio.max()) == (pytest.approx(0, abs=0.01), pytest.approx(2, abs=0.01))
    assert ratio.mean() == pytest.approx(1, abs=0.03)


def test_a_pair_is_optional_as_a_whole():
    """And its halves have prizes of their own."""
    instance = drawn(prizes=0.5, pairs=True)
    optional = np.isfinite(instance.prize)
    assert (optional[:, 1:11] == optional[:, 11:]).all()
    assert (optional.sum(1) == 10).all()


def test_fleets_are_large_enough():
    """Weights 6 5 4 3 2 into 10: {6, 4}, {5, 3, 2}; a fleet of one vehicle becomes one that holds all."""
    assert vehicles(np.array([[2, 3, 4, 5, 6], [0, 0, 7, 0, 7]]), np.array([10, 10])).tolist() == [2, 2]
    instance = drawn(fleet=1)
    assert (instance.fleet * instance.capacity >= instance.demand.sum(1)).all()
    assert instance.fleet.max() <= 5
    assert (drawn(fleet=15).fleet == 15).all()
    assert (drawn(fleet=1, depots=5).fleet == 1).all()


def test_distance_limit_is_raised_only_where_it_must_be():
    """In the unit square 3.0 is never too short, and 1.0 is where a customer is farther than 0.5."""
    assert (drawn(distance_limit=3.0).limit == 3.0).all()
    instance = drawn(distance_limit=1.0)
    farthest = 2 * instance.distances()[:, 0].max(1)
    np.testing.assert_allclose(instance.limit, np.maximum(1.0, farthest))


def test_share_of_rounds_to_the_nearest():
    """A third of 4 is 1, of 5 is 2, all is all, among those asked only."""
    of = np.array([[False, True, True, True, True, False], [False, True, True, True, True, True]])
    rng = np.random.default_rng(0)
    assert share_of(rng, of, 1 / 3).sum(1).tolist() == [1, 2]
    assert (share_of(rng, of, 1.0) == of).all()


def test_partners_are_mutual():
    """2 is the origin of 3, 1 of 4; 5 is alone."""
    assert partners(np.array([[0, 0, 0, 2, 1, 0]])).tolist() == [[0, 4, 3, 2, 1, 5]]


def test_capacities_of_the_literature():
    """Kool et al.: 20 -> 30, 50 -> 40, 100 -> 50; halfway between the first two, 35."""
    assert usual_capacity(np.array([10, 20, 35, 50, 100, 1000])).tolist() == [20, 30, 35, 40, 50, 150]

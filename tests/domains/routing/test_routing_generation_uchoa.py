"""X-type instances: each class has the moments that its distribution has."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.routing.family.problems import VRP
from headway.domains.routing.generation import uchoa
from headway.domains.routing.generation.draw import draw


@pytest.fixture
def rng():
    return np.random.default_rng(11)


@pytest.mark.parametrize(("depot", "place"), [("central", [500, 500]), ("eccentric", [0, 0])])
def test_depot_classes(rng, depot, place):
    """The middle or the corner; further depots and customers are elsewhere."""
    spots = uchoa.places(rng, 50, 3, depot, "random")
    assert spots[0].tolist() == place
    assert len(spots) == 53


def test_random_depots_and_customers_are_uniform(rng):
    """Mean 500 and deviation sqrt((1001^2 - 1) / 12) = 289."""
    spots = np.concatenate([uchoa.places(rng, 100, 2, "random", "random") for _ in range(100)])
    assert spots.mean(0) == pytest.approx([500, 500], abs=10)
    assert spots.std(0) == pytest.approx([289, 289], rel=0.02)
    assert spots.min() >= 0
    assert spots.max() <= 1000


@pytest.mark.parametrize("customers", uchoa.CUSTOMERS)
def test_nobody_shares_a_place(rng, customers):
    """Also where 400 customers crowd around a few seeds."""
    spots = uchoa.places(rng, 400, 2, "central", customers)
    assert len(np.unique(spots, axis=0)) == len(spots) == 402


def test_customers_near_a_seed(rng):
    """Density exp(-r / 40) in the plane: the radius has mean 80 and deviation 40 sqrt(2), the angle is uniform."""
    offset = uchoa._near(rng, np.array([[500, 500]]), 40_000) - 500
    radius = np.hypot(*offset.T)
    assert radius.mean() == pytest.approx(80, rel=0.02)
    assert radius.std() == pytest.approx(40 * 2**0.5, rel=0.03)
    assert offset.mean(0) == pytest.approx([0, 0], abs=1)
    assert uchoa._near(rng, np.array([[0, 0]]), 40_000).min() == 0  # what falls outside the grid is left out


def test_clusters_are_clusters(rng):
    """The nearest neighbour is much closer than among random customers; half and half lies between."""
    near = {}
    for customers in uchoa.CUSTOMERS:
        spots = [uchoa.places(rng, 100, 1, "central", customers)[1:] for _ in range(40)]
        gaps = [np.linalg.norm(s[:, None] - s[None], axis=-1) + 1e9 * np.eye(100) for s in spots]
        near[customers] = np.mean([np.sort(gap.min(1))[50:].mean() for gap in gaps])
    assert near["clustered"] < 0.6 * near["random"]
    assert near["clustered"] < near["random-clustered"] < near["random"]


@pytest.mark.parametrize(
    ("kind", "least", "most", "mean"),
    [
        ("unitary", 1, 1, 1.0),
        ("1-10", 1, 10, 5.5),
        ("5-10", 5, 10, 7.5),
        ("1-100", 1, 100, 50.5),
        ("50-100", 50, 100, 75.0),
        ("many small, few large", 1, 100, 0.825 * 5.5 + 0.175 * 75),
    ],
)
def test_demand_classes(rng, kind, least, most, mean):
    """Both ends are met, and the mean is that of the uniform integers; 70 to 95 % are small."""
    demand = np.concatenate([uchoa.demands(rng, np.zeros((100, 2), np.int64), kind) for _ in range(500)])
    assert (demand.min(), demand.max()) == (least, most)
    assert demand.mean() == pytest.approx(mean, rel=0.05)
    if kind == "many small, few large":
        assert not np.isin(demand, np.arange(11, 50)).any()


def test_quadrants(rng):
    """Upper left and lower right: 1 to 50; the others 51 to 100."""
    spots = np.tile([[100, 900], [900, 100], [100, 100], [900, 900]], (500, 1))
    demand = uchoa.demands(rng, spots, "quadrant").reshape(-1, 4)
    assert (demand[:, :2].min(), demand[:, :2].max()) == (1, 50)
    assert (demand[:, 2:].min(), demand[:, 2:].max()) == (51, 100)


def test_capacity_is_that_of_an_average_route():
    """Six customers of mean 7/3: 14; never less than the largest demand."""
    assert uchoa.capacity_for(np.array([1, 2, 4]), 6.0) == 14
    assert uchoa.capacity_for(np.array([1, 1, 100]), 3.0) == 102
    assert uchoa.capacity_for(np.array([1, 1, 1, 100]), 3.0) == 100


def test_routes_have_three_to_twenty_five_customers():
    """Triangular with mode 6: mean 34 / 3. Distances are whole."""
    instance = draw(np.random.default_rng(3), 600, VRP(layout="uchoa", customers=100))
    route = instance.capacity / (instance.demand.sum(1) / 100)
    assert 3 <= route.min() < route.max() < 27
    assert route.mean() == pytest.approx(34 / 3, rel=0.05)
    assert (instance.convention == "nint").all()

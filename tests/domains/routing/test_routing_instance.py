"""Instances: what is refused, and distances by hand."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.routing.family.configurations import CVRP
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.generation.loads import usual_capacity
from headway.errors import ConfigError, InstanceError


def test_distances_by_hand(tiny):
    """3-4-5 triangles, and sqrt(41)."""
    distance = tiny.distances()[0]
    assert distance[0].tolist() == [0, 5, 10, 5, 2]
    assert distance[3, 4] == 41**0.5
    np.testing.assert_array_equal(distance, distance.T)


@pytest.mark.parametrize(
    ("field", "value", "part"),
    [
        ("demand", [[0, 2, 6, 4, 1]], "at most the capacity"),
        ("demand", [[0, 2, -3, 4, 1]], "not negative"),
        ("demand", [[1, 2, 3, 4, 1]], "0 at a depot"),
        ("capacity", [0], "at least 1"),
        ("customers", [5], "1..4"),
        ("customers", [0], "1..4"),
        ("convention", ["ceil"], "nint"),
        ("convention", ["matrix"], "nodes within the matrix's 0 rows"),
        ("demand", [[0.0, 2, 3, 4, 1]], "int64"),
        ("demand", [[0, 2, 3]], "(1, 3, 2)"),
        ("coords", [[[np.nan, 0.0]] + [[0.0, 0]] * 4], "a finite number"),
    ],
)
def test_rules(make_tiny, field, value, part):
    """The message names the field and the rule."""
    with pytest.raises(InstanceError) as caught:
        make_tiny(**{field: np.array(value)})
    assert part in str(caught.value)
    assert "RoutingInstance." in str(caught.value.where)


@pytest.mark.parametrize(
    ("entry", "part"), [((1, 2, np.inf), "a finite number"), ((1, 2, -1.0), "not negative"), ((3, 3, 1.0), "diagonal")]
)
def test_rules_of_the_matrix(make_tiny, entry, part):
    """Infinite and negative distances and a diagonal are refused."""
    matrix = np.ones((1, 5, 5)) - np.eye(5)
    matrix[0, entry[0], entry[1]] = entry[2]
    with pytest.raises(InstanceError, match=part):
        make_tiny(matrix=matrix, convention=np.array(["matrix"]))


def test_capacities_of_the_literature():
    """Kool et al.: 20 -> 30, 50 -> 40, 100 -> 50; halfway between the first two, 35."""
    assert usual_capacity(np.array([10, 20, 35, 50, 100, 1000])).tolist() == [20, 30, 35, 40, 50, 150]


def test_generated_instances_follow_their_recipe():
    """Unit square, demands 1..9 with both ends met, sizes between fewest and customers, capacity by size."""
    instance = CVRP(customers=50, fewest=20).instances("train", 400)
    assert instance.customers.min() == 20
    assert instance.customers.max() == 50
    customers = instance.real[:, 1:]
    assert set(np.unique(instance.demand[:, 1:][customers])) == set(range(1, 10))
    assert (instance.demand[:, 1:][~customers] == 0).all()
    assert instance.coords.min() >= 0
    assert instance.coords.max() <= 1
    assert instance.coords[instance.real].mean() == pytest.approx(0.5, abs=0.01)
    assert (instance.capacity == usual_capacity(instance.customers)).all()


def test_splits_differ_and_repeat(problem):
    """The same arguments give the same instances; another split or seed gives others."""
    digests = {
        problem.instances(split, 4, seed).digest() for split in ("train", "validation", "test") for seed in (0, 1)
    }
    assert len(digests) == 6
    assert problem.instances("test", 4).digest() == problem.instances("test", 4).digest()


@pytest.mark.parametrize(
    "options", [{"fewest": 30, "customers": 20}, {"demand": (5, 3)}, {"demand": (1, 50)}, {"capacity": 8}]
)
def test_impossible_parameters(options):
    """Empty ranges and demands beyond the capacity are refused when the problem is made."""
    with pytest.raises(ConfigError):
        CVRP(**options)


def test_matrix_and_coordinates_in_one_batch(make_tiny):
    """Batches of different size and kind of distance can be joined."""
    matrix = np.array([[[0.0, 7], [9, 0]]])
    small = RoutingInstance.of(
        capacity=np.array([3]), customers=np.array([1]), convention=np.array(["matrix"]), name=np.array(["two"]),
        coords=np.zeros((1, 2, 2)), demand=np.array([[0, 2]]), matrix=matrix,
    )  # fmt: skip
    both = RoutingInstance.concat([make_tiny(), small])
    assert both.distances()[1].sum() == 16.0
    assert both[1].distances()[0, 0, 1] == 7.0

"""Best known costs: by name, and only where the instance is the listed one."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.reference import table


def named(name, customers, capacity, convention):
    return RoutingInstance.of(
        capacity=np.array([capacity]),
        customers=np.array([customers]),
        convention=np.array([convention]),
        name=np.array([name]),
        coords=np.zeros((1, customers + 1, 2)),
        demand=np.zeros((1, customers + 1), np.int64),
    )


def test_listed_instances(problem):
    """A-n32-k5: 784 (Augerat et al. 1995, proven optimal); X-n101-k25: 27591."""
    both = RoutingInstance.concat([named("A-n32-k5", 31, 100, "nint"), named("X-n101-k25", 100, 206, "nint")])
    reference = problem.references(both)["best_known"]
    assert reference.value.tolist() == [784, 27591]
    assert reference.kind == "best_known"
    assert "CVRPLIB" in reference.source


@pytest.mark.parametrize(
    "other",
    [
        ("A-n32-k5", 30, 100, "nint"),
        ("A-n32-k5", 31, 90, "nint"),
        ("A-n32-k5", 31, 100, "float"),
        ("B", 31, 100, "nint"),
    ],
)
def test_namesakes_have_no_reference(problem, other):
    """Another size, capacity, rounding or name: nothing is known."""
    assert problem.references(named(*other)) == {}


def test_generated_instances_have_none_but_do_not_hide_others(problem):
    """In a mixed batch only the listed row has a value."""
    both = RoutingInstance.concat([problem.instances("test", 1), named("A-n32-k5", 31, 100, "nint")])
    assert np.isnan(problem.references(both)["best_known"].value).tolist() == [True, False]


def test_every_row_of_the_table_is_complete():
    """Names carry the number of nodes, which must be that of the row."""
    for name, row in table().items():
        nodes = int(name.split("-n")[1].split("-")[0]) if "-n" in name else 101  # Solomon's have 100 customers
        assert nodes == int(row["customers"]) + 1
        assert int(row["capacity"]) > 0
        assert float(row["cost"]) > 0
        assert row["convention"] == ("trunc1" if "-n" not in name else row["convention"])
        assert row["convention"] in ("nint", "matrix", "trunc1")
        assert row["set"].startswith(f"CVRPLIB set {name[0] if '-n' in name else 'Solomon'}")

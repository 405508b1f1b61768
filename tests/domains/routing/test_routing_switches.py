"""Every rule of the family by hand: four customers on a cross around the depot, at distance 1, 2, 3 and 4."""

from __future__ import annotations

import numpy as np
import pytest

from headway import make_problem
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.domains.routing.family.switches import RULES, used
from headway.errors import ConfigError, InstanceError

INF = np.inf


def cross(**fields):
    """Customers at (1, 0), (2, 0), (3, 0), (4, 0), so that a tour 1, 2, 3, 4 is 8 long; demand 1 each, capacity 4."""
    coords = np.array([[[0.0, 0], [1, 0], [2, 0], [3, 0], [4, 0]]])
    given = {"coords": coords, "demand": np.array([[0, 1, 1, 1, 1]]), "capacity": np.array([4])}
    return RoutingInstance.of(**{**given, **{name: np.array(value) for name, value in fields.items()}})


def scored(instance, *routes, depots=None):
    return make_problem("routing/vrp").evaluate(instance, Routes.of(routes, depots))


def broken(evaluation):
    return {name: float(amount[0]) for name, amount in evaluation.violations.items() if amount[0]}


def test_open_routes_end_where_they_end():
    """Out to 4 is 4; closed it is 8."""
    assert scored(cross(open=[True]), [1, 2, 3, 4]).objective[0] == 4
    assert scored(cross(), [1, 2, 3, 4]).objective[0] == 8


def test_distance_limit():
    """A limit of 8 is just kept by one route, and exceeded by 1, 2, 1, 4 (8 + 2) by 2."""
    instance = cross(limit=[8.0])
    assert broken(scored(instance, [1, 2, 3, 4])) == {}
    assert broken(scored(instance, [2, 1, 3, 4])) == {"overlong": 2}
    assert broken(scored(cross(limit=[4.0], open=[True]), [1, 2, 3, 4])) == {}


def test_windows_services_and_waiting():
    """Service 1 each: begins at 1, 3, 5, 7, home at 12. Customer 2 opening at 6 delays all after it by 3."""
    service = [[0, 1, 1, 1, 1.0]]
    assert broken(scored(cross(latest=[[12, 1, 3, 5, 7.0]], service=service), [1, 2, 3, 4])) == {}
    late = scored(cross(latest=[[12, 1, 6, 6, 8.0]], earliest=[[0, 0, 6, 0, 0.0]], service=service), [1, 2, 3, 4])
    # Begins 1, 6, 8, 10, home 15: 2 + 2 + 3 late.
    assert broken(late) == {"late": 7}
    assert broken(scored(cross(latest=[[INF, 1, 6, 6, 8.0]], open=[True]), [1, 2, 3, 4])) == {}


def test_travel_times_of_their_own():
    """Twice as slow as far: begins at 2, 4, 6, 8, home at 16."""
    duration = 2 * cross().distances()
    assert broken(scored(cross(latest=[[16, 2, 4, 6, 8.0]], duration=duration), [1, 2, 3, 4])) == {}
    assert broken(scored(cross(latest=[[16, 2, 4, 6, 8.0]], duration=duration), [2, 1, 3, 4])) == {
        "late": 4 + 4 + 4 + 4
    }


def test_vehicles_wait_for_their_depot_to_open():
    """Leaving at 5, customer 1 is met at 6."""
    instance = cross(earliest=[[5, 0, 0, 0, 0.0]], latest=[[INF, 6, INF, INF, INF]])
    assert broken(scored(instance, [1, 2, 3, 4])) == {}
    assert broken(scored(instance, [2, 1, 3, 4])) == {"late": 2}


def test_loads_with_pickups():
    """Capacity 2, two deliveries and two pickups of 1: mixed order is fine, pickups first is one too many."""
    instance = cross(capacity=[2], demand=[[0, 1, 1, 0, 0]], pickup=[[0, 0, 0, 1, 1]])
    assert broken(scored(instance, [1, 2, 3, 4])) == {}
    assert broken(scored(instance, [1, 3, 2, 4])) == {}
    assert broken(scored(instance, [3, 1, 2, 4])) == {"overload": 1}


def test_simultaneous_delivery_and_pickup():
    """A customer that gives back what it gets never adds to the load."""
    instance = cross(pickup=[[0, 1, 1, 1, 1]])
    assert broken(scored(instance, [1, 2, 3, 4])) == {}
    assert broken(scored(cross(pickup=[[0, 2, 1, 1, 1]]), [1, 2, 3, 4])) == {"overload": 1}


def test_backhauls_come_last():
    """A delivery after a pickup counts once."""
    instance = cross(demand=[[0, 1, 1, 0, 0]], pickup=[[0, 0, 0, 1, 1]], backhaul_last=[True])
    assert broken(scored(instance, [1, 2, 3, 4])) == {}
    assert broken(scored(instance, [1, 3, 2, 4])) == {"mixed": 1}
    assert broken(scored(instance, [1, 3], [2, 4])) == {}


def test_pairs():
    """1 -> 3 and 2 -> 4, of 1 unit, capacity 1: one at a time."""
    fields = {"capacity": [1], "demand": [[0, 0, 0, 1, 1]], "pickup": [[0, 1, 1, 0, 0]], "origin": [[0, 0, 0, 1, 2]]}
    instance = cross(**fields)
    assert broken(scored(instance, [1, 3, 2, 4])) == {}
    assert broken(scored(instance, [1, 2, 3, 4])) == {"overload": 1}
    assert broken(scored(instance, [3, 1, 2, 4]))["order"] == 1
    assert broken(scored(instance, [1, 2], [3, 4]))["order"] == 2


def test_depots_and_fleets():
    """A second depot at (5, 0): 3 and 4 from there are 4 long, 1 and 2 from the first 4; routes return to their own."""
    coords = np.array([[[0.0, 0], [1, 0], [2, 0], [3, 0], [4, 0], [5, 0]]])
    fields = {"coords": coords, "demand": [[0, 1, 1, 1, 1, 0]], "customers": [4], "depots": [2], "fleet": [1]}
    instance = cross(**fields)
    assert scored(instance, [1, 2], [3, 4], depots=[0, 1]).objective[0] == 8
    assert scored(instance, [1, 2, 3, 4], depots=[1]).objective[0] == 8
    assert broken(scored(instance, [1, 2], [3, 4], depots=[0, 1])) == {}
    assert broken(scored(instance, [1, 2], [3], [4], depots=[0, 1, 1])) == {"vehicles": 1}
    assert broken(scored(instance, [1, 2], [3, 4], depots=[0, 2]))["unknown"] == 1


def test_prizes():
    """Leaving out customer 4 saves 2 of the way and costs its prize of 1.5; customer 1 must be visited."""
    instance = cross(prize=[[INF, INF, INF, INF, 1.5]])
    without = scored(instance, [1, 2, 3])
    assert without.objective[0] == 6 + 1.5
    assert broken(without) == {}
    assert without.metrics["left_out"][0] == 1
    assert broken(scored(instance, [2, 3])) == {"missed": 1}


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"latest": [[INF, INF, INF, INF, 3.9]]}, "latest"),  # 4 away
        ({"latest": [[7.9, INF, INF, INF, INF]]}, "latest"),  # back after closing
        ({"limit": [7.9]}, "latest"),
        ({"limit": [np.nan]}, "limit"),
        ({"earliest": [[0, 5, 0, 0, 0.0]], "latest": [[INF, 4.0, INF, INF, INF]]}, "latest"),
        ({"pickup": [[0, -1, 0, 0, 0]]}, "pickup"),
        ({"pickup": [[0, 9, 0, 0, 0]]}, "pickup"),
        ({"prize": [[INF, -1, INF, INF, INF]]}, "prize"),
        ({"origin": [[0, 0, 7, 0, 0]]}, "origin"),
        ({"origin": [[0, 0, 1, 0, 0]]}, "demand"),  # nothing is picked up there
        ({"origin": [[0, 0, 1, 1, 0]], "pickup": [[0, 1, 0, 0, 0]]}, "origin"),
        ({"origin": [[0, 0, 1, 2, 0]], "pickup": [[0, 1, 1, 0, 0]]}, "origin"),
        ({"fleet": [0]}, "fleet"),
        ({"depots": [2], "customers": [4]}, "depots"),
        ({"service": [[0, INF, 0, 0, 0]]}, "service"),
        ({"duration": -np.ones((1, 5, 5))}, "duration"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(fields, part):
    """With the field's name."""
    with pytest.raises(InstanceError, match=f"RoutingInstance.{part}"):
        cross(**fields)


def test_the_way_through_others_counts():
    """Where direct ways are longer, customer 4 is met at 4 behind the others: no reason to refuse it."""
    distance = cross().distances()
    distance[0, 0, 4] = distance[0, 4, 0] = 9.0
    fields = {"matrix": distance, "convention": ["matrix"], "open": [True]}
    assert broken(scored(cross(latest=[[INF, INF, INF, INF, 4.0]], **fields), [1, 2, 3, 4])) == {}
    with pytest.raises(InstanceError, match="latest"):
        cross(latest=[[INF, INF, INF, INF, 3.9]], **fields)


def test_whoever_may_be_left_out_need_not_be_reached():
    """The same window, at a price."""
    cross(latest=[[INF, INF, INF, INF, 3.9]], prize=[[INF, INF, INF, INF, 1.0]])


def test_switches_are_told_from_the_data():
    """Each generated problem uses its own rules and no others."""
    for name in ("cvrp", "vrptw", "ovrp", "vrpb", "vrpl", "mdvrp", "pcvrp", "pdp", "tsp"):
        problem = make_problem(f"routing/{name}", customers=8)
        assert used(problem.instances("test", 4)) == problem.rules, name
    assert make_problem("routing/vrp").rules == RULES


def test_other_rules_than_the_problem_has_are_refused():
    """In its environment, and as an option."""
    problem = make_problem("routing/cvrp")
    with pytest.raises(InstanceError, match="open"):
        problem.environment().prepare(cross(open=[True]))
    with pytest.raises(ConfigError, match="time_windows"):
        make_problem("routing/cvrp", time_windows=True)
    with pytest.raises(ConfigError, match="depots"):
        make_problem("routing/vrptw", depots=2)

"""VRPLIB files with more than capacity: windows, depots, fleets, backhauls, limits, prizes, pairs, tours."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.routing.family.configurations import CVRP, VRPTW
from headway.domains.routing.family.evaluate import evaluate
from headway.domains.routing.family.solution import Routes
from headway.domains.routing.family.switches import used
from headway.domains.routing.files.load import load
from headway.errors import InstanceError

# Five nodes on a line, at 0, 1, 2, 3, 4.
HEAD = """NAME : line
TYPE : {kind}
DIMENSION : 5
CAPACITY : 10
EDGE_WEIGHT_TYPE : EUC_2D
{headers}NODE_COORD_SECTION
1 0 0
2 1 0
3 2 0
4 3 0
5 4 0
"""
DEMAND = """DEMAND_SECTION
1 0
2 4
3 3
4 2
5 1
"""
DEPOT = """DEPOT_SECTION
1
-1
"""


@pytest.fixture
def written(tmp_path):
    def write(kind="CVRP", headers="", demand=DEMAND, sections="", depot=DEPOT):
        path = tmp_path / "line.vrp"
        path.write_text(HEAD.format(kind=kind, headers=headers) + demand + sections + depot + "EOF\n")
        return path

    return write


WINDOWS = """TIME_WINDOW_SECTION
1 0 100
2 5 9
3 0 50
4 20 30
5 0 100
SERVICE_TIME_SECTION
1 0
2 1
3 2
4 3
5 4
"""


def test_windows_and_service_times(written):
    """1 begins at 5, is done at 6; 3 is reached at 8, begins at 20, is done at 23, back at 26."""
    instance = load(written("CVRPTW", sections=WINDOWS))
    assert used(instance) == {"windows"}
    assert instance.latest[0].tolist() == [100, 9, 50, 30, 100]
    assert instance.service[0].tolist() == [0, 1, 2, 3, 4]
    assert evaluate(instance, Routes.of([[1, 3], [2, 4]])).feasible.all()
    assert not evaluate(instance, Routes.of([[3, 1], [2, 4]])).feasible.any()


def test_one_service_time_for_all(written):
    """Depots have none."""
    instance = load(written("VRPTW", "SERVICE_TIME : 2\n", sections=WINDOWS.split("SERVICE")[0]))
    assert instance.service[0].tolist() == [0, 2, 2, 2, 2]


def test_distance_limits_driving(written):
    """Without service it is a distance."""
    instance = load(written("CVRP", "DISTANCE : 8\n"))
    assert used(instance) == {"limit"}
    assert instance.limit[0] == 8


def test_distance_limits_driving_and_service_together(written):
    """CVRPLIB's CMT6 to CMT10: 8 of driving and 4 x 1 of service fit into 12 exactly; the far customer needs 9."""
    instance = load(written("CVRP", "DISTANCE : 12\nSERVICE_TIME : 1\n"))
    assert used(instance) == {"windows"}
    assert evaluate(instance, Routes.of([[1, 2, 3, 4]])).feasible.all()
    tight = load(written("CVRP", "DISTANCE : 11\nSERVICE_TIME : 1\n"))
    assert not evaluate(tight, Routes.of([[1, 2, 3, 4]])).feasible.any()
    with pytest.raises(InstanceError, match="line 6"):
        load(written("CVRP", "DISTANCE : 8\nSERVICE_TIME : 1\n"))


def test_distance_beside_windows_and_service_is_ambiguous(written):
    """PyVRP's key says which is meant."""
    with pytest.raises(InstanceError, match="line 6"):
        load(written("CVRPTW", "DISTANCE : 50\n", sections=WINDOWS))
    instance = load(written("CVRPLTW", "VEHICLES_MAX_DISTANCE : 50\n", sections=WINDOWS))
    assert used(instance) == {"windows", "limit"}


def test_several_depots_go_to_the_end(written):
    """Depots at nodes 2 and 4: customers are nodes 1, 3 and 5 of the file, at 0, 2 and 4."""
    demand = DEMAND.replace("2 4", "2 0").replace("4 2", "4 0").replace("1 0\n", "1 5\n", 1)
    instance = load(written("MDVRP", demand=demand, depot="DEPOT_SECTION\n2\n4\n-1\n"))
    assert instance.depots.tolist() == [2]
    assert instance.coords[0, :, 0].tolist() == [1, 0, 2, 4, 3]
    assert instance.demand[0].tolist() == [0, 5, 3, 1, 0]
    # From 1: to 0 and back, 2. From 3: to 2 and 4 and back, 1 + 2 + 1.
    assert evaluate(instance, Routes.of([[1], [2, 3]], [0, 1])).objective.tolist() == [6.0]


VEHICLES_DEPOT = "VEHICLES_DEPOT_SECTION\n1 1\n2 5\n3 5\n4 1\n"


def test_fleets(written):
    """Of one depot, of each of two; shared out unevenly or not at all they are refused."""
    assert load(written(headers="VEHICLES : 2\n")).fleet.tolist() == [2]
    assert load(written()).fleet.tolist() == [4]
    demand, depots = DEMAND.replace("5 1\n", "5 0\n"), "DEPOT_SECTION\n1\n5\n-1\n"
    instance = load(written("MDVRP", "VEHICLES : 4\n", demand, VEHICLES_DEPOT, depots))
    assert instance.fleet.tolist() == [2]
    with pytest.raises(InstanceError, match="line 19"):
        load(written("MDVRP", "VEHICLES : 4\n", demand, VEHICLES_DEPOT.replace("4 1", "4 5"), depots))
    with pytest.raises(InstanceError, match="line 6"):
        load(written("MDVRP", "VEHICLES : 4\n", demand, "", depots))


def test_open_routes(written):
    """TYPE OVRP: to the far end and no way back."""
    instance = load(written("OVRP"))
    assert used(instance) == {"open"}
    assert evaluate(instance, Routes.of([[1, 2, 3, 4]])).objective.tolist() == [4.0]


@pytest.mark.parametrize("section", ["BACKHAUL_SECTION\n3\n5\n-1\n", "BACKHAUL_SECTION\n1 0\n2 0\n3 3\n4 0\n5 1\n"])
@pytest.mark.parametrize(("kind", "last"), [("VRPB", True), ("VRPMPD", False)])
def test_backhauls_as_list_and_as_amounts(written, section, kind, last):
    """LKH-3 lists the nodes whose demand is collected; PyVRP has amounts of their own."""
    demand = DEMAND if "-1" in section else DEMAND.replace("3 3", "3 0").replace("5 1", "5 0")
    instance = load(written(kind, demand=demand, sections=section))
    assert instance.demand[0].tolist() == [0, 4, 0, 2, 0]
    assert instance.pickup[0].tolist() == [0, 0, 3, 0, 1]
    assert instance.backhaul_last.tolist() == [last]


def test_prizes(written):
    """PyVRP's section: 0 means that the customer must be visited."""
    instance = load(written("PCVRP", sections="PRIZE_SECTION\n1 0\n2 0\n3 2.5\n4 7\n5 0\n"))
    assert instance.prize[0].tolist() == [np.inf, np.inf, 2.5, 7, np.inf]
    assert evaluate(instance, Routes.of([[1, 4]])).objective.tolist() == [8 + 9.5]


# demand, earliest, latest, service, pickup sibling, delivery sibling
PAIRS = """PICKUP_AND_DELIVERY_SECTION
1 0 0 99 0 0 0
2 -3 0 50 1 4 0
3 5 0 50 1 0 5
4 3 0 50 1 0 2
5 -5 0 50 1 3 0
"""


def test_pairs(written):
    """LKH-3's section: node 4 is picked up for 2, node 3 for 5."""
    instance = load(written("PDPTW", demand="", sections=PAIRS))
    assert used(instance) == {"pairs", "windows"}
    assert instance.origin[0].tolist() == [0, 3, 0, 0, 2]
    assert instance.pickup[0].tolist() == [0, 0, 5, 3, 0]
    assert instance.demand[0].tolist() == [0, 3, 0, 0, 5]
    assert evaluate(instance, Routes.of([[3, 1], [2, 4]])).feasible.all()
    assert not evaluate(instance, Routes.of([[1, 3], [2, 4]])).feasible.any()


def test_deliveries_and_pickups_at_once(written):
    """LKH-3's VRPSPDTW: the last two columns are what is collected and what is delivered."""
    rows = "1 0 0 99 0 0 0\n2 0 0 50 1 3 4\n3 0 5 50 1 5 0\n4 0 0 50 1 0 2\n5 0 0 50 1 10 10\n"
    instance = load(written("VRPSPDTW", demand="", sections=f"PICKUP_AND_DELIVERY_SECTION\n{rows}"))
    assert used(instance) == {"pickups", "windows"}
    assert instance.pickup[0].tolist() == [0, 3, 5, 0, 10]
    assert instance.demand[0].tolist() == [0, 4, 0, 2, 10]
    with pytest.raises(InstanceError, match="line 14\n"):
        load(written("VRPSPDTW", demand="", sections=f"PICKUP_AND_DELIVERY_SECTION\n{rows.replace('3 4', '-3 4')}"))


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("3 5 0 50 1 0 5", "3 5 0 50 1 0 2", 15),
        ("3 5 0 50 1 0 5", "3 5 0 50 1 0 6", 15),
        ("3 5 0 50 1 0 5", "3 5 0 50 1 0 1.5", 15),
        ("3 5 0 50 1 0 5", "3 -5 0 50 1 0 5", 15),
        ("5 -5 0", "5 -4 0", 17),
        ("4 3 0 50", "4 3 60 50", 16),
        ("4 3 0 50", "4 3 0 2", 16),
        ("4 3 0 50 1 0 2", "4 3 0 50 1 0", 16),
        ("4 3 0 50", "4 11 0 50", 16),
    ],
)
def test_broken_pairs(written, old, new, line):
    """Siblings that do not know each other, other amounts, windows nobody meets: each at its line."""
    assert old in PAIRS
    with pytest.raises(InstanceError, match=f"line {line}\n"):
        load(written("PDPTW", demand="", sections=PAIRS.replace(old, new)))


@pytest.mark.parametrize(
    ("kind", "sections", "line"),
    [
        ("CVRPTW", "", 2),
        ("VRPB", "", 2),
        ("VRPL", "", 2),
        ("PCVRP", "", 2),
        ("PDP", "", 2),
        ("HFVRP", "", 2),
        ("CVRPTW", WINDOWS.replace("4 20 30", "4 20 2"), 22),
        ("CVRPTW", WINDOWS.replace("4 20 30", "4 -20 30"), 22),
        ("CVRPTW", WINDOWS.replace("4 20 30", "4 20 nan"), 22),
        ("CVRPTW", WINDOWS.replace("5 0 100", "5 0 3"), 23),
        ("CVRPTW", WINDOWS.replace("1 0 100", "1 0 20"), 22),  # node 4 begins at 20 at the earliest
        ("CVRPTW", WINDOWS.replace("5 4\n", "5 -4\n"), 29),
        ("CVRPTW", WINDOWS.replace("1 0\n", "1 1\n"), 25),
        ("VRPB", "BACKHAUL_SECTION\n3\n6\n-1\n", 20),
        ("VRPB", "BACKHAUL_SECTION\n3 3\n-1\n", 19),
        ("VRPB", "BACKHAUL_SECTION\n2.5\n-1\n", 19),
        ("VRPB", "BACKHAUL_SECTION\n1 0\n2 0\n3 11\n4 0\n5 0\n", 21),
        ("VRPB", "BACKHAUL_SECTION\n1 0\n2 0\n3 -1\n4 0\n5 0\n", 21),
        ("PCVRP", "PRIZE_SECTION\n1 0\n2 0\n3 -1\n4 0\n5 0\n", 21),
    ],
)
def test_broken_rules(written, kind, sections, line):
    """What a TYPE promises and the file lacks, impossible windows, amounts, prizes: each at its line."""
    with pytest.raises(InstanceError, match=f"line {line}\n"):
        load(written(kind, sections=sections))


@pytest.mark.parametrize(
    ("kind", "headers", "sections", "line", "rule"),
    [
        ("CVRPTW", "", WINDOWS, 18, "windows"),
        ("OVRP", "", "", 2, "open"),
        ("CVRP", "VEHICLES : 2\n", "", 6, "fleet"),
        ("CVRP", "DISTANCE : 20\n", "", 6, "limit"),
        ("VRPMPD", "", "BACKHAUL_SECTION\n3\n-1\n", 18, "pickups"),
        ("PCVRP", "", "PRIZE_SECTION\n1 0\n2 0\n3 1\n4 0\n5 0\n", 18, "prizes"),
    ],
)
def test_rules_that_the_problem_lacks(written, kind, headers, sections, line, rule):
    """They would be ignored: refused with the line that asks for them."""
    with pytest.raises(InstanceError, match=f"line {line}\n") as caught:
        load(written(kind, headers, sections=sections), allowed=CVRP.rules)
    assert caught.value.got == rule


def test_a_rule_the_problem_has_may_be_absent(written):
    """A plain CVRP file is an instance of the problem with time windows."""
    instance = load(written(), allowed=VRPTW.rules)
    assert used(instance) == frozenset()


def test_tours(tmp_path):
    """TSPLIB: no demands, no depot, one vehicle. burma14, whose optimum is 3323 (geographical distances)."""
    places = """16.47 96.10, 16.47 94.44, 20.09 92.54, 22.39 93.37, 25.23 97.24, 22.00 96.05, 20.47 97.02, 17.20 96.29,
    16.30 97.38, 14.05 98.12, 16.53 97.38, 21.52 95.59, 19.41 97.13, 20.09 94.55"""
    rows = "\n".join(f"{k} {place.strip()}" for k, place in enumerate(places.split(","), 1))
    text = "NAME: burma14\nTYPE: TSP\nCOMMENT: 14 states\nCOMMENT: Zaw Win\nDIMENSION: 14\nEDGE_WEIGHT_TYPE: GEO\n"
    path = tmp_path / "burma14.tsp"
    path.write_text(f"{text}NODE_COORD_SECTION\n{rows}\nEOF\n")
    instance = load(path)
    assert used(instance) == {"fleet"}
    tour = Routes.of([[1, 13, 2, 3, 4, 5, 11, 6, 12, 7, 10, 8, 9]])
    assert evaluate(instance, tour).objective.tolist() == [3323.0]
    assert evaluate(instance, tour).feasible.all()

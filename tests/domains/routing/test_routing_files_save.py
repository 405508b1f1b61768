"""What is written is read again: every rule as VRPLIB and as a table, and other programs understand it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import pyvrp
import vrplib
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.domains.routing.family.evaluate import evaluate
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.problems import VRP
from headway.domains.routing.family.solution import Routes
from headway.domains.routing.files.load import load
from headway.domains.routing.files.save import save
from headway.domains.routing.generation.draw import draw
from headway.errors import InstanceError


def drawn(seed=0, **switches):
    return draw(np.random.default_rng(seed), 1, VRP(**{"customers": 8, **switches}))


RULES = st.fixed_dictionaries(
    {
        "layout": st.sampled_from(["uniform", "uchoa"]),
        "convention": st.sampled_from(["float", "nint", "trunc1"]),
        "time_windows": st.booleans(),
        "open": st.booleans(),
        "distance_limit": st.none() | st.just(2000.0),
        "fleet": st.none() | st.just(3),
        "prizes": st.sampled_from([0.0, 0.4]),
    }
)
KINDS = st.sampled_from(
    [{}, {"backhauls": 0.3}, {"backhauls": 0.5, "backhaul_last": True}, {"pairs": True}, {"depots": 3}]
)


def alike(left: RoutingInstance, right: RoutingInstance) -> None:
    """All fields but those that a matrix replaces, and all distances."""
    for field in dataclasses.fields(RoutingInstance):
        if field.name not in ("convention", "matrix"):
            assert getattr(left, field.name).tolist() == getattr(right, field.name).tolist(), field.name
    assert left.distances().tolist() == right.distances().tolist()


@settings(max_examples=100)
@given(rules=RULES, kind=KINDS, seed=st.integers(0, 9), suffix=st.sampled_from([".vrp", ".csv"]))
def test_round_trip(tmp_path_factory, rules, kind, seed, suffix):
    """Every rule, alone and together; a table gives the very same instance."""
    instance = drawn(seed, **{**rules, **kind})
    instance = dataclasses.replace(instance, prize=np.where(instance.prize == 0, 1.0, instance.prize))
    again = load(save(instance, tmp_path_factory.getbasetemp() / f"again{suffix}"))
    alike(instance, again)
    if suffix == ".csv" or rules["convention"] != "trunc1":
        assert instance.digest() == again.digest()


def test_matrices(tmp_path):
    """Distances and travel times beside a table; VRPLIB has no form for the latter."""
    side = np.random.default_rng(0).uniform(1, 2, (1, 9, 9)) * (1 - np.eye(9))
    instance = dataclasses.replace(drawn(), matrix=side, convention=np.array(["matrix"]), duration=2 * side)
    assert load(save(instance, tmp_path / "a.csv")).digest() == instance.digest()
    with pytest.raises(InstanceError, match="travel times"):
        save(instance, tmp_path / "a.vrp")
    plain = dataclasses.replace(instance, duration=np.zeros((1, 0, 0)))
    assert load(save(plain, tmp_path / "a.vrp")).digest() == plain.digest()


def test_what_does_not_fit(tmp_path):
    """Several instances, another suffix, a prize of nothing."""
    with pytest.raises(InstanceError, match=r"one as \.vrp"):
        save(draw(np.random.default_rng(0), 2, VRP()), tmp_path / "a.vrp")
    with pytest.raises(InstanceError, match=r"one as \.vrp"):
        save(drawn(), tmp_path / "a.json")
    free = dataclasses.replace(drawn(), prize=np.zeros((1, 9)))
    with pytest.raises(InstanceError, match="a prize of 0"):
        save(free, tmp_path / "a.vrp")
    assert load(save(free, tmp_path / "a.csv")).prize[0, 1:].tolist() == [0.0] * 8


def test_vrplib_reads_it(tmp_path):
    """The field's own package sees what we wrote."""
    instance = drawn(time_windows=True, fleet=3, prizes=0.5)
    read = vrplib.read_instance(save(instance, tmp_path / "a.vrp"), compute_edge_weights=False)
    assert read["node_coord"].tolist() == instance.coords[0].tolist()
    assert read["demand"].tolist() == instance.demand[0].tolist()
    assert read["time_window"].tolist() == np.stack([instance.earliest, instance.latest], -1)[0].tolist()
    assert read["service_time"].tolist() == instance.service[0].tolist()
    assert read["vehicles"] == instance.fleet[0]


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"time_windows": True},
        {"distance_limit": 2500.0, "prizes": 0.5},
        {"backhauls": 0.3},
        {"depots": 2, "fleet": 4},
    ],
)
def test_pyvrp_scores_alike(tmp_path, switches):
    """PyVRP, from our file, finds the same distance and no broken rule in a solution of our scorer's."""
    instance = drawn(layout="uchoa", capacity=1000, **switches)
    routes = [[node] for node in range(1, 9)] if switches.get("time_windows") else [[1, 2], [3, 4], [5, 6], [7, 8]]
    if "distance_limit" in switches:
        routes = [[node] for node in range(1, 9)]
    depots = [k % int(instance.depots[0]) for k in range(len(routes))]
    ours = evaluate(instance, Routes.of(routes, depots))
    data = pyvrp.read(save(instance, tmp_path / "a.vrp"), "round")
    kind = {depot: k for k, depot in enumerate(int(v.start_depot) for v in data.vehicle_types())}
    acts = [[pyvrp.Activity(pyvrp.ActivityType.CLIENT, node - 1) for node in route] for route in routes]
    theirs = pyvrp.Solution(data, [pyvrp.Route(data, act, kind[d]) for act, d in zip(acts, depots, strict=True)])
    assert ours.feasible.all()
    assert theirs.is_feasible()
    assert theirs.distance() == ours.objective[0]

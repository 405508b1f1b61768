"""Placement: streams, the environment, the scorer, rules, the bound."""

import dataclasses

import numpy as np
import pytest

from headway.domains.vm_rescheduling.placement.instance import Placement, Stream
from headway.domains.vm_rescheduling.placement.problem import PlacementProblem
from headway.errors import InstanceError, SolutionError
from headway.rollouts import rollout

PROBLEM = PlacementProblem(machines=5, requests=40)


def stream(requests, *, there=(), machines=2, cores=16, memory=1000):
    """One stream: requests (time, cores, MB, nodes, until), VMs there (cores, MB, nodes, at, until)."""
    old = np.array(there, float).reshape(-1, 5).T
    new = np.array(requests, float).reshape(-1, 5).T

    def whole(row):
        return row.astype(np.int64)[None]

    return Stream(
        name=np.array(["hand"]), active=np.ones((1, machines), bool), cpu=np.full((1, machines, 2), cores),
        memory=np.full((1, machines, 2), memory), there_cpu=whole(old[0]), there_memory=whole(old[1]),
        there_nodes=whole(old[2]), there_at=whole(old[3]), there_until=old[4][None], time=new[0][None],
        vm_cpu=whole(new[1]), vm_memory=whole(new[2]), vm_nodes=whole(new[3]), until=new[4][None],
        start=np.zeros(1, np.int64), placed=np.full((1, new.shape[1]), -1),
    )  # fmt: skip


def placed(*nodes):
    return Placement(np.array([nodes]))


# A VM of 32 cores fills a machine, one of 12 cores leaves 4 on its node.
HAND = stream([(0, 12, 100, 1, 50), (10, 32, 100, 2, 99), (20, 12, 100, 1, 99), (60, 32, 100, 2, 99)],
              there=[(32, 200, 2, 2, 15)])  # fmt: skip


def test_scores_by_hand():
    """The VM that is there leaves machine 1 at 15, and the first request leaves node 0 at 50."""
    good = PROBLEM.evaluate(HAND, placed(0, -1, 1, 2))
    assert good.feasible.all()
    assert good.objective.tolist() == [32 / 64]
    assert good.series["refused"].tolist() == [[0, 32, 0, 0]]
    assert good.metrics["refused"].tolist() == [1]
    assert good.metrics["refused_share"].tolist() == [32 / 88]
    # At the end node 0 has 16 free cores, node 1 has 4, machine 1 none.
    assert good.metrics["fragments"].tolist() == [4 / 20]
    assert good.metrics["used"].tolist() == [1 - 20 / 64]


@pytest.mark.parametrize(("nodes", "name", "amount"), [
    ((0, 2, 1, 2), "cpu", 32), ((0, -1, 0, 2), "cpu", 8), ((0, -1, -1, 2), "refused", 1), ((0, -1, 1, 3), "unknown", 1),
    ((0, -1, 1, 4), "unknown", 1), ((0, -1, 1, -2), "unknown", 1), ((0, -1, 2, 2), "cpu", 12),
])  # fmt: skip
def test_violations_by_hand(nodes, name, amount):
    verdict = PROBLEM.evaluate(HAND, placed(*nodes))
    assert {k: float(v[0]) for k, v in verdict.violations.items() if v[0]} == {name: amount}
    assert verdict.objective[0] >= 32 / 64


def test_memory_and_inactive_machines():
    tight = stream([(0, 2, 900, 1, 9), (1, 2, 900, 1, 9)], machines=1)
    assert PROBLEM.evaluate(tight, placed(0, 0)).violations["memory"].tolist() == [800]
    assert PROBLEM.evaluate(tight, placed(0, 1)).feasible.all()
    off = dataclasses.replace(HAND, active=np.array([[True, False]]))
    assert PROBLEM.evaluate(off, placed(0, -1, 1, 2)).violations["unknown"].tolist() == [1]


def test_other_sizes_are_refused():
    for nodes in (placed(0, -1, 1), Placement(np.zeros((2, 4), np.int64))):
        with pytest.raises(SolutionError):
            PROBLEM.evaluate(HAND, nodes)


def test_rules_by_hand():
    """12 cores: first fit takes node 0, best fit the machine that is half full, worst fit the empty one; the rule of
    fragments the node with 12 free cores, which has no whole slot to lose.
    """
    there = [(16, 10, 1, 2, 99), (4, 10, 1, 3, 99), (3, 10, 1, 4, 99)]
    one = stream([(0, 12, 10, 1, 99)], there=there, machines=4)
    taken = {name: int(rollout(PROBLEM.environment(), PROBLEM.baseline(name), one).solution.node[0, 0])
             for name in ("first_fit", "best_fit", "worst_fit", "fragment_fit")}  # fmt: skip
    assert taken == {"first_fit": 0, "best_fit": 3, "worst_fit": 0, "fragment_fit": 3}
    two = stream([(0, 2, 10, 1, 99)], there=[(16, 10, 1, 0, 99), (3, 10, 1, 2, 99)], machines=2)
    taken = {name: int(rollout(PROBLEM.environment(), PROBLEM.baseline(name), two).solution.node[0, 0])
             for name in ("best_fit", "worst_fit", "fragment_fit")}  # fmt: skip
    assert taken == {"best_fit": 1, "worst_fit": 3, "fragment_fit": 2}


def test_departures_happen_before_the_next_request():
    env = PROBLEM.environment()
    params = env.prepare(HAND)
    state = env.reset(params)
    assert env.observe(params, state)["cpu"].tolist() == [[16, 16, 0, 0]]
    for decision, cpu in ((1, [4, 16, 0, 0]), (0, [4, 16, 16, 16]), (2, [16, 4, 16, 16])):
        state = env.step(params, state, np.array([decision])).state
        assert env.observe(params, state)["cpu"].tolist() == [cpu]


@pytest.mark.parametrize("options", [{}, {"data": "traced", "machines": 3}, {"flavors": "ecs_memory"}])
def test_bound_is_below_every_rule(options):
    problem = dataclasses.replace(PROBLEM, **options)
    streams = problem.instances("validation", 3)
    bound = problem.references(streams)["volume"].value
    for name in problem.baselines:
        verdict = problem.evaluate(streams, rollout(problem.environment(), problem.baseline(name), streams).solution)
        assert verdict.feasible.all()
        assert (verdict.objective >= bound).all()


def test_bound_by_hand():
    """One machine of 32 cores, full until 15: of the 32 cores asked for at 10 all must be refused, of the 48 alive at
    20 nothing more; of 40 more at 30, with 16 there, 24 must.
    """
    full = stream([(10, 32, 2, 2, 20), (20, 16, 2, 1, 99), (30, 40, 2, 2, 99)], there=[(32, 2, 2, 0, 15)], machines=1)
    assert PROBLEM.references(full)["volume"].value == pytest.approx([(32 + 24) / 32], abs=1e-5)


def test_fragment_fit_refuses_less_than_first_fit_and_best_fit_than_worst_fit():
    problem = PlacementProblem(machines=10, requests=150)
    streams = problem.instances("validation", 24)
    names = ("fragment_fit", "best_fit", "first_fit", "worst_fit", "slot_fit")
    found = {name: rollout(problem.environment(), problem.baseline(name), streams).solution for name in names}
    cost = {name: problem.evaluate(streams, solution).objective.mean() for name, solution in found.items()}
    assert cost["fragment_fit"] < cost["first_fit"] < cost["worst_fit"]
    assert cost["slot_fit"] < cost["best_fit"] < cost["first_fit"]


def test_views_hide_what_is_to_come():
    view = PROBLEM.view(HAND, 1)
    assert view.vm_cpu.tolist() == [[12, 32]]
    assert (view.until.tolist(), view.there_until.tolist()) == ([[np.inf, np.inf]], [[np.inf]])
    later = PROBLEM.view(HAND, 3)
    assert (later.until.tolist(), later.there_until.tolist()) == ([[50, np.inf, np.inf, np.inf]], [[15]])


@pytest.mark.parametrize("options", [{}, {"data": "traced"}])
def test_streams_have_the_demand_asked_for(options):
    """Cores in use at a time if nobody were refused, per core there is: 0.9 of them, from 0.875 at time 0."""
    problem = PlacementProblem(machines=20, requests=800, **options)
    streams = problem.instances("train", 8)
    middle = streams.time[:, 400][:, None]
    alive = np.where((streams.until > middle) & (streams.time <= middle), streams.vm_cpu, 0).sum(1)
    alive += np.where(streams.there_until > middle, streams.there_cpu, 0).sum(1)
    assert (alive / streams.cpu.sum((1, 2))).mean() == pytest.approx(0.9, abs=0.25 if options else 0.12)
    assert streams.there_at.shape[1] == problem.width


@pytest.mark.parametrize(("change", "field"), [
    ({"vm_cpu": np.array([[12, -32, 12, 32]])}, "vm_cpu"), ({"vm_cpu": np.array([[12, 31, 12, 32]])}, "vm_cpu"),
    ({"time": np.array([[0.0, 30.0, 20.0, 60.0]])}, "time"), ({"until": np.array([[50.0, 10.0, 99.0, 99.0]])}, "until"),
    ({"there_at": np.array([[3]])}, "there_at"), ({"there_at": np.array([[9]])}, "there_at"),
    ({"there_cpu": np.array([[64]])}, "cpu"), ({"vm_nodes": np.array([[1, 0, 1, 2]])}, "vm_nodes"),
    ({"vm_nodes": np.array([[1, 3, 1, 2]])}, "vm_nodes"), ({"until": np.zeros((1, 3))}, "until"),
])  # fmt: skip
def test_malformed_streams_are_refused(change, field):
    with pytest.raises(InstanceError, match=f"Stream.{field}"):
        dataclasses.replace(HAND, **change)


def test_placements_are_read_back(tmp_path):
    text = PROBLEM.write_solution(HAND, placed(0, -1, 1, 2), tmp_path / "p.csv").read_text()
    assert text.splitlines() == ["request,machine,node", "0,0,0", "1,,", "2,0,1", "3,1,0"]
    for name in ("p.csv", "p.npz"):
        path = PROBLEM.write_solution(HAND, placed(0, -1, 1, 2), tmp_path / name)
        assert PROBLEM.read_solution(HAND, path).node.tolist() == [[0, -1, 1, 2]]


@pytest.mark.parametrize(("rows", "where"), [
    ("0,0,0\n2,,\n2,0,1\n3,1,0", "line 3, field request"), ("0,0,0\n1,0,\n2,0,1\n3,1,0", "line 3, field node"),
    ("0,0,0\n1,0,2\n2,0,1\n3,1,0", "line 3, field node"), ("0,0,0\n1,x,0\n2,0,1\n3,1,0", "line 3, field machine"),
    ("0,0,0", "another stream"),
])  # fmt: skip
def test_malformed_placements_are_refused(tmp_path, rows, where):
    (tmp_path / "p.csv").write_text(f"request,machine,node\n{rows}\n")
    with pytest.raises(SolutionError, match=where):
        PROBLEM.read_solution(HAND, tmp_path / "p.csv")


@pytest.mark.parametrize(("rule", "weights"), [
    ("best_fit", {"thrift": 0.0, "tightness": 1e3}), ("slot_fit", {"thrift": 1e5, "tightness": 1e3}),
])  # fmt: skip
def test_network_serves_any_size_and_begins_as_a_rule(rule, weights):
    import torch

    torch.manual_seed(0)
    small, large = (PlacementProblem(machines=m, requests=20) for m in (3, 9))
    env = small.environment()
    streams = small.instances("train", 4)
    params = env.prepare(streams)
    space, actions = env.spaces(params)
    network = small.network("nodes", **weights).build(space, actions)
    for problem in (small, large):
        env = problem.environment()
        params = env.prepare(problem.instances("train", 4))
        state = env.reset(params)
        seen, mask = env.observe(params, state), env.mask(params, state)
        with torch.no_grad():
            hidden = network.encode({name: torch.as_tensor(array) for name, array in seen.items()})
            logits, value = network.actor(hidden).numpy(), network.critic(hidden)
        assert (logits.shape, tuple(value.shape)) == (mask.shape, (4, 1))
        chosen = np.where(mask, logits, -np.inf).argmax(1)
        best = problem.baseline(rule).act(seen, mask)[0]
        assert (((chosen - 1) // 2) == ((best - 1) // 2)).all()

"""Greedy and the other constructions: what the kernels find, against the scorer."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from headway.domains.vm_rescheduling.classical.greedy import Greedy, RandomisedGreedy, ShapedGreedy
from headway.domains.vm_rescheduling.classical.repacking import AlphaVBPP, BestFit
from headway.domains.vm_rescheduling.classical.setting import Setting
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.rescheduling.problem import Rescheduling
from headway.domains.vm_rescheduling.workload.generator import snapshots
from headway.solver import Budget, Search

MIX = {"cpu16": 0.5, "memory64": 0.2, "cpu64x2": 0.3}
SOLVERS = {
    "greedy": Greedy(),
    "shaped": ShapedGreedy(),
    "randomised": RandomisedGreedy(),
    "best_fit": BestFit(),
    "alpha": AlphaVBPP(alpha=4),
}


def cluster(seed, **options):
    given = {"machines": 5, "utilisation": 0.85, "flavors": "ecs_memory", "affinity": 0.3, "pinned": 0.2, "limit": 6}
    return snapshots(np.random.default_rng(seed), 1, **(given | options))


def best_single(problem, snapshot, made):
    """The lowest objective that one more migration reaches, by the scorer; inf where none is feasible."""
    places = itertools.product(range(snapshot.vms), range(snapshot.machines), range(2))
    plans = Plan.concat([Plan.of([*made, place]) for place in places])
    scored = problem.evaluate(snapshot[[0] * len(plans)], plans)
    return scored.objective[scored.feasible].min(initial=np.inf)


@pytest.mark.parametrize("spread", ["machine", "rack"])
@pytest.mark.parametrize("mix", [{"cpu16": 1.0}, MIX])
def test_each_greedy_migration_is_the_best_there_is(mix, spread):
    problem = Rescheduling(fragments=mix)
    snapshot = cluster(3, machines=4, spread=spread, per_rack=2, limit=3)
    moves = Greedy().solve(problem, snapshot, Search()).moves()
    value = float(problem.evaluate(snapshot, Plan.of(moves)).metrics["initial"][0])
    for made in range(len(moves)):
        reached = float(problem.evaluate(snapshot, Plan.of(moves[: made + 1])).objective[0])
        assert reached == pytest.approx(best_single(problem, snapshot, moves[:made]), abs=1e-9)
        assert reached < value
        value = reached
    assert moves
    if len(moves) < 3:
        assert best_single(problem, snapshot, moves) >= value - 1e-9


@pytest.mark.parametrize("objective", ["fragments", "moves", "machines"])
@pytest.mark.parametrize("name", SOLVERS)
def test_plans_are_feasible_and_no_worse_than_none(name, objective):
    problem = Rescheduling(fragments=MIX, objective=objective, goal=0.5)
    for seed, options in enumerate(({}, {"flavors": "ecs", "spread": "rack", "per_rack": 2}, {"affinity": 0.0})):
        snapshot = cluster(seed, **options).padded(vms=150)
        plan = SOLVERS[name].solve(problem, snapshot, Search(Budget(cpu=0.05)))
        scored = problem.evaluate(snapshot, plan)
        assert scored.feasible.all(), scored.violations
        assert scored.objective[0] <= scored.metrics["initial"][0]


@pytest.mark.parametrize("objective", ["fragments", "moves", "machines"])
def test_a_prefix_is_worth_what_the_scorer_says(objective):
    problem = Rescheduling(fragments=MIX, objective=objective, goal=0.6)
    snapshot = cluster(5)
    setting = Setting.of(problem, snapshot)
    moves = AlphaVBPP(alpha=2).solve(Rescheduling(), snapshot, Search()).moves()
    places = setting.counts.place.copy()
    table = []
    for vm, machine, node in moves:
        table.append((places[vm], setting.counts.kind[vm], 2 * machine + node))
        places[vm] = 2 * machine + node
    found = setting.best_prefix(np.array(table))
    values = [problem.evaluate(snapshot, Plan.of(moves[:end])).objective[0] for end in range(len(moves) + 1)]
    assert found.objective == pytest.approx(min(values), abs=1e-9)
    assert len(found.moves) == int(np.argmin(np.round(values, 9)))


def test_machines_are_emptied():
    """Half-empty clusters have machines to free, and the emptied ones are counted by the scorer."""
    problem = Rescheduling(objective="machines")
    snapshot = cluster(1, machines=10, utilisation=0.4, affinity=0.0, pinned=0.0, limit=30)
    scored = problem.evaluate(snapshot, Greedy().solve(problem, snapshot, Search()))
    assert scored.feasible.all()
    assert scored.objective[0] <= scored.metrics["initial"][0] - 2


def test_the_goal_ends_the_plan():
    snapshot = cluster(2, machines=20, flavors="ecs", limit=20)
    rates = Rescheduling().evaluate(snapshot, Greedy().solve(Rescheduling(), snapshot, Search())).series["fragments"][0]
    goal = float(rates[1])
    problem = Rescheduling(objective="moves", goal=goal)
    assert len(Greedy().solve(problem, snapshot, Search()).moves()) == int(np.argmax(rates <= goal + 1e-12))


def test_restarts_are_seeded_and_never_worse_than_greedy():
    snapshot = cluster(4, machines=12, flavors="ecs", limit=12, affinity=0.0, pinned=0.0)
    clock = iter(np.arange(0, 1000, 0.01))
    plans = []
    for _ in range(2):
        search = Search(Budget(cpu=0.5), seed=7, clock=lambda: float(next(clock)))
        plans.append(RandomisedGreedy().solve(Rescheduling(), snapshot, search))
    assert plans[0].moves() == plans[1].moves()
    value, greedy = (Rescheduling().evaluate(snapshot, p).objective[0]
                     for p in (plans[0], Greedy().solve(Rescheduling(), snapshot, Search())))  # fmt: skip
    assert value <= greedy

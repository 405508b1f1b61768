"""Exact methods on small clusters: against each other, against enumeration, and against the scorer."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from headway.domains.vm_rescheduling.classical.setting import Setting
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.exact.aggregated import aggregated
from headway.domains.vm_rescheduling.exact.contestants import Exact
from headway.domains.vm_rescheduling.exact.engines import solve
from headway.domains.vm_rescheduling.exact.optimise import optimise
from headway.domains.vm_rescheduling.exact.per_vm import ExactPerVM
from headway.domains.vm_rescheduling.rescheduling.problem import Rescheduling
from headway.domains.vm_rescheduling.workload.generator import snapshots
from headway.errors import CapabilityError
from headway.solver import Budget, Search

MIX = {"cpu16": 0.5, "memory64": 0.2, "cpu64x2": 0.3}
ENGINES = ["cbc", "highs", "cp_sat"]


def cluster(seed, **options):
    given = {"machines": 6, "utilisation": 0.85, "flavors": "ecs_memory", "pinned": 0.1, "limit": 5}
    return snapshots(np.random.default_rng(seed), 1, **(given | options))


def solved(problem, solver, snapshot, cpu=20.0):
    """Objective (of a feasible plan) and the best bound reported."""
    bounds = []
    search = Search(Budget(cpu=cpu), report_bound=lambda value, seconds: bounds.append(value))
    scored = problem.evaluate(snapshot, solver.solve(problem, snapshot, search))
    assert scored.feasible.all(), scored.violations
    assert bounds == sorted(bounds)
    return float(scored.objective[0]), bounds[-1]


@pytest.mark.parametrize("mix", [{"cpu16": 1.0}, MIX])
def test_each_engine_alone_finds_what_the_textbook_program_finds(mix):
    problem = Rescheduling(fragments=mix)
    snapshot = cluster(1, machines=3, limit=3)
    textbook, proven = solved(problem, ExactPerVM(engine="cp_sat"), snapshot)
    for engine in ENGINES:
        value, bound = solved(problem, Exact(engines=(engine,)), snapshot)
        assert value == pytest.approx(textbook, abs=1e-4)
        assert bound == pytest.approx(proven, abs=2e-4)
        assert bound <= value + 1e-9


def test_a_bound_is_one_however_short_the_time():
    """CP-SAT calls 0 its bound before it has begun to search."""
    setting = Setting.of(Rescheduling(fragments=MIX), cluster(2, machines=10))
    program = aggregated(setting, np.ones(10, bool), 5)
    best = solve("highs", program, 20.0)
    assert best.proven
    for engine, seconds in itertools.product(ENGINES, (0.001, 0.01, 0.05)):
        answer = solve(engine, program, seconds)
        assert answer.bound >= float(program.value @ best.x) - 2e-4
        if answer.x is not None:
            assert (program.matrix @ answer.x <= program.upper + 1e-6).all()
            assert (program.matrix @ answer.x >= program.lower - 1e-6).all()


def test_two_migrations_are_as_good_as_any_two():
    """Enumerated with the scorer, anti-affinity and pinned VMs included."""
    problem = Rescheduling(fragments=MIX)
    snapshot = cluster(5, machines=2, limit=2, affinity=0.4)
    value, bound = solved(problem, Exact(), snapshot)
    singles = list(itertools.product(np.flatnonzero(snapshot.movable[0]).tolist(), range(2), range(2)))
    plans = [Plan.of([first, second]) for first, second in itertools.product(singles, singles) if first[0] != second[0]]
    plans += [Plan.of([first]) for first in singles] + [Plan.of([])]
    batch = Plan.concat(plans)
    scored = problem.evaluate(snapshot[[0] * len(batch)], batch)
    least = scored.objective[scored.feasible].min()
    assert bound <= least + 1e-9
    assert value == pytest.approx(least, abs=1e-9)


@pytest.mark.parametrize("spread", ["machine", "rack"])
def test_groups_are_kept_apart_and_the_bound_holds(spread):
    problem = Rescheduling()
    for seed in range(2):
        snapshot = cluster(seed, machines=8, flavors="ecs", affinity=0.5, spread=spread, per_rack=2, limit=5)
        value, bound = solved(problem, Exact(), snapshot)
        textbook, _ = solved(problem, ExactPerVM(engine="cp_sat"), snapshot)
        assert bound <= textbook + 1e-9
        assert value >= textbook - 1e-6
        assert value <= textbook + 1e-6 or value > bound  # proven only where it is so


def test_machines_are_freed():
    problem = Rescheduling(objective="machines")
    snapshot = cluster(3, machines=8, utilisation=0.4, flavors="ecs", limit=25, pinned=0.02)
    value, bound = solved(problem, Exact(), snapshot)
    scored = problem.evaluate(snapshot, Plan.of([]))
    assert value == bound < scored.objective[0]
    used = snapshot.vm_cpu[0].sum() / (snapshot.cpu[0].sum() / snapshot.machines)
    assert bound >= used


def test_the_goal_is_reached_with_the_fewest_migrations():
    snapshot = cluster(4, machines=20, flavors="ecs", limit=12)
    best, _ = solved(Rescheduling(), Exact(), snapshot)
    problem = Rescheduling(objective="moves", goal=best)
    value, bound = solved(problem, Exact(), snapshot)
    assert value == bound <= 12
    for engine in ENGINES:
        assert solved(problem, Exact(engines=(engine,)), snapshot) == (value, bound)
    fewer = snapshot.made(snapshot.arrays() | {"limit": snapshot.limit * 0 + int(value) - 1})
    assert solved(Rescheduling(), Exact(), fewer)[0] > best + 1e-9
    missed, bound = solved(Rescheduling(objective="moves", goal=0.0), Exact(), snapshot, cpu=2.0)
    assert bound <= missed  # out of reach: as near as greedy comes


@pytest.mark.parametrize("cpu", [0.0, 0.1])
def test_it_is_never_worse_than_greedy(cpu):
    from headway.domains.vm_rescheduling.classical.greedy import Greedy

    problem = Rescheduling(fragments=MIX)
    snapshot = cluster(6, machines=30, limit=20, affinity=0.3)
    greedy = problem.evaluate(snapshot, Greedy().solve(problem, snapshot, Search())).objective[0]
    plan = Exact().solve(problem, snapshot, Search(Budget(cpu=cpu)))
    assert problem.evaluate(snapshot, plan).objective[0] <= greedy + 1e-12


def test_a_part_of_the_machines():
    problem = Rescheduling()
    snapshot = cluster(7, machines=20, flavors="ecs", limit=10)
    some = np.arange(20) % 2 == 0
    part = optimise(snapshot, problem.terms, seconds=10, machines=some)
    whole = optimise(snapshot, problem.terms, seconds=10)
    scored = problem.evaluate(snapshot, part.plan)
    assert scored.feasible.all()
    assert scored.objective[0] == pytest.approx(part.objective, abs=1e-9)
    assert part.proven
    assert whole.proven
    assert whole.objective <= part.objective
    for vm, machine, _ in part.plan.moves():
        assert some[machine]
        assert some[snapshot.host[0, vm]]
    hinted = optimise(
        snapshot, problem.terms, seconds=0.0, hint=Setting.of(problem, snapshot).best_prefix(np.empty((0, 3), int))
    )
    assert hinted.objective <= scored.metrics["initial"][0]


def test_nothing_to_migrate():
    snapshot = cluster(8, pinned=1.0)
    value, bound = solved(Rescheduling(), Exact(), snapshot)
    assert value == Rescheduling().evaluate(snapshot, Plan.of([])).objective[0]
    assert bound == pytest.approx(value, abs=1e-12)


def test_the_textbook_program_refuses_other_objectives():
    with pytest.raises(CapabilityError, match="one objective"):
        ExactPerVM().solve(Rescheduling(objective="machines"), cluster(0), Search())

"""Anti-affinity in the exact race: assignments that clash, the cuts they lead to, and plans that have no order."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from headway.domains.vm_rescheduling.classical.setting import Setting
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.exact.affinity import Assignment
from headway.domains.vm_rescheduling.exact.aggregated import aggregated
from headway.domains.vm_rescheduling.exact.answers import Answers
from headway.domains.vm_rescheduling.exact.contestants import Exact
from headway.domains.vm_rescheduling.exact.engines import solve
from headway.domains.vm_rescheduling.exact.optimise import optimise
from headway.domains.vm_rescheduling.exact.per_vm import ExactPerVM, per_vm
from headway.domains.vm_rescheduling.exact.race import Race
from headway.domains.vm_rescheduling.exact.zones import Zones
from headway.domains.vm_rescheduling.rescheduling.problem import Rescheduling
from headway.domains.vm_rescheduling.workload.generator import snapshots
from headway.solver import Budget, Search

BOTH = {"cpu16": 0.5, "cpu64x2": 0.5}


def cluster(seed, **options):
    """Groups as large as there are racks: each rack hosts a VM of each, and may host no other."""
    given = {"machines": 6, "utilisation": 0.8, "flavors": "ecs", "affinity": 0.9, "spread": "rack", "per_rack": 2}
    return snapshots(np.random.default_rng(seed), 1, **(given | {"limit": 3} | options))


def all_groups(setting):
    return frozenset(range(setting.counts.hosted.shape[1]))


def raced(setting, seconds=20.0):
    spent = itertools.count()
    race = Race(setting, lambda: seconds - 1e-3 * next(spent))
    race.run()
    return race


def solved(problem, solver, snapshot, cpu=20.0):
    """Objective, best bound, and whether the budget was spent."""
    bounds = []
    search = Search(Budget(cpu=cpu), report_bound=lambda value, seconds: bounds.append(value))
    scored = problem.evaluate(snapshot, solver.solve(problem, snapshot, search))
    assert scored.feasible.all(), scored.violations
    return float(scored.objective[0]), bounds[-1], search.left == 0


def clashing(fragments, seeds=20, **options):
    """Settings whose optimum without groups cannot be shared out."""
    problem = Rescheduling(fragments=fragments)
    for seed in range(seeds):
        snapshot = cluster(seed, **options)
        race = raced(Setting.of(problem, snapshot))
        if race.answers.apart:
            yield problem, snapshot, race


@pytest.mark.parametrize("fragments", [{"cpu16": 1.0}, BOTH])
def test_groups_told_apart_are_the_textbook_program(fragments):
    """Both hold the final state, that one by a binary for each VM and place."""
    tighter = 0
    for seed in range(12):
        setting = Setting.of(Rescheduling(fragments=fragments), cluster(seed, machines=4 + seed % 3))
        answers = Answers(setting, lambda: 10.0)
        base = aggregated(answers.whole, answers.machines, setting.limit)
        zones = Zones(base, setting.counts, answers.of, all_groups(setting))
        textbook, _, _ = per_vm(setting)
        values = [solve("cp_sat", program, 20.0) for program in (base, zones.program, textbook)]
        assert all(answer.proven for answer in values)
        loose, mine, theirs = (p.base - p.value @ a.x for p, a in
                               zip((base, zones.program, textbook), values, strict=True))  # fmt: skip
        assert mine == pytest.approx(theirs, abs=1e-6)
        assert loose <= mine + 1e-9
        tighter += loose < mine - 1e-6
        out, into = zones.program.moved(values[1].x, answers.whole.counts.count.shape)
        assert not Assignment(setting.counts, answers.of, out, into, all_groups(setting)).solve(5.0).clashing
    assert tighter > 0


def test_a_clash_is_cut_off_and_the_optimum_proven():
    """As the textbook program has it; and where that finds no order, never above it."""
    cut = 0
    for problem, snapshot, race in clashing({"cpu16": 1.0}):
        textbook, bound, _ = solved(problem, ExactPerVM(engine="cp_sat"), snapshot, cpu=1.0)
        assert race.bound <= textbook + 1e-6
        if race.proven:
            assert bound <= race.best.objective + 1e-6 <= textbook + 2e-6
            cut += 1
    assert cut > 1


def test_two_migrations_with_clashes_are_as_good_as_any_two():
    """Enumerated with the scorer."""
    seen = 0
    for problem, snapshot, race in itertools.islice(clashing(BOTH, machines=2, per_rack=1, limit=2), 2):
        singles = list(itertools.product(np.flatnonzero(snapshot.movable[0]).tolist(), range(2), range(2)))
        pairs = itertools.product(singles, singles)
        plans = [Plan.of([first, second]) for first, second in pairs if first[0] != second[0]]
        plans += [Plan.of([first]) for first in singles] + [Plan.of([])]
        batch = Plan.concat(plans)
        scored = problem.evaluate(snapshot[[0] * len(batch)], batch)
        least = scored.objective[scored.feasible].min()
        assert race.bound <= least + 1e-9
        assert race.best.objective == pytest.approx(least, abs=1e-9)
        seen += 1
    assert seen


def test_plans_hint_at_themselves():
    """What a plan with groups does is a solution of the program with cuts, and worth the same."""
    problem = Rescheduling(fragments=BOTH)
    for seed in range(6):
        snapshot = cluster(seed)
        setting = Setting.of(problem, snapshot)
        answers = Answers(setting, lambda: 10.0)
        answers.begin()
        base = aggregated(answers.whole, answers.machines, setting.limit)
        zones = Zones(base, setting.counts, answers.of, all_groups(setting))
        x, program = zones.hint(setting.counts.change(answers.best.moves)), zones.program
        assert (program.matrix @ x <= program.upper + 1e-6).all()
        assert (program.matrix @ x >= program.lower - 1e-6).all()
        assert program.base - program.value @ x == pytest.approx(answers.best.objective, abs=1e-9)


def test_a_plan_without_an_order_is_refused_and_another_found():
    """Each of these optima that a program gives first has no order; another one has."""
    problem, snapshot = Rescheduling(), cluster(8, machines=4)
    race = raced(Setting.of(problem, snapshot))
    assert not race.proven
    value, bound, spent = solved(problem, Exact(), snapshot)
    assert value == bound < race.best.objective
    assert not spent


@pytest.mark.parametrize("solver", [Exact(), ExactPerVM(engine="cp_sat")])
def test_it_stops_early_only_with_a_proof(solver):
    for seed, fragments in ((11, BOTH), (9, BOTH), (5, {"cpu16": 1.0})):
        value, bound, spent = solved(Rescheduling(fragments=fragments), solver, cluster(seed, machines=4), cpu=0.4)
        assert bound <= value + 1e-9
        assert spent or value <= bound + 1e-6


def test_a_goal_out_of_reach_is_approached():
    snapshot = cluster(0, affinity=0.0)
    best = optimise(snapshot, Rescheduling().terms, seconds=20.0)
    assert best.proven
    problem = Rescheduling(objective="moves", goal=best.objective / 2)
    value, bound, spent = solved(problem, Exact(), snapshot)
    assert value == bound == pytest.approx(4 + best.objective / 2)  # the limit, one more, and what is missed
    assert not spent


def test_references_are_the_same_each_time():
    problem = Rescheduling(fragments=BOTH, machines=30, proof=0.05)
    snapshot = problem.instances("validation", 2)
    first, again = (problem.references(snapshot) for _ in range(2))
    for name, reference in first.items():
        np.testing.assert_array_equal(reference.value, again[name].value)
    assert (first["bound"].value <= problem.evaluate(snapshot, Plan.concat([Plan.of([])] * 2)).objective).all()

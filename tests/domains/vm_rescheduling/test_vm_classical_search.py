"""Searches that need a budget: beam, annealing, POP and large neighbourhoods."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.vm_rescheduling.classical.annealing import Annealing
from headway.domains.vm_rescheduling.classical.annealing_kernel import anneal
from headway.domains.vm_rescheduling.classical.beam import Beam
from headway.domains.vm_rescheduling.classical.greedy import Greedy
from headway.domains.vm_rescheduling.classical.lns import LNS
from headway.domains.vm_rescheduling.classical.pop import POP
from headway.domains.vm_rescheduling.classical.setting import Setting
from headway.domains.vm_rescheduling.classical.slots import exchange, worth
from headway.domains.vm_rescheduling.cluster.state import carry
from headway.domains.vm_rescheduling.exact.contestants import Exact
from headway.domains.vm_rescheduling.rescheduling.problem import Rescheduling
from headway.domains.vm_rescheduling.workload.generator import snapshots
from headway.errors import CapabilityError
from headway.solver import Budget, Search

MIX = {"cpu16": 0.5, "memory64": 0.2, "cpu64x2": 0.3}
SOLVERS = [Beam(), Annealing(), POP(parts=2), LNS(machines=4)]


def cluster(seed, **options):
    given = {"machines": 8, "utilisation": 0.85, "flavors": "ecs_memory", "affinity": 0.2, "pinned": 0.1, "limit": 8}
    return snapshots(np.random.default_rng(seed), 1, **(given | options))


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    for solver in SOLVERS:  # compile times are not the budget's
        solver.solve(Rescheduling(fragments=MIX), cluster(9, machines=3), Search(Budget(cpu=0.3)))


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda solver: type(solver).__name__)
def test_plans_are_feasible_never_worse_than_greedy_and_reported_as_they_improve(solver):
    problem = Rescheduling(fragments=MIX)
    for seed in range(2):
        snapshot = cluster(seed).padded(vms=200)
        reported: list = []
        search = Search(Budget(cpu=0.4), report=lambda plan, seconds, to=reported: to.append(plan))
        last = problem.evaluate(snapshot, solver.solve(problem, snapshot, search))
        values = []
        for plan in reported:
            scored = problem.evaluate(snapshot, plan)
            assert scored.feasible.all(), scored.violations
            values.append(float(scored.objective[0]))
        greedy = problem.evaluate(snapshot, Greedy().solve(problem, snapshot, Search())).objective[0]
        assert values == sorted(values, reverse=True)
        assert last.objective[0] == values[-1] <= greedy + 1e-12


def test_large_neighbourhoods_find_the_optimum_of_ten_machines():
    """Which greedy misses here."""
    problem = Rescheduling()
    snapshot = cluster(3, machines=10, flavors="ecs", affinity=0.0, pinned=0.0, limit=8)
    LNS().solve(problem, snapshot, Search(Budget(cpu=0.1)))  # compiled code that only one kind of fragment needs
    value = {
        name: problem.evaluate(snapshot, one.solve(problem, snapshot, Search(Budget(cpu=5.0)))).objective[0]
        for name, one in {"search": LNS(), "exact": Exact(), "greedy": Greedy()}.items()
    }
    assert value["exact"] < value["greedy"]
    assert value["search"] == pytest.approx(value["exact"], abs=1e-9)


def test_annealing_says_what_it_gained():
    problem = Rescheduling(fragments=MIX)
    setting = Setting.of(problem, cluster(4))
    counts = setting.counts
    vms = np.flatnonzero(counts.kind >= 0)
    home, kind = counts.place[vms], counts.kind[vms]
    rng = np.random.default_rng(0)
    at, gain = anneal(setting.state(), setting.terms, home, kind, 5, 20_000, 0.02, 0.002, 0.3, rng)
    change = counts.change(np.stack([home, kind, at], axis=1)[home != at])
    assert 0 < np.maximum(-change, 0).sum() <= 5
    state = setting.state()
    before = sum(worth(state, setting.terms, machine) for machine in range(8))
    for node, what, target in np.stack([home, kind, at], axis=1)[home != at]:
        carry(state, node, what, target)
    assert state.cpu.min() >= 0
    assert state.memory.min() >= 0
    assert sum(worth(state, setting.terms, machine) for machine in range(8)) - before == pytest.approx(gain, abs=1e-9)


@pytest.mark.parametrize("shape", [0.0, 0.4])
def test_an_exchange_is_the_difference_of_what_it_leads_to(shape):
    setting = Setting.of(Rescheduling(fragments=MIX), cluster(5))
    rng = np.random.default_rng(1)

    def total(state):
        return sum(worth(state, setting.terms, machine, 0, 0, 0, shape) for machine in range(8))

    for node, kind in rng.permutation(np.argwhere(setting.counts.count))[:20]:
        state = setting.state()
        step = 2 * int(rng.integers(0, 8)) + (1 - node % 2 if setting.counts.nodes[kind] == 1 else 0)
        before = total(state)
        if step == node:
            continue
        gain = exchange(state, setting.terms, node, kind, step, shape)
        carry(state, node, kind, step)
        assert gain == pytest.approx(total(state) - before, abs=1e-12)


@pytest.mark.parametrize("solver", [*SOLVERS, Greedy(), Exact()], ids=lambda solver: type(solver).__name__)
def test_machines_out_of_service_are_left_alone(solver):
    problem = Rescheduling(fragments=MIX)
    snapshot = cluster(6)
    snapshot = snapshot.made(snapshot.arrays() | {"active": np.arange(8)[None] % 3 > 0})
    plan = solver.solve(problem, snapshot, Search(Budget(cpu=0.3)))
    scored = problem.evaluate(snapshot, plan)
    assert scored.feasible.all(), scored.violations
    assert plan.moves()
    for vm, machine, _ in plan.moves():
        assert machine % 3 > 0
        assert snapshot.host[0, vm] % 3 > 0


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda solver: type(solver).__name__)
def test_other_objectives_are_refused(solver):
    with pytest.raises(CapabilityError, match="one objective"):
        solver.solve(Rescheduling(objective="machines"), cluster(0), Search())

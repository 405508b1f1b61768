"""Clusters that a trace leaves behind."""

import dataclasses

import numpy as np
import pytest

from headway.domains.vm_rescheduling.workload import fill
from headway.domains.vm_rescheduling.workload.arrivals import Arrivals
from headway.domains.vm_rescheduling.workload.replay import replay
from headway.domains.vm_rescheduling.workload.traced import from_arrivals, shipped_arrivals
from headway.errors import DataError


def traced(n=1, seed=0, arrivals=None, **options):
    return from_arrivals(np.random.default_rng(seed), n, arrivals, **{"machines": 12, **options})


def used_share(s):
    return s.used(s.vm_cpu).sum((1, 2)) / s.cpu.sum((1, 2))


def test_what_ships_is_a_tenth_of_the_trace():
    """The part has 259,159 VMs; 94.5 % of them went within its 3.5 days."""
    a = shipped_arrivals()
    assert len(a) == pytest.approx(25_900, rel=0.12)
    assert np.isfinite(a.departure).mean() == pytest.approx(0.945, abs=0.02)
    assert (a.time[-1] - a.time[0]) / 86_400 == pytest.approx(3.47, abs=0.05)
    assert (np.diff(a.time) >= 0).all()
    assert (a.departure > a.time).all()


@pytest.mark.parametrize("utilisation", [0.6, 0.9, 0.99])
def test_utilisation_and_flavours(utilisation):
    s = traced(3, utilisation=utilisation)
    assert used_share(s) == pytest.approx(utilisation, abs=0.02)
    assert set(np.unique(s.flavor[s.real])) <= set(shipped_arrivals().table.name)


def test_larger_clusters_than_the_trace_could_fill():
    s = traced(1, machines=150)
    assert used_share(s) == pytest.approx(0.875, abs=0.01)


def test_same_stream_same_clusters():
    assert traced(2, seed=1).digest() == traced(2, seed=1).digest() != traced(2, seed=2).digest()


def test_options_reach_the_clusters():
    s = traced(1, affinity=0.3, pinned=0.2, limit=9, shapes={"2x64": 1.0}, spread="rack", per_rack=1)
    assert (s.group >= 0).mean() == pytest.approx(0.3, abs=0.05)
    assert (s.limit.tolist(), s.spread.tolist(), s.cpu.max()) == ([9], ["rack"], 64)
    assert s.pinned[s.real].mean() == pytest.approx(0.2, abs=0.01)


def test_traces_without_lifetimes_are_refused():
    a = shipped_arrivals()
    with pytest.raises(DataError, match="lifetimes"):
        traced(arrivals=dataclasses.replace(a, departure=np.full(len(a), np.inf)))


def test_replay_by_hand():
    """One node pair of 8 cores. The first VM goes before the third comes and takes its place; the fourth finds none."""
    time = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    departure = np.array([2.0, np.inf, np.inf, np.inf, 4.0])
    sizes = np.array([[8, 1, 1]])
    cpu, memory, kind = np.array([8, 8]), np.array([9, 9]), np.zeros(5, np.int64)
    rng = np.random.default_rng(0)
    place = replay(rng, cpu, memory, sizes, kind, time, departure, fill.FIRST_FIT, 0.0, 10.0, 99.0)
    assert place.tolist() == [-1, 1, 0, -1, -1]
    assert (cpu.tolist(), memory.tolist()) == ([0, 0], [8, 8])


def test_replay_agrees_with_plain_python():
    rng = np.random.default_rng(3)
    time = np.sort(rng.uniform(0, 100, 300))
    departure = time + rng.exponential(30, 300)
    a = Arrivals(time, departure, np.full(300, "x"), rng.integers(1, 5, 300), np.ones(300, int), np.ones(300, int))
    sizes = np.array([[c, 1, 1] for c in range(5)])
    place = replay(rng, np.full(6, 9), np.full(6, 99), sizes, a.cpu, time, departure, fill.FIRST_FIT, 0.0, 1e9, 1e9)
    alive: dict[int, int] = {}
    for i in range(300):
        alive = {vm: node for vm, node in alive.items() if departure[vm] > time[i]}
        free = [9 - sum(a.cpu[vm] for vm, at in alive.items() if at == node) for node in range(6)]
        node = next((node for node in range(6) if free[node] >= a.cpu[i]), None)
        if node is not None:
            alive[i] = node
    assert {int(vm): int(place[vm]) for vm in np.flatnonzero(place >= 0)} == alive

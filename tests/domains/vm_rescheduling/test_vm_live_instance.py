"""Events: how many are drawn, what is refused, and what is known when."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from headway.domains.vm_rescheduling.live.problem import ReschedulingLive
from headway.errors import InstanceError

PROBLEM = ReschedulingLive(machines=20)


@pytest.fixture(scope="module", name="instance")
def _instance():
    return PROBLEM.instances("validation", 30)


def test_as_many_vms_arrive_as_depart_and_as_many_as_asked_for(instance):
    vms = instance.real.sum()
    arrivals, departures = np.isfinite(instance.time).sum(), np.isfinite(instance.leaves).sum()
    expected = 0.04 * 10 * vms
    # A Poisson count of about 2,300 and a binomial one: four standard deviations.
    assert arrivals == pytest.approx(expected, abs=4 * np.sqrt(expected))
    assert departures == pytest.approx(vms * (1 - np.exp(-0.4)), abs=4 * np.sqrt(0.25 * vms))
    stay = np.isfinite(instance.time).sum(1) < instance.arrivals
    assert stay.all()


def test_every_third_arrival_is_placed_at_random(instance):
    spots = instance.spot[np.isfinite(instance.time)]
    assert (spots >= 0).mean() == pytest.approx(0.35, abs=0.04)
    assert spots[spots >= 0].mean() == pytest.approx(0.5, abs=0.05)
    for placement, low, high in (("best_fit", -1, -1), ("first_fit", 0, 0), ("random", 0, 1)):
        other = dataclasses.replace(PROBLEM, placement=placement).instances("validation", 2)
        drawn = other.spot[np.isfinite(other.time)]
        assert low <= drawn.min()
        assert drawn.max() <= high


def test_the_cluster_stays_as_fragmented_as_it_was():
    from headway.domains.vm_rescheduling.cluster.plan import Plan
    from headway.domains.vm_rescheduling.live.plan import LivePlan

    instance = PROBLEM.instances("validation", 30)
    metrics = PROBLEM.evaluate(instance, LivePlan.concat([LivePlan.stamped(Plan.of([]), [])] * 30)).metrics
    drift = metrics["end"] - metrics["initial"]
    assert drift.mean() == pytest.approx(0, abs=4 * drift.std() / np.sqrt(30))
    assert abs(drift.mean()) < 0.05


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("leaves", 0.0, 0), ("leaves", np.nan, 0), ("time", -1.0, 0), ("time", 1e9, 0), ("until", 0.0, 0),
        ("until", 3.0, -1), ("spot", 1.0, 0), ("spot", np.nan, 0), ("arrival_cpu", 0, 0), ("arrival_memory", -1, 0),
        ("arrival_nodes", 3, 0), ("arrival_nodes", 0, 0), ("arrival_nodes", 1, -1),
    ],
)  # fmt: skip
def test_malformed_events_are_refused(instance, field, value, place):
    array = getattr(instance, field).copy()
    array[2, place] = value
    with pytest.raises(InstanceError, match=rf"LiveSnapshot.{field}\[2"):
        dataclasses.replace(instance, **{field: array})


def test_odd_cores_on_two_nodes_are_refused(instance):
    nodes, cpu = instance.arrival_nodes.copy(), instance.arrival_cpu.copy()
    nodes[0, 0], cpu[0, 0] = 2, 3
    with pytest.raises(InstanceError, match="even"):
        dataclasses.replace(instance, arrival_nodes=nodes, arrival_cpu=cpu)


def test_nothing_of_the_future_is_in_a_view(instance):
    view = PROBLEM.view(instance, 0)
    assert np.isinf(view.time).all()
    assert np.isinf(view.leaves).all()
    assert not view.arrival_cpu.any()
    later = PROBLEM.view(instance, 2)
    assert later.time[np.isfinite(later.time)].max() <= 120
    assert later.until[np.isfinite(later.until)].max() <= 120
    assert later.leaves[np.isfinite(later.leaves)].max() <= 120
    assert (later.time == np.where(instance.time <= 120, instance.time, np.inf)).all()


def test_another_future_keeps_the_past_and_as_many_events(instance):
    other = PROBLEM.perturb(instance, 3, np.random.default_rng(5))
    assert PROBLEM.view(other, 3).digest() == PROBLEM.view(instance, 3).digest()
    later = np.isfinite(other.time) & (other.time > 180)
    assert not (later & (other.time == instance.time)).any()
    assert later.sum() == pytest.approx((np.isfinite(instance.time) & (instance.time > 180)).sum(), rel=0.15)

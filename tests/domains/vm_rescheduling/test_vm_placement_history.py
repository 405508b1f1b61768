"""Placement on a history: one long stream whose past is known, decided from a time on, and refits on views of it."""

import dataclasses

import numpy as np
import pytest

from headway.domains.vm_rescheduling.placement.generator import arrivals
from headway.domains.vm_rescheduling.placement.instance import Placement, Stream
from headway.domains.vm_rescheduling.placement.problem import PlacementProblem
from headway.errors import CapabilityError, ConfigError, InstanceError
from headway.rollouts import rollout

PROBLEM = PlacementProblem(data="traced", machines=2, requests=40)
HOUR = 3600.0

# Two machines of 2 x 16 cores, nobody there at time 0. Of the past the second VM is there on both nodes of machine 1,
# the first went at 15; the last one fills machine 0.
BEGUN = Stream(
    name=np.array(["hand"]), active=np.ones((1, 2), bool), cpu=np.full((1, 2, 2), 16), memory=np.full((1, 2, 2), 1000),
    **{f"there_{field}": np.zeros((1, 1), np.int64) for field in ("cpu", "memory", "nodes", "at")},
    there_until=np.zeros((1, 1)), time=np.array([[0.0, 10.0, 20.0, 60.0]]), vm_cpu=np.array([[12, 32, 12, 32]]),
    vm_memory=np.full((1, 4), 100), vm_nodes=np.array([[1, 2, 1, 2]]), until=np.array([[15.0, 50.0, 30.0, 99.0]]),
    start=np.array([2]), placed=np.array([[-1, 2, -1, -1]]),
)  # fmt: skip


def placed(*nodes):
    return Placement(np.array([nodes]))


@pytest.fixture(scope="module")
def history():
    return PROBLEM.history()


def test_the_past_is_there_and_not_decided():
    env = PROBLEM.environment()
    params = env.prepare(BEGUN)
    state = env.reset(params)
    assert env.period(params, state).tolist() == [2]
    assert env.observe(params, state)["cpu"].tolist() == [[16, 16, 0, 0]]
    assert env.observe(params, state)["request"][0, 0] == 12
    step = env.step(params, state, np.array([1]))
    assert not step.terminated.any()
    assert env.observe(params, step.state)["cpu"].tolist() == [[16, 16, 16, 16]]  # all have gone by 60


def test_only_what_is_decided_is_scored():
    verdict = PROBLEM.evaluate(BEGUN, placed(-1, -1, -1, 0))
    assert verdict.violations["refused"].tolist() == [1]  # there was room for the third
    assert verdict.objective.tolist() == [12 / 64]
    assert verdict.metrics["refused_share"].tolist() == [12 / 44]
    assert {name: values.tolist() for name, values in verdict.series.items()} == {
        "refused": [[12, 0]], "asked": [[12, 32]], "objective": [[2 * 12 / 64, 0]],
    }  # fmt: skip
    assert PROBLEM.evaluate(BEGUN, placed(0, -1, 0, 2)).violations["excess"].tolist() == [1]
    assert PROBLEM.evaluate(BEGUN, placed(-1, -1, 2, 0)).violations["cpu"].tolist() == [12]
    found = rollout(PROBLEM.environment(), PROBLEM.baseline("first_fit"), BEGUN)
    assert found.solution.node.tolist() == [[-1, -1, 0, 0]]
    assert found.returns.tolist() == [0]


@pytest.mark.parametrize(("change", "field"), [
    ({"start": np.array([4])}, "start"), ({"start": np.array([-1])}, "start"), ({"start": np.array([1])}, "placed"),
    ({"placed": np.array([[0, 2, -1, -1]])}, "placed"), ({"placed": np.array([[-1, 3, -1, -1]])}, "placed"),
    ({"placed": np.array([[-1, 4, -1, -1]])}, "placed"), ({"cpu": np.full((1, 2, 2), 15)}, "cpu"),
])  # fmt: skip
def test_impossible_pasts_are_refused(change, field):
    with pytest.raises(InstanceError, match=f"Stream.{field}"):
        dataclasses.replace(BEGUN, **change)


def test_the_history_is_the_trace(history):
    """Decided in the last fifth of its time; VMs of before that are there fit, and all that come go in the end."""
    clock = PROBLEM.clock(history)
    assert clock[history.start[0]] / clock[-1] == pytest.approx(0.8, abs=0.01)
    assert (np.diff(clock) >= np.timedelta64(0, "s")).all()
    assert (history.placed >= 0).sum() > 10
    assert history.digest() == PROBLEM.history().digest()
    later = PROBLEM.history(start="3d", end="3d 02h")
    assert (later.time[0, later.start[0]] >= 72 * HOUR, later.time[0, -1] < 74 * HOUR + 1) == (True, True)
    verdict = PROBLEM.evaluate(later, rollout(PROBLEM.environment(), PROBLEM.baseline("best_fit"), later).solution)
    assert verdict.feasible.all()
    assert verdict.series["objective"].mean() == pytest.approx(verdict.objective[0])


def test_what_is_no_history_is_refused():
    with pytest.raises(CapabilityError, match="no history"):
        PlacementProblem().history()
    with pytest.raises(ConfigError, match="a moment cannot be read"):
        PROBLEM.history(start="noon")
    with pytest.raises(InstanceError, match="no VM is asked for"):
        PROBLEM.history(start="9d")


def test_refits_see_the_past_only(history):
    """Another future gives the same problem; departures that are to come are unknown."""
    period = int(history.start[0]) + 50
    other = PROBLEM.perturb(history, period, np.random.default_rng(0))
    known, same = (PROBLEM.until(PROBLEM.view(h, period)) for h in (history, other))
    told, now = arrivals(PROBLEM.view(history, period)), history.time[0, period]
    assert len(told) == period + 1
    gone = history.until[0, : period + 1] <= now
    np.testing.assert_array_equal(told.departure, np.where(gone, history.until[0, : period + 1], np.inf))
    for split in ("train", "validation"):
        assert known.instances(split, 2).digest() == same.instances(split, 2).digest()
    assert known.instances("train", 2).digest() != known.instances("validation", 2).digest()


def test_recent_requests_alone(history):
    """The last 600 of a view, and problems made of them, whatever came before."""
    view = PROBLEM.view(history, int(history.start[0]))
    recent = PROBLEM.recent(view, 600)
    np.testing.assert_array_equal(recent.time, view.time[:, -600:])
    assert isinstance(recent, Stream)
    assert recent.start.tolist() == [599]
    assert PROBLEM.until(recent).instances("train", 2).requests.tolist() == [40, 40]


def test_short_traces_are_refused():
    few = dataclasses.replace(PROBLEM, requests=5000)
    with pytest.raises(InstanceError, match="too few arrivals"):
        few.instances("validation", 1)

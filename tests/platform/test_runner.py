"""Contestants in processes of their own: what counts, what is recorded, what is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import psutil
import pytest

from headway.contest import runner, wire
from headway.contest.contestants import resolve
from headway.solver import Budget

MIB = 2**20


@pytest.fixture
def problem(trouble):
    return trouble.Guess()


def run(problem, name, *, n=1, seed=0, options=None, **limits):
    limits = {"cpu": 0.1, "wall": 1.0, **limits}
    contestant = resolve(name, problem, options)
    return runner.run(contestant, problem, problem.instances("test", n), Budget(**limits), seed)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    """Contestants that hang do so while they warm up, too: the tests do not wait for kernels to be compiled."""
    monkeypatch.setattr(runner, "WARM_LIMIT", 0.0)


def test_an_answer_is_re_scored_with_its_stamps(problem):
    """The target itself costs 1, by the problem's scorer, and took no more CPU than wall time plus a tick."""
    (outcome,) = run(problem, "exact")
    assert (outcome.status, outcome.feasible, outcome.objective, outcome.bound) == ("finished", True, 1.0, 1.0)
    (point,) = outcome.trace
    assert point.objective == 1.0
    assert 0 <= point.cpu <= outcome.cpu_seconds <= 0.1
    assert outcome.load_seconds > 0


def test_policies_act_in_the_environment(problem):
    """A policy rounds the target; its one answer is stamped when it is complete."""
    instances = problem.instances("test", 3)
    outcomes = run(problem, "rounding", n=3)
    expected = 1 + np.abs(np.rint(instances.value) - instances.value)
    np.testing.assert_allclose([o.objective for o in outcomes], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "status", "message"),
    [
        ("hang", "hang", "without an end"),
        ("abort", "crash", "SIGABRT: an assertion deep in a library"),
        ("exits", "crash", "exit code 3"),
        ("raises", "error", "ZeroDivisionError: divided by nothing"),
        ("infeasible", "infeasible", "too_high"),
        ("wrong_type", "invalid", "got list, expected one Answer"),
        ("two_answers", "invalid", "got 2 solutions"),
        ("misfit", "invalid", "not finite"),
        ("late", "late", "first answer after"),
        ("silent", "none", "without a solution"),
        ("no_init", "error", "cannot be loaded: OSError: the licence server"),
    ],
)
def test_misbehaviour_is_an_outcome(problem, name, status, message):
    """Whatever a contestant does is recorded with its reason, and is no feasible answer."""
    (outcome,) = run(problem, name)
    assert outcome.status == status
    assert message in outcome.message
    assert not outcome.feasible


@pytest.mark.parametrize("greedy", [False, True])
def test_memory_is_limited(problem, greedy):
    """Taking memory in pieces or all at once ends in the outcome `memory`."""
    (outcome,) = run(problem, "hog", options={"greedy": greedy}, memory=300 * MIB, wall=20)
    assert outcome.status == "memory"


def test_what_was_reported_in_time_counts_even_if_the_worker_is_lost(problem):
    """The score at a budget is the last incumbent in time; that it hung afterwards is recorded too."""
    (outcome,) = run(problem, "hang_after")
    assert (outcome.status, outcome.feasible, outcome.objective) == ("hang", True, 2.0)
    assert outcome.cpu_seconds < 1


def test_late_answers_are_in_the_trace_but_do_not_count(problem):
    """The answer at 0.1+ CPU-seconds is seen and kept as the latest, and scores nothing."""
    (outcome,) = run(problem, "late")
    assert np.isnan(outcome.objective)
    assert outcome.latest is not None
    assert [point.objective for point in outcome.trace] == [1.0]
    assert outcome.trace[0].cpu > 0.1


def test_anytime_traces_hold_every_incumbent(problem):
    """Halving the distance from 8 gives objectives 9, 5, 3, ... at rising stamps."""
    (outcome,) = run(problem, "steady")
    assert [point.objective for point in outcome.trace[:3]] == pytest.approx([9, 5, 3])
    stamps = [point.cpu for point in outcome.trace]
    assert stamps == sorted(stamps)
    assert outcome.objective == [p.objective for p in outcome.trace if p.cpu <= 0.1][-1]


def test_the_next_instance_gets_a_fresh_worker(problem):
    """A worker counts how often it was asked (its warm-up first); after an error the count starts anew."""
    instances = problem.instances("test", 6)
    first = float(np.sort(instances.value)[2])
    outcomes = run(problem, "sticky", n=6, options={"above": first})
    for before, outcome, value in zip([None, *outcomes], outcomes, instances.value, strict=False):
        assert outcome.status == ("finished" if value <= first else "error")
        if before is not None and before.status == "error" and outcome.status == "finished":
            assert outcome.solution.guess[0] <= 2


def test_healthy_workers_are_kept(problem):
    """Three instances, one worker: it was asked once to warm up, and then three times."""
    outcomes = run(problem, "sticky", n=3)
    assert [outcome.solution.guess[0] for outcome in outcomes] == [2, 3, 4]


def test_child_processes_are_on_the_clock(problem):
    """A child's 0.3 CPU-seconds count as the contestant's own."""
    (outcome,) = run(problem, "forks", cpu=5.0, wall=20)
    assert outcome.status == "finished"
    assert outcome.cpu_seconds >= 0.3


def test_nothing_is_left_behind(problem):
    """The worker's own children die with it."""
    (outcome,) = run(problem, "forks", cpu=5.0, wall=20, options={"orphan": True, "seconds": 0.01})
    left = int(-outcome.solution.guess[0])
    assert _eventually(lambda: not _alive(left))


def test_workers_die_with_their_parent(trouble, tmp_path):
    """A parent killed in the middle of a hanging contestant takes the worker with it."""
    script = textwrap.dedent("""
        import trouble
        from headway.contest import runner
        from headway.contest.contestants import resolve
        from headway.solver import Budget
        problem = trouble.Guess()
        runner.run(resolve("hang", problem), problem, problem.instances("test", 1), Budget(wall=60.0))
    """)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    parent = subprocess.Popen([sys.executable, "-c", script], start_new_session=True, env=environment)
    try:
        worker = _eventually(lambda: psutil.Process(parent.pid).children())[0]
        _eventually(lambda: "headway.contest.worker" in worker.cmdline() and worker.cpu_times().user > 0.1)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        assert _eventually(lambda: not _alive(worker.pid))
    finally:
        parent.kill()


def test_an_interrupt_closes_the_worker(problem):
    """An exception on our side (Ctrl-C) leaves no process."""
    seen = []

    def interrupt(outcome):
        # Other tests of this process may have left a helper of multiprocessing, which lives as long as the process.
        seen.extend(child for child in psutil.Process().children() if "headway.contest.worker" in child.cmdline())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner.run(resolve("exact", problem), problem, problem.instances("test", 2), Budget(cpu=0.1), done=interrupt)
    assert seen
    assert _eventually(lambda: not any(_alive(p.pid) for p in seen))


def test_many_incumbents_and_much_output_do_not_jam(problem):
    """A thousand incumbents, and as many printed lines on both streams."""
    (outcome,) = run(problem, "chatty", cpu=5.0, wall=30)
    assert (outcome.status, len(outcome.trace)) == ("finished", 1000)


def test_randomness_is_recorded_and_differs_between_instances(problem):
    """One seed gives the same answers again, other ones on other instances, and another seed other ones still."""
    first, again, other = (run(problem, "noisy", n=3, seed=seed) for seed in (0, 0, 1))
    value = problem.instances("test", 3).value
    errors = [[o.solution.guess[0] - v for o, v in zip(part, value, strict=True)] for part in (first, again, other)]
    assert errors[0] == errors[1]
    assert len(set(errors[0])) == 3
    assert not set(errors[0]) & set(errors[2])


def test_threads_are_pinned_before_anything_is_imported(problem):
    """Each library's own variable says how many threads it may use."""
    with runner.Worker(resolve("exact", problem), problem, Budget(cpu=0.1, threads=2)) as worker:
        worker.solve(problem.instances("test", 1))
        environment = psutil.Process(worker._process.pid).environ()
    assert {environment[name] for name in runner.THREAD_VARIABLES} == {"2"}


def test_hybrids_are_handed_their_policy(problem):
    """Rounded, then half the way to the target: half the error of rounding."""
    (guided,) = run(problem, "guided", options={"policy": "rounding"})
    (rounded,) = run(problem, "rounding")
    assert guided.objective - 1 == pytest.approx((rounded.objective - 1) / 2, abs=1e-6)


def test_messages_carry_arrays_without_pickle(trouble):
    """What is sent arrives: JSON and arrays, dates and strings too."""
    from multiprocessing import Pipe

    here, there = Pipe()
    wire.send(here, {"event": "x", "cpu": 0.5}, trouble.Target(np.array([1.5, 2.5])))
    message, arrays = wire.receive(there)
    assert message == {"event": "x", "cpu": 0.5}
    np.testing.assert_array_equal(arrays["value"], [1.5, 2.5])
    wire.send(there, {"event": "y"})
    assert wire.receive(here) == ({"event": "y"}, {})


def _alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _eventually(condition, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it never came true")

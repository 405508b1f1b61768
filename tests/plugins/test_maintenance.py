"""The toy domain itself: values worked out by hand, references against brute force."""

from __future__ import annotations

import dataclasses
from itertools import product

import numpy as np
import pytest
from headway_maintenance.instance import FleetInstance, Plan
from headway_maintenance.problem import Fleet
from headway_maintenance.reference import clairvoyant, stationary

from headway import rollout
from headway.errors import InstanceError, SolutionError


def one_machine(failure: list[float], severity: list[float], age: int = 0) -> FleetInstance:
    """A fleet of one machine with the uniform numbers given per period."""
    uniform = np.stack([failure, severity], axis=1)[None, :, None, :]
    return FleetInstance(
        periods=np.array([len(failure)]), age=np.array([[age]]), present=np.array([[True]]), uniform=uniform
    )


def idle(periods: int) -> Plan:
    return Plan(np.full((1, periods), -1), np.zeros((1, periods), int))


def test_cost_of_a_machine_left_alone():
    """With hazard (age / 20)^2 and u = 0.3 a machine of age 10 (0.25) survives; of age 12 (0.36) it fails, severely."""
    instance = one_machine([1.0] * 10 + [0.3, 1.0], [1.0] * 10 + [0.2, 1.0])
    problem = Fleet(periods=12, cap=20, wear=1.0)
    assert problem.evaluate(instance, idle(12)).objective[0] == 0.0
    worn = dataclasses.replace(instance, age=np.array([[2]]))
    scored = problem.evaluate(worn, idle(12))
    assert scored.objective[0] == 20.0 / 2  # twice 10, over the two counted periods
    assert scored.metrics["failures"][0] == 1
    assert scored.series["cost"][0].tolist() == [0.0] * 10 + [20.0, 0.0]


def test_repair_halves_the_age_and_costs_three():
    """Repaired at age 12 the machine is 6 old, hazard 0.09, and does not fail at u = 0.3."""
    instance = one_machine([1.0] * 10 + [0.3, 1.0], [1.0] * 12, age=2)
    plan = idle(12)
    plan.machine[0, 10], plan.work[0, 10] = 0, 1
    assert Fleet(periods=12, cap=20, wear=1.0).evaluate(instance, plan).objective[0] == 3.0 / 2


def test_a_plan_that_breaks_rules_is_infeasible():
    """Work on a machine that is not there, unknown work, work after the end: each is counted."""
    problem, instance = Fleet(periods=12), one_machine([1.0] * 12, [1.0] * 12)
    for machine, work, kind in ((1, 1, "unknown machine"), (0, 3, "unknown work"), (-1, 2, "unknown machine")):
        plan = idle(12)
        plan.machine[0, 0], plan.work[0, 0] = machine, work
        scored = problem.evaluate(instance, plan)
        assert not scored.feasible[0]
        assert scored.violations[kind][0] == 1
    short = dataclasses.replace(instance, periods=np.array([11]))
    plan = idle(12)
    plan.machine[0, 11], plan.work[0, 11] = 0, 1
    assert problem.evaluate(short, plan).violations["work after the end"][0] == 1


def test_the_bound_is_the_best_of_all_plans():
    """With 4 counted periods and one machine, all 3^4 plans (after an idle warm-up) are tried."""
    problem = Fleet(machines=1, periods=14, wear=1.0)
    for instance in (problem.instances("train", 6, seed)[i] for seed in range(2) for i in range(6)):
        best = np.inf
        for works in product((0, 1, 2), repeat=4):
            plan = idle(14)
            plan.machine[0, :10], plan.work[0, :10] = 0, 2  # work in the warm-up is free
            plan.work[0, 10:] = works
            plan.machine[0, 10:] = np.where(np.array(works) > 0, 0, -1)
            best = min(best, problem.evaluate(instance, plan).objective[0])
        bound, plan = clairvoyant(problem, instance, 0)
        assert bound <= best + 1e-12
        assert problem.evaluate(instance, plan).objective[0] == pytest.approx(bound, abs=1e-12)


def test_gain_of_one_machine_against_renewal_theory():
    """With cap 1 and costly replacement the best is to wait: a cycle lasts 1 + 1 / w periods and costs 12.5."""
    w = 0.3
    gain = stationary(Fleet(cap=1, wear=w, replace=50.0, repair=50.0), 1).gain
    assert gain == pytest.approx(12.5 * w / (1 + w), abs=1e-8)


def test_long_run_mean_of_the_optimal_policy_is_its_gain():
    """Over 300 fleets of 2 machines the mean cost is within 3 standard errors of the gain; no rule does better."""
    problem = Fleet(machines=2, periods=60)
    instance = problem.instances("test", 500)
    instance = instance[instance.present.all(axis=1)]
    environment = problem.environment()
    cost = {
        name: problem.evaluate(instance, rollout(environment, problem.baseline(name), instance).solution).objective
        for name in problem.baselines
    }
    error = cost["dp"].std(ddof=1) / np.sqrt(len(instance))
    assert abs(cost["dp"].mean() - stationary(problem, 2).gain) < 3 * error
    assert cost["dp"].mean() < min(cost["age_threshold"].mean(), cost["run_to_failure"].mean())


def test_malformed_instances_name_field_and_value():
    """A uniform number above 1 and a fleet without machines are refused."""
    with pytest.raises(InstanceError, match=r"FleetInstance.uniform\[0, 0, 0, 0\]"):
        one_machine([1.5], [0.5])
    with pytest.raises(InstanceError, match="at least one machine"):
        dataclasses.replace(one_machine([0.5], [0.5]), present=np.array([[False]]))


def test_malformed_plans_name_file_and_line(tmp_path):
    """The reader says which line is wrong, and what it should hold."""
    path = tmp_path / "plan.csv"
    path.write_text("period,machine,work\n0,0,repair\n1,0,polish\n")
    with pytest.raises(SolutionError, match=r"plan.csv:3"):
        Fleet(periods=12).read_solution(one_machine([1.0] * 12, [1.0] * 12), path)

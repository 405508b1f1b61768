"""Plans made ahead: the integer program, the rolling horizon, and policy improvement by simulation."""

from __future__ import annotations

import dataclasses
from itertools import product

import numpy as np
import pytest
from scipy.stats import norm

from headway import make_problem, rollout, tree
from headway.domains.inventory.lot_sizing.cp_sat import CPSAT, Moment, foreseen
from headway.domains.inventory.lot_sizing.plan import Plan
from headway.domains.inventory.lot_sizing.program import Program, tangents
from headway.domains.inventory.lot_sizing.simulation import Simulation, better
from headway.errors import CapabilityError


@pytest.fixture(scope="module")
def problem():
    return make_problem("inventory/lot_sizing", setting="drawn", items=3, machines=2, horizon=12)


@pytest.fixture(scope="module")
def path(problem):
    return problem.instances("tuning", 4)


def begun(problem, path, row, **knobs):
    """The first period of a row: its task, and the plan of the run-out rule."""
    environment, one = problem.environment(), path[row : row + 1]
    state = environment.reset(environment.prepare(one))
    planner, view = CPSAT(**knobs), problem.view(one, 0)
    moment = Moment.of(view, state)
    task = planner.task(view, moment)
    return task, foreseen(problem, task, moment.left - len(task.path.demand[0]))


def least(program, first=None, plan=None):
    """The least objective the solver finds, with the first period or the whole plan given."""
    from ortools.sat.python import cp_model

    for (machine, item), making in program.making.items():
        for t, variable in enumerate(making if plan is not None else making[:1]):
            told = plan[t, machine] if plan is not None else first[machine]
            program.model.add(variable == int(told == item + 1))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(program.model) == cp_model.OPTIMAL
    return solver.objective_value


@pytest.mark.parametrize("row", range(4))
def test_known_plan_costs_what_the_model_says(problem, path, row):
    """The hint is a whole solution: with the machines told so, nothing cheaper is left."""
    task, plan = begun(problem, path, row, window=8)
    program = Program(task, plan)
    assert least(program, plan=plan) == program.known


@pytest.mark.parametrize("row", range(4))
def test_never_worse_than_the_rule_in_the_model(problem, path, row):
    """What is done first is part of a plan that costs no more than the rule's."""
    task, plan = begun(problem, path, row, window=5)
    found = Program(task, plan).solve(0.5)
    program = Program(task, plan)
    assert least(program, first=found) <= program.known


def test_model_finds_the_best_plan():
    """Known demand, nothing after it: the best of all plans of a small plant, tried one by one."""
    problem = make_problem("inventory/lot_sizing", setting="drawn", items=2, machines=1, horizon=6)
    path = problem.instances("tuning", 3)
    for row in range(3):
        task, plan = begun(problem, path, row, window=6, spread=0.0)
        able = [0, *(np.flatnonzero(task.path.rate[0, 0]) + 1).tolist()]
        cost = {p: problem.evaluate(task.path, Plan(np.array(p)[None, :, None])).objective.item()
                for p in product(able, repeat=6)}  # fmt: skip
        found = int(Program(task, plan).solve(5.0)[0])
        assert min(c for p, c in cost.items() if p[0] == found) == pytest.approx(min(cost.values()), abs=0.02)


def test_tangents_touch_the_expected_shortage():
    """Below the normal loss function everywhere, and equal to it at one, none and minus one deviation."""
    x = np.linspace(-9, 9, 181)
    loss = 3 * (norm.pdf(x / 3) - x / 3 * norm.sf(x / 3))
    lines = np.array([at - slope * x for at, slope in tangents(3.0)])
    assert (lines <= loss + 1e-12).all()
    assert lines.max(axis=0)[[60, 90, 120]] == pytest.approx(loss[[60, 90, 120]])
    assert tangents(0.0) == []


def test_rolling_plans_are_feasible_and_repeat(problem, path):
    """Two planners with equal knobs make the same plan, on rows together and alone."""
    knobs = {"window": 4, "work": 0.01, "scenarios": 4}
    together = rollout(problem.environment(), problem.baseline("cp_sat", **knobs), path[:2])
    alone = rollout(problem.environment(), problem.baseline("cp_sat", **knobs), path[:1])
    assert problem.evaluate(path[:2], together.solution).feasible.all()
    assert together.decisions[0].tolist() == alone.decisions[0].tolist()


def test_plans_keep_to_what_was_told(problem, path):
    """With the first machine told something else than planned, the second is planned around that."""
    environment, planner, one = problem.environment(), CPSAT(window=4, work=0.02), path[:1]
    params = environment.prepare(one)
    start, view = environment.reset(params), problem.view(one, 0)
    for item in np.flatnonzero(environment.mask(params, start)[0]):
        state = environment.step(params, start, np.array([item])).state
        moment = Moment.of(view, state)
        assert moment.told == (item,)
        assert moment.stock.tolist() == one.stock[0].tolist()
        decision = planner.plan(problem, view, state)
        assert environment.mask(params, state)[0, int(decision)]


def test_solver_counts_goods(problem, path):
    """Rates that are not whole numbers are refused by name."""
    one = path[:1]
    half = dataclasses.replace(one, rate=one.rate / 8)
    with pytest.raises(CapabilityError, match=r"PlantPath\.rate"):
        rollout(problem.environment(), problem.baseline("cp_sat"), half)


def test_simulation_is_the_environment(problem, path):
    """The rule's own first choice, simulated to the end, costs what the rule costs on that demand."""
    environment, one = problem.environment(), path[:1]
    state = environment.reset(environment.prepare(one))
    simulation = Simulation(problem, scenarios=3, periods=50, seed=7)
    rule = problem.baseline("run_out")
    own, _ = rule.act(environment.observe(environment.prepare(one), state), None)
    costs = simulation.costs(problem.view(one, 0), state, np.array([own, own, [0]]))
    demand = problem.law.sample(np.random.default_rng([7, 12]), (3, 12, 3))
    paths = dataclasses.replace(tree_rows(one, 3), demand=demand)
    expected = problem.evaluate(paths, rollout(environment, rule, paths).solution).objective
    assert costs[0] == pytest.approx(expected)
    assert costs[1].tolist() == costs[0].tolist()
    assert (costs[2] != costs[0]).any()


def tree_rows(instance, n):
    """The same row n times."""
    return type(instance)(**tree.rows(instance.arrays(), np.zeros(n, np.int64)))


def test_another_choice_has_to_be_better_by_its_error():
    """Mean difference -1 with standard error 0.5: preferred at one error, not at three."""
    costs = np.array([[5.0, 5.0, 5.0, 5.0], [5.0, 3.0, 5.0, 3.0]])
    assert better(costs, 1.0) == 1
    assert better(costs, 3.0) == 0


def test_rollout_is_feasible_and_no_worse_than_the_rule():
    """On 15x5, with few paths: within the noise of 8 episodes of the rule's cost, far below the greedy one."""
    problem = make_problem("inventory/lot_sizing", horizon=20)
    path = problem.instances("tuning", 8)
    cost = {}
    for name, knobs in (("rollout", {"scenarios": 8, "periods": 10}), ("run_out", {}), ("greedy_cover", {})):
        scored = problem.evaluate(path, rollout(problem.environment(), problem.baseline(name, **knobs), path).solution)
        assert scored.feasible.all()
        cost[name] = scored.objective
    assert cost["rollout"].mean() < cost["greedy_cover"].mean()
    difference = cost["rollout"] - cost["run_out"]
    assert difference.mean() <= 3 * difference.std(ddof=1) / 8**0.5

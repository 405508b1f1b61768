"""Baselines and oracles: feasible by the scorer's word, repeatable, and consistent with the references."""

from __future__ import annotations

from typing import Any

import numpy as np

from headway import tree
from headway.evaluation import Evaluation
from headway.policy import Planner, Policy
from headway.problem import Problem
from headway.rollouts import rollout
from headway.solver import Solver
from headway.testing.case import ROWS, ProblemCase
from headway.testing.check import on_problem, require
from headway.testing.same import frozen, require_same


def _policies(case: ProblemCase) -> bool:
    return case.has(Policy)


def _refers(case: ProblemCase) -> bool:
    return type(case.problem).references is not Problem.references


@on_problem()
def check_contestants_have_their_types(case: ProblemCase) -> None:
    """A contestant is a Policy, a Planner or a Solver, and acts in an environment of the problem."""
    for name, contestant in case.contestants.items():
        kinds = isinstance(contestant, (Policy, Planner, Solver))
        require(kinds, "a contestant is of no known kind", where=name, got=type(contestant))
        acts_in = getattr(contestant, "environment", None)
        known = acts_in is None or acts_in in case.problem.environments
        require(known, "a contestant acts in an unknown environment", where=name, got=acts_in)


@on_problem()
def check_oracles_are_apart(case: ProblemCase) -> None:
    """A baseline is admissible: no name is both a baseline and an oracle."""
    both = set(case.problem.baselines) & set(case.problem.oracles)
    require(not both, "a name is both baseline and oracle", got=sorted(both))
    classes = set(case.problem.baselines.values()) & set(case.problem.oracles.values())
    require(not classes, "a class is both baseline and oracle", got=sorted(classes))


@on_problem(when=lambda case: bool(case.problem.baselines))
def check_baselines_are_feasible(case: ProblemCase) -> None:
    """Every answer of every contestant is feasible when re-scored."""
    for answer in case.answers:
        broken = {k: v for k, v in answer.evaluation.violations.items() if v.any()}
        got = broken or answer.evaluation.objective
        require(answer.evaluation.feasible.all(), "an answer is infeasible", where=answer.name, got=got)


@on_problem(when=lambda case: bool(case.problem.baselines))
def check_contestants_leave_instances_alone(case: ProblemCase) -> None:
    """A contestant does not write into the instances it is given."""
    for answer in case.answers:
        require(len(answer.solution) > 0, "a contestant gives no answer", where=answer.name)
    expected = case.problem.instances("validation", len(case.instance))
    require_same(case.instance, expected, "a contestant changed its instance")


@on_problem(when=_refers)
def check_references_have_their_types(case: ProblemCase) -> None:
    """References name kind and source and give one value per instance, the same each time."""
    references = case.problem.references(frozen(case.instance))
    repeated = case.problem.references(case.instance)
    for name, reference in references.items():
        require(reference.source.strip(), "a reference has no source", where=name)
        shape = np.shape(reference.value)
        require(shape == (len(case.instance),), "a reference is not [B]", where=name, got=shape)
        require_same(repeated[name].value, reference.value, "a reference changes from call to call", where=name)


@on_problem(when=_refers)
def check_bounds_hold(case: ProblemCase) -> None:
    """A bound (or optimum) is no worse than any feasible objective."""
    sign = -1.0 if case.problem.sense == "max" else 1.0
    played = case.problem.evaluate(case.instance, case.random.solution)
    scored: list[tuple[str, Evaluation]] = [("random play", played), *((a.name, a.evaluation) for a in case.answers)]
    for name, reference in case.problem.references(case.instance).items():
        for who, evaluation in scored if reference.kind in ("bound", "optimum") else ():
            bound, objective = sign * reference.value[: len(evaluation)], sign * evaluation.objective
            beaten = evaluation.feasible & (objective < bound - 1e-9 * np.maximum(1.0, np.abs(bound)))
            require(
                not beaten.any(),
                "a bound is beaten",
                where=f"{name}, by {who}",
                got=evaluation.objective,
                expected=f"no better than {reference.value}",
            )


@on_problem(when=lambda case: any(getattr(c, "exact", False) for c in case.contestants.values()))
def check_exact_solvers_are_optimal(case: ProblemCase) -> None:
    """An exact solver that stops by itself is beaten by nobody."""
    sign = -1.0 if case.problem.sense == "max" else 1.0
    for exact in (answer for answer in case.answers if answer.exact.any()):
        for other in case.answers:
            n = min(len(exact.solution), len(other.solution))
            best, objective = (sign * answer.evaluation.objective[:n] for answer in (exact, other))
            stopped = exact.exact[:n] & other.evaluation.feasible[:n]
            beaten = stopped & (objective < best - 1e-9 * np.maximum(1.0, np.abs(best)))
            require(not beaten.any(), "an optimum is beaten", where=f"{exact.name}, by {other.name}", got=objective)


@on_problem(when=_policies)
def check_policies_are_repeatable(case: ProblemCase) -> None:
    """A policy's rollout is the same twice, bit for bit."""
    for name, policy, env in case.deciding(Policy):
        first, second = (rollout(env, policy, case.instance, seed=1) for _ in range(2))
        require_same(second.decisions, first.decisions, "a policy decides differently the second time", where=name)


@on_problem(when=_policies)
def check_policies_are_by_row(case: ProblemCase) -> None:
    """A policy decides for each row on its own: alone as in a batch."""
    for name, policy, env in case.deciding(Policy):
        params = env.prepare(case.instance)
        state = env.reset(params)
        seen, mask = env.observe(params, state), env.mask(params, state)
        memory = policy.start(ROWS)
        actions, _ = policy.act(seen, mask, memory)
        for rows in (np.arange(ROWS)[::-1], np.array([1])):
            got, _ = policy.act(*tree.rows((seen, mask, memory), rows))
            what = "a policy's rows depend on each other"
            require_same(np.asarray(got), np.asarray(actions)[rows], what, where=name, tolerance=1e-9)


@on_problem(when=_policies)
def check_policies_respect_masks(case: ProblemCase) -> None:
    """A policy takes allowed actions and writes into nothing."""
    for name, policy, env in case.deciding(Policy):
        params = env.prepare(case.instance)
        state, memory = env.reset(params), policy.start(ROWS)
        for _ in range(5):
            seen, mask = frozen(env.observe(params, state)), frozen(env.mask(params, state))
            action, memory = policy.act(seen, mask, memory)
            if mask is not None:
                allowed = mask[np.arange(ROWS), action]
                require(allowed.all(), "a policy takes an action that its mask forbids", where=name, got=action)
            moved = env.step(params, state, env.project(seen, env.decode(seen, np.asarray(action))))
            if (moved.terminated | moved.truncated).any():
                break
            state = moved.state


@on_problem(when=lambda case: case.problem.timeline)
def check_fit_leaves_itself_alone(case: ProblemCase) -> None:
    """`fit` returns a contestant of the same kind and leaves the one it is called on as it was."""
    for name, contestant in case.contestants.items():
        if isinstance(contestant, Solver):
            continue
        view, before = case.problem.view(case.instance[0], _middle(case)), _fields(contestant)
        fitted = contestant.fit(case.problem, view)
        require(type(fitted) is type(contestant), "`fit` returns another kind", where=name, got=type(fitted))
        require(_fields(contestant) == before, "`fit` changes the contestant it is called on", where=name)


def _middle(case: ProblemCase) -> int:
    steps = case.random.rows[0]
    return steps[len(steps) // 2].period


def _fields(contestant: Any) -> str:
    return repr(vars(contestant))

"""Declared capabilities exist and do what agents rely on."""

from __future__ import annotations

from typing import Any

import numpy as np

from headway import tree
from headway.environment import Environment
from headway.testing.case import EnvironmentCase
from headway.testing.check import on_environment, require
from headway.testing.play import play
from headway.testing.same import frozen, require_same

METHODS = frozenset({"episodes", "starts", "symmetries", "post_decision", "rule", "relax", "replay"})
PROPERTIES = frozenset({"differentiable", "phases", "dead_ends"})


@on_environment()
def check_capabilities_are_declared(case: EnvironmentCase) -> None:
    """Capabilities are known ones, and each method among them exists exactly where it is declared."""
    env = case.environment
    unknown = env.capabilities - METHODS - PROPERTIES
    require(not unknown, "an unknown capability", got=sorted(unknown), expected=sorted(METHODS | PROPERTIES))
    for name in sorted(METHODS):
        there = callable(getattr(env, name, None))
        require(
            there == (name in env.capabilities), "declaration and method disagree", where=name, got=f"method: {there}"
        )


@on_environment(when=lambda case: case.offers("phases"))
def check_phases_are_observed(case: EnvironmentCase) -> None:
    """The observation holds `phase`, which takes more than one value."""
    seen = [step.observation for steps in case.episode.rows for step in steps]
    require("phase" in seen[0], "the observation has no `phase`", got=sorted(seen[0]))
    values = {tuple(np.ravel(observation["phase"]).tolist()) for observation in seen}
    require(len(values) > 1, "`phase` never changes", got=values)


@on_environment(when=lambda case: case.offers("starts"))
def check_starts_are_allowed(case: EnvironmentCase) -> None:
    """`starts` are allowed first actions, different within a row."""
    env = case.environment
    params = env.prepare(case.instance)
    starts, mask = np.asarray(env.starts(params)), env.mask(params, env.reset(params))  # type: ignore[attr-defined]
    require(starts.ndim == 2 and len(starts) == len(case.instance), "`starts` is not [B, K]", got=starts.shape)
    for row, actions in enumerate(starts):
        inside = all(case.space.contains(action) for action in actions)
        allowed = inside and (mask is None or mask[row, actions].all())
        require(allowed, "a start is not allowed", where=f"row {row}", got=actions)
        require(len(set(actions.tolist())) == len(actions), "a start is given twice", where=f"row {row}", got=actions)


@on_environment(when=lambda case: case.offers("symmetries"))
def check_symmetries_keep_the_objective(case: EnvironmentCase) -> None:
    """`symmetries` keep the objective of every solution."""
    solution = case.episode.solution
    expected = case.problem.evaluate(case.instance, solution).objective
    for i, other in enumerate(case.environment.symmetries(case.instance)):  # type: ignore[attr-defined]
        got = case.problem.evaluate(other, solution).objective
        require_same(got, expected, "a symmetric instance costs differently", where=f"symmetry {i}", tolerance=1e-9)


@on_environment(when=lambda case: case.offers("post_decision"))
def check_post_decision_precedes_chance(case: EnvironmentCase) -> None:
    """`post_decision` is a pure observation that knows the decision and not yet chance."""
    env = case.environment
    space = env.spaces(env.prepare(case.instance[0]))[0]
    rng = np.random.default_rng(0)
    for step in case.episode.rows[0][:20]:
        seen = _post_decision(env, case.instance[0], step.state, step.decision)
        require(space.contains(seen), "a post-decision state lies outside the observation space", got=seen)
        if case.problem.timeline:
            other = case.problem.perturb(case.instance[0], step.period, rng)
            unknowing = _post_decision(env, other, step.state, step.decision)
            require_same(unknowing, seen, "a post-decision state depends on chance", where=f"period {step.period}")


def _post_decision(env: Environment[Any, Any, Any, Any], instance: Any, state: Any, decision: Any) -> Any:
    params = frozen(env.prepare(instance))
    batch = frozen(tree.map_arrays(lambda a: np.asarray(a)[None], state))
    return tree.rows(env.post_decision(params, batch, np.asarray(decision)[None]), 0)  # type: ignore[attr-defined]


@on_environment(when=lambda case: case.offers("replay"))
def check_replay_leads_to_the_solution(case: EnvironmentCase) -> None:
    """`replay` gives the actions that were taken: they are allowed, and end in a solution of the same objective."""
    actions = np.asarray(case.environment.replay(case.instance, case.episode.solution))  # type: ignore[attr-defined]

    def choose(row: int, step: int, mask: Any) -> Any:
        action = actions[row, step] if step < actions.shape[1] else -1
        require(case.space.contains(action), "the episode goes on after `replay`", where=f"row {row}, step {step}")
        require(mask is None or mask[action], "`replay` does what the mask forbids", where=f"row {row}, step {step}")
        return action

    again = play(case.make(), case.instance, choose).solution
    expected, got = (case.problem.evaluate(case.instance, x).objective for x in (case.episode.solution, again))
    require_same(got, expected, "`replay` leads elsewhere", tolerance=1e-9)


@on_environment(when=lambda case: case.offers("relax"))
def check_relax_keeps_feasible_decisions(case: EnvironmentCase) -> None:
    """`relax` is the identity on feasible decisions, and what it returns is projected onto a feasible one."""
    env = case.make()
    for row, steps in enumerate(case.episode.rows):
        for t, step in enumerate(steps[:10]):
            seen, decision = tree.map_arrays(lambda a: a[None], step.observation), np.asarray(step.decision)[None]
            where = f"row {row}, step {t}"
            kept = env.relax(seen, decision)  # type: ignore[attr-defined]
            require_same(kept, decision, "a feasible decision is relaxed elsewhere", where=where, tolerance=1e-12)
            loose = env.relax(seen, env.decode(seen, np.asarray(step.action)[None]))  # type: ignore[attr-defined]
            require(np.isfinite(loose).all(), "a relaxed decision is not finite", where=where, got=loose)


@on_environment(when=lambda case: case.offers("differentiable"))
def check_gradients_are_right(case: EnvironmentCase) -> None:
    """The torch face passes gradients from reward to decision that agree with differences along a random direction."""
    import torch

    env, rng, steps = case.make("torch"), np.random.default_rng(0), min(3, int(case.episode.length.min()))
    decisions = np.stack([[step.decision for step in path[:steps]] for path in case.episode.rows], axis=1)
    direction = rng.normal(size=decisions.shape)

    def total(path: torch.Tensor) -> torch.Tensor:
        params = env.prepare(case.instance)
        state, reward = env.reset(params), torch.zeros((), dtype=torch.float64)
        for decision in path:
            state, gained, _, _ = env.step(params, state, decision)
            reward = reward + gained.sum()
        return reward

    path = torch.tensor(decisions, dtype=torch.float64, requires_grad=True)
    value = total(path)
    require(value.requires_grad, "the reward does not depend on the decision", where="torch face")
    (gradient,) = torch.autograd.grad(value, path)
    require(torch.isfinite(gradient).all() and gradient.any(), "a gradient is zero or not finite", got=gradient)
    step = 1e-6 * torch.tensor(direction)
    with torch.no_grad():
        difference = float(total(path + step) - total(path - step)) / 2
    require_same(
        float((gradient * step).sum()) * 1e6,
        difference * 1e6,
        "a gradient is wrong",
        where="torch face",
        tolerance=1e-3,
    )

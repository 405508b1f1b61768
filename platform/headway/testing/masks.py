"""Masks: what is allowed is feasible, and what is feasible is allowed."""

from __future__ import annotations

import numpy as np
from gymnasium import spaces

from headway.testing.case import EnvironmentCase
from headway.testing.check import on_environment, require
from headway.testing.play import legal, play
from headway.testing.same import require_same


@on_environment()
def check_mask_is_declared(case: EnvironmentCase) -> None:
    """`masked` says whether there is a mask: bool [B, A] over a Discrete space."""
    env = case.environment
    params = env.prepare(case.instance)
    mask = env.mask(params, env.reset(params))
    require((mask is not None) == env.masked, "`masked` and `mask` disagree", got=f"masked={env.masked}, mask={mask}")
    if mask is None:
        return
    require(isinstance(case.space, spaces.Discrete), "a mask on a space that is not Discrete", got=case.space)
    shape = (len(case.instance), int(case.space.n))
    got = f"{mask.dtype} {mask.shape}"
    require(
        mask.shape == shape and mask.dtype == np.bool_, "a mask has another type", got=got, expected=f"bool {shape}"
    )


@on_environment(when=lambda case: case.environment.masked)
def check_mask_is_never_empty(case: EnvironmentCase) -> None:
    """A mask is never empty."""
    for seed in range(3):
        play(case.environment, case.instance, legal(case.space, seed))  # raises where a mask is empty


@on_environment(when=lambda case: case.environment.masked)
def check_mask_allows_no_violation(case: EnvironmentCase) -> None:
    """A mask never allows an immediate violation: legal play is feasible (or ends, terminated, in a declared dead
    end).
    """
    for seed in range(3):
        episode = play(case.environment, case.instance, legal(case.space, seed))
        evaluation = case.problem.evaluate(case.instance, episode.solution)
        for row in np.flatnonzero(~evaluation.feasible):
            broken = {name: float(amount[row]) for name, amount in evaluation.violations.items() if amount[row]}
            stuck = case.offers("dead_ends") and episode.rows[row][-1].terminated
            require(stuck, "legal play is infeasible", where=f"row {row}, seed {seed}", got=broken, expected="feasible")


@on_environment(when=lambda case: case.offers("rule"))
def check_mask_is_its_rule(case: EnvironmentCase) -> None:
    """A mask equals its documented rule, worked out from the instance and the decisions alone."""
    for row, steps in enumerate(case.episode.rows):
        for t, step in enumerate(steps):
            rule = case.environment.rule(case.instance[row], case.episode.decisions[row : row + 1, :t])  # type: ignore[attr-defined]
            require_same(step.mask, np.asarray(rule)[0], "a mask differs from its rule", where=f"row {row}, step {t}")

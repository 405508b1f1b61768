"""Nothing that is seen or decided up to now depends on what comes later."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.batch import Instance
from headway.environment import Environment
from headway.policy import Planner, Policy
from headway.rollouts import Walk
from headway.seeds import sealed
from headway.testing.case import EnvironmentCase, ProblemCase
from headway.testing.check import on_environment, on_problem, require
from headway.testing.play import Step, again, legal, play
from headway.testing.same import require_same

CUTS = (0, 1, 6, 15)  # steps into an episode whose futures are perturbed


def _revealed(case: ProblemCase | EnvironmentCase) -> bool:
    return case.problem.timeline


def cut_periods(case: ProblemCase) -> list[int]:
    """Periods after which the future is replaced, the same for all checks of a problem."""
    steps = case.random.rows[0]
    return sorted({steps[cut].period for cut in CUTS if cut < len(steps)})


def _perturbed(case: ProblemCase, period: int) -> Instance:
    return case.problem.perturb(case.instance, period, np.random.default_rng([period, 1]))  # type: ignore[no-any-return]


@on_problem(when=_revealed)
def check_perturb_keeps_the_view(case: ProblemCase) -> None:
    """`perturb` keeps the view bit for bit and changes the rest."""
    before = case.instance.digest()
    for period in cut_periods(case):
        other = _perturbed(case, period)
        require(other.digest() != before, "`perturb` changes nothing", where=f"period {period}")
        got, expected = case.problem.view(other, period), case.problem.view(case.instance, period)
        require_same(got, expected, "`perturb` changes what is known", where=f"period {period}")
    require(case.instance.digest() == before, "`perturb` writes into its argument")


@on_problem(when=_revealed)
def check_views_are_prefixes(case: ProblemCase) -> None:
    """A later view tells more, and holds the earlier one."""
    cuts = cut_periods(case)
    for early, late in pairwise(cuts):
        view = case.problem.view(case.instance, late)
        require(len(view) == len(case.instance), "a view has another number of rows", got=len(view))
        got, expected = case.problem.view(view, early), case.problem.view(case.instance, early)
        require_same(got, expected, "the view of a view is not the earlier view", where=f"periods {early}, {late}")
        require(view.digest() != expected.digest(), "a later view tells nothing more", where=f"periods {early}, {late}")


def _before_the_change(case: EnvironmentCase) -> Iterator[tuple[str, list[Step], list[Step]]]:
    """Row by row, the steps that a changed future must leave alone: where, in the other world, and in this one."""
    for period in cut_periods(case.case):
        other = play(case.environment, _perturbed(case.case, period), _repeat(case))
        for row, steps in enumerate(case.episode.rows):
            known = list(takewhile(lambda step: step.period <= period, steps))  # noqa: B023 (consumed at once)
            yield f"row {row}, future changed from period {period}", other.rows[row], known


@on_environment(when=_revealed)
def check_observations_are_causal(case: EnvironmentCase) -> None:
    """Observations, masks and rewards up to now do not depend on the future."""
    for place, others, known in _before_the_change(case):
        for t, (got, expected) in enumerate(zip(others, known, strict=False)):
            where = f"step {t}, {place}"
            require_same(got.observation, expected.observation, "an observation sees the future", where=where)
            if got.mask is not None:
                require_same(got.mask, expected.mask, "a mask sees the future", where=where)
            if t:
                require_same(others[t - 1].reward, known[t - 1].reward, "a reward knows the future", where=where)


@on_environment(when=_revealed)
def check_decisions_are_causal(case: EnvironmentCase) -> None:
    """`decode` sees no more than the policy does: decisions up to now do not depend on the future."""
    for place, others, known in _before_the_change(case):
        for t, (got, expected) in enumerate(zip(others, known, strict=False)):
            where = f"step {t}, {place}"
            require_same(got.decision, expected.decision, "a decision depends on the future", where=where)


@on_problem(when=lambda case: case.problem.timeline and case.has(Policy))
def check_policies_are_causal(case: ProblemCase) -> None:
    """No policy's decision depends on the future."""
    for name, policy, env in case.deciding(Policy):
        _require_causal(case, name, policy, env)


@on_problem(when=lambda case: case.problem.timeline and case.has(Planner))
def check_planners_are_causal(case: ProblemCase) -> None:
    """No planner's decision depends on the future."""
    for name, planner, env in case.deciding(Planner):
        _require_causal(case, name, planner, env)


@on_problem(when=_revealed)
def check_fit_is_causal(case: ProblemCase) -> None:
    """`fit` learns from the prefix alone: the same prefix, the same contestant; test instances stay sealed."""
    period = cut_periods(case)[-1]
    other = _perturbed(case, period)
    for kind in (Policy, Planner):
        for name, contestant, env in case.deciding(kind):
            with sealed("test"):
                fitted = [contestant.fit(case.problem, case.problem.view(x[0], period)) for x in (case.instance, other)]
            expected, got = (decided(env, fit, case.instance[0], period) for fit in fitted)
            require_same(got, expected, "the same prefix is fitted differently", where=name)


def _require_causal(case: ProblemCase, name: str, contestant: Any, env: Environment[Any, Any, Any, Any]) -> None:
    row = case.instance[0]
    for period in cut_periods(case):
        expected = decided(env, contestant, row, period)
        got = decided(env, contestant, _perturbed(case, period)[0], period)
        where = f"{name}, future changed from period {period}"
        require_same(got, expected, "a decision depends on the future", where=where)


def decided(env: Environment[Any, Any, Any, Any], contestant: Any, row: Instance, period: int) -> NDArray[Any]:
    """The decisions [1, T, ...] of one episode while its period is at most ``period``."""
    walk = Walk(env, contestant, row, clock=lambda: 0.0)  # virtual: what deciding takes is no decision
    while len(walk.active) and env.period(walk.params, walk.state)[0] <= period:
        walk.step()
    return walk.decisions()


def _repeat(case: EnvironmentCase) -> Any:
    """The recorded actions; once the futures part, legal ones."""
    recorded, other = again(case.episode), legal(case.space, 5)

    def choose(row: int, step: int, mask: Any) -> Any:
        if step < len(case.episode.rows[row]):
            action = recorded(row, step, mask)
            if mask is None or mask[action]:
                return action
        return other(row, step, mask)

    return choose

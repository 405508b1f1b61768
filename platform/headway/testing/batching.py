"""Rows never influence each other, and padding is inert."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.errors import ContractError
from headway.testing.case import EnvironmentCase
from headway.testing.check import on_environment, require
from headway.testing.play import Chooser, Episode, Step, again, legal, play
from headway.testing.same import require_same

EXACT = 1e-12
SINGLE = 1e-6  # observations are float32, whose sums depend on their length


def _same_path(got: Sequence[Step], expected: Sequence[Step], what: str, where: str) -> None:
    require(len(got) == len(expected), what, where=where, got=f"{len(got)} steps", expected=f"{len(expected)} steps")
    for t, (ours, theirs) in enumerate(zip(got, expected, strict=True)):
        place = f"{where}, step {t}"
        require_same(ours.observation, theirs.observation, what, where=f"{place}, observation", tolerance=SINGLE)
        require_same(ours.state, theirs.state, what, where=f"{place}, state", tolerance=EXACT)
        require_same(ours.reward, theirs.reward, what, where=f"{place}, reward", tolerance=EXACT)
        require_same(ours.terminated, theirs.terminated, what, where=f"{place}, terminated")
        require_same(ours.mask, theirs.mask, what, where=f"{place}, mask") if theirs.mask is not None else None


@on_environment()
def check_a_batch_of_one_is_a_row(case: EnvironmentCase) -> None:
    """An instance alone behaves as in a batch, to 1e-12."""
    for row in range(len(case.instance)):
        alone = play(case.environment, case.instance[row], again(case.episode, [row]))
        _same_path(alone.rows[0], case.episode.rows[row], "a row alone differs from the batch", f"row {row}")


@on_environment()
def check_rows_are_independent(case: EnvironmentCase) -> None:
    """Rows in another order give the same results in that order, to 1e-12."""
    order = [*range(1, len(case.instance)), 0]
    turned = play(case.environment, case.instance[order], again(case.episode, order))
    for place, row in enumerate(order):
        _same_path(turned.rows[place], case.episode.rows[row], "a row depends on its place", f"row {row}")


@on_environment(when=lambda case: any("pad" in f.metadata for f in dataclasses.fields(case.problem.instance_type)))
def check_padding_is_inert(case: EnvironmentCase) -> None:
    """Padding is inert: beside a larger instance, a smaller one behaves and scores the same, to 1e-12."""
    if case.case.sizes is None:
        raise ContractError(
            "no option of the problem changes the size of its padded fields",
            where=type(case.problem).__name__,
            expected="an integer option that, moved by one, changes the shapes of fields declared with `pad` only",
        )
    small, large = case.case.sizes
    env = case.environment
    space = env.spaces(env.prepare(small))[1]
    alone = play(env, small, legal(space))
    joined = type(small).concat([small, large])
    beside = play(env, joined, _beside(alone, env.spaces(env.prepare(joined))[1]))
    for row, steps in enumerate(alone.rows):
        _same_padded(beside.rows[row], steps, row)
    n = len(small)
    scored = case.problem.evaluate(joined[:n], beside.solution[:n]).objective
    expected = case.problem.evaluate(small, alone.solution).objective
    require_same(scored, expected, "a padded solution scores differently", tolerance=EXACT)


def _beside(alone: Episode, space: Any) -> Chooser:
    """The recorded actions, padded with zeros, for the first rows; random legal ones for the others."""
    other = legal(space, 1)

    def choose(row: int, step: int, mask: NDArray[np.bool_] | None) -> Any:
        if row >= len(alone.rows) or step >= len(alone.rows[row]):
            return other(row, step, mask)
        action = alone.rows[row][step].action
        wider = [(0, new - old) for old, new in zip(np.shape(action), space.shape, strict=True)]
        return np.pad(action, wider) if wider else action

    return choose


def _same_padded(got: Sequence[Step], expected: Sequence[Step], row: int) -> None:
    what = "padding is not inert"
    require(len(got) == len(expected), what, where=f"row {row}", got=f"{len(got)} steps", expected=len(expected))
    for t, (ours, theirs) in enumerate(zip(got, expected, strict=True)):
        place = f"row {row}, step {t}"
        require_same(ours.reward, theirs.reward, what, where=f"{place}, reward", tolerance=EXACT)
        for name, array in theirs.observation.items():
            require_same(
                _cut(ours.observation[name], array), array, what, where=f"{place}, observation {name}", tolerance=SINGLE
            )
        if theirs.mask is not None and ours.mask is not None:
            size = len(theirs.mask)
            require_same(ours.mask[:size], theirs.mask, what, where=f"{place}, mask")
            require(not ours.mask[size:].any(), "padding is allowed as an action", where=place)


def _cut(array: NDArray[Any], like: NDArray[Any]) -> NDArray[Any]:
    return array[tuple(slice(0, size) for size in like.shape)]

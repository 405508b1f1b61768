"""Scoring a solution from a file."""

from __future__ import annotations

import numpy as np
import pytest

from headway.errors import DataError, SolutionError
from headway.pipelines.configuration.schema import EvaluateConfig
from headway.pipelines.evaluate import evaluate


@pytest.fixture
def files(trouble, tmp_path):
    """Target 3, and answers to it."""
    trouble.Target(np.array([3.0])).save(tmp_path / "target.npz")

    def answer(*guesses):
        return trouble.Answer(np.array(guesses, float)).save(tmp_path / "answer.npz")

    return tmp_path / "target.npz", answer


def judged(instance, solution, **changes):
    return evaluate(EvaluateConfig(problem={"name": "trouble/guess"}, instance=instance, solution=solution, **changes))


def test_by_hand(files):
    """|5 - 3| + 1 = 3."""
    target, answer = files
    result = judged(target, answer(5))
    assert (result["feasible"], result["objective"], result["violations"]) == (True, 3.0, {"too_high": 0.0})
    assert (result["problem"], result["instance"]) == ("trouble/guess", str(target))


def test_infeasible(files):
    """104 is 4 too high."""
    target, answer = files
    result = judged(target, answer(104))
    assert (result["feasible"], result["violations"]) == (False, {"too_high": 4.0})


def test_solutions_that_do_not_fit_are_refused(files):
    """Two answers to one question; and a file that is none."""
    target, answer = files
    with pytest.raises(SolutionError, match="batch length"):
        judged(target, answer(1, 2))
    with pytest.raises(SolutionError, match="cannot be read"):
        judged(target, target.with_name("nothing.npz"))


def test_instances_that_cannot_be_read_are_refused(files, tmp_path):
    """A text is no instance."""
    _, answer = files
    (tmp_path / "text.npz").write_text("three")
    with pytest.raises(DataError, match=r"text\.npz"):
        judged(tmp_path / "text.npz", answer(1))


def test_a_picture_on_request(files, tmp_path):
    """As vector graphics."""
    target, answer = files
    judged(target, answer(5), picture=tmp_path / "p.svg")
    assert "<svg" in (tmp_path / "p.svg").read_text()

"""One contestant on one file: what is written, what is said, what is an error."""

from __future__ import annotations

import json

import pytest

from headway.contest import runner
from headway.errors import ConfigError, DataError, SolverError
from headway.pipelines.comparison.results import plain
from headway.pipelines.configuration.schema import EvaluateConfig, SolveConfig
from headway.pipelines.evaluate import evaluate
from headway.pipelines.solve import solve


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    """Contestants that hang do so while they warm up, too: the tests do not wait for kernels to be compiled."""
    monkeypatch.setattr(runner, "WARM_LIMIT", 0.0)


@pytest.fixture
def instance(trouble, tmp_path):
    """A file with three instances."""
    return trouble.Guess().instances("test", 3).save(tmp_path / "three.npz")


def solved(instance, contestant, **changes):
    settings = {"budget": 0.05, "wall": 1.0, **changes}
    return solve(SolveConfig(problem={"name": "trouble/guess"}, instance=instance, contestant=contestant, **settings))


def test_a_solution_is_written_and_scored(trouble, instance, tmp_path):
    """The file holds what was scored, and evaluating it says the same."""
    out = tmp_path / "new" / "answer.npz"
    result = solved(instance, "rounding", index=1, out=out)
    assert (result["feasible"], result["contestant"], result["status"]) == (True, "rounding", "finished")
    assert result["out"] == str(out)
    again = evaluate(EvaluateConfig(problem={"name": "trouble/guess"}, instance=instance, index=1, solution=out))
    assert {key: again[key] for key in ("feasible", "objective", "violations")} == {
        key: result[key] for key in ("feasible", "objective", "violations")
    }


def test_the_answer_is_json(instance):
    """One object with what programs ask for."""
    result = json.loads(json.dumps(plain(solved(instance, "exact")), allow_nan=False))
    assert result["objective"] == 1.0
    assert result["violations"] == {"too_high": 0.0}
    assert result["bound"] == 1.0
    assert result["seconds"] >= 0
    assert result["cpu_seconds"] >= 0
    assert len(result["trace"]) == 1


def test_late_answers_are_better_than_none(instance):
    """Unlike in a comparison they are taken, and said to be late."""
    result = solved(instance, "late")
    assert (result["status"], result["feasible"], result["objective"]) == ("late", True, 1.0)


def test_infeasible_answers_are_shown_as_such(instance, tmp_path):
    """Written, and called infeasible with what is broken."""
    result = solved(instance, "infeasible", out=tmp_path / "x.npz")
    assert result["feasible"] is False
    assert result["violations"]["too_high"] == 7.0
    assert (tmp_path / "x.npz").exists()


def test_no_answer_writes_no_file(instance, tmp_path):
    """The contestant found nothing; so does the disk."""
    result = solved(instance, "silent", out=tmp_path / "x.npz")
    assert (result["status"], result["feasible"], result["objective"], result["out"]) == ("none", False, None, None)
    assert not (tmp_path / "x.npz").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [("abort", "crashed"), ("hang", "did not end"), ("raises", "divided by nothing"), ("wrong_type", "nonsense")],
)
def test_failures_are_errors(instance, name, message):
    """With the reason."""
    with pytest.raises(SolverError, match=message):
        solved(instance, name)


def test_what_was_found_before_a_hang_is_kept(instance):
    """The answer in time is the answer; the status tells of the hang."""
    result = solved(instance, "hang_after")
    assert (result["status"], result["objective"]) == ("hang", 2.0)


def test_pictures(instance, tmp_path):
    """Drawn in the format that the ending says; another ending is refused."""
    solved(instance, "exact", picture=tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ConfigError, match=r"\.svg"):
        solved(instance, "exact", picture=tmp_path / "p.docx")


@pytest.mark.parametrize("index", [3, 99])
def test_instances_beyond_the_file_are_refused(instance, index):
    """The message says how many there are."""
    with pytest.raises(DataError, match="0 to 2"):
        solved(instance, "exact", index=index)

"""The file that a comparison leaves: nothing is lost on the way, and nothing in it is not JSON."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from headway.errors import DataError
from headway.pipelines.comparison.results import Decision, Results, Row, Score, Trace, plain, read


def some_results(**changes):
    row = Row("a", "classical", 1, 2, 1, 0.5, 1, 3.5, 0.1, math.nan, math.nan, math.nan, "optimum", 0.1, 0.2, 0.3)
    results = {
        "verb": "compare",
        "verdict": "a wins.",
        "decision": Decision("a", "classical", low=0.1, high=0.2, clear=True),
        "problem": {"name": "trouble/guess", "options": {}},
        "instances": {"n": 2, "digests": ["x", "y"]},
        "seeds": [0],
        "confidence": 0.95,
        "resamples": 100,
        "reference": {"name": "optimum", "values": [1.0, 1.0]},
        "rows": [row],
        "scores": [Score("a", 0, 0, True, 3.5, "finished"), Score("a", 0, 1, False, math.nan, "none")],
        "traces": [Trace("a", 0, 0, [(0.1, 0.2, 3.5, True)])],
    }
    return Results(**{**results, **changes})


def test_what_is_written_is_read(tmp_path):
    """Typed again, with NaN where null was written."""
    some_results().write(tmp_path)
    found = read(tmp_path)
    assert found.rows[0].contestant == "a"
    assert math.isnan(found.rows[0].gap_se)
    assert math.isnan(found.scores[1].objective)
    assert found.decision is not None
    assert found.decision.clear
    assert tuple(found.traces[0].points[0]) == (0.1, 0.2, 3.5, True)
    assert found.problem["name"] == "trouble/guess"


def test_the_file_is_strict_json(tmp_path):
    """NaN and infinities are null: any program can read it."""
    path = some_results(reference={"values": [math.inf, 1.0]}).write(tmp_path)

    def refuse(constant):
        raise AssertionError(constant)

    content = json.loads(path.read_text(), parse_constant=refuse)
    assert content["reference"]["values"] == [None, 1.0]
    assert content["rows"][0]["gap_se"] is None


def test_numpy_becomes_plain():
    """Arrays, their scalars and tuples are lists and numbers."""
    assert plain({"a": np.array([1.5, np.nan]), "b": (np.int64(3), np.bool_(True))}) == {
        "a": [1.5, None],
        "b": [3, True],
    }


@pytest.mark.parametrize("content", [None, "{", "{}", '{"rows": 3}'])
def test_damaged_results_are_refused(tmp_path, content):
    """A missing, torn or foreign file is named."""
    if content is not None:
        (tmp_path / "results.json").write_text(content)
    with pytest.raises(DataError, match=r"results\.json"):
        read(tmp_path)

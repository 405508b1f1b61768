"""What may be said of a lead, given its interval."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from headway.contest.stats import Estimate
from headway.pipelines.comparison.verdict import Rivalry, claims, decide


@pytest.mark.parametrize(
    ("lead", "sentence"),
    [
        (
            Estimate(0.2, 0.05, 0.1, 0.3),
            "Owed to learning: net is 20.00 % better than random, its ablation (95 % interval 10.00 % to 30.00 %).",
        ),
        (
            Estimate(0.2, 0.2, -0.1, 0.5),
            "No clear effect of learning: net is 20.00 % better than random, its ablation, within the error "
            "(95 % interval -10.00 % to 50.00 %).",
        ),
        (
            Estimate(-0.1, 0.2, -0.5, 0.3),
            "No clear effect of learning: net is 10.00 % worse than random, its ablation, within the error "
            "(95 % interval -30.00 % to 50.00 %).",
        ),
        (
            Estimate(-0.2, 0.05, -0.3, -0.1),
            "Lost by learning: net is 20.00 % worse than random, its ablation (95 % interval 10.00 % to 30.00 %).",
        ),
        (
            Estimate(0.2, math.nan, math.nan, math.nan),
            "No clear effect of learning: net is 20.00 % better than random, its ablation, within the error "
            "(too few data for an interval).",
        ),
    ],
)
def test_learning_is_owed_only_what_is_beyond_the_error(lead, sentence):
    """An interval that holds zero, or no interval, supports no claim; a loss is called one."""
    problem = SimpleNamespace(gap="ratio", unit="metres")
    table = SimpleNamespace(problem=problem, confidence=0.95, rivalry=lambda *pair: Rivalry(lead, 0.9, "by hand"))
    assert claims(table, {"net": "random"}) == [sentence]


def test_nothing_is_claimed_of_what_was_not_compared():
    """Where the two solved nothing in common there is no sentence."""
    assert claims(SimpleNamespace(rivalry=lambda *pair: None), {"net": "random"}) == []


@pytest.mark.parametrize(
    ("ranking", "rival"),
    [
        (["learned", "ablation", "classical"], "classical"),
        (["learned", "ablation"], "ablation"),
        (["learned", "ablation", "learned"], "learned"),
        (["classical", "ablation", "classical", "hybrid"], "hybrid"),
        (["ablation", "classical"], "classical"),
    ],
)
def test_chance_is_a_rival_only_where_there_is_no_other(ranking, rival):
    """The first line is about learning and the solver; what learning adds to chance is said below."""
    rows = [
        SimpleNamespace(contestant=f"{kind} {place}", kind=kind, rank=place, solved=1, feasible=1.0)
        for place, kind in enumerate(ranking, 1)
    ]
    problem = SimpleNamespace(gap="ratio", unit="metres")
    lead = Estimate(0.2, 0.05, 0.1, 0.3)
    scores = SimpleNamespace(problem=problem, confidence=0.95, rivalry=lambda *pair: Rivalry(lead, 0.9, "by hand"))
    assert decide(scores, rows)[1].rival_kind == rival

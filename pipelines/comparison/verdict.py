"""The first line of every report: who won, by how much, with what certainty."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from headway.contest.stats import Estimate
from headway.pipelines.comparison.results import Decision, Row
from headway.problem import Problem

LEARNED = ("learned", "hybrid")


class Rivalry(NamedTuple):
    """The rival's gap to the winner, how probably the winner is better, and what both rest on, in words."""

    estimate: Estimate
    probability: float
    basis: str


class Scored(Protocol):
    """What a verdict needs of a table of scores."""

    @property
    def problem(self) -> Problem[Any, Any]: ...

    @property
    def confidence(self) -> float: ...

    def rivalry(self, winner: str, rival: str) -> Rivalry | None:
        """How two contestants compare; None where they solved nothing in common."""


def decide(table: Scored, rows: Sequence[Row]) -> tuple[str, Decision | None]:
    """The sentence and its numbers: the best contestant against the best one of the other kind.

    Where all are of one kind, the runner-up takes the rival's place; an ablation does only where there is nobody
    else, since leading chance is no news (`claims`). Oracles take no part.
    """
    ranked = [row for row in rows if row.rank is not None and row.solved]
    if not ranked:
        return "Nobody won: no contestant gave a feasible answer to any instance with every seed.", None
    winner = ranked[0]
    proper = [row for row in ranked[1:] if row.kind != "ablation"] or ranked[1:]
    others = [row for row in proper if (row.kind in LEARNED) != (winner.kind in LEARNED)] or proper
    if not others:
        return f"{winner.contestant} was the only contestant with feasible answers.", Decision(
            winner.contestant, winner.kind
        )
    rival = others[0]
    rivalry = table.rivalry(winner.contestant, rival.contestant)
    if rivalry is None:
        text = f"No clear winner: {_name(winner)} and {_name(rival)} solved nothing in common."
        return text, Decision(winner.contestant, winner.kind, rival.contestant, rival.kind)
    estimate = rivalry.estimate
    decision = Decision(
        winner.contestant,
        winner.kind,
        rival.contestant,
        rival.kind,
        estimate.value,
        estimate.low,
        estimate.high,
        rivalry.probability,
        clear=bool(estimate.low > 0 or estimate.high < 0),
    )
    return _sentence(table, winner, rival, decision, rivalry), decision


def claims(table: Scored, ablations: Mapping[str, str]) -> list[str]:
    """What each learned contestant owes to learning: its lead over its ablation (learned -> ablation).

    A lead whose interval holds zero is not claimed.
    """
    sentences = []
    for learned, ablation in ablations.items():
        rivalry = table.rivalry(learned, ablation)
        if rivalry is None:
            continue
        sentences.append(_claim(table, learned, ablation, rivalry.estimate))
    return sentences


def _claim(table: Scored, learned: str, ablation: str, lead: Estimate) -> str:
    side, owed = "better", "Owed to learning"
    if lead.value < 0:
        side, owed = "worse", "Lost by learning"
        lead = Estimate(-lead.value, lead.se, -lead.high, -lead.low)
    size = amount(lead.value, table.problem.gap, table.problem.unit)
    facts = f"{learned} is {size} {side} than {ablation}, its ablation"
    if not lead.low > 0:  # NaN, too
        return f"No clear effect of learning: {facts}, within the error ({_interval(table, lead)})."
    return f"{owed}: {facts} ({_interval(table, lead)})."


def amount(value: float, kind: str, unit: str) -> str:
    """A gap in words: per cent of a ratio, the problem's unit of a difference."""
    return f"{100 * value:.2f} %" if kind == "ratio" else f"{value:.4g} {unit}".rstrip()


def _sentence(table: Scored, winner: Row, rival: Row, decision: Decision, rivalry: Rivalry) -> str:
    detail = f"{_interval(table, rivalry.estimate)}; {rivalry.basis}"
    if rival.feasible < winner.feasible:
        detail += f"; {rival.contestant} answered only {rival.feasible:.0%} feasibly and in time"
    lead = amount(decision.difference, table.problem.gap, table.problem.unit)
    if decision.difference == 0:
        return f"No clear winner: {_name(winner)} and {_name(rival)} are equal ({detail})."
    if decision.difference < 0:  # fewer feasible answers put the rival behind
        return f"{_side(winner)} on feasibility: {_name(winner)} before {_name(rival)} ({detail})."
    if not decision.clear:
        return f"No clear winner: {_name(winner)} is {lead} better than {_name(rival)}, within the error ({detail})."
    return f"{_side(winner)}: {_name(winner)} is {lead} better than {_name(rival)} ({detail})."


def _side(row: Row) -> str:
    side = {"learned": "Learning wins", "hybrid": "The hybrid wins", "ablation": "Chance wins"}
    return side.get(row.kind, "The classical solver wins")


def _name(row: Row) -> str:
    return f"{row.contestant} [{row.kind}]"


def _interval(table: Scored, estimate: Estimate) -> str:
    if math.isnan(estimate.low):
        return "too few data for an interval"
    ratio = table.problem.gap == "ratio"
    low, high = (f"{100 * x:.2f} %" if ratio else f"{x:.4g}" for x in (estimate.low, estimate.high))
    return f"{100 * table.confidence:g} % interval {low} to {high}"

"""A run among several: what stands above its column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from headway.pipelines.comparison.results import Results
from headway.pipelines.reporting import formats
from headway.pipelines.reporting.changes import measure, terms
from headway.pipelines.reporting.provenance import commit
from headway.runs import Run


class Judged(NamedTuple):
    """A comparison or backtest and its results."""

    run: Run
    results: Results


class Column(NamedTuple):
    """A run: what it is, and why it is no plain repetition of the first one."""

    name: str
    facts: Sequence[str]
    terms: Sequence[str]
    measure: Sequence[str]

    @property
    def marks(self) -> list[str]:
        """All that forbids a comparison of gaps."""
        return [*self.terms, *self.measure]


def column(first: Judged, judged: Judged) -> Column:
    """That of ``judged``, held against the first run."""
    run, results = judged
    seeds = max(row.seeds for row in results.rows)
    facts = [formats.moment(run.provenance["started"]), commit(run, letters=8)]
    size = f"n = {results.instances['n']}" if results.budget else str(results.instances["source"])
    facts.append(f"{size}, {_counted(seeds, 'seed')}")
    if results.budget:
        facts.append(f"{results.budget['cpu']:g}{formats.THIN}CPU-s, {_counted(results.budget['threads'], 'thread')}")
    facts.append(f"gap to {results.reference['name']}")
    old, new = (each.provenance["cpu"]["model"] for each in (first.run, run))
    machine = [] if old == new else [f"another processor: {new}"]
    return Column(run.id, facts, [*terms(first.results, results), *machine], measure(first.results, results))


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"

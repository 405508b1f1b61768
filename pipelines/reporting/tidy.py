"""A report as CSV: a line per run and contestant, or a line per answer; undefined numbers are empty."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from headway.errors import DataError
from headway.pipelines.comparison.results import plain
from headway.pipelines.reporting import curves
from headway.pipelines.reporting.columns import Judged

Line = dict[str, Any]


def contestants(judged: Sequence[Judged]) -> list[list[Any]]:
    """Header and a line per run and contestant: what the run was, and every figure of the table.

    Raises
    ------
    DataError
        There is no comparison and no backtest among the runs.
    """
    return _rows(line for each in judged for line in _contestants(each))


def scores(judged: Sequence[Judged]) -> list[list[Any]]:
    """Header and a line per run, contestant, seed and instance. Raises DataError as `contestants` does."""
    return _rows(line for each in judged for line in _scores(each))


def _contestants(judged: Judged) -> Iterator[Line]:
    run, results = judged
    facts, code = run.provenance, run.provenance["git"] or run.provenance["workspace"] or {}
    budget = results.budget or {}
    about = {
        **_identity(judged),
        "options": json.dumps(results.problem["options"]),
        "commit": code.get("commit"),
        "dirty": code.get("dirty"),
        "headway": facts["packages"]["headway"],
        "processor": facts["cpu"]["model"],
        "unit": results.problem["unit"],
        "sense": results.problem["sense"],
        "gap_kind": results.problem["gap"],
        "budget_cpu_seconds": budget.get("cpu"),
        "threads": budget.get("threads"),
        "confidence": results.confidence,
    }
    for row in results.rows:
        figures = asdict(row)
        parts = {key: figures.pop(key) for key in ("incidents", "metrics", "metric_intervals")}
        ends = {f"{name}_{end}": pair[k] for name, pair in parts["metric_intervals"].items() for k, end in _ENDS}
        measured = parts["metrics"] | {name: value for name, value in ends.items() if name != "objective"}
        incidents = {"incidents": json.dumps(parts["incidents"]) if parts["incidents"] else None}
        yield about | figures | incidents | _named("metric", measured)


_ENDS = ((0, "low"), (1, "high"))


def _scores(judged: Judged) -> Iterator[Line]:
    results = judged.results
    base, digests = curves.references(results), results.instances["digests"]
    for score in results.scores:
        figures = asdict(score)
        parts = {part: figures.pop(part + "s") for part in ("violation", "metric")}
        known = score.feasible and math.isfinite(base[score.instance])
        more = {
            "digest": digests[score.instance],
            "reference": base[score.instance],
            "gap": curves.gap_of(results, score, base[score.instance]) if known else None,
        }
        named = {key: value for part, values in parts.items() for key, value in _named(part, values).items()}
        yield _identity(judged) | figures | more | named


def _identity(judged: Judged) -> Line:
    run, results = judged
    return {
        "run": run.id,
        "id": run.provenance["run"],
        "verb": results.verb,
        "problem": results.problem["name"],
        "started": datetime.fromtimestamp(run.provenance["started"], UTC).isoformat(timespec="seconds"),
    }


def _named(prefix: str, values: Mapping[str, Any]) -> Line:
    return {f"{prefix}.{name}": value for name, value in values.items()}


def _rows(lines: Iterable[Line]) -> list[list[Any]]:
    """All columns that any line has, in order."""
    kept = [plain(line) for line in lines]
    if not kept:
        raise DataError("nothing to tabulate", where="report", expected="a comparison or a backtest among the runs")
    columns = list(dict.fromkeys(name for line in kept for name in line))
    return [columns, *([line.get(name) for name in columns] for line in kept)]

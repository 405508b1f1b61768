"""What MLflow is told of a run: its folder as parameters, tags, metrics and data sets, within MLflow's limits."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from headway.runs import Run

KEY, PARAM, TAG, DIGEST = 250, 6000, 8000, 36  # longest key, parameter, tag and digest in characters (MLflow 3)


class Point(NamedTuple):
    """One value of one metric; ``time`` is Unix seconds."""

    key: str
    value: float
    time: float
    step: int


class Part(NamedTuple):
    """One contestant with one seed in a comparison or backtest."""

    contestant: str
    seed: int
    params: dict[str, str]
    points: list[Point]


class Data(NamedTuple):
    """A data set: what it is called, a digest of its content, where it came from (JSON) and its use."""

    name: str
    digest: str
    source: str
    context: str


def params(config: Mapping[str, Any]) -> dict[str, str]:
    """The configuration, flattened to ``agent.lr``; lists stay whole, as JSON."""
    return {key(name): clip(text, PARAM) for name, text in _flat("", config)}


def tags(run: Run) -> dict[str, str]:
    """Where a run comes from: hash of its configuration, commit, versions, machine, command."""
    facts = run.provenance
    git, cpu = facts["git"] or facts["workspace"] or {}, facts["cpu"]
    found = {
        "mlflow.runName": run.id,
        "mlflow.source.name": " ".join(facts["argv"]),
        "mlflow.source.type": "LOCAL",
        "mlflow.source.git.commit": git.get("commit", ""),
        "git.dirty": str(git.get("dirty", "")).lower(),
        "verb": facts["verb"],
        "status": run.status,
        "config.sha256": facts["config_sha256"],
        "python": facts["python"],
        "platform": facts["platform"],
        "cpu.model": cpu["model"],
        "cpu.cores": str(cpu["cores"]),
        "cpu.threads": str(cpu["threads"]),
        **{f"version.{name}": version for name, version in facts["packages"].items()},
    }
    return {key(name): clip(text, TAG) for name, text in found.items() if text}


def results(run: Run) -> dict[str, Any]:
    """``results.json`` of a comparison or backtest; empty where a run has none (yet)."""
    return _read(run, "results.json")


def curves(run: Run) -> list[Point]:
    """All that the run has logged, in order."""
    return [Point(key(name), value, m.time, m.step) for m in run.metrics() for name, value in m.metrics.items()]


def data(run: Run) -> Data | None:
    """The instances a comparison or backtest was scored on, or a training run validated on."""
    facts = dict(results(run).get("instances") or _read(run, "training.json"))
    if not facts:
        return None
    digest = hashlib.sha256("".join(facts["digests"]).encode()).hexdigest()[:DIGEST]
    source = {name: facts[name] for name in ("n", "source", "seed") if name in facts}
    return Data(run.provenance["problem"], digest, json.dumps(source), "test" if source else "validation")


def table(run: Run) -> list[Point]:
    """The rows of a comparison's table as metrics ``<column>/<contestant>``."""
    time = run.provenance["started"]
    return [
        Point(key(f"{column}/{row['contestant']}"), float(row[column]), time, 0)
        for row in results(run).get("rows", [])
        for column in ("objective", "gap", "gap_low", "gap_high", "feasible", "seconds", "cpu_seconds")
        if row[column] is not None
    ]


def parts(run: Run) -> Iterator[Part]:
    """Each contestant with each seed: what it is, its score on each instance (the step), and its row's gap."""
    found, time = results(run), run.provenance["started"]
    rows = {row["contestant"]: row for row in found.get("rows", [])}
    scores: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for score in found.get("scores", []):
        scores.setdefault((score["contestant"], score["seed"]), []).append(score)
    for (contestant, seed), own in scores.items():
        row = rows[contestant]
        facts = {"contestant": contestant, "seed": seed, "kind": row["kind"], "reference": row["reference"]}
        points = [point for score in own for point in _score(score, time)] + _means(row, own, time)
        yield Part(contestant, seed, params(facts), points)


def key(name: str) -> str:
    """A name with the characters that MLflow allows."""
    return re.sub(r"[^\w\-. :/]", "_", name)[:KEY]


def clip(text: str, limit: int) -> str:
    """``text`` at most so long; what is cut is in the run's files."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _read(run: Run, name: str) -> dict[str, Any]:
    path = run.folder / name
    return dict(json.loads(path.read_text())) if path.is_file() else {}


def _score(score: Mapping[str, Any], time: float) -> list[Point]:
    values = {k: score[k] for k in ("objective", "feasible", "seconds", "cpu_seconds")} | score["metrics"]
    return [
        Point(key(f"instance/{name}"), float(value), time, score["instance"])
        for name, value in values.items()
        if value is not None
    ]


def _means(row: Mapping[str, Any], scores: list[Mapping[str, Any]], time: float) -> list[Point]:
    """Over the instances of one seed; an infeasible answer never enters a mean. The gap is over all seeds."""
    feasible = [s["objective"] for s in scores if s["feasible"]]
    seconds = [s["cpu_seconds"] for s in scores if s["cpu_seconds"] is not None]
    values = {"feasible": len(feasible) / len(scores)} | {k: row[k] for k in ("gap", "gap_low", "gap_high")}
    if feasible:
        values["objective"] = sum(feasible) / len(feasible)
    if seconds:
        values["cpu_seconds"] = sum(seconds) / len(seconds)
    return [Point(name, float(value), time, 0) for name, value in values.items() if value is not None]


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and (value or not prefix):
        for name, item in value.items():
            yield from _flat(f"{prefix}.{name}" if prefix else str(name), item)
    else:
        yield prefix, value if isinstance(value, str) else json.dumps(value)

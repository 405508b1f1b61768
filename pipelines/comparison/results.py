"""What a comparison or a backtest leaves in its run folder: ``results.json``, the one source of its report.

======================  ===========================================================================
key                     content
======================  ===========================================================================
``verb``                ``compare`` or ``backtest``
``verdict``             one sentence: who won, by how much, with what certainty
``decision``            the numbers behind it (`Decision`)
``problem``             ``name``, ``options``, ``unit``, ``sense``, ``gap`` (ratio or difference)
``budget``              ``cpu``, ``threads``, ``wall``, ``memory`` per instance; null in a backtest
``instances``           ``n``, ``source``, ``seed``, ``digests`` (SHA-256 of each instance)
``seeds``               seeds of the contestants
``confidence``          level of all intervals; ``resamples``: bootstrap replicates
``reference``           ``name``, ``kind``, ``source``, ``rederived``, ``values`` (one per instance)
``rows``                the table, best first (`Row`)
``scores``              one `Score` per contestant, seed and instance
``traces``              one `Trace` per contestant, seed and instance: the anytime curves
``profiles``            contestant -> [[gap, share of answers with at most this gap], ...]
``notes``               sentences that a reader must know (a bound that was beaten, dependent instances)
``pictures``            [{``contestant``, ``instance``, ``file``}], files relative to the run folder
``series``              contestant -> [{``seed``, ``sha256`` of the objective's, name of a series: values a period}]
``periods``             labels of those periods (dates, hours since the start, or numbers)
``spans``               its parts: [{``kind``, ``name``, ``first``, ``last``, ``periods``, ``measures``:
                        contestant -> measure -> value, interval, lead over the reference, interval}]
``trials``              how many strategies were tried (`headway.findings.Trials`); null in a comparison
``findings``            tables and charts of the problem's own (`headway.findings.Findings`); null in a comparison
======================  ===========================================================================

Numbers that are undefined (an objective without a solution) are null, and NaN again when read.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from headway.errors import DataError
from headway.evaluation import Evaluation
from headway.findings import Findings, Trials
from headway.pipelines.comparison.findings import read_findings
from headway.problem import Problem
from headway.storage.files import write_text

FILE = "results.json"

Kind = Literal["classical", "learned", "hybrid", "ablation", "oracle"]


@dataclass(frozen=True)
class Score:
    """What one contestant scored on one instance with one seed.

    ``status`` is how its run ended (`headway.contest.outcome.Status`); ``objective`` counts only where
    ``feasible``. Times are seconds on the clock that starts when a loaded worker has the instance;
    ``load_seconds`` is CPU-time spent before. ``bound`` is what a solver has proven.
    """

    contestant: str
    seed: int
    instance: int
    feasible: bool
    objective: float
    status: str
    message: str = ""
    seconds: float = math.nan
    cpu_seconds: float = math.nan
    load_seconds: float = math.nan
    bound: float = math.nan
    violations: Mapping[str, float] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Trace:
    """An anytime curve: ``points`` are (CPU-seconds, wall seconds, objective, feasible), in order."""

    contestant: str
    seed: int
    instance: int
    points: Sequence[tuple[float, float, float, bool]]


@dataclass(frozen=True)
class Row:
    """One contestant in the table.

    Attributes
    ----------
    contestant, kind : its label; classical, learned, hybrid, ablation (of a learned one) or oracle
    rank : 1 is best; None for oracles, which see the future
    n, seeds : instances; seeds per instance (training seeds, where several runs share a label)
    feasible : share of all n x seeds answers that were feasible and in time
    objective : mean over the instances that were solved with every seed (``solved`` of them)
    gap, gap_se, gap_low, gap_high : to the reference, on the same instances; positive is worse
    reference : name of the reference
    iqm, iqm_low, iqm_high : interquartile mean of the objective, stratified bootstrap
    seconds, cpu_seconds, load_seconds : means per instance
    training_seconds : CPU-seconds of training, all seeds together; NaN where nothing was trained
    incidents : status -> how often a run ended so (hang, crash, memory, error, invalid, late, none)
    metrics : mean of each metric of the problem; ``metric_intervals`` name -> (low, high)
    """

    contestant: str
    kind: Kind
    rank: int | None
    n: int
    seeds: int
    feasible: float
    solved: int
    objective: float
    gap: float
    gap_se: float
    gap_low: float
    gap_high: float
    reference: str
    seconds: float
    cpu_seconds: float
    load_seconds: float
    iqm: float = math.nan
    iqm_low: float = math.nan
    iqm_high: float = math.nan
    training_seconds: float = math.nan
    oracle: bool = False
    incidents: Mapping[str, int] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    metric_intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def fair(rows: Sequence[Row]) -> list[Row]:
    """The rows that set scales and digits: contestants proper, or all where there are none."""
    return [row for row in rows if row.kind not in ("oracle", "ablation")] or list(rows)


@dataclass(frozen=True)
class Decision:
    """Winner against its best rival of the other kind; ``difference`` is the rival's gap to the winner.

    ``clear``: the interval of the difference leaves out zero. ``probability``: that the winner
    has the better answer on an instance.
    """

    winner: str
    winner_kind: Kind
    rival: str | None = None
    rival_kind: Kind | None = None
    difference: float = math.nan
    low: float = math.nan
    high: float = math.nan
    probability: float = math.nan
    clear: bool = False


@dataclass(frozen=True)
class Results:
    """Everything a report needs; the keys are those of the file."""

    verb: str
    verdict: str
    decision: Decision | None
    problem: Mapping[str, Any]
    instances: Mapping[str, Any]
    seeds: Sequence[int]
    confidence: float
    resamples: int
    reference: Mapping[str, Any]
    rows: Sequence[Row]
    scores: Sequence[Score]
    budget: Mapping[str, Any] | None = None
    traces: Sequence[Trace] = ()
    profiles: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)
    notes: Sequence[str] = ()
    pictures: Sequence[Mapping[str, Any]] = ()
    series: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    periods: Sequence[Any] = ()
    spans: Sequence[Mapping[str, Any]] = ()
    trials: Trials | None = None
    findings: Findings | None = None

    def write(self, folder: Path) -> Path:
        """Write ``results.json`` into ``folder``, whole or not at all."""
        return write_text(folder / FILE, json.dumps(plain(asdict(self)), allow_nan=False) + "\n")


def read(folder: Path) -> Results:
    """The results in a run folder.

    Raises
    ------
    DataError
        There are none, or they are damaged.
    """
    path = folder / FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        decision = content.pop("decision")
        rows, scores, traces = (content.pop(key) for key in ("rows", "scores", "traces"))
        trials, findings = content.pop("trials", None), content.pop("findings", None)
        return Results(
            decision=_made(Decision, decision) if decision else None,
            rows=[_made(Row, row) for row in rows],
            scores=[_made(Score, score) for score in scores],
            traces=[_made(Trace, trace) for trace in traces],
            trials=Trials(**trials) if trials else None,
            findings=read_findings(findings) if findings else None,
            **content,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            "the results cannot be read", where=path, got=error, expected="a results.json written by headway"
        ) from error


def about(problem: Problem[Any, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """What `Results` says of the problem: its name, its options, and how its objective is read."""
    facts = {"unit": problem.unit, "sense": problem.sense, "gap": problem.gap}
    return {"name": problem.name, "options": dict(options), **facts}


def measured(evaluation: Evaluation | None) -> dict[str, Any]:
    """Violations and metrics of a batch of one as plain numbers; none without an evaluation."""
    if evaluation is None:
        return {"violations": {}, "metrics": {}}
    parts = {"violations": evaluation.violations, "metrics": evaluation.metrics}
    return {part: {name: float(v[0]) for name, v in values.items()} for part, values in parts.items()}


def digested(evaluation: Evaluation) -> dict[str, str]:
    """``sha256`` of the objective's series of a batch of one, bit for bit; nothing where there is none."""
    series = evaluation.series.get("objective")
    return {} if series is None else {"sha256": hashlib.sha256(series.astype("<f8").tobytes()).hexdigest()}


def slug(label: str) -> str:
    """A label as a file name."""
    return re.sub(r"[^\w.-]+", "-", label).strip("-.") or "contestant"


def plain(value: Any) -> Any:
    """``value`` as JSON has it: lists and dicts, Python's own numbers, null for NaN and infinities."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # numpy arrays and scalars
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _made(cls: type[Any], record: Mapping[str, Any]) -> Any:
    numbers = {key for key, hint in cls.__annotations__.items() if hint == "float"}
    return cls(**{key: math.nan if item is None and key in numbers else item for key, item in record.items()})

"""How many strategies were tried for a problem: counted in the run folders and, where there is one, in MLflow."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from headway.findings import Trials
from headway.pipelines.comparison.results import FILE, Row, Score, plain

TRAININGS, REFITS, TUNED, RULES, STORED = (
    "trainings",
    "trainings in backtests",
    "tuning trials of rules",
    "rules",
    "behind stored policies",
)


class Seen(NamedTuple):
    """A run folder: where it is, and what its provenance says."""

    folder: Path
    facts: Mapping[str, Any]


def count(
    root: Path,
    problem: str,
    digest: str,
    rows: Sequence[Row],
    scores: Sequence[Score],
    stored: Iterable[Path],
    *,
    tracking: str | None = None,
) -> Trials:
    """Every training run, with each seed and each refit, every tuning trial, and every rule that was backtested.

    A run counts once, wherever it is found. A rule counts once for each objective it has reached on this history:
    repeating a backtest adds nothing, another option of the rule does. Oracles and ablations are no trials.

    Parameters
    ----------
    root : folder of runs; everything below it is looked at
    digest : of the history
    rows, scores : of this backtest, which is not in its folder yet
    stored : folders of the policies that were entered; those from elsewhere count as many trials as their
        ``training.json`` owns to (``trials``), and at least one
    tracking : MLflow's URI
    """
    from headway.tracking.counting import known_runs

    runs = list(_runs(root, problem))
    trained = {
        str(s.facts["run"]): REFITS if _inside(s.folder, "backtest") else TRAININGS for s in runs if _is(s, "train")
    }
    elsewhere = known_runs(problem, "train", tracking) - set(trained)
    parts = Counter([*trained.values(), *(TRAININGS for _ in elsewhere)])
    parts[TUNED] = sum(_tuned(seen.folder) for seen in runs if _is(seen, "tune"))
    foreign = {folder.resolve() for folder in stored if not folder.resolve().is_relative_to(root.resolve())}
    parts[STORED] = sum(_behind(folder) for folder in foreign)
    here = plain([{"kind": row.kind, "contestant": row.contestant} for row in rows])
    backtests = [*_backtests(runs, digest), {"rows": here, "scores": [plain(vars(score)) for score in scores]}]
    tried = [(score, kind) for backtest in backtests for score, kind in _tried(backtest)]
    parts[RULES] = len({_identity(score) for score, kind in tried if kind == "classical"})
    where = f"runs below {root}" + (f" and in {tracking}" if elsewhere else "")
    return Trials(
        sum(parts.values()), {k: v for k, v in parts.items() if v}, where, _metrics(score for score, _ in tried)
    )


# -- runs -------------------------------------------------------------------------------------------
def _runs(root: Path, problem: str) -> Iterator[Seen]:
    for path in sorted(root.rglob("provenance.json")):
        facts = json.loads(path.read_text(encoding="utf-8"))
        if facts.get("problem") == problem:
            yield Seen(path.parent, facts)


def _is(seen: Seen, verb: str) -> bool:
    return bool(seen.facts["verb"] == verb)


def _inside(folder: Path, verb: str) -> bool:
    """Its parent is a run of that verb."""
    outer = folder.parent.parent / "provenance.json"
    is_child = folder.parent.name == "children" and outer.is_file()
    return is_child and json.loads(outer.read_text(encoding="utf-8"))["verb"] == verb


def _tuned(folder: Path) -> int:
    """Trials of a study of a rule; those of an agent are training runs of their own."""
    file = folder / "tuning.json"
    if not file.is_file() or any((folder / "children").glob("*/provenance.json")):
        return 0
    return sum(json.loads(file.read_text(encoding="utf-8"))["trials"].values())


def _behind(policy: Path) -> int:
    """What a policy made elsewhere says that it was chosen from."""
    file = policy.parent / "training.json"
    record = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return max(1, int(record.get("trials", 1)))


# -- scores -----------------------------------------------------------------------------------------
def _backtests(runs: Iterable[Seen], digest: str) -> Iterator[Mapping[str, Any]]:
    """The results of finished backtests on this history."""
    for seen in runs:
        file = seen.folder / FILE
        if _is(seen, "backtest") and file.is_file():
            results = json.loads(file.read_text(encoding="utf-8"))
            if results["instances"]["digests"] == [digest]:
                yield results


def _tried(backtest: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Feasible scores of contestants proper, with their kind."""
    kinds = {row["contestant"]: row["kind"] for row in backtest["rows"]}
    for score in backtest["scores"]:
        if score["feasible"] and kinds[score["contestant"]] not in ("oracle", "ablation"):
            yield score, kinds[score["contestant"]]


def _identity(score: Mapping[str, Any]) -> tuple[str, str]:
    """Who it was, and what it reached: a repetition has the same, another option has not."""
    return score["contestant"], f"{score['objective']:.9g}"


def _metrics(scores: Iterable[Mapping[str, Any]]) -> dict[str, list[float]]:
    """Each metric of the different trials among ``scores``."""
    found: dict[str, list[float]] = {}
    for score in {_identity(score): score for score in scores}.values():
        for name, value in score["metrics"].items():
            if value is not None and math.isfinite(value):
                found.setdefault(name, []).append(value)
    return found

"""The answer of a cell as files: outcomes in JSON, their arrays in one ``.npz``; no pickle."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from headway.contest.outcome import Outcome, Point
from headway.evaluation import Evaluation
from headway.problem import Problem

OUTCOMES, ARRAYS = "outcomes.json", "arrays.npz"
_PARTS = ("violations", "metrics", "series")


def packed(outcomes: Sequence[Outcome]) -> dict[str, bytes]:
    """Outcomes as files, without answers that came too late (`Outcome.latest`); `unpacked` reverses it, bit for bit."""
    buffer = io.BytesIO()
    arrays = {f"{i}/{name}": array for i, outcome in enumerate(outcomes) for name, array in _arrays(outcome)}
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    texts = [{"status": outcome.status, "message": outcome.message} for outcome in outcomes]
    return {OUTCOMES: (json.dumps(texts, indent=2) + "\n").encode(), ARRAYS: buffer.getvalue()}


def unpacked(files: Mapping[str, bytes], problem: Problem[Any, Any]) -> list[Outcome]:
    """The outcomes that `packed` wrote."""
    with np.load(io.BytesIO(files[ARRAYS]), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    texts = json.loads(files[OUTCOMES])
    return [_outcome(text, _under(str(i), arrays), problem) for i, text in enumerate(texts)]


def _arrays(outcome: Outcome) -> Iterator[tuple[str, Any]]:
    yield "spent", np.array([outcome.cpu_seconds, outcome.seconds, outcome.load_seconds, outcome.bound])
    yield "trace", np.array(outcome.trace, float).reshape(-1, len(Point._fields))
    if outcome.solution is not None:
        yield from ((f"solution/{name}", array) for name, array in outcome.solution.arrays().items())
    if outcome.evaluation is not None:
        yield "objective", outcome.evaluation.objective
        for part in _PARTS:
            yield from ((f"{part}/{name}", array) for name, array in getattr(outcome.evaluation, part).items())


def _outcome(text: Mapping[str, Any], arrays: Mapping[str, Any], problem: Problem[Any, Any]) -> Outcome:
    cpu, wall, load, bound = arrays["spent"].tolist()
    points = (Point(at, after, objective, bool(kept)) for at, after, objective, kept in arrays["trace"].tolist())
    solution, parts = _under("solution", arrays), {part: _under(part, arrays) for part in _PARTS}
    return Outcome(
        status=text["status"],
        message=text["message"],
        solution=problem.solution_type.made(solution) if solution else None,
        evaluation=Evaluation(arrays["objective"], **parts) if "objective" in arrays else None,
        trace=tuple(points),
        cpu_seconds=cpu,
        seconds=wall,
        load_seconds=load,
        bound=bound,
    )


def _under(prefix: str, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """The arrays whose names begin so, by the rest of their names."""
    return {name.removeprefix(f"{prefix}/"): a for name, a in arrays.items() if name.startswith(f"{prefix}/")}

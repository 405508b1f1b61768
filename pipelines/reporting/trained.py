"""The section of training runs that were no contestants."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from headway.pipelines.reporting import charts, formats
from headway.pipelines.reporting.learning import Learning, learning
from headway.pipelines.reporting.provenance import origin
from headway.pipelines.reporting.sections import TITLES, Section
from headway.registry import problem_class
from headway.runs import Run


def trained_section(runs: Sequence[Run], anchor: str) -> Section:
    """That of the training runs of one problem."""
    problem = problem_class(runs[0].provenance["problem"])
    lessons = [lesson for run in runs if (lesson := learning(run, str(run.config["agent"]["name"])))]
    best = [value for lesson in lessons for value in _best(lesson, problem.sense)]
    headline = f"Trained {_counted(len(runs), 'policy', 'policies')} for {problem.name}"
    if best:
        values = " to ".join(dict.fromkeys(formats.number(v) for v in (min(best), max(best))))
        headline += f": best validation objective {values} {problem.unit}".rstrip()
    return Section(
        anchor=anchor,
        title=f"{TITLES['train']}: {problem.name}",
        headline=f"{headline}.",
        detail="On validation instances, by which the policies were selected; test instances are for a comparison.",
        basis=_effort(runs),
        plots=charts.trainings(lessons, {}, problem.sense, problem.unit),
        **origin(runs[0], []),
    )


def _effort(runs: Sequence[Run]) -> list[tuple[str, str]]:
    configs = [run.config for run in runs]
    return [
        ("agents", ", ".join(dict.fromkeys(str(config["agent"]["name"]) for config in configs))),
        ("seeds", ", ".join(dict.fromkeys(str(config["seed"]) for config in configs))),
        ("steps, at most", ", ".join(dict.fromkeys(formats.fixed(config["steps"], 0) for config in configs))),
    ]


def _best(lesson: Learning, sense: str) -> list[float]:
    """The best validation objective; none where no policy was ever feasible."""
    known = lesson.objective[np.isfinite(lesson.objective)]
    return [float(known.min() if sense == "min" else known.max())] if len(known) else []


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"

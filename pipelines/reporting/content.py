"""All that a report says of several runs: which section each of them has, and which stand side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from headway.pipelines.comparison import results as records
from headway.pipelines.comparison.results import Row
from headway.pipelines.reporting.across import Across, across
from headway.pipelines.reporting.columns import Judged
from headway.pipelines.reporting.family import family, is_family
from headway.pipelines.reporting.looks import Look, looks
from headway.pipelines.reporting.sections import Section, entered, is_training, judged_section
from headway.pipelines.reporting.trained import trained_section
from headway.runs import Run


@dataclass(frozen=True)
class Content:
    """What a report says, in whatever form: runs side by side, a section for each, and their results for tables."""

    sides: Sequence[Across]
    sections: Sequence[Section]
    judged: Sequence[Judged]


def content(runs: Sequence[Run]) -> Content:
    """All that is to be said of these runs.

    A section per comparison and backtest, with the training runs behind it; then families of instances, then the
    training runs left over.
    """
    trained = {run.folder.resolve(): run for run in runs if is_training(run)}
    found: list[Section] = []
    judged = [Judged(run, records.read(run.folder)) for run in runs if (run.folder / records.FILE).is_file()]
    drawn = _palettes(judged)
    for each in judged:
        behind = entered(each.run)
        found.append(judged_section(each, behind, drawn[each.results.problem["name"]], f"run-{len(found) + 1}"))
        trained = {folder: t for folder, t in trained.items() if folder not in behind}
    for run in filter(is_family, runs):
        found.append(Section(f"run-{len(found) + 1}", **family(run)))
    for problem in dict.fromkeys(run.provenance["problem"] for run in trained.values()):
        group = [run for run in trained.values() if run.provenance["problem"] == problem]
        found.append(trained_section(group, f"run-{len(found) + 1}"))
    return Content(_sides(judged, drawn), found, judged)


def _palettes(judged: Sequence[Judged]) -> dict[str, dict[str, Look]]:
    """Problem -> contestant -> how it is drawn, the same in all runs."""
    rows: dict[str, list[Row]] = {}
    for each in judged:
        rows.setdefault(each.results.problem["name"], []).extend(each.results.rows)
    return {problem: looks(found) for problem, found in rows.items()}


def _sides(judged: Sequence[Judged], drawn: Mapping[str, Mapping[str, Look]]) -> list[Across]:
    """Runs of one verb on one problem, side by side, wherever there are several."""
    groups: dict[tuple[str, str], list[Judged]] = {}
    for each in judged:
        groups.setdefault((each.results.verb, each.results.problem["name"]), []).append(each)
    alike = [(problem, group) for (_, problem), group in groups.items() if len(group) > 1]
    return [across(group, drawn[problem], f"side-{k}") for k, (problem, group) in enumerate(alike, 1)]

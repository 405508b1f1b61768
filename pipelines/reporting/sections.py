"""One section of a report per run: everything the page's template prints, from the run's folder alone."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from headway.findings import Findings
from headway.pipelines.comparison.results import Results
from headway.pipelines.reporting import charts, findings, formats
from headway.pipelines.reporting.columns import Judged
from headway.pipelines.reporting.learning import learning
from headway.pipelines.reporting.looks import Look
from headway.pipelines.reporting.plots import Plot
from headway.pipelines.reporting.provenance import origin
from headway.pipelines.reporting.static import compact
from headway.pipelines.reporting.table import Leaderboard, leaderboard
from headway.runs import Run

TITLES = {"compare": "Comparison", "backtest": "Backtest", "train": "Training"}
MEDIA = {".svg": "image/svg+xml", ".png": "image/png"}


@dataclass(frozen=True)
class Picture:
    """A domain's picture of one solution, as a data URI: nothing in it can run or reach out."""

    title: str
    uri: str


@dataclass(frozen=True)
class Section:
    """What is printed about one run (or about the training runs of one problem)."""

    anchor: str
    title: str
    headline: str
    detail: str
    basis: list[tuple[str, str]]
    board: Leaderboard | None = None
    sheets: Sequence[findings.Sheet] = ()
    plots: Sequence[Plot] = ()
    legend: Mapping[str, Look] = field(default_factory=dict)
    pictures: Sequence[Picture] = ()
    caveats: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    digests: Sequence[str] = ()
    config: str = ""
    command: str = ""
    argv: str = ""


def entered(run: Run) -> dict[Path, tuple[str, Run]]:
    """Training runs that were contestants, or made them in a backtest, with their labels, by folder."""
    entries = [(Path(entry["name"]), entry.get("label")) for entry in run.config["contestants"]]
    # A relative folder was named where the run was started; beside the run it is found from anywhere.
    places = [(label or path.name, place) for path, label in entries for place in (path, run.folder.parent / path.name)]
    agents = {path.name: label for path, label in entries}
    named = [(label, Run.open(place)) for label, place in places if (place / "provenance.json").is_file()] + [
        (agents.get(child.config["agent"]["name"]) or child.config["agent"]["name"], child) for child in run.children
    ]
    return {entered.folder.resolve(): (label, entered) for label, entered in named if is_training(entered)}


def is_training(run: Run) -> bool:
    """Whether it has learned something itself."""
    return bool(run.provenance["verb"] == "train")


# -- comparisons and backtests ----------------------------------------------------------------------
def judged_section(
    judged: Judged, trained: Mapping[Path, tuple[str, Run]], drawn: Mapping[str, Look], anchor: str
) -> Section:
    """That of a comparison or backtest, with the training runs behind it."""
    run, results = judged
    headline, detail = _parted(results.verdict)
    lessons = [lesson for label, entered in trained.values() if (lesson := learning(entered, label))]
    found = results.findings or Findings()
    sense, unit = results.problem["sense"], results.problem["unit"]
    return Section(
        anchor=anchor,
        title=f"{TITLES[results.verb]}: {results.problem['name']}",
        headline=headline,
        detail=detail,
        basis=_basis(results),
        board=leaderboard(results, drawn),
        legend={row.contestant: drawn[row.contestant] for row in results.rows},
        sheets=findings.tables(found, drawn),
        plots=[
            *charts.comparison(results, drawn),
            *findings.plots(found, drawn),
            *charts.trainings(lessons, drawn, sense, unit),
        ],
        pictures=_pictures(run.folder, results),
        caveats=results.notes,
        digests=results.instances["digests"],
        **origin(run, _judgement(results)),
    )


def _parted(verdict: str) -> tuple[str, str]:
    """The sentence, and what stood in brackets at its end; names in it may have brackets, too."""
    text, depth = verdict.removesuffix("."), 0
    for place in range(len(text) - 1, -1, -1) if text.endswith(")") else ():
        depth += {")": 1, "(": -1}.get(text[place], 0)
        if depth == 0:
            return f"{text[:place].rstrip()}.", f"{text[place + 1 : -1]}."
    return f"{text}.", "."


def _basis(results: Results) -> list[tuple[str, str]]:
    """What the figures rest on, as short facts under the verdict."""
    budget = results.budget
    facts = [("instances", str(results.instances["n"])) if budget else ("scored on", str(results.instances["source"]))]
    if budget:
        facts.append(("budget", f"{budget['cpu']:g}{formats.THIN}CPU-s per instance"))
        facts.append(("threads", str(budget["threads"])))
    better = "lower is better" if results.problem["sense"] == "min" else "higher is better"
    unit = results.problem["unit"]
    facts.append(("objective", f"{unit}, {better}" if unit else better))
    facts.append(("gap to", str(results.reference["name"])))
    return facts


def _judgement(results: Results) -> list[tuple[str, str]]:
    reference = results.reference
    words = [reference["kind"].replace("_", " "), reference["source"]]
    words.append("re-derived here" if reference["rederived"] else "not re-derived here")
    about = "; ".join(word for word in dict.fromkeys(words) if word != reference["name"])
    digest = hashlib.sha256("".join(results.instances["digests"]).encode()).hexdigest()
    facts = [
        ("Instances", f"{results.instances['n']}, {results.instances['source']}"),
        ("Instances, SHA-256", digest[:16]),
        ("Contestants' seeds", ", ".join(map(str, sorted({score.seed for score in results.scores})))),
        ("Reference", f"{reference['name']} ({about})"),
        ("Intervals", f"{100 * results.confidence:g}{formats.THIN}%, bootstrap, {results.resamples} replicates"),
    ]
    if results.trials:
        facts.append(("Trials", f"{results.trials.count}, counted in {results.trials.where}"))
    if results.budget:
        memory = formats.size(results.budget["memory"])
        facts.append(("Limits", f"{results.budget['cpu']:g}{formats.THIN}CPU-s per instance, {memory} per worker"))
    return facts


def _pictures(folder: Path, results: Results) -> list[Picture]:
    """Solutions of the winner and its rival, instance by instance; the others stay in the run's folder."""
    decision = results.decision
    shown = {decision.winner, decision.rival} if decision else {entry["contestant"] for entry in results.pictures}
    entries = [entry for entry in results.pictures if entry["contestant"] in shown]
    several = results.instances["n"] > 1
    return [
        Picture(entry["contestant"] + several * f", instance {entry['instance']}", _data_uri(folder / entry["file"]))
        for entry in sorted(entries, key=lambda entry: int(entry["instance"]))
    ]


def _data_uri(path: Path) -> str:
    data = path.read_bytes()
    if path.suffix == ".svg":
        data = compact(data.decode()).encode()
    return f"data:{MEDIA[path.suffix]};base64,{base64.b64encode(data).decode()}"

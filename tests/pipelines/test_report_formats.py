"""A report as Markdown and as CSV, and a family of instances: the same content in other forms."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from test_report import Outline, a_row, a_run, some_results

from headway.errors import ConfigError, DataError
from headway.findings import Column, Findings, Table
from headway.pipelines.report import report
from headway.pipelines.reporting import formats
from headway.pipelines.reporting.content import content
from headway.pipelines.reporting.markdown import table
from headway.runs import Run

PERCENT = f"{formats.THIN}%"


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def a_family(root: Path, values: list[Any], option: str = "size") -> Run:
    """Two contestants at each value; `slow` leads."""
    config = {"over": {option: values}, "contestants": [{"name": "slow"}, {"name": "fast"}]}
    with Run.create("family", config, problem="toy/walk", root=root) as run:
        for place in range(len(values)):
            gap = 0.01 * (place + 1)
            rows = [a_row("slow", gap=gap, gap_low=gap / 2, gap_high=2 * gap), a_row("fast", rank=2, gap=0.2)]
            child = a_run(run.folder / "children", some_results(rows=rows, notes=["Read this."]))
            child.folder.rename(child.folder.with_name(f"{place}-{option}"))
    return run


# -- markdown -----------------------------------------------------------------------------------------
def test_markdown_says_what_the_page_says(tmp_path: Path) -> None:
    """Verdict, table, notes, findings and the way back; beside the page by default."""
    found = Findings((), (Table("Years", (Column("who", "text"), Column("2020", "percent", 1)), [("slow", -0.2)]),))
    run = a_run(tmp_path, some_results(notes=["Prices | are <made up>."], findings=found))
    assert report(run) == run.folder / "report.html"
    text = (run.folder / "report.md").read_text(encoding="utf-8")
    assert text.startswith("# The classical solver wins: slow is 1 % better than fast.\n")
    assert f"| 1 | slow | 5.00{PERCENT} | 3.00{PERCENT} to 7.00{PERCENT} | 10.00 | 1 | 100{PERCENT} (1" in text
    assert "- Prices \\| are &lt;made up>." in text
    assert f"| slow | {formats.MINUS}20.0{PERCENT} |" in text
    assert f"headway compare config={run.folder / 'config.yaml'}" in text
    assert report(run, tmp_path / "a.md").read_text(encoding="utf-8") == text


def test_cells_stay_cells() -> None:
    """No name can end a cell, a row or a table, or become markup."""
    text = table(["a|b", "n"], [["x\ny", "*1*"], ["<b>`c`", "[2]"]], [False, True])
    assert text.splitlines() == [
        "| a\\|b | n |",
        "| --- | ---: |",
        "| x y | \\*1\\* |",
        "| &lt;b>\\`c\\` | \\[2] |",
    ]


def test_markdown_of_several_runs(tmp_path: Path) -> None:
    """Runs side by side, with what forbids a comparison, before each of them."""
    budget = {"cpu": 9.0, "threads": 1, "wall": None, "memory": 1}
    runs = [a_run(tmp_path, some_results()), a_run(tmp_path, some_results(budget=budget))]
    text = report(runs, tmp_path / "a.md").read_text(encoding="utf-8")
    assert text.startswith("# 2 runs of toy/walk, each under other terms")
    assert "≠ 9 CPU-s per instance, not 1" in text
    assert text.count("## Leaderboard") == 2


# -- csv ----------------------------------------------------------------------------------------------
def test_a_line_per_run_and_contestant(tmp_path: Path) -> None:
    """Every figure of the table at full length, and what the run was; what is undefined is empty."""
    rows = [a_row("slow", incidents={"hang": 1}, metrics={"length": 2.5}, metric_intervals={"length": (2.0, 3.0)}),
            a_row("fast", rank=2, gap=1 / 3)]  # fmt: skip
    runs = [a_run(tmp_path, some_results(rows=rows)), a_run(tmp_path, some_results())]
    found = lines(report(runs, tmp_path / "a.csv"))
    assert [(line["run"], line["contestant"]) for line in found] == [
        (run.id, name) for run in runs for name in ("slow", "fast")
    ]
    first = found[0]
    assert float(found[1]["gap"]) == 1 / 3
    assert (first["budget_cpu_seconds"], first["confidence"], first["reference"]) == ("1.0", "0.95", "optimum")
    assert (first["metric.length"], first["metric.length_low"], first["metric.length_high"]) == ("2.5", "2.0", "3.0")
    assert (first["incidents"], found[1]["incidents"], found[1]["metric.length"]) == ('{"hang": 1}', "", "")
    assert first["training_seconds"] == ""
    assert first["commit"] == (runs[0].provenance["git"] or runs[0].provenance["workspace"] or {}).get("commit", "")


def test_a_line_per_answer(tmp_path: Path) -> None:
    """With the instance's digest, its reference and the gap to it; an infeasible answer has none."""
    found = lines(report(a_run(tmp_path, some_results()), tmp_path / "a.scores.csv"))
    assert [(line["contestant"], line["instance"], line["gap"]) for line in found] == [
        ("fast", "0", "0.2"),
        ("fast", "1", "0.2"),
        ("slow", "0", "0.0"),
        ("slow", "1", ""),
    ]
    assert found[1]["digest"] == "bb" * 32
    assert (found[3]["status"], found[3]["reference"]) == ("hang", "30.0")


def test_endings_are_formats(tmp_path: Path) -> None:
    """Another one is refused before anything is written; a table of nothing is an error."""
    run = a_run(tmp_path, some_results())
    with pytest.raises(ConfigError, match=r"\.scores\.csv"):
        report(run, tmp_path / "new" / "a.pdf")
    assert not (tmp_path / "new").exists()
    with pytest.raises(DataError, match="nothing to tabulate"):
        report(a_family(tmp_path, [1]), tmp_path / "a.csv")


# -- families -----------------------------------------------------------------------------------------
def test_a_family_has_a_section(tmp_path: Path) -> None:
    """Gaps by value as a table and a figure with intervals, and the caveats of all members once."""
    run = a_family(tmp_path, [20, 50, 100])
    (section,) = content([run]).sections
    assert section.headline == "toy/walk by size: best is slow at 3 of 3 values."
    assert [cell.text for cell in section.sheets[0].rows[0].cells] == [
        "slow",
        *(f"{k}.00{PERCENT}" for k in (1, 2, 3)),
    ]
    (plot,) = section.plots
    mark = plot.marks[0]
    assert (list(mark.x), list(mark.y)) == ([20.0, 50.0, 100.0], [1.0, 2.0, 3.0])
    assert list(mark.low) == [0.5, 1.0, 1.5]
    assert section.caveats == ["Read this."]
    assert not Outline(report(run).read_text()).open


def test_where_a_policy_was_trained_is_marked(tmp_path: Path) -> None:
    """At its value, where that is one of the family's; in words in any case."""
    run = a_family(tmp_path, [20, 50, 100])
    (run.folder / "family.csv").write_text("size,contestant,trained\n20,slow,50\n20,fast,7\n50,slow,50\n50,new,\n")
    (section,) = content([run]).sections
    (plot,) = section.plots
    assert [mark.dot for mark in plot.marks] == [1, None]
    assert plot.caption.endswith("A large dot is where a policy was trained: slow at 50, fast at 7.")


def test_values_that_are_no_numbers_are_places(tmp_path: Path) -> None:
    """In their order, by name."""
    (section,) = content([a_family(tmp_path, ["uniform", "clustered"], "layout")]).sections
    (plot,) = section.plots
    assert (plot.x.names, list(plot.marks[0].x)) == (["uniform", "clustered"], [0.0, 1.0])

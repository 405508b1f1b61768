"""The verb ``doctor``: findings and what to do about them; on request a self-test."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from headway.pipelines.commands.answer import Answer
from headway.pipelines.configuration.compose import compose
from headway.pipelines.configuration.schema import DoctorConfig

if TYPE_CHECKING:
    from rich.console import Console

    from headway.pipelines.doctoring.finding import Finding

_MARK = {"good": "[green]ok[/]", "note": "[yellow]note[/]", "bad": "[bold red]bad[/]"}


def doctor(arguments: list[str]) -> Answer:
    """What is installed, what is wrong and what to do; exit code 1 where something is wrong."""
    config = compose(DoctorConfig, "doctor", arguments).config
    from headway.pipelines.doctor import examine

    findings, began = list(examine(config)), time.monotonic()
    tests = _tests(config.jobs) if config.test else []
    seconds = time.monotonic() - began
    data = [finding._asdict() for finding in findings + tests]
    code = int(any(finding.state == "bad" for finding in findings + tests))

    def show(console: Console) -> None:
        _show_findings(console, findings)
        if config.test:
            _show_tests(console, tests, seconds)

    return Answer(data, show, code)


def _tests(jobs: int) -> list[Finding]:
    """The findings of the self-test, in the order of domains and steps."""
    from headway.pipelines.commands.comparing import watching
    from headway.pipelines.doctoring.selftest import selftest
    from headway.pipelines.doctoring.steps import STEPS
    from headway.registry import domains

    found: list[Finding] = []
    with watching("self-test") as watch:
        for finding in selftest(jobs):
            found.append(finding)
            watch(len(found), len(domains()) * len(STEPS), finding.subject)
    return sorted(found, key=lambda finding: finding.subject.split(" ")[0])


def _show_findings(console: Console, findings: list[Finding]) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    for finding in findings:
        table.add_row(_MARK[finding.state], f"[bold]{escape(finding.subject)}[/]", _said(finding))
    console.print(table)


def _show_tests(console: Console, findings: list[Finding], seconds: float) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    problem = ""
    for finding in findings:
        before, (problem, _, step) = problem, finding.subject.partition(" ")
        if problem != before:
            table.add_row("", "", "", f"\n[bold]{escape(problem)}[/]")
        spent = "" if finding.cpu_seconds is None else f"{finding.cpu_seconds:.1f} s"
        table.add_row(_MARK[finding.state], step, f"[dim]{spent:>6}[/]", _said(finding))
    console.print(table)
    total = sum(finding.cpu_seconds or 0.0 for finding in findings)
    bad = sum(finding.state == "bad" for finding in findings)
    verdict = f"{bad} of {len(findings)} steps failed" if bad else f"all {len(findings)} steps work"
    console.print(f"\n[bold]Self-test: {verdict}[/]; {total:.0f} CPU-seconds, {seconds:.0f} seconds")


def _said(finding: Finding) -> str:
    from rich.markup import escape

    return escape(finding.found) + (f"\n[yellow]-> {escape(finding.todo)}[/]" if finding.todo else "")

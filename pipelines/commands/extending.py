"""The verbs for those who write domains: the conformance suite, and a scaffold that passes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headway.errors import ContractError
from headway.pipelines.commands.answer import Answer
from headway.pipelines.commands.arguments import keyed
from headway.pipelines.configuration.compose import compose
from headway.pipelines.configuration.resolve import resolve
from headway.pipelines.configuration.schema import CheckConfig, NewConfig
from headway.registry import make_problem

if TYPE_CHECKING:
    from rich.console import Console


def check(arguments: list[str]) -> Answer:
    """Every check of the conformance suite on one problem; exit code 9 where a clause is broken."""
    from headway.testing import outcomes

    named = resolve(CheckConfig, "check", keyed(arguments, "problem")).config.problem
    done = list(outcomes(make_problem(named.name, **named.options)))
    data = [
        {"check": o.id, "passed": o.passed, "clause": o.clause, "cpu_seconds": o.cpu_seconds,
         "error": None if o.error is None else str(o.error)}
        for o in done
    ]  # fmt: skip
    code = 0 if all(o.passed for o in done) else ContractError.exit_code
    return Answer(data, lambda console: _show_checks(console, named.name, data), code)


def new(arguments: list[str]) -> Answer:
    """Write a new domain, and say how to go on."""
    from headway.scaffold import new_domain

    config = compose(NewConfig, "new", keyed(arguments, "name", "folder")).config
    domain, _, problem = config.name.partition("/")
    folder = new_domain(domain, problem or domain, config.folder)
    name = f"{domain}/{problem or domain}"
    steps = [f"pip install -e {folder}", f"headway check {name}", f"read {folder}/headway_{domain}/README.md"]
    data = {"folder": str(folder), "next": steps}
    return Answer(data, lambda console: console.print(f"[bold]{folder}[/]\n" + "\n".join(f"  {s}" for s in steps)))


def _show_checks(console: Console, problem: str, data: list[dict[str, Any]]) -> None:
    for entry in data:
        mark = "[green]ok  [/]" if entry["passed"] else "[bold red]fail[/]"
        console.print(f"{mark} {entry['check']}  [dim]{entry['clause']}[/]")
        if entry["error"] and not entry["passed"]:
            console.print(f"     {entry['error']}", style="red", markup=False)
    failed = sum(not entry["passed"] for entry in data)
    console.print(f"[bold]{problem}: {len(data) - failed} of {len(data)} checks pass[/]")

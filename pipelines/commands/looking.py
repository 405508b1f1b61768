"""The verbs that look: what there is to name, what a configuration amounts to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headway.errors import ConfigError, UnknownNameError
from headway.pipelines import listing
from headway.pipelines.commands.answer import Answer
from headway.registry import agent_class, agents, domains, problems

if TYPE_CHECKING:
    from rich.console import Console


def list_(arguments: list[str]) -> Answer:
    """All problems; those of one domain; or the options of one problem's parts or of one agent."""
    if len(arguments) > 1:
        raise ConfigError("too many names", where="headway list", got=arguments, expected="a domain, problem or agent")
    name = arguments[0] if arguments else ""
    if name in agents():
        return _details({"agent": {name: agent_class(name)}})
    if name in problems():
        return _details(listing.parts(name))
    found = listing.describe_all(name)
    return Answer(found, lambda console: _show_problems(console, found))


def show(arguments: list[str]) -> Answer:
    """The resolved configuration of a verb, and the origin of each value."""
    from headway.pipelines.cli import VERBS
    from headway.pipelines.configuration import schema
    from headway.pipelines.configuration.show import settings

    known = {name: verb.schema for name, verb in VERBS.items() if verb.schema}
    if not arguments or arguments[0] not in known:
        raise UnknownNameError("verb to show", arguments[0] if arguments else "", known, where="headway show")
    verb, *tokens = arguments
    found = settings(getattr(schema, str(known[verb])), verb, tokens)
    return Answer(found, lambda console: _show_settings(console, found))


def _details(parts: dict[str, dict[str, type[Any]]]) -> Answer:
    data = {
        kind: {
            name: {"summary": listing.summary(cls), "options": listing.options_of(cls)} for name, cls in table.items()
        }
        for kind, table in parts.items()
    }
    return Answer(data, lambda console: _show_details(console, data))


def _show_problems(console: Console, found: list[dict[str, Any]]) -> None:
    from rich.rule import Rule

    domain = None
    for problem in found:
        if problem["problem"].split("/")[0] != domain:
            domain = problem["problem"].split("/")[0]
            console.print(Rule(f"[bold]{domain}[/]  {domains()[domain].summary}", align="left", style="dim"))
        console.print(f"[bold cyan]{problem['problem']}[/]  {problem['summary']}")
        console.print(_parts_table(problem))
        console.print()
    console.print("[dim]`headway list NAME` shows the options of a problem's parts or of an agent; * is the default[/]")


def _parts_table(problem: dict[str, Any]) -> Any:
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", min_width=14)
    aim = {"min": "minimise", "max": "maximise"}[problem["sense"]]
    table.add_row("  objective", f"{aim} {problem['unit']}, {problem['criterion']}")
    for i, (name, env) in enumerate(problem["environments"].items()):
        traits = ", ".join([env["action"], *(["masked"] if env["masked"] else []), *env["capabilities"]])
        table.add_row("  environments" if i == 0 else "", f"{name}{'' if i else '*'} [dim]({traits})[/]")
        table.add_row("  . agents", ", ".join(env["agents"]) or "[dim]none[/]")
    for kind in ("baselines", "oracles", "policies", "networks"):
        if problem[kind]:
            table.add_row(f"  {kind}", ", ".join(problem[kind]))
    return table


def _show_details(console: Console, data: dict[str, Any]) -> None:
    from rich.markup import escape

    for kind, components in data.items():
        for name, component in components.items():
            console.print(f"[dim]{kind}[/] [bold cyan]{name}[/]  {component['summary']}")
            for option, default in component["options"].items():
                console.print(f"    {option} [dim]=[/] {escape(str(default))}")


def _show_settings(console: Console, found: list[dict[str, Any]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading, style in (("key", "cyan"), ("value", "bold"), ("from", "dim")):
        table.add_column(heading, style=style, overflow="fold")
    for row in found:
        table.add_row(row["key"], "null" if row["value"] is None else escape(str(row["value"])), escape(row["origin"]))
    console.print(table)

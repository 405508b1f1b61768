"""The command ``headway``: verbs, and one grammar for all of them, ``key=value``.

Nothing but typer is imported until a verb runs, so that help is instant.
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand

_RUN, _LOOK, _EXTEND = "Train, compare, solve", "Look", "Extend and repair"
_CODE = """
Exit codes: 0 done · 1 error · 2 configuration or usage · 3 data · 4 capability · 5 leakage · 6 solver ·
7 checkpoint · 8 not a number · 9 contract · 130 Ctrl-C · 143 terminated
"""


class Verb(NamedTuple):
    """A verb: where its function is, and what help says of it."""

    panel: str
    function: str
    summary: str
    example: str
    schema: str | None = None
    argument: str = "KEY=VALUE"

    @property
    def page(self) -> str:
        """Its page in ``docs/``."""
        name = self.function.partition(":")[2].rstrip("_")
        return f"{_PAGES.get(name, name)}.md"


_AT = "headway.pipelines.commands"
_PAGES = {
    "resume": "train", "generate": "solve", "evaluate": "solve", "promote": "serve", "show": "list", "ui": "report",
    "mirror": "tracking", "check": "new", "run": "demo",
}  # verbs that share the page of another  # fmt: skip
VERBS = {
    "train": Verb(_RUN, f"{_AT}.training:train", "Train a policy; the best one by validation is kept.",
                  "problem=routing/cvrp agent=maskable_ppo agent.lr=1e-3 seed=3", "TrainConfig"),
    "resume": Verb(_RUN, f"{_AT}.training:resume", "Continue a training run, bit-exactly; a comparison or a study.",
                   "runs/20260102-030405-train-routing-cvrp-a1b2c3", argument="FOLDER"),
    "tune": Verb(_RUN, f"{_AT}.tuning:tune", "Tune an agent or a solver; the incumbent is tested on fresh instances.",
                 "problem=routing/cvrp contestant=sisr budget=0.2 trials=30", "TuneConfig"),
    "curves": Verb(_RUN, f"{_AT}.learning:curves", "How fast agents learn: gaps by CPU-seconds of training.",
                   "problem=inventory/lost_sales 'agents=[ppo, pathwise]' seconds=30", "CurvesConfig"),
    "compare": Verb(_RUN, f"{_AT}.comparing:compare", "Contestants on the same instances, under the same budget.",
                    "problem=routing/cvrp contestants=ortools,savings,runs/my-run budget=1 n=16", "CompareConfig"),
    "backtest": Verb(_RUN, f"{_AT}.comparing:backtest", "Contestants on the real history, refitted on a schedule.",
                     "problem=portfolio/allocation contestants=equal_weight,runs/my-run refit=63", "BacktestConfig"),
    "solve": Verb(_RUN, f"{_AT}.solving:solve", "One contestant on one instance; its solution to a file.",
                  "problem=routing/cvrp instance=F.vrp contestant=ortools budget=10 out=G.sol", "SolveConfig"),
    "evaluate": Verb(_RUN, f"{_AT}.solving:evaluate", "Score a solution with the problem's single scorer.",
                     "problem=routing/cvrp instance=F.vrp solution=F.sol", "EvaluateConfig"),
    "generate": Verb(_RUN, f"{_AT}.solving:generate", "Write instances to a file.",
                     "problem=routing/cvrp problem.customers=50 n=100 seed=1 out=F.npz", "GenerateConfig"),
    "serve": Verb(_RUN, f"{_AT}.serving:serve", "A contestant as a local HTTP service; answers are scored.",
                  "models:/cvrp@champion budget=1", "ServeConfig", "CONTESTANT [KEY=VALUE]"),
    "promote": Verb(_RUN, f"{_AT}.serving:promote", "The challenger becomes champion if it wins on fresh instances.",
                    "cvrp n=64", "PromoteConfig", "NAME [KEY=VALUE]"),
    "demo": Verb(_RUN, f"{_AT}.demo:run", "Train, compare, backtest and report in three minutes, offline.",
                 "", "DemoConfig"),
    "list": Verb(_LOOK, f"{_AT}.looking:list_", "Problems, what they offer, and which agents work with them.",
                 "routing", argument="[PROBLEM]"),
    "show": Verb(_LOOK, f"{_AT}.looking:show", "The resolved configuration of a verb, and where each value comes from.",
                 "train problem=routing/cvrp agent=ppo", argument="VERB KEY=VALUE"),
    "report": Verb(_LOOK, f"{_AT}.reporting:report", "The report of runs, from their folders: HTML, Markdown or CSV.",
                   "runs/my-comparison", "ReportConfig", "FOLDER... [KEY=VALUE]"),
    "ui": Verb(_LOOK, f"{_AT}.ui:ui", "The MLflow user interface on the results, with one worker.",
               "port=5000", "UiConfig"),
    "mirror": Verb(_EXTEND, f"{_AT}.mirroring:mirror", "Bring MLflow up to date with run folders.",
                   "runs/my-run runs/my-comparison", "MirrorConfig", "FOLDER... [KEY=VALUE]"),
    "data": Verb(_EXTEND, f"{_AT}.data:data", "Public data sets: list, fetch with their digests, verify.",
                 "fetch cvrplib 'X-n1*' to=data", argument="list|fetch|verify [NAME] [FILE]"),
    "doctor": Verb(_EXTEND, f"{_AT}.doctoring:doctor", "What is installed, what is wrong, what to do about it.",
                   "test=true", "DoctorConfig"),
    "check": Verb(_EXTEND, f"{_AT}.extending:check", "Run the conformance suite over a problem.",
                  "routing/cvrp", argument="PROBLEM [KEY=VALUE]"),
    "new": Verb(_EXTEND, f"{_AT}.extending:new", "A new domain that already passes `check`.",
                "bin_packing", argument="NAME [FOLDER]"),
}  # fmt: skip


class VerbCommand(TyperCommand):
    """A command that is told apart by its verb: the arguments it takes, the keys its help lists."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.verb = VERBS[str(self.name)]
        self.params[0].metavar = self.verb.argument

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the usual help, then the keys with their defaults."""
        super().format_help(ctx, formatter)
        if self.verb.schema:
            from headway.pipelines.commands.keys import print_keys

            print_keys(self.verb.schema)


app = typer.Typer(
    help="Does a learned policy make headway over the solver you already have?",
    epilog=_CODE,
    add_completion=False,
    invoke_without_command=True,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    """Options of the command itself."""
    if version:
        from headway import __version__

        typer.echo(__version__)
        raise typer.Exit


def _register(name: str, verb: Verb) -> None:
    example = f"Example: headway {name} {verb.example}".rstrip() + f" · More: docs/{verb.page}"

    @app.command(name, help=verb.summary, rich_help_panel=verb.panel, cls=VerbCommand, epilog=example)
    def command(
        arguments: Annotated[list[str] | None, typer.Argument(show_default=False)] = None,
        json: Annotated[bool, typer.Option("--json", help="Print one JSON value; all else goes to stderr.")] = False,
    ) -> None:
        from headway.pipelines.commands.answer import answer

        raise typer.Exit(answer(verb.function, arguments or [], as_json=json))


for _name, _verb in VERBS.items():
    _register(_name, _verb)


def main() -> None:
    """Entry point of the console script."""
    app()


if __name__ == "__main__":
    main()

"""The verb that reports: runs by their folders or by a selection, to a file whose ending says the format."""

from __future__ import annotations

from headway.pipelines.commands.answer import Answer
from headway.pipelines.configuration.compose import compose
from headway.pipelines.configuration.schema import ReportConfig


def report(arguments: list[str]) -> Answer:
    """The report of one run or several: folders first, then settings."""
    from headway.pipelines.report import report as write_report
    from headway.pipelines.reporting.choosing import chosen

    folders = [argument for argument in arguments if "=" not in argument]
    tokens = [argument for argument in arguments if "=" in argument]
    config = compose(ReportConfig, "report", [f"folders={','.join(folders)}", *tokens] if folders else tokens).config
    runs = chosen(config)
    data = {"report": str(write_report(runs, config.out)), "runs": [str(run.folder) for run in runs]}
    return Answer(data, lambda console: console.print(data["report"], style="bold"))

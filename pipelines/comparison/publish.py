"""What happens to a run once its results are on disk: the report is written, and MLflow is told."""

from __future__ import annotations

from headway.runs import Run


def publish(run: Run, *, tracking: str | None, report: bool) -> None:
    """Write ``report.html`` into the run folder, then mirror the folder to the tracker ``tracking``."""
    if report:
        from headway.pipelines.report import report as write_report

        write_report(run.folder)
    if tracking is not None:
        from headway.tracking import mirror

        mirror(run, tracking)

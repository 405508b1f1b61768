"""Where MLflow's pages show the report of a run, for those that it knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from headway.tracking.counting import PAGE
from headway.tracking.description import REPORT, route
from headway.tracking.mirroring import RUN
from headway.tracking.tracker import connect, failures

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run


def pages(uri: str) -> dict[str, str]:
    """Identity of a run -> the route to its report below the address of MLflow; none where the tracker is dead."""
    try:
        known = list(_runs(connect(uri)))
    except failures():
        return {}
    return {run.data.tags[RUN]: route(run.info.experiment_id, run.info.run_id, REPORT) for run in known}


def _runs(client: MlflowClient) -> Iterator[Run]:
    """All that mirror a run folder; those of single contestants lie below and have a slash in their identity."""
    where = [str(experiment.experiment_id) for experiment in client.search_experiments(max_results=PAGE)]
    token: str | None = None
    while where:
        page = client.search_runs(where, max_results=PAGE, page_token=token)
        yield from (run for run in page if "/" not in run.data.tags.get(RUN, "/"))
        token = page.token
        if not token:
            break

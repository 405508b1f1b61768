"""Which runs of a problem MLflow knows: also those whose folders are gone, or lie elsewhere."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from headway.tracking.mirroring import RUN
from headway.tracking.tracker import TrackingWarning, connect, database, failures

if TYPE_CHECKING:
    from mlflow import MlflowClient

PAGE = 1000  # runs asked for at a time


def mirrored_runs(uri: str) -> set[str] | None:
    """The identities (``run`` of their provenance) of all runs mirrored to the tracker ``uri``; None where it is dead.

    A database that is not there yet has none.
    """
    file = database(uri)
    if file is not None and not file.exists():
        return set()
    try:
        client = connect(uri)
        where = [str(e.experiment_id) for e in client.search_experiments(max_results=PAGE)]
        return set(_identities(client, where, ""))
    except failures():
        return None


def known_runs(problem: str, verb: str, uri: str | None) -> set[str]:
    """The identities (``run`` of their provenance) of all runs of ``verb`` mirrored to the tracker ``uri``.

    ``uri`` None, a database that is not there yet and a problem without an experiment give none.

    Warns
    -----
    TrackingWarning
        The tracker is dead or locked; none is given.
    """
    file = None if uri is None else database(uri)
    if uri is None or (file is not None and not file.exists()):
        return set()
    try:
        client = connect(uri)
        experiment = client.get_experiment_by_name(problem)
        where = [str(experiment.experiment_id)] if experiment else []
        # Contestants of a comparison are runs below it that carry its verb and, as identity, its own and their name.
        return set(_identities(client, where, f"tags.verb = '{verb}'"))
    except failures() as error:
        warnings.warn(TrackingWarning(f"runs in {uri} were not counted: {error}"), stacklevel=2)
        return set()


def _identities(client: MlflowClient, where: list[str], query: str) -> list[str]:
    """Those in the experiments ``where``; runs of single contestants, which lie below, are left out."""
    found: list[str] = []
    token = None
    while where:
        page = client.search_runs(where, query, max_results=PAGE, page_token=token)
        found += [run.data.tags[RUN] for run in page if RUN in run.data.tags]
        token = page.token
        if not token:
            break
    return [identity for identity in found if "/" not in identity]

"""Which runs of a problem MLflow knows: also those whose folders are gone, or lie elsewhere."""

from __future__ import annotations

import warnings

from headway.tracking.mirroring import RUN
from headway.tracking.tracker import TrackingWarning, connect, database, failures

PAGE = 1000  # runs asked for at a time


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
        return set(_identities(problem, verb, uri))
    except failures() as error:
        warnings.warn(TrackingWarning(f"runs in {uri} were not counted: {error}"), stacklevel=2)
        return set()


def _identities(problem: str, verb: str, uri: str) -> list[str]:
    client = connect(uri)
    where = client.get_experiment_by_name(problem)
    found: list[str] = []
    token = None
    while where is not None:
        # Contestants of a comparison are runs below it that carry its verb and, as identity, its own and their name.
        page = client.search_runs([where.experiment_id], f"tags.verb = '{verb}'", max_results=PAGE, page_token=token)
        found += [run.data.tags[RUN] for run in page if RUN in run.data.tags]
        token = page.token
        if not token:
            break
    return [identity for identity in found if "/" not in identity]

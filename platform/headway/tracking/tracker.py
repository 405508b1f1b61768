"""The connection to MLflow: quiet, without telemetry, on a database that many processes may open at once."""

from __future__ import annotations

import contextlib
import logging
import os
import shlex
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from headway.errors import ConfigError

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from headway.runs import Run

PATIENCE = 5.0  # seconds to wait for somebody else's lock on the database

_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # A dead server must not hold up a run: by default MLflow tries for many minutes.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    # A pooled connection would go on writing into a database file that has been deleted.
    "MLFLOW_SQLALCHEMYSTORE_POOLCLASS": "NullPool",
}


class TrackingWarning(UserWarning):
    """The tracker did not take something; the run folder has it, and it can be mirrored later."""


def failures() -> tuple[type[Exception], ...]:
    """What a tracker that is dead, locked, read-only, full or too old raises."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    return (MlflowException, SQLAlchemyError, sqlite3.Error, OSError)


def lost(what: str, folder: Path, uri: str, error: Exception, todo: str) -> TrackingWarning:
    """The warning that ``what`` happened, with the line that makes up for it."""
    got = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return TrackingWarning(
        f"{what}; nothing is lost, all of it is in its folder\n  where: {uri}\n  got: {got}\n"
        f"  expected: a tracker that answers\n  folder: {folder}\n"
        f"  to do: once it does: {todo}"
    )


def again(run: Run, uri: str) -> str:
    """The command that mirrors a run once more, and registers its policy where its configuration says so."""
    return f"headway mirror {shlex.quote(str(run.folder.absolute()))} tracking={uri}"


def quieten() -> None:
    """Set MLflow's own variables, unless the user has: to be called before MLflow is imported, which reads them."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def connect(uri: str) -> MlflowClient:
    """A client on an initialised tracker.

    Raises
    ------
    OSError, sqlite3.Error, mlflow.exceptions.MlflowException
        The tracker cannot be reached or written.
    """
    initialise(uri)
    from mlflow import MlflowClient

    path = database(uri)
    # MLflow keeps one store per text, so a relative one would go on meaning where it was first used.
    where = uri if path is None else f"sqlite:///{path}"
    return MlflowClient(tracking_uri=where, registry_uri=where)


def initialise(uri: str) -> None:
    """Make the database of ``uri`` if it is a SQLite one and new; any number of processes may do so together.

    The migrations run once, under a lock, on a draft that is then renamed: nobody sees half a
    schema. Write-ahead logging lets readers and a writer work side by side.
    """
    quieten()
    path = database(uri)
    if path is None:
        return
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock", timeout=120):
        if not path.exists():
            _make(path)
    with contextlib.closing(sqlite3.connect(path, timeout=PATIENCE)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("BEGIN IMMEDIATE")  # fails early where the database is locked or read-only
        connection.rollback()


def experiment(client: MlflowClient, uri: str, name: str) -> str:
    """The id of the experiment of this name, made if need be; several processes may do so together.

    Its files go beside a SQLite database, elsewhere where the server decides.
    """
    from mlflow.exceptions import MlflowException

    path = database(uri)
    place = None if path is None else (path.parent / "mlartifacts" / name).as_uri()
    if found := client.get_experiment_by_name(name):
        return str(found.experiment_id)
    try:
        return str(client.create_experiment(name, artifact_location=place))
    except MlflowException as error:
        made = client.get_experiment_by_name(name)
        if error.error_code != "RESOURCE_ALREADY_EXISTS" or made is None:
            raise
        return str(made.experiment_id)


def database(uri: str) -> Path | None:
    """The file behind a ``sqlite:///`` URI; None for any other tracker."""
    if not uri.startswith("sqlite:"):
        return None
    if not uri.startswith("sqlite:///") or not uri.removeprefix("sqlite:///"):
        raise ConfigError("a SQLite tracker without a file", where="tracking", got=uri, expected="sqlite:///<file>")
    return Path(uri.removeprefix("sqlite:///")).absolute()


def _make(path: Path) -> None:
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    with _quiet("mlflow", "alembic"), tempfile.TemporaryDirectory(dir=path.parent, prefix=".tmp-") as folder:
        draft = Path(folder) / "mlflow.db"
        store = SqlAlchemyStore(f"sqlite:///{draft}", (path.parent / "mlartifacts").as_uri())  # type: ignore[no-untyped-call]
        store.engine.dispose()
        draft.replace(path)


@contextlib.contextmanager
def _quiet(*loggers: str) -> Iterator[None]:
    before = {name: logging.getLogger(name).level for name in loggers}
    try:
        for name in loggers:
            logging.getLogger(name).setLevel(logging.WARNING)
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)

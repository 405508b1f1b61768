"""The tracker: a SQLite file, any other database, or a server; whether it answers, and in which version."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from headway.pipelines.doctoring.finding import Finding, first_line

AWAY = "move it away: runs keep their results in their own folders, and `headway mirror runs/*` makes it again"
PATIENCE = 1.0  # seconds to wait for somebody else's lock
LARGE = 2e9  # bytes; beyond, SQLite's searches take seconds


def look(uri: str | None) -> Iterator[Finding]:
    """What there is to say of the tracker ``uri``; looking makes no database and changes none."""
    from headway.tracking.tracker import database

    if uri is None:
        yield Finding("tracking", "good", "switched off")
        return
    path = database(uri)
    if path is not None:
        yield from _file(path)
    elif uri.startswith("http"):
        yield from _server(uri)
    else:
        yield from _database(uri)


def _file(path: Path) -> Iterator[Finding]:
    name = path.name
    if not path.exists():
        yield Finding(name, "good", f"not there yet; the first run makes it in {path.parent}")
        return
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=PATIENCE)) as database:
            runs = database.execute("select count(*) from runs").fetchone()[0]
            schema = database.execute("select version_num from alembic_version").fetchone()[0]
    except sqlite3.Error as error:
        yield Finding(name, "bad", str(error), AWAY)
        return
    size = path.stat().st_size
    large = size > LARGE
    yield Finding(name, "note" if large else "good", f"{runs} runs, {size / 1e6:.1f} MB, in {path.parent}",
                  "a server with PostgreSQL is faster from here on: docs/tracking.md" if large else "")  # fmt: skip
    yield _schema(name, schema, f"sqlite:///{path}")
    yield from _lock(path)


def _lock(path: Path) -> Iterator[Finding]:
    """Whether it could be written; nothing is."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=PATIENCE)) as database:
            database.execute("BEGIN IMMEDIATE")
            database.rollback()
    except sqlite3.Error as error:
        locked = "locked" in str(error)
        todo = f"see who holds it: fuser {path}" if locked else f"chmod u+w {path} and its folder"
        yield Finding(path.name, "note" if locked else "bad", f"cannot be written: {error}",
                      f"{todo}; until then runs are kept in their folders only")  # fmt: skip


def _database(uri: str) -> Iterator[Finding]:
    """A database that is spoken to without a server, such as PostgreSQL."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError

    try:
        shown = make_url(uri).render_as_string(hide_password=True)
        engine = create_engine(uri)
        with engine.connect() as connection:
            runs = connection.execute(text("select count(*) from runs")).scalar_one()
            schema = connection.execute(text("select version_num from alembic_version")).scalar_one()
        engine.dispose()
    except (SQLAlchemyError, ImportError) as error:
        driver = isinstance(error, ImportError)
        todo = "pip install psycopg2-binary" if driver else "start the database, or see docs/tracking.md on its set-up"
        yield Finding("tracking", "bad", first_line(error), todo)
        return
    yield Finding("tracking", "good", f"{runs} runs in {shown}")
    yield _schema("tracking", schema, uri)


def _schema(subject: str, schema: str, uri: str) -> Finding:
    """Whether the tables are those of the installed MLflow."""
    from headway.tracking.tracker import quieten

    quieten()
    from mlflow.store.db.utils import _get_latest_schema_revision

    newest = _get_latest_schema_revision()  # type: ignore[no-untyped-call]
    if schema == newest:
        return Finding(subject, "good", f"schema {schema}, that of the installed MLflow")
    return Finding(subject, "bad", f"schema {schema}, the installed MLflow needs {newest}",
                   f"make a copy, then: mlflow db upgrade {uri}; or, if it is newer, upgrade mlflow")  # fmt: skip


def _server(uri: str) -> Iterator[Finding]:
    import requests

    base = uri.rstrip("/")
    try:
        alive = requests.get(f"{base}/health", timeout=5)
        alive.raise_for_status()
        release = requests.get(f"{base}/version", timeout=5).text.strip()
    except requests.RequestException as error:
        yield Finding("tracking", "bad", f"{uri} does not answer: {first_line(error)}",
                      "start the server (docs/tracking.md); until then runs are kept in their folders, and "
                      "`headway mirror runs/*` catches up")  # fmt: skip
        return
    yield _compatible(uri, release)
    yield from _allowed(uri)


def _compatible(uri: str, release: str) -> Finding:
    from importlib.metadata import version

    own = version("mlflow")
    same = release.split(".")[0] == own.split(".")[0]
    return Finding("tracking", "good" if same else "bad", f"{uri} answers: MLflow {release}, here {own}",
                   "" if same else f"pip install mlflow=={release} on either side")  # fmt: skip


def _allowed(uri: str) -> Iterator[Finding]:
    """Whether we may read there."""
    from headway.tracking.tracker import connect, failures

    try:
        found: list[Any] = connect(uri).search_experiments(max_results=1000)
    except failures() as error:
        yield Finding("tracking", "bad", first_line(error), "export MLFLOW_TRACKING_USERNAME and "
                      "MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN")  # fmt: skip
        return
    yield Finding("tracking", "good", f"{len(found)} experiments")

"""What the doctor finds of trackers and of run folders: what was killed, what was not mirrored, how to go on."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from headway.pipelines.commands.doctoring import doctor as verb
from headway.pipelines.commands.mirroring import mirror as mirror_verb
from headway.pipelines.doctoring import packages, runs, solvers, tracking
from headway.runs import Run
from headway.tracking.tracker import initialise


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    path = tmp_path_factory.mktemp("migrated") / "mlflow.db"
    initialise(f"sqlite:///{path}")
    return path


def made(root, name, verb_="train", uri="off", outcome=None):
    run = Run.create(verb_, {"tracking": {"uri": uri}}, problem="tiny/order", root=root, name=name)
    if outcome == "lost":
        status = json.loads((run.folder / "status.json").read_text())
        (run.folder / "status.json").write_text(json.dumps({**status, "born": 1.0}))
    elif outcome:
        run.finish(outcome)
    return run


def test_killed_runs_and_the_commands_that_go_on(tmp_path):
    """A training is resumed, a backtest repeated; a run inside another one and a finished one are not named."""
    root = tmp_path / "runs"
    made(root, "done", outcome="finished")
    made(root, "killed", outcome="lost")
    made(root, "stopped", "backtest", outcome="interrupted")
    outer = made(root / "demo", "failed", outcome="failed")
    Run.create("train", {}, problem="tiny/order", parent=outer, name="inner").finish("failed")
    found = {finding.subject: finding for finding in runs.look(root, None)}
    assert found["runs"].found == f"4 in {root}, 3 of them ended early"
    assert found["run killed"].todo.startswith(f"headway resume {root}/killed")
    assert "was killed" in found["run killed"].found
    assert found["run stopped"].todo.startswith(f"headway backtest config={root}/stopped/config.yaml")
    assert found["run failed"].found == "train of tiny/order failed"
    assert set(found) == {"runs", "run killed", "run stopped", "run failed"}


def test_many_killed_runs_and_half_made_folders(tmp_path):
    """Only the newest are named one by one."""
    for i in range(8):
        made(tmp_path, f"run-{i}", outcome="failed")
    (tmp_path / ".tmp-1").mkdir()
    first, *named, older, drafts = runs.look(tmp_path, None)
    assert "8 of them" in first.found
    assert [finding.subject for finding in named] == [f"run run-{i}" for i in (7, 6, 5, 4, 3)]
    assert older.found.startswith("3 older ones ended early, too: run-0, run-1, run-2")
    assert ".tmp-1" in drafts.found


def test_what_was_not_mirrored_is_mirrored_by_the_command_it_says(tmp_path, migrated, monkeypatch):
    """Runs that were to be in the tracker and are not; afterwards they are."""
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    (tmp_path / "mlflow.db").write_bytes(migrated.read_bytes())
    root = tmp_path / "runs"
    made(root, "a", uri=uri, outcome="finished")
    made(root, "b", uri=uri, outcome="finished")
    made(root, "off", outcome="finished")
    note = list(runs.look(root, uri))[-1]
    assert (note.state, note.found) == ("note", f"2 finished runs are not in {uri}")
    assert note.todo == f"headway mirror {root}/a {root}/b"
    answer = mirror_verb(note.todo.split()[2:])
    assert answer.code == 0
    assert [row["run"] for row in answer.data] == [f"{root}/a", f"{root}/b"]
    assert len(list(runs.look(root, uri))) == 1


def test_a_tracking_database(tmp_path, migrated):
    """Counted, its schema known; looking makes none, and changes none."""
    path, uri = tmp_path / "mlflow.db", f"sqlite:///{tmp_path}/mlflow.db"
    assert "not there yet" in next(tracking.look(uri)).found
    assert list(tmp_path.iterdir()) == []
    path.write_bytes(migrated.read_bytes())
    before = path.read_bytes()
    counted, schema = tracking.look(uri)
    assert counted.found.startswith("0 runs")
    assert schema.state == "good"
    assert path.read_bytes() == before
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("update alembic_version set version_num = 'older'")
    _, schema = tracking.look(uri)
    assert (schema.state, schema.found.startswith("schema older")) == ("bad", True)
    assert "mlflow db upgrade" in schema.todo


def test_a_locked_and_a_damaged_database(tmp_path, migrated, monkeypatch):
    monkeypatch.setattr(tracking, "PATIENCE", 0.05)
    path, uri = tmp_path / "mlflow.db", f"sqlite:///{tmp_path}/mlflow.db"
    path.write_bytes(migrated.read_bytes())
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        locked = list(tracking.look(uri))[-1]
    assert locked.state == "note"
    assert "fuser" in locked.todo
    path.write_text("not a database, but long enough to be looked at as one" * 10)
    (damaged,) = tracking.look(uri)
    assert damaged.state == "bad"
    assert "headway mirror" in damaged.todo


class Tracker(BaseHTTPRequestHandler):
    """A server that is alive, of another major version, and lets nobody in."""

    def do_GET(self):
        code, body = {"/health": (200, b"OK"), "/version": (200, b"1.30.0")}.get(self.path, (401, b"who are you?"))
        self.send_response(code)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *args):
        """No lines on the terminal."""


def test_a_server_that_is_dead_old_or_closed(monkeypatch, socket_enabled):
    """A dead one costs no result; one that asks for a password is told apart from one that does not answer."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (dead,) = tracking.look("http://127.0.0.1:9")
    assert dead.state == "bad"
    assert "headway mirror" in dead.todo
    with HTTPServer(("127.0.0.1", 0), Tracker) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        old, closed = tracking.look(f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
        thread.join()
    assert (old.state, "MLflow 1.30.0" in old.found) == ("bad", True)
    assert closed.state == "bad"
    assert "MLFLOW_TRACKING_USERNAME" in closed.todo


def test_a_database_without_its_driver_or_server():
    (finding,) = tracking.look("postgresql://nobody:secret@127.0.0.1:9/nothing")
    assert finding.state == "bad"
    assert finding.todo
    assert "secret" not in str(finding)


def test_switched_off_is_said():
    assert [finding.found for finding in tracking.look(None)] == ["switched off"]


def test_the_verb_answers_with_what_is_wrong(monkeypatch, tmp_path):
    """One JSON-able list; the exit code is 1 where something is bad."""
    monkeypatch.chdir(tmp_path)
    for part in (packages, solvers):
        monkeypatch.setattr(part, "look", lambda: iter(()))
    answer = verb([])
    assert answer.code == 0
    assert {"subject", "state", "found", "todo", "cpu_seconds"} == set(answer.data[0])
    (tmp_path / "mlflow.db").write_text("not a database, but long enough to be looked at as one" * 10)
    assert verb([]).code == 1

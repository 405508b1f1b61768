"""A remote tracker as teams run it: a real MLflow server on a real PostgreSQL, both started here.

Skipped where Debian's package `postgresql` is missing.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headway.pipelines.commands.comparing import compare
from headway.pipelines.commands.mirroring import mirror
from headway.pipelines.commands.training import train
from headway.pipelines.commands.ui import environment
from headway.pipelines.doctoring import tracking as looking
from headway.runs import Run
from headway.storage.stored import load_policy
from headway.tracking import TrackingWarning, fetch_policy
from headway.tracking.mirrored import key
from headway.tracking.mirroring import Mirror

pytestmark = pytest.mark.slow

TINY = [
    "problem=inventory/lost_sales", "agent=pathwise", "agent.batch=8", "agent.segment=8", "steps=512", "validation.n=2",
    "validation.every=256", "checkpoint_every=256",
]  # fmt: skip
PATIENCE = 120.0  # wall seconds for a server to come up on a busy machine


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def programs() -> Path:
    """Where PostgreSQL's programs are; Debian keeps them out of the path."""
    found = [Path(name).parent for name in [shutil.which("initdb")] if name]
    found += [path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))]
    if not found:
        pytest.skip("PostgreSQL's initdb is not installed: apt-get install postgresql")
    if importlib.util.find_spec("psycopg2") is None:
        pytest.skip("the driver psycopg2 is not installed: pip install psycopg2-binary")
    return found[-1]


def unprivileged() -> dict[str, Any]:
    """Whom PostgreSQL runs as: it refuses root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    name = next((name for name in ("postgres", "nobody") if name in names), None)
    if name is None:
        pytest.skip("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")
    user = pwd.getpwnam(name)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def wait_for(up: Any, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not up():
        if process.poll() is not None or time.monotonic() > end:
            pytest.fail(f"{process.args} did not come up:\n{log.read_text()[-3000:]}")
        time.sleep(0.1)


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The URI of an empty PostgreSQL database."""
    bin_, whom, port = programs(), unprivileged(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="headway-postgresql-"))  # pytest's own folders are closed to other users
    if whom:
        os.chown(folder, whom["user"], whom["group"])
    data, log = folder / "data", folder / "log"
    init = [bin_ / "initdb", "-D", data, "-U", "headway", "-A", "trust", "-N", "-E", "UTF8", "--locale=C"]
    # Nothing here has to outlive a power cut.
    start = [bin_ / "postgres", "-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", folder, "-F"]
    ready = [bin_ / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port), "-U", "headway", "-d", "postgres"]
    try:
        subprocess.run(init, cwd=folder, check=True, capture_output=True, **whom)
        with log.open("wb") as out:
            process = subprocess.Popen(start, cwd=folder, stdout=out, stderr=out, **whom)
        try:
            wait_for(lambda: subprocess.run(ready, check=False).returncode == 0, process, log)
            yield f"postgresql+psycopg2://headway@127.0.0.1:{port}/postgres"
        finally:
            process.send_signal(signal.SIGINT)  # its "fast" shutdown
            process.wait(60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Server:
    """An MLflow server that may be killed and started again, on the same port and the same database."""

    def __init__(self, database: str, folder: Path) -> None:
        self.database, self.folder, self.port = database, folder, free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """The command of docs/tracking.md."""
        command = [
            sys.executable, "-m", "mlflow", "server", "--backend-store-uri", self.database, "--serve-artifacts",
            "--artifacts-destination", str(self.folder / "artifacts"), "--host", "127.0.0.1", "--port", str(self.port),
            "--workers", "1",
        ]  # fmt: skip
        with (self.folder / "log").open("ab") as out:
            self.process = subprocess.Popen(command, cwd=self.folder, env=environment(), stdout=out, stderr=out,
                                            start_new_session=True)  # fmt: skip
        wait_for(self.alive, self.process, self.folder / "log")

    def alive(self) -> bool:
        try:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            return bool(opener.open(f"{self.uri}/health", timeout=2).status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        """The server and its workers, at once."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture(scope="module")
def server(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(database, tmp_path_factory.mktemp("server"))
    made.start()
    yield made
    made.kill()


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, socket_enabled: None) -> Path:
    """A folder to work in; loopback is the only network."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path


def client(server: Server) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(server.uri, server.uri)


def mirrored(server: Server, folder: str) -> Any:
    """The MLflow run of a run folder: there is exactly one."""
    identity = Run.open(folder).provenance["run"]
    experiments = [e.experiment_id for e in client(server).search_experiments()]
    (found,) = client(server).search_runs(experiments, f"tags.`headway.run` = '{identity}'")
    return found


def files(server: Server, run_id: str, at: str = "") -> dict[str, bytes]:
    """All artifacts of an MLflow run, fetched through the server."""
    found: dict[str, bytes] = {}
    for entry in client(server).list_artifacts(run_id, at):
        if entry.is_dir:
            found |= files(server, run_id, entry.path)
        else:
            found[entry.path] = Path(client(server).download_artifacts(run_id, entry.path)).read_bytes()
    return found


def kept(folder: str) -> dict[str, bytes]:
    """What a run's folder has for the tracker."""
    root = Path(folder)
    paths = [p for p in root.rglob("*") if p.is_file() and not {"cells", "checkpoints", "children"} & set(p.parts)]
    return {str(p.relative_to(root)): p.read_bytes() for p in paths if not p.name.startswith(".")}


def test_train_and_compare_on_a_remote_tracker(server: Server, work: Path) -> None:
    """Parameters, curves, files and the registered policy are on the server; nothing else is needed to use them."""
    common = [f"tracking.uri={server.uri}"]
    trained = train([*TINY, *common, "name=trained", "tracking.register_as=stock"]).data["run"]
    run = mirrored(server, trained)
    assert run.info.status == "FINISHED"
    assert run.data.params["agent.batch"] == "8"
    own = [(m.step, m.metrics["validation/objective"]) for m in Run.open(trained).metrics() if
           "validation/objective" in m.metrics]  # fmt: skip
    history = client(server).get_metric_history(run.info.run_id, "validation/objective")
    assert [(m.step, m.value) for m in history] == own
    assert files(server, run.info.run_id) == kept(trained)
    assert "policy/weights.safetensors" in kept(trained)
    assert str(client(server).get_model_version_by_alias("stock", "challenger").run_id) == run.info.run_id
    fetched = fetch_policy("models:/stock@challenger", server.uri)
    assert load_policy(fetched).problem_name == "inventory/lost_sales"
    shutil.rmtree("runs")  # from here on only the server knows the policy
    rows = compare(
        ["problem=inventory/lost_sales", "contestants=models:/stock@challenger,base_stock", "n=2", "budget=2",
         "ablations=false", "pictures=0", "report=false", "name=compared", *common]
    ).data  # fmt: skip
    parent = mirrored(server, rows[0]["run"])
    for row in rows:
        assert parent.data.metrics[key(f"objective/{row['contestant']}")] == row["objective"]
    assert files(server, parent.info.run_id) == kept(rows[0]["run"])
    assert not (work / "mlflow.db").exists()


def test_a_server_that_dies_in_the_middle_costs_nothing(
    server: Server, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while a run is being mirrored: the folder is whole, a note says what to do, and that mends it."""
    real = Mirror.files

    def dying(self: Mirror, run_id: str, run: Run) -> None:
        server.kill()
        real(self, run_id, run)

    monkeypatch.setattr(Mirror, "files", dying)
    tokens = [*TINY, f"tracking.uri={server.uri}", "name=cut", "tracking.register_as=late"]
    with pytest.warns(TrackingWarning) as noted:
        trained = train(tokens).data["run"]
    monkeypatch.setattr(Mirror, "files", real)
    assert Run.open(trained).status == "finished"
    assert load_policy(Path(trained) / "policy").problem_name == "inventory/lost_sales"
    todo = re.search(r"headway (mirror .*)", str(noted[0].message))[1]
    assert [finding.state for finding in looking.look(server.uri)] == ["bad"]

    server.start()
    assert {finding.state for finding in looking.look(server.uri)} == {"good"}
    run = mirrored(server, trained)  # what had arrived before the server died is still there
    assert run.info.status == "RUNNING"
    assert files(server, run.info.run_id) == {}
    verb, *arguments = shlex.split(todo)
    assert verb == "mirror"
    for _ in range(2):  # twice, and nothing is there twice
        assert mirror(arguments).code == 0
    run = mirrored(server, trained)
    assert run.info.status == "FINISHED"
    assert files(server, run.info.run_id) == kept(trained)
    versions = client(server).search_model_versions("name = 'late'")
    assert [version.run_id for version in versions] == [run.info.run_id]
    assert client(server).get_registered_model("late").aliases == {"challenger": versions[0].version}


def test_the_doctor_looks_at_the_database_itself(server: Server, database: str) -> None:
    """Runs are counted, and the schema is that of the installed MLflow."""
    counted, schema = looking.look(database)
    assert (counted.state, schema.state) == ("good", "good")
    assert "runs in postgresql" in counted.found

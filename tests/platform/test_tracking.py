from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headway import registry
from headway.errors import CheckpointError, ConfigError, DataError
from headway.rollouts import rollout
from headway.runs import Run
from headway.tracking import TrackingWarning, attach, fetch_policy, log_policy, mirror, mirrored
from headway.tracking.tracker import database, initialise


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with MLflow's schema: made once, copied for each test."""
    path = tmp_path_factory.mktemp("migrated") / "mlflow.db"
    initialise(f"sqlite:///{path}")
    return path


@pytest.fixture
def uri(tmp_path: Path, migrated: Path) -> str:
    (tmp_path / "tracker").mkdir()
    shutil.copy(migrated, tmp_path / "tracker" / "mlflow.db")
    return f"sqlite:///{tmp_path}/tracker/mlflow.db"


@pytest.fixture
def trained(tmp_path: Path) -> Run:
    """A training run of three validations, as a trainer leaves it."""
    config = {"problem": {"name": "toy/walk", "length": 5}, "agent": {"name": "ppo", "lr": 1e-3}, "seeds": [0, 1]}
    with Run.create("train", config, problem="toy/walk", root=tmp_path / "runs") as run:
        for step in (1, 2, 3):
            run.log(step, {"validation/objective": 1 / step, "loss": float(step)})
    return run


@pytest.fixture
def compared(tmp_path: Path) -> Run:
    """A comparison of two contestants on two instances with two seeds; one answer is infeasible."""
    with Run.create("compare", {"budget": 1.0}, problem="toy/walk", root=tmp_path / "runs") as run:
        (run.folder / "results.json").write_text(json.dumps(_results()))
        (run.folder / "pictures").mkdir()
        (run.folder / "pictures" / "a.svg").write_text("<svg/>")
        (run.folder / "checkpoints").mkdir()
        (run.folder / "checkpoints" / "large.bin").write_text("0" * 100)
    return run


def _results() -> dict[str, Any]:
    def row(name: str, gap: float) -> dict[str, Any]:
        numbers = {"objective": 10 * (1 + gap), "gap": gap, "gap_low": gap - 0.01, "gap_high": None}
        return {
            "contestant": name,
            "kind": "classical",
            "reference": "best",
            "feasible": 1.0,
            "seconds": 1.0,
            "cpu_seconds": 0.5,
            **numbers,
        }

    def score(name: str, seed: int, instance: int) -> dict[str, Any]:
        feasible = (name, seed, instance) != ("b", 1, 1)
        times = {"seconds": 1.0, "cpu_seconds": 0.25 + instance}
        objective = 10.0 + seed + 2 * instance
        return {
            "contestant": name,
            "seed": seed,
            "instance": instance,
            "feasible": feasible,
            "objective": objective,
            "metrics": {"stops": 3.0},
            **times,
        }

    return {
        "verdict": "a wins by 10 %",
        "problem": {"name": "toy/walk"},
        "instances": {"n": 2, "source": "test split", "seed": 0, "digests": ["aa", "bb"]},
        "rows": [row("a", 0.0), row("b", 0.1)],
        "scores": [score(name, seed, i) for name in "ab" for seed in (0, 1) for i in (0, 1)],
    }


@contextlib.contextmanager
def _unmirrored(run: Run) -> Iterator[None]:
    """What happens inside warns, and leaves the run as it was."""
    before = {p: p.read_bytes() for p in run.folder.rglob("*") if p.is_file()}
    with pytest.warns(TrackingWarning, match=run.id):
        yield
    assert {p: p.read_bytes() for p in run.folder.rglob("*") if p.is_file()} == before


def _client(uri: str) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(uri, uri)


def _all_runs(uri: str, problem: str = "toy/walk") -> dict[str, Any]:
    client = _client(uri)
    experiment = client.get_experiment_by_name(problem)
    return {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}


# -- mirroring ----------------------------------------------------------------------------------------
def test_a_training_run_is_mirrored_whole(trained: Run, uri: str) -> None:
    """Parameters, provenance, curves, files and outcome arrive in the problem's experiment."""
    run_id = mirror(trained, uri)
    client, facts = _client(uri), trained.provenance
    found = client.get_run(run_id)
    assert found.data.params == {
        "problem.name": "toy/walk",
        "problem.length": "5",
        "agent.name": "ppo",
        "agent.lr": "0.001",
        "seeds": "[0, 1]",
    }
    tags = found.data.tags
    digest = hashlib.sha256((trained.folder / "config.yaml").read_bytes()).hexdigest()
    assert tags["config.sha256"] == digest
    assert tags["mlflow.source.git.commit"] == (facts["git"] or facts["workspace"] or {}).get("commit", "")
    assert tags["version.torch"] == facts["packages"]["torch"]
    assert (tags["cpu.model"], tags["cpu.threads"]) == (facts["cpu"]["model"], str(facts["cpu"]["threads"]))
    history = client.get_metric_history(run_id, "validation/objective")
    assert [(m.step, m.value) for m in history] == [(1, 1.0), (2, 0.5), (3, 1 / 3)]
    assert {f.path for f in client.list_artifacts(run_id)} == {p.name for p in trained.folder.iterdir()}
    assert (found.info.run_name, found.info.status) == (trained.id, "FINISHED")
    assert found.info.start_time == int(1000 * facts["started"])


def test_a_comparison_has_a_run_per_contestant_and_seed(compared: Run, uri: str) -> None:
    """Below the comparison there is one run per contestant and seed, with its scores and its means."""
    parent = mirror(compared, uri)
    runs = _all_runs(uri)
    assert set(runs) == {compared.id, "a #0", "a #1", "b #0", "b #1"}
    assert {r.data.tags.get("mlflow.parentRunId") for r in runs.values()} == {None, parent}
    # Instance 1 of b with seed 1 is infeasible: only instance 0 (10 + 1) counts.
    assert runs["b #1"].data.metrics["objective"] == 11.0
    assert runs["b #1"].data.metrics["feasible"] == 0.5
    assert runs["a #1"].data.metrics["objective"] == 12.0
    assert runs["a #0"].data.metrics["cpu_seconds"] == 0.75
    history = _client(uri).get_metric_history(runs["b #1"].info.run_id, "instance/objective")
    assert [(m.step, m.value) for m in history] == [(0, 11.0), (1, 13.0)]


def test_a_comparison_says_who_won_on_what(compared: Run, uri: str) -> None:
    """The parent run has the verdict, the table, the digest of the instances and the files."""
    parent = mirror(compared, uri)
    run = _client(uri).get_run(parent)
    assert run.data.tags["mlflow.note.content"].endswith("\n\na wins by 10 %")
    assert run.data.metrics["gap/b"] == 0.1
    assert "gap_high/b" not in run.data.metrics
    (data,) = run.inputs.dataset_inputs
    assert (data.dataset.name, data.dataset.digest) == ("toy/walk", hashlib.sha256(b"aabb").hexdigest()[:36])
    assert {(t.key, t.value) for t in data.tags} == {("mlflow.data.context", "test")}
    names = {f.path for f in _client(uri).list_artifacts(parent)}
    assert {"results.json", "pictures", "config.yaml"} <= names
    assert "checkpoints" not in names


def test_a_training_run_names_its_validation_instances(trained: Run, uri: str) -> None:
    """The digest of the validation instances is a data set of the run."""
    (trained.folder / "training.json").write_text(json.dumps({"steps": 3, "digests": ["cc"]}))
    (data,) = _client(uri).get_run(mirror(trained, uri)).inputs.dataset_inputs
    assert data.dataset.digest == hashlib.sha256(b"cc").hexdigest()[:36]
    assert [t.value for t in data.tags] == ["validation"]


def test_children_are_nested(trained: Run, uri: str) -> None:
    """A child run folder becomes a nested run, whether it or its parent is mirrored first."""
    with Run.create("train", {}, problem="toy/walk", parent=trained, name="refit-1") as child:
        child.log(1, {"loss": 1.0})
    mirror(child, uri)
    parent_id = mirror(trained, uri)
    runs = _all_runs(uri)
    assert set(runs) == {trained.id, "refit-1"}
    assert runs["refit-1"].data.tags["mlflow.parentRunId"] == parent_id


@pytest.mark.parametrize("kind", ["trained", "compared"])
def test_mirroring_twice_changes_nothing(kind: str, uri: str, request: pytest.FixtureRequest) -> None:
    """Runs, metrics, data sets and parameters are there once, however often a run is mirrored."""
    run = request.getfixturevalue(kind)
    first = mirror(run, uri)
    before = _content(uri)
    assert mirror(run, uri) == first
    assert _content(uri) == before


def test_a_running_run_is_brought_up_to_date(tmp_path: Path, uri: str) -> None:
    """What is logged after one mirroring arrives with the next, and so does the outcome."""
    run = Run.create("train", {}, problem="toy/walk", root=tmp_path / "runs")
    run.log(1, {"loss": 1.0})
    run_id = mirror(run, uri)
    assert _client(uri).get_run(run_id).info.status == "RUNNING"
    run.log(2, {"loss": 2.0})
    run.finish("interrupted")
    mirror(run, uri)
    assert _client(uri).get_run(run_id).info.status == "KILLED"
    assert [m.step for m in _client(uri).get_metric_history(run_id, "loss")] == [1, 2]


def test_more_metrics_than_a_batch_all_arrive(tmp_path: Path, uri: str) -> None:
    """Thousands of metrics, NaN among them, are written in batches, and none is lost."""
    with Run.create("train", {}, problem="toy/walk", root=tmp_path / "runs") as run:
        for step in range(1250):
            run.log(step, {"a": float(step), "b": float("nan")})
    run_id = mirror(run, uri)
    client = _client(uri)
    assert [m.value for m in client.get_metric_history(run_id, "a")] == list(range(1250))
    assert len(client.get_metric_history(run_id, "b")) == 1250


def test_long_and_odd_parameters_fit(tmp_path: Path, uri: str) -> None:
    """Values beyond MLflow's length, more than a batch of keys, and signs it refuses do not stop a mirroring."""
    config = {"long": "x" * 7000, "odd": {"a=b'c": 1}, "none": None, **{f"key{i}": i for i in range(150)}}
    run = Run.create("train", config, problem="toy/walk", root=tmp_path / "runs")
    params = _client(uri).get_run(mirror(run, uri)).data.params
    assert len(params["long"]) == mirrored.PARAM
    assert (params["odd.a_b_c"], params["none"], params["key149"]) == ("1", "null", "149")


def test_off_means_off(trained: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a tracker nothing is imported, warned of or returned."""
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert mirror(trained, None) is None
        assert log_policy(trained, trained.folder, "walk", uri=None) is None


# -- dead trackers ------------------------------------------------------------------------------------
def test_a_locked_database_is_a_warning(trained: Run, uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While somebody holds the database the run stays in its folder; a later mirroring gives the same content."""
    monkeypatch.setattr("headway.tracking.tracker.PATIENCE", 0.05)
    with contextlib.closing(sqlite3.connect(database(uri), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with _unmirrored(trained):
            assert mirror(trained, uri) is None
    assert mirror(trained, uri) is not None
    assert trained.id in _all_runs(uri)


def test_a_read_only_database_is_a_warning(trained: Run, tmp_path: Path) -> None:
    """A database that cannot be written (here: a folder stands in its place) costs no result."""
    (tmp_path / "mlflow.db").mkdir()
    with _unmirrored(trained):
        assert mirror(trained, f"sqlite:///{tmp_path}/mlflow.db") is None


def test_a_file_that_is_no_database_is_a_warning(trained: Run, tmp_path: Path) -> None:
    """A damaged database is reported and left as it is."""
    (tmp_path / "mlflow.db").write_text("this is no database, and long enough to be read as a header" * 100)
    with _unmirrored(trained):
        assert mirror(trained, f"sqlite:///{tmp_path}/mlflow.db") is None


def test_a_dead_server_is_a_warning(trained: Run, monkeypatch: pytest.MonkeyPatch, socket_enabled: None) -> None:
    """A server that does not answer holds nothing up."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with _unmirrored(trained):
        assert mirror(trained, "http://127.0.0.1:9") is None


def test_a_deleted_database_is_rebuilt(compared: Run, uri: str, migrated: Path) -> None:
    """After the database is gone, mirroring again gives the same content as before."""
    mirror(compared, uri)
    before = _content(uri)
    path = database(uri)
    assert path is not None
    for file in path.parent.glob("mlflow.db*"):
        file.unlink()
    shutil.copy(migrated, path)
    mirror(compared, uri)
    assert _content(uri) == before


def test_a_file_from_elsewhere_is_attached(compared: Run, uri: str, tmp_path: Path) -> None:
    """A report on several runs becomes an artifact of a run that ended, which stays one run."""
    page = tmp_path / "page.html"
    page.write_text("<p>all of them</p>")
    run_id = mirror(compared, uri)
    attach(compared, page, uri)
    attach(compared, page, None)
    client = _client(uri)
    assert "page.html" in [artifact.path for artifact in client.list_artifacts(run_id)]
    assert Path(client.download_artifacts(run_id, "page.html")).read_text() == page.read_text()
    assert client.get_run(run_id).info.status == "FINISHED"


def test_attaching_with_a_dead_tracker_is_a_warning(trained: Run, tmp_path: Path) -> None:
    """The file stays where it is, and the warning says how to attach it later."""
    (tmp_path / "mlflow.db").mkdir()
    with pytest.warns(TrackingWarning, match=r"attach\(Run.open"):
        attach(trained, tmp_path / "page.html", f"sqlite:///{tmp_path}/mlflow.db")


def test_sqlite_needs_a_file() -> None:
    """A SQLite URI without a file is a mistake in the configuration, not a dead tracker."""
    with pytest.raises(ConfigError, match="sqlite:///<file>"):
        initialise("sqlite://")


def _content(uri: str) -> list[Any]:
    client = _client(uri)
    experiment = client.get_experiment_by_name("toy/walk").experiment_id
    found = []
    for run in client.search_runs([experiment]):
        data = run.data
        names = sorted(data.metrics)
        curves = {n: [(m.step, m.value) for m in client.get_metric_history(run.info.run_id, n)] for n in names}
        tags = {k: v for k, v in data.tags.items() if k != "mlflow.parentRunId"}
        files = sorted(f.path for f in client.list_artifacts(run.info.run_id))
        inputs = [d.dataset.digest for d in run.inputs.dataset_inputs]
        found.append((run.info.run_name, run.info.status, data.params, tags, curves, files, inputs))
    return sorted(found, key=lambda entry: entry[0])


# -- many processes -----------------------------------------------------------------------------------
TOGETHER = """
import os, sys
from pathlib import Path
from headway.runs import Run
from headway.tracking import mirror

import mlflow.store.tracking.sqlalchemy_store  # so that all sixteen arrive at the database at once
root, uri, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def work(number):
    with Run.create("train", {"number": number}, problem="toy/walk", root=root, name=f"run-{number}") as run:
        for step in range(100):
            run.log(step, {"value": float(number)})
    return 0 if mirror(run, uri) else 1

children = []
gate = os.pipe()
for number in range(count):
    child = os.fork()
    if child == 0:
        os.close(gate[1])
        os.read(gate[0], 1)
        code = 2
        try:
            code = work(number)
        finally:
            os._exit(code)
    children.append(child)
os.close(gate[1])
sys.exit(sum(os.waitpid(child, 0)[1] != 0 for child in children))
"""


def test_sixteen_processes_start_a_database_together(tmp_path: Path) -> None:
    """On a database that does not exist yet, all of them succeed, and no metric is lost."""
    uri = f"sqlite:///{tmp_path}/tracker/mlflow.db"
    command = [sys.executable, "-c", TOGETHER, str(tmp_path / "runs"), uri, "16"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    runs = _all_runs(uri)
    assert set(runs) == {f"run-{number}" for number in range(16)}
    for number in range(16):
        history = _client(uri).get_metric_history(runs[f"run-{number}"].info.run_id, "value")
        assert [m.value for m in history] == [float(number)] * 100


def test_a_new_database_is_ready_and_quiet(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is in write-ahead mode, nothing else is left in its folder, and the migrations do not chatter."""
    with caplog.at_level(logging.INFO):
        initialise(f"sqlite:///{tmp_path}/new/mlflow.db")
    assert {p.name for p in (tmp_path / "new").iterdir()} <= {"mlflow.db", "mlflow.db.lock"}
    with contextlib.closing(sqlite3.connect(tmp_path / "new" / "mlflow.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert caplog.records == []


# -- registered policies ------------------------------------------------------------------------------
@pytest.fixture
def problem(trouble: Any) -> Any:
    """A problem with a masked environment of one discrete action."""
    return registry.make_problem("trouble/guess")


@pytest.fixture
def stored(problem: Any, tmp_path: Path) -> Path:
    """An untrained policy of it, in its folder."""
    from headway.storage.stored import Description, StoredPolicy, save_policy

    description = Description.of(problem.environment(), problem.network("mlp"), "greedy")
    return save_policy(StoredPolicy(description.build(), description), tmp_path / "policy")


def test_a_registered_policy_comes_back(trained: Run, stored: Path, uri: str) -> None:
    """The files fetched by alias are those that were registered, and nothing in the model is pickled."""
    assert log_policy(trained, stored, "guesser", uri=uri, alias="champion") == "1"
    fetched = fetch_policy("models:/guesser@champion", uri)
    assert {p.name: p.read_bytes() for p in fetched.iterdir()} == {p.name: p.read_bytes() for p in stored.iterdir()}
    model = fetched.parents[1]
    assert not [p for p in model.rglob("*") if p.suffix in {".pkl", ".pickle", ".pt", ".pth", ".joblib"}]
    assert (model / "model_code.py").is_file()


def test_the_same_policy_is_registered_once(trained: Run, stored: Path, problem: Any, uri: str) -> None:
    """Registering again moves the alias; another policy is another version."""
    from headway.storage.stored import Description, StoredPolicy, save_policy

    assert log_policy(trained, stored, "guesser", uri=uri) == "1"
    assert log_policy(trained, stored, "guesser", uri=uri, alias="champion") == "1"
    description = Description.of(problem.environment(), problem.network("mlp", hidden=(4,)), "greedy")
    other = save_policy(StoredPolicy(description.build(), description), stored.parent / "other")
    assert log_policy(trained, other, "guesser", uri=uri) == "2"
    client = _client(uri)
    assert client.get_model_version_by_alias("guesser", "champion").version == 1
    assert client.get_model_version_by_alias("guesser", "challenger").version == 2


def test_other_tools_can_serve_it(
    trained: Run, stored: Path, problem: Any, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MLflow loads the model by its alias and gives headway's own actions and solutions; wrong input is refused."""
    import mlflow

    from headway.storage.stored import load_policy

    log_policy(trained, stored, "guesser", uri=uri)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setattr("mlflow.tracking._tracking_service.utils._tracking_uri", None)
    model = mlflow.pyfunc.load_model("models:/guesser@challenger")
    target = np.linspace(0, 9, 7, dtype=np.float32)[:, None]
    mask = np.tile(np.arange(10) % 2 == 1, (7, 1))
    expected = load_policy(stored).act({"target": target}, mask)[0]
    assert set(expected % 2) == {1}
    rows = [{"observation": {"target": t.tolist()}, "mask": m.tolist()} for t, m in zip(target, mask, strict=True)]
    assert model.predict(rows) == expected.tolist()
    for wrong in ({"observation": {"goal": [1]}}, {"nothing": 1}, {"instance": {"value": "far"}}, {"mask": [True]}):
        with pytest.raises(mlflow.exceptions.MlflowException, match=r"target|observation|value"):
            model.predict([wrong])
    instance = problem.instances("test", 1)
    (answer,) = model.predict([{"instance": {"value": float(instance.value[0])}}])
    own = rollout(problem.environment(), load_policy(stored), instance).solution
    assert answer["objective"] == problem.evaluate(instance, own).objective[0]
    assert answer["solution"] == {"guess": own.guess[0]}


def test_registering_with_a_dead_tracker_is_a_warning(trained: Run, stored: Path, tmp_path: Path) -> None:
    """The policy stays where it is, and the warning says how to register it later."""
    (tmp_path / "mlflow.db").mkdir()
    with pytest.warns(TrackingWarning, match=r"log_policy\(Run.open"):
        assert log_policy(trained, stored, "guesser", uri=f"sqlite:///{tmp_path}/mlflow.db") is None


def test_a_damaged_policy_is_not_registered(trained: Run, stored: Path, uri: str) -> None:
    """A stored policy that does not verify is refused before the tracker hears of it."""
    (stored / "weights.safetensors").write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match="weights"):
        log_policy(trained, stored, "guesser", uri=uri)


@pytest.mark.parametrize("reference", ["guesser@champion", "models:/guesser", "models:/@champion"])
def test_references_have_one_form(reference: str, uri: str) -> None:
    """Only models:/NAME@alias names a registered policy."""
    with pytest.raises(ConfigError, match="models:/NAME@alias"):
        fetch_policy(reference, uri)


def test_unknown_models_are_refused(uri: str) -> None:
    """A name that nobody registered is an error of data, with the tracker it was looked up in."""
    with pytest.raises(DataError, match="no such registered model"):
        fetch_policy("models:/nobody@champion", uri)


def test_fetching_first_thing_is_quiet(uri: str) -> None:
    """MLflow reads how much to say when it is imported: a process that only fetches says nothing of its engine."""
    code = (
        "from headway.errors import DataError\n"
        "from headway.tracking import fetch_policy\n"
        "try:\n"
        f"    fetch_policy('models:/nobody@champion', {uri!r})\n"
        "except DataError as error:\n"
        "    print(error.what)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("no such registered model\n", "")

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from headway.errors import ConfigError, DataError
from headway.runs import Run
from headway.runs.status import SILENCE, Status, read_status, write_status


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create("train", {"problem": {"name": "toy/walk"}, "steps": 10}, problem="toy/walk", root=tmp_path)


def test_create_writes_a_complete_folder(run: Run, tmp_path: Path) -> None:
    """A new run has its configuration, provenance and status, and its name says when, what and on what."""
    assert run.id.split("-")[2:-1] == ["train", "toy", "walk"]
    assert {p.name for p in run.folder.iterdir()} == {"config.yaml", "provenance.json", "status.json"}
    assert run.config == {"problem": {"name": "toy/walk"}, "steps": 10}
    assert (run.status, run.parent, run.children) == ("running", None, [])
    assert list(tmp_path.iterdir()) == [run.folder]


def test_config_may_hold_paths_and_tuples(tmp_path: Path) -> None:
    """Whatever a schema holds is stored as plain YAML."""
    run = Run.create("compare", {"out": Path("a/b"), "seeds": (0, 1)}, problem="toy/walk", root=tmp_path)
    assert yaml.safe_load((run.folder / "config.yaml").read_text()) == {"out": "a/b", "seeds": [0, 1]}


def test_a_name_is_given_once(tmp_path: Path) -> None:
    """A second run of the same name is refused, and the first is left as it was."""
    first = Run.create("train", {"steps": 1}, problem="toy/walk", root=tmp_path, name="mine")
    with pytest.raises(ConfigError, match="exists"):
        Run.create("train", {"steps": 2}, problem="toy/walk", root=tmp_path, name="mine")
    assert first.config == {"steps": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


def test_failed_creation_leaves_nothing(tmp_path: Path) -> None:
    """A configuration that cannot be written leaves no half-made folder."""
    with pytest.raises(ValueError, match="serialize"):
        Run.create("train", {"policy": object()}, problem="toy/walk", root=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_children_belong_to_their_parent(run: Run) -> None:
    """A child lives in its parent's folder, and each finds the other."""
    child = Run.create("train", {}, problem="toy/walk", parent=run, name="seed-1")
    assert [c.id for c in run.children] == ["seed-1"]
    assert child.parent is not None
    assert child.parent.id == run.id


def test_metrics_come_back_in_order(run: Run) -> None:
    """What is logged is read back, non-finite numbers included, and each line is strict JSON."""
    run.log(1, {"loss": 0.5, "objective": math.nan})
    run.log(2, {"loss": -math.inf})
    first, second = Run.open(run.folder).metrics()
    assert (first.step, first.metrics["loss"], second.metrics) == (1, 0.5, {"loss": -math.inf})
    assert math.isnan(first.metrics["objective"])
    lines = (run.folder / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line, parse_constant=pytest.fail)["step"] for line in lines] == [1, 2]


@pytest.mark.parametrize("kept", range(1, 20))
def test_torn_last_line_is_left_out(run: Run, kept: int) -> None:
    """Wherever a kill cuts the last line, the lines before it are read, and logging goes on behind them."""
    run.log(1, {"loss": 1.0})
    whole = (run.folder / "metrics.jsonl").read_bytes()
    (run.folder / "metrics.jsonl").write_bytes(whole + whole[:kept])
    again = Run.open(run.folder)
    assert [m.step for m in again.metrics()] == [1]
    again.log(2, {"loss": 2.0})
    assert [m.step for m in again.metrics()] == [1, 2]


def test_damage_elsewhere_is_an_error_with_its_line(run: Run) -> None:
    """A broken line that is not the last is no accident of a kill, so it is reported."""
    (run.folder / "metrics.jsonl").write_bytes(b'{"step": 1, "ti\n{"step": 2, "time": 0, "metrics": {}}\n')
    with pytest.raises(DataError, match=r"metrics.jsonl:1"):
        run.metrics()


def test_rewind_forgets_what_will_be_logged_again(run: Run) -> None:
    """After a rewind to a checkpoint's step only earlier metrics are left."""
    for step in (1, 2, 3):
        run.log(step, {"loss": float(step)})
    run.rewind(2)
    assert [m.step for m in run.metrics()] == [1, 2]


def test_open_refuses_other_folders(tmp_path: Path) -> None:
    """A folder without provenance is no run."""
    with pytest.raises(DataError, match="not a run folder"):
        Run.open(tmp_path)


@pytest.mark.parametrize(
    ("error", "status"), [(None, "finished"), (ValueError, "failed"), (KeyboardInterrupt, "interrupted")]
)
def test_leaving_the_block_records_the_outcome(run: Run, error: type[BaseException] | None, status: str) -> None:
    """The with block says how it ended, and hides no error."""
    if error is None:
        with run:
            pass
    else:
        with pytest.raises(error), run:
            raise error("why")
    assert run.status == status
    assert read_status(run.folder).error == (f"{error.__name__}: why" if error else None)


def test_a_continued_run_is_running_again(run: Run) -> None:
    """Entering the block of an old run takes it over."""
    run.finish("interrupted")
    with Run.open(run.folder) as again:
        assert again.status == "running"
    assert again.status == "finished"


def test_a_killed_run_is_lost(tmp_path: Path) -> None:
    """A run whose process was killed says so, without anyone having written it down."""
    code = (
        "import sys, time; from pathlib import Path; from headway.runs import Run\n"
        "run = Run.create('train', {}, problem='toy/walk', root=Path(sys.argv[1]))\n"
        "run.log(1, {'loss': 1.0}); print(run.folder, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        run = Run.open(process.stdout.readline().strip())
        assert run.status == "running"
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert run.status == "lost"
    assert [m.step for m in run.metrics()] == [1]


def test_a_reused_process_id_is_told_apart(run: Run) -> None:
    """A living process that started at another time is not the run's."""
    write_status(run.folder, Status("running", time.time(), Status.running().host, os.getpid(), born=1.0))
    assert run.status == "lost"


def test_elsewhere_silence_decides(run: Run) -> None:
    """On another machine only the heartbeat tells whether a run lives."""
    write_status(run.folder, Status("running", time.time(), "another-host", 1))
    assert run.status == "running"
    write_status(run.folder, Status("running", time.time() - SILENCE - 1, "another-host", 1))
    assert run.status == "lost"

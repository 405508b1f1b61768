"""A grid on a real Ray cluster, of which a worker is killed in the middle."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from deadly import work as deadly_work
from grids import SETTINGS, TROUBLE, busy_worker, cells, timeless, wait_for

from headway.pipelines.cells import executors
from headway.pipelines.cells.executors import spread
from headway.pipelines.compare import compare
from headway.pipelines.comparison.results import read
from headway.pipelines.configuration.schema import CompareConfig, Executor

ray = pytest.importorskip("ray", reason="Ray (extra `ray`) is not installed", exc_type=ImportError)


@pytest.fixture
def cluster(monkeypatch, socket_enabled):
    """What the hosts of a cluster have installed; Ray talks over the loopback, and not through a proxy."""
    monkeypatch.setenv("PYTHONPATH", str(TROUBLE))
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(variable, "*")


def config(**changes):
    return CompareConfig.model_validate({**SETTINGS, **changes})


def test_a_grid_outlives_its_workers(trouble, cluster, tmp_path):
    """kill -9 of one of two: every cell is answered all the same, as it would have been here."""
    inline = compare(config(), root=tmp_path / "inline")
    killed = []

    def kill_one(done, total, label):
        if not killed:
            victim = wait_for(busy_worker)
            assert "ray::" in " ".join(victim.cmdline())
            killed.append(victim.pid)
            victim.kill()

    run = compare(config(executor={"kind": "ray", "workers": 2}), root=tmp_path / "ray", watch=kill_one)
    assert len(killed) == 1
    assert timeless(run.folder) == timeless(inline.folder)
    assert cells(run.folder).keys() == cells(inline.folder).keys()
    assert all(score.feasible for score in read(run.folder).scores)
    assert not ray.is_initialized()


def test_a_cell_that_kills_its_workers_is_lost_alone(cluster, tmp_path, monkeypatch):
    """The second death is an answer; the other cells have theirs, from workers that Ray started again."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setattr(executors, "work", deadly_work)
    deaths = {"none": 0, "one": 1, "two": 2, "none again": 0}
    tasks = [SimpleNamespace(address=name, seed=n, options=str(tmp_path / name)) for name, n in deaths.items()]
    found = {filled.address: filled for filled in spread(tasks, Executor(kind="ray", workers=2), 1)}
    assert {name: filled.files is None for name, filled in found.items()} == {name: n > 1 for name, n in deaths.items()}
    assert "actor" in found["two"].why
    assert {name: len((tmp_path / name).read_text()) for name in deaths} == {
        "none": 1, "one": 2, "two": 2, "none again": 1
    }  # fmt: skip
    assert found["one"].files == {"threads": b"1"}

"""A grid on a real Ray cluster, of which a worker is killed in the middle."""

from __future__ import annotations

import pytest
from grids import SETTINGS, TROUBLE, busy_worker, cells, timeless, wait_for

from headway.pipelines.compare import compare
from headway.pipelines.comparison.results import read
from headway.pipelines.configuration.schema import CompareConfig

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

"""Executors: the same answers everywhere; a worker's death costs its own cell at most; only the driver writes."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace

import pytest
from deadly import confess, refuse
from deadly import work as deadly_work
from grids import SETTINGS, busy_worker, cells, timeless, wait_for

from headway.errors import CapabilityError, ConfigError, UnknownNameError
from headway.pipelines.cells import cluster, grid, processes
from headway.pipelines.cells.work import Filled
from headway.pipelines.compare import compare
from headway.pipelines.comparison.results import read
from headway.pipelines.configuration.schema import CompareConfig


def config(**changes):
    return CompareConfig.model_validate({**SETTINGS, **changes})


@pytest.fixture
def inline(trouble, tmp_path):
    return compare(config(), root=tmp_path / "inline")


def test_processes_answer_as_this_process_does(trouble, inline, tmp_path, monkeypatch):
    """One of them is killed in the middle, and nothing is missing; all files are written from here."""
    written = []
    original = grid.Store.write
    monkeypatch.setattr(
        grid.Store, "write", lambda self, cell, files: written.append(os.getpid()) or original(self, cell, files)
    )
    killed = []

    def kill_one(done, total, label):
        if not killed:
            victim = wait_for(busy_worker)
            killed.append(victim)
            victim.kill()

    run = compare(config(executor={"kind": "processes", "workers": 2}), root=tmp_path, watch=kill_one)
    assert timeless(run.folder) == timeless(inline.folder)
    assert len(killed) == 1
    assert written == [os.getpid()] * len(cells(run.folder)) == [os.getpid()] * 6
    assert cells(run.folder).keys() == cells(inline.folder).keys()
    assert len(run.metrics()) == 6


def test_workers_know_no_run_folder_and_no_tracker(trouble, tmp_path, monkeypatch):
    """What they are sent names neither, and they do not load MLflow: they could not write if they wanted to."""
    sent = []

    def spy(tasks, executor, threads):
        sent.extend(tasks)
        return (Filled(task.address, None, "spied on") for task in sent)

    monkeypatch.setattr(grid, "spread", spy)
    monkeypatch.setattr("headway.tracking.mirror", lambda run, uri: None)
    run = compare(config(tracking={"uri": f"sqlite:///{tmp_path}/mlflow.db"}), root=tmp_path / "runs")
    assert len(sent) == 6
    for task in sent:
        text = repr(task)
        assert run.id not in text
        assert str(tmp_path) not in text
        assert "mlflow" not in text
    monkeypatch.setattr(processes, "work", confess)
    with processes.Seats(1, 1) as seats:
        assert seats.work(sent[0]).files["mlflow"] == b"False"


def test_a_cell_is_tried_twice(tmp_path, monkeypatch):
    """A worker that dies once is replaced, and its cell answered; where the next one dies too, that is its answer."""
    monkeypatch.setattr(processes, "work", deadly_work)
    with processes.Seats(1, 3) as seats:
        for deaths, attempts, files in [(1, 2, {"threads": b"3"}), (2, 2, None), (0, 1, {"threads": b"3"})]:
            count = tmp_path / str(deaths)
            filled = seats.work(SimpleNamespace(seed=deaths, options=str(count), address="a"))
            assert (filled.files, len(count.read_text())) == (files, attempts)
            assert ("SIGKILL" in filled.why) is (files is None)


def test_errors_of_workers_keep_their_parts(monkeypatch):
    """An error that Headway raises there is the same error here."""
    monkeypatch.setattr(processes, "work", refuse)
    with processes.Seats(1, 1) as seats, pytest.raises(UnknownNameError, match="did you mean 'spread'") as caught:
        seats.work(SimpleNamespace(address="a"))
    assert (caught.value.where, caught.value.exit_code) == ("problem.spead", 2)


def test_a_lost_cell_is_a_crash(trouble, tmp_path, monkeypatch):
    """On each of its instances; it is not kept, the others are."""
    original = grid.spread

    def loses_the_first(tasks, executor, threads):
        first = next(tasks)
        yield Filled(first.address, None, "a worker ended with SIGSEGV")
        yield from original(tasks, executor, threads)

    monkeypatch.setattr(grid, "spread", loses_the_first)
    run = compare(config(), root=tmp_path)
    scores = read(run.folder).scores
    assert [score.status for score in scores] == ["crash"] + ["finished"] * 5
    assert "SIGSEGV" in scores[0].message
    assert len(cells(run.folder)) == 5


def test_a_family_is_one_grid(trouble, tmp_path, monkeypatch):
    """The cells of all members are spread together."""
    from headway.pipelines.families import compare_over, family

    calls = []
    original = grid.spread
    monkeypatch.setattr(grid, "spread", lambda *arguments: calls.append(1) or original(*arguments))
    run = compare_over(config(over={"spread": [2.0, 9.0]}, contestants=["noisy"], n=2), root=tmp_path)
    assert calls == [1]
    assert [len(cells(child.folder)) for child in run.children] == [2, 2]
    assert [rows["noisy"].n for rows in family(run).rows.values()] == [2, 2]


def test_without_ray_there_is_a_hint(trouble, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(CapabilityError, match=r"pip install 'headway\[ray\]'"):
        compare(config(executor="ray"), root=tmp_path)


def test_a_cluster_too_small_is_refused(trouble, monkeypatch):
    """With one worker joblib would compute here; more than there is room for would wait for ever."""
    tiny = SimpleNamespace(is_initialized=lambda: True, cluster_resources=lambda: {"CPU": 5.0})
    monkeypatch.setattr(cluster, "_ray", lambda: tiny)
    monkeypatch.setattr(cluster, "_backend", lambda threads: "backend")
    with cluster.cluster(None, None, 2) as found:
        assert found == ("backend", 2)
    for workers in (1, 3):
        with pytest.raises(ConfigError, match="no room"), cluster.cluster(None, workers, 2):
            pass


def test_workers_of_an_unknown_kind_are_refused():
    with pytest.raises(ValueError, match="'inline', 'processes' or 'ray'"):
        config(executor="threads")

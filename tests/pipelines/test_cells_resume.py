"""Comparisons killed, interrupted or damaged go on where they stopped, to the very results they would have had."""

from __future__ import annotations

import csv
import shutil
import signal
import warnings

import psutil
import pytest
from grids import SETTINGS, cells, start, timeless, wait_for

from headway.errors import ConfigError
from headway.pipelines.cells import grid
from headway.pipelines.compare import compare, resume_comparison
from headway.pipelines.configuration.schema import CompareConfig
from headway.pipelines.families import compare_over, resume_family
from headway.runs import Run

ARGUMENTS = [
    "problem=trouble/guess", "contestants=[noisy, {name: forks, seconds: 0.1}]", "budget=1.0", "wall=20.0", "n=3",
    "shard=1", "seed=5", "report=false", "tracking=off", "pictures=0", "name=grid",
]  # fmt: skip


def config(**changes):
    return CompareConfig.model_validate({**SETTINGS, **changes})


KEPT = []


@pytest.fixture
def whole(trouble, tmp_path, tmp_path_factory):
    """A run that nobody disturbed: a copy for each test."""
    if not KEPT:
        KEPT.append(compare(config(), root=tmp_path_factory.mktemp("whole")).folder)
    return Run.open(shutil.copytree(KEPT[0], tmp_path / "whole"))


@pytest.fixture
def spread_to(monkeypatch):
    """The addresses of all cells that are computed."""
    computed = []
    original = grid.spread

    def listed(tasks, *others):
        for filled in original(tasks, *others):
            computed.append(filled.address)
            yield filled

    monkeypatch.setattr(grid, "spread", listed)
    return computed


def test_killed_and_resumed(trouble, whole, tmp_path):
    """kill -9 of the driver in the middle of a cell: no process outlives it, no finished cell is computed again."""
    driver = start("compare", *ARGUMENTS, f"runs={tmp_path}", "executor=processes", "executor.workers=2")
    folder = tmp_path / "grid"
    wait_for(lambda: len(cells(folder)) >= 2 or driver.poll() is not None)
    family = psutil.Process(driver.pid).children(recursive=True)
    driver.kill()
    driver.communicate()
    assert not psutil.wait_procs(family, timeout=20)[1]
    assert Run.open(folder).status == "lost"
    finished = cells(folder)
    assert 2 <= len(finished) < 6
    again = start("resume", folder)
    _, errors = again.communicate(timeout=120)
    assert again.returncode == 0, errors.decode()
    assert timeless(folder) == timeless(whole.folder)
    assert finished.items() <= cells(folder).items()
    assert len(cells(folder)) == 6
    run = Run.open(folder)
    assert (run.status, [line.step for line in run.metrics()]) == ("finished", [1, 2, 3, 4, 5, 6])


def test_interrupted(trouble, tmp_path):
    """Ctrl-C ends it with its workers, says how to go on, and leaves finished cells in place."""
    driver = start("compare", *ARGUMENTS, f"runs={tmp_path}", "executor=processes", "executor.workers=2")
    folder = tmp_path / "grid"
    wait_for(lambda: len(cells(folder)) >= 1 or driver.poll() is not None)
    family = psutil.Process(driver.pid).children(recursive=True)
    driver.send_signal(signal.SIGINT)
    _, errors = driver.communicate(timeout=60)
    assert driver.returncode == 130, errors.decode()
    assert not psutil.wait_procs(family, timeout=20)[1]
    assert f"headway resume {folder}" in errors.decode()
    assert Run.open(folder).status == "interrupted"
    assert 1 <= len(cells(folder)) < 6


def test_only_what_is_missing_is_computed(trouble, whole, spread_to):
    """A cell that was lost, a damaged one and nothing else; whatever else lies there is no answer of anything."""
    before, results = cells(whole.folder), timeless(whole.folder)
    lost, damaged, *_ = (whole.folder / "cells" / address for address in before)
    (lost / "MANIFEST.json").unlink()
    lost.rename(lost.parent / "elsewhere")
    (damaged / "arrays.npz").write_bytes(b"")
    whole.finish("interrupted")
    with pytest.warns(RuntimeWarning, match=f"computed again(.|\n)*{damaged.name}"):
        resume_comparison(whole)
    assert sorted(spread_to) == sorted([lost.name, damaged.name])
    assert timeless(whole.folder) == results
    assert cells(whole.folder).keys() == before.keys()


def test_what_has_changed_is_computed_again(trouble, tmp_path, spread_to):
    """One instance of three in a file is another: its cell is new, and the old answer is not mixed in."""
    problem = trouble.Guess()
    first, other = problem.instances("train", 3), problem.instances("train", 3, 7)
    file = first.save(tmp_path / "f.npz")
    run = compare(config(instances=[file], contestants=["exact", "rounding"]), root=tmp_path)
    spread_to.clear()
    type(first).concat([first[:2], other[2]]).save(file)
    run.finish("interrupted")
    resume_comparison(run)
    assert len(spread_to) == 2
    expected = compare(config(instances=[file], contestants=["exact", "rounding"]), root=tmp_path)
    assert timeless(run.folder) == timeless(expected.folder)
    assert len(cells(run.folder)) == 8


def test_another_executor_goes_on(trouble, whole, spread_to, monkeypatch):
    """The address does not know who computes."""
    run = Run.open(whole.folder)
    whole.finish("interrupted")
    stored = run.config | {"executor": {"kind": "processes", "workers": 3}}
    monkeypatch.setattr(Run, "config", property(lambda self: stored))
    resume_comparison(run)
    assert spread_to == []


def test_finished_is_finished(whole, spread_to):
    """Nothing is computed or written; the report would be made, and the tracker told, once more."""
    before = {path: path.stat().st_mtime_ns for path in whole.folder.rglob("*")}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert resume_comparison(whole) is whole
    assert {path: path.stat().st_mtime_ns for path in whole.folder.rglob("*")} == before
    assert spread_to == []


def test_a_family_goes_on(trouble, tmp_path, spread_to):
    """Killed after one member's results were written, it computes what the other one lacks."""
    run = compare_over(config(over={"spread": [2.0, 9.0]}, contestants=["exact", "noisy"], n=2), root=tmp_path)
    table = (run.folder / "family.csv").read_bytes()
    (run.folder / "family.csv").unlink()
    first, second = run.children
    results = timeless(second.folder)
    (second.folder / "results.json").unlink()
    lost = second.folder / "cells" / next(iter(cells(second.folder)))
    (lost / "MANIFEST.json").rename(tmp_path / "MANIFEST.json")
    for stopped in (run, second):
        stopped.finish("interrupted")
    spread_to.clear()
    with pytest.warns(RuntimeWarning, match="computed again"):
        resume_family(run)
    assert spread_to == [lost.name]
    assert timeless(second.folder) == results
    assert (run.status, first.status, second.status) == ("finished",) * 3
    assert _gaps((run.folder / "family.csv").read_bytes()) == _gaps(table)


def test_a_family_killed_and_resumed(trouble, whole, tmp_path):
    """kill -9 of a family's driver: finished cells of all members stay, the command goes on with the others."""
    over = "over={spread: [9.0, 2.0]}"
    driver = start("compare", *ARGUMENTS, over, f"runs={tmp_path}", "executor=processes", "executor.workers=2")
    folder = tmp_path / "grid"

    def finished():
        return {key: kept for child in (folder / "children").glob("*") for key, kept in cells(child).items()}

    wait_for(lambda: len(finished()) >= 2 or driver.poll() is not None)
    driver.kill()
    driver.communicate()
    before = finished()
    assert 2 <= len(before) < 12
    assert Run.open(folder).status == "lost"
    again = start("resume", folder)
    _, errors = again.communicate(timeout=120)
    assert again.returncode == 0, errors.decode()
    run = Run.open(folder)
    assert [child.status for child in (run, *run.children)] == ["finished"] * 3
    assert len(finished()) == 12
    assert before.items() <= finished().items()
    assert timeless(run.children[0].folder)["scores"] == timeless(whole.folder)["scores"]
    assert len((folder / "family.csv").read_text(encoding="utf-8").splitlines()) == 1 + 2 * 2


def _gaps(table):
    lines = csv.DictReader(table.decode().splitlines())
    return [{key: text for key, text in line.items() if key != "cpu_seconds"} for line in lines]


def test_not_while_it_runs_and_not_alone(trouble, tmp_path):
    """A running comparison is left alone, and so is one that belongs to another run."""
    run = Run.create("compare", config().model_dump(mode="json"), root=tmp_path, problem="trouble/guess")
    child = Run.create("compare", config().model_dump(mode="json"), parent=run, problem="trouble/guess")
    child.finish("interrupted")
    with run, pytest.raises(ConfigError, match="still running"):
        resume_comparison(run)
    with pytest.raises(ConfigError, match="inside another one"):
        resume_comparison(child)

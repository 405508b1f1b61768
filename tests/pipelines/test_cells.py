"""Cells: what their addresses depend on, what is kept of an answer, and what is made of a damaged one."""

from __future__ import annotations

import dataclasses
import shutil
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from headway.batch import Batch
from headway.contest import runner
from headway.contest.contestants import resolve
from headway.contest.outcome import Outcome, Point
from headway.errors import CapabilityError
from headway.evaluation import Evaluation
from headway.pipelines.cells import work as working
from headway.pipelines.cells.answers import packed, unpacked
from headway.pipelines.cells.cell import Cell, shards
from headway.pipelines.cells.portable import Portable
from headway.pipelines.cells.store import Store
from headway.pipelines.cells.work import Task, work
from headway.solver import Budget


@pytest.fixture
def cell(trouble):
    problem = trouble.Guess()
    instances = problem.instances("test", 3)
    contestant = Portable.of(resolve("steady", problem, {"every": 0.5}))
    return Cell(problem, contestant, 0, [instances[i] for i in range(2)], Budget(cpu=0.05))


@pytest.fixture
def policy(trouble, tmp_path):
    """A folder with an untrained policy."""
    from headway.nn.mlp import MLP
    from headway.storage.stored import Description, StoredPolicy, save_policy

    description = Description.of(trouble.Guess().environment(), MLP(), "greedy")
    return save_policy(StoredPolicy(description.build(), description), tmp_path / "agent" / "policy")


# -- addresses ----------------------------------------------------------------------------------
def test_everything_that_decides_is_in_the_address(trouble, cell):
    """Another problem, contestant, seed, instance, order of instances or limit is another cell."""
    other = trouble.Guess(spread=2.0)
    changes = [
        {"problem": other},
        {"contestant": Portable.of(resolve("steady", cell.problem))},
        {"seed": 1},
        {"instances": cell.instances[:1]},
        {"instances": cell.instances[::-1]},
        {"instances": [other.instances("test", 2)[i] for i in range(2)]},
        *({"budget": dataclasses.replace(cell.budget, **{k: v})}
          for k, v in {"cpu": 0.06, "threads": 2, "wall": 9.0, "memory": 2**30}.items()),
    ]  # fmt: skip
    addresses = {dataclasses.replace(cell, **change).address for change in changes}
    assert len(addresses | {cell.address}) == len(changes) + 1
    assert dataclasses.replace(cell, instances=list(cell.instances)).address == cell.address


def test_another_headway_has_other_addresses(cell, monkeypatch):
    before = cell.address
    monkeypatch.setattr("headway.pipelines.cells.cell.source", lambda: {"version": "9.9", "git": None})
    assert dataclasses.replace(cell).address != before


def test_a_policy_counts_by_its_content(trouble, cell, policy, tmp_path):
    """Moved, it is the same contestant; with one weight changed, another. Guides of hybrids count, too."""

    def addresses(folder):
        names = [(str(folder), {}), ("guided", {"policy": str(folder)})]
        found = [resolve(name, cell.problem, options, label="it") for name, options in names]
        return [dataclasses.replace(cell, contestant=Portable.of(contestant)).address for contestant in found]

    moved = shutil.copytree(policy.parent, tmp_path / "elsewhere" / "agent") / "policy"
    assert addresses(moved) == addresses(policy)
    from headway.storage.stored import load_policy, save_policy

    changed = load_policy(moved)
    next(iter(changed.network.state_dict().values())).add_(1e-3)
    save_policy(changed, moved)
    assert not set(addresses(moved)) & set(addresses(policy))


def test_shards_by_hand(cell):
    """A size is kept to; without one, a cell is a minute of budget, and at least one instance."""
    five = list(cell.instances) * 2 + list(cell.instances)[:1]
    assert [len(part) for part in shards(five, 2, Budget())] == [2, 2, 1]
    hundred = five * 20
    assert [len(part) for part in shards(hundred, None, Budget(cpu=1.0))] == [60, 40]
    assert [len(part) for part in shards(five, None, Budget(cpu=100.0))] == [1] * 5


# -- answers ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Dated(Batch):
    day: NDArray[np.datetime64]
    name: NDArray[np.str_]
    weight: NDArray[np.float64]


def test_an_answer_comes_back_as_it_was():
    """Dates and text in solutions, NaN, infinities and empty traces; series and violations with any name."""
    solution = Dated(np.array([["2020-02-19", "NaT"]], "datetime64[D]"), np.array([["a/b", "é"]]), np.array([[0.1, 1]]))
    evaluation = Evaluation(np.array([-0.0]), {"too/high": np.array([0.0])}, {"n": np.array([np.inf])},
                            {"objective": np.array([[0.1, np.nan]])})  # fmt: skip
    whole = Outcome("finished", "", solution, evaluation, None, (Point(0.1, 0.2, 1 / 3, True),), 0.1, 0.2, 3.0, -1.0)
    nothing = Outcome("crash", "it\nended")
    first, second = unpacked(packed([whole, nothing]), SimpleNamespace(solution_type=Dated))
    assert first.solution.digest() == solution.digest()
    for part in ("objective", "violations", "metrics", "series"):
        np.testing.assert_equal(getattr(first.evaluation, part), getattr(evaluation, part))
    assert (first.trace, first.cpu_seconds, first.seconds, first.load_seconds, first.bound) == (
        whole.trace, 0.1, 0.2, 3.0, -1.0)  # fmt: skip
    assert (second.status, second.message, second.solution, second.evaluation) == ("crash", "it\nended", None, None)
    np.testing.assert_equal(
        [second.cpu_seconds, second.seconds, second.bound, second.trace], [np.nan, np.nan, np.nan, ()]
    )


def test_work_is_what_the_runner_does(trouble, cell):
    """A worker's answer, made from plain data, equals the runner's."""
    noisy = resolve("noisy", cell.problem)
    task = Task.of(dataclasses.replace(cell, contestant=Portable.of(noisy), seed=3), "grid")
    answered = unpacked(work(task).files, cell.problem)
    expected = runner.run(noisy, cell.problem, cell.instances, cell.budget, 3)
    assert [o.objective for o in answered] == [o.objective for o in expected]
    assert [o.status for o in answered] == ["finished", "finished"]


def test_a_policy_travels_with_its_cell(trouble, cell, policy):
    """Its folder may be gone by then."""
    contestant = Portable.of(resolve(str(policy), cell.problem))
    shutil.rmtree(policy.parent)
    (outcome, _) = unpacked(work(Task.of(dataclasses.replace(cell, contestant=contestant), "grid")).files, cell.problem)
    assert outcome.feasible


def test_a_worker_of_another_version_refuses(trouble, cell):
    task = dataclasses.replace(Task.of(cell, "grid"), version="9.9")
    with pytest.raises(CapabilityError, match="another version"):
        work(task)


def test_a_worker_without_the_problem_says_so(trouble, cell):
    task = dataclasses.replace(Task.of(cell, "grid"), problem="nowhere_installed:Problem")
    with pytest.raises(CapabilityError, match="install its package on every host"):
        work(task)


# -- store --------------------------------------------------------------------------------------
ANSWER = packed([Outcome("none", "it ended without a solution")] * 2)


def test_what_is_kept_is_read(cell, tmp_path):
    store = Store(tmp_path)
    assert store.read(cell) is None
    store.write(cell, ANSWER)
    assert [o.status for o in Store(tmp_path).read(cell)] == ["none", "none"]


@pytest.mark.parametrize("file", ["cell.json", "outcomes.json", "arrays.npz", "MANIFEST.json"])
@pytest.mark.parametrize("harm", ["cut", "flip", "delete"])
def test_a_damaged_cell_is_computed_again(cell, tmp_path, file, harm):
    """Whatever is wrong with whichever file, it is told, and taken for nothing."""
    store = Store(tmp_path)
    store.write(cell, ANSWER)
    path = tmp_path / "cells" / cell.address / file
    data = path.read_bytes()
    if harm == "delete":
        path.unlink()
    else:
        path.write_bytes(data[:-1] if harm == "cut" else bytes([data[0] ^ 1]) + data[1:])
    with pytest.warns(RuntimeWarning, match=f"computed again(.|\n)*{file}"):
        assert store.read(cell) is None
    store.write(cell, ANSWER)
    assert store.read(cell) is not None


def test_an_answer_in_the_wrong_place_is_not_taken(cell, tmp_path):
    """Sound as it is, it answers something else."""
    store, other = Store(tmp_path), dataclasses.replace(cell, seed=1)
    store.write(other, ANSWER)
    (tmp_path / "cells" / other.address).rename(tmp_path / "cells" / cell.address)
    with pytest.warns(RuntimeWarning, match="the answer of another cell"):
        assert store.read(cell) is None


def test_drafts_of_the_dead_are_swept(cell, tmp_path):
    draft = tmp_path / "cells" / ".tmp-dead"
    draft.mkdir(parents=True)
    Store(tmp_path)
    assert not draft.exists()


def test_problems_are_built_once_a_grid(trouble, cell, monkeypatch):
    """Cells of one grid share them; another grid builds its own, since files may have changed."""
    built = []
    monkeypatch.setattr(working, "build", lambda cls, options, where: built.append(cls) or cls(**options))
    monkeypatch.setattr(working.runner, "run", lambda *arguments: [])
    for grid in ("one", "one", "two"):
        work(Task.of(cell, grid))
    assert len(built) == 2

"""What is written is read back, bit for bit, and damage is noticed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from headway.components import build, options
from headway.errors import ContractError, DataError
from headway.testing.case import ProblemCase
from headway.testing.check import on_problem, require
from headway.testing.same import require_same


@on_problem()
def check_instances_are_stored(case: ProblemCase) -> None:
    """Instances are saved and restored bit for bit."""
    with tempfile.TemporaryDirectory() as folder:
        path = case.instance.save(Path(folder) / "instances.npz")
        restored = type(case.instance).restore(path)
        require_same(restored, case.instance, "a restored instance differs")
        require(restored.digest() == case.instance.digest(), "a restored instance has another digest")
        require_same(case.problem.load(path), case.instance, "`load` reads another instance than was saved")


@on_problem()
def check_digests_follow_content(case: ProblemCase) -> None:
    """A digest is the content's: equal for equal content, another one after any change."""
    arrays = case.instance.arrays()
    kind = type(case.instance)
    copied = kind.made({name: array.copy() for name, array in arrays.items()})
    require(copied.digest() == case.instance.digest(), "equal content has different digests")
    for name, array in arrays.items():
        if array.size:
            turned = kind.made(arrays | {name: np.roll(array, 1)})
            changed = turned.arrays()[name].tobytes() != array.tobytes()  # NaN and NaT differ from themselves
            require(turned.digest() != copied.digest() or not changed, "a change keeps the digest", where=name)


@on_problem()
def check_damaged_files_are_refused(case: ProblemCase) -> None:
    """A file that is missing, empty, cut short or of something else is refused with DataError."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = case.instance.save(folder / "whole.npz").read_bytes()
        contents = {"empty": b"", "half": whole[: len(whole) // 2], "head": whole[:-10], "text": b"no instance\n"}
        for label, content in contents.items():
            path = folder / f"{label}.npz"
            path.write_bytes(content)
            _require_refused(case.problem.load, path)
        _require_refused(case.problem.load, folder / "missing.npz")


def _require_refused(load: Callable[[Path], Any], path: Path) -> None:
    try:
        load(path)
    except DataError as error:
        require(path.name in str(error.where), "a refusal does not name the file", where=path.name, got=error)
    else:
        raise ContractError("a damaged file is read", where=path.name, expected="DataError")


@on_problem()
def check_solutions_are_stored(case: ProblemCase) -> None:
    """A solution that is written and read again scores the same."""
    with tempfile.TemporaryDirectory() as folder:
        for i in range(len(case.instance)):
            solution, instance = case.random.solution[i], case.instance[i]
            path = case.problem.write_solution(instance, solution, Path(folder) / f"{i}.sol")
            restored = case.problem.read_solution(instance, path)
            got, expected = (case.problem.evaluate(instance, s).objective for s in (restored, solution))
            require_same(got, expected, "a solution scores differently after storage", where=f"row {i}", tolerance=1e-9)


@on_problem()
def check_damaged_solutions_are_refused(case: ProblemCase) -> None:
    """A solution file that is missing, empty or of something else is refused with DataError."""
    instance = case.instance[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for label, content in {"empty": b"", "binary": bytes(range(256)), "text": b"no solution\n"}.items():
            (folder / f"{label}.sol").write_bytes(content)
            _require_refused(lambda path: case.problem.read_solution(instance, path), folder / f"{label}.sol")
        _require_refused(lambda path: case.problem.read_solution(instance, path), folder / "missing.sol")


@on_problem()
def check_problem_is_its_options(case: ProblemCase) -> None:
    """A problem is rebuilt from its options: an equal problem, the same instances."""
    problem = case.problem
    rebuilt = build(type(problem), options(problem), where="problem")
    require(options(rebuilt) == options(problem), "a rebuilt problem has other options", got=options(rebuilt))
    require_same(rebuilt.instances("validation", len(case.instance)), case.instance, "a rebuilt problem differs")

"""Instances hold all randomness: reproducible, of sound types, and refused when malformed."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from headway.batch import Instance
from headway.errors import ContractError, DataError
from headway.seeds import SPLITS, stream
from headway.testing.case import ROWS, ProblemCase
from headway.testing.check import on_problem, require
from headway.testing.same import require_same


@on_problem()
def check_instances_have_their_type(case: ProblemCase) -> None:
    """`generate` returns n instances of the problem's instance type."""
    kind = case.problem.instance_type
    require(issubclass(kind, Instance), "the instance type is no Instance", got=kind)
    for n in (1, ROWS):
        instance = case.problem.instances("validation", n)
        require(type(instance) is kind, "another type is generated", got=type(instance), expected=kind)
        require(len(instance) == n, "another number of instances is generated", got=len(instance), expected=n)


@on_problem()
def check_instances_are_reproducible(case: ProblemCase) -> None:
    """Instances of one split and seed are the same for everybody, whatever else was drawn before."""
    problem = case.problem
    first = problem.instances("train", ROWS, seed=3)
    problem.instances("train", 2, seed=4)
    np.random.random(5)  # noqa: NPY002 (a generator that uses the global stream must be found out)
    random.random()
    require_same(problem.instances("train", ROWS, seed=3), first, "the same seed gives other instances")


@on_problem()
def check_splits_differ(case: ProblemCase) -> None:
    """Instances of different splits are different."""
    digests = {split: case.problem.instances(split, ROWS).digest() for split in SPLITS}
    require(len(set(digests.values())) == len(SPLITS), "two splits hold the same instances", got=digests)


@on_problem()
def check_seeds_differ(case: ProblemCase) -> None:
    """Training instances of different seeds are different."""
    digests = {case.problem.instances("train", ROWS, seed).digest() for seed in range(3)}
    require(len(digests) == 3, "different seeds give the same instances", got=f"{len(digests)} of 3 different")


@on_problem()
def check_generate_uses_its_generator(case: ProblemCase) -> None:
    """`generate` draws from the generator it is given and from nowhere else."""
    problem = case.problem
    before = _global_streams()
    drawn = [problem.generate(stream("train", 0, "check"), 2, "train") for _ in range(2)]
    require(_global_streams() == before, "a global random stream was used", where="Problem.generate")
    require_same(drawn[1], drawn[0], "equal generators give different instances")


@on_problem()
def check_instances_slice_and_join(case: ProblemCase) -> None:
    """An instance is a slice of its batch, and batches concatenate to the whole."""
    whole = case.instance
    for i in range(len(whole)):
        require_same(whole[i], type(whole)(**{k: a[i : i + 1] for k, a in whole.arrays().items()}), "a row differs")
    joined = type(whole).concat([whole[i] for i in range(len(whole))])
    require_same(joined, whole, "rows put together differ from the batch")
    require(joined.digest() == whole.digest(), "equal batches have different digests")


@on_problem()
def check_instances_refuse_nonfinite(case: ProblemCase) -> None:
    """An instance with a NaN or an infinity is refused, where these are no declared absence of a value or a bound."""
    for name, array in case.instance.arrays().items():
        if array.dtype.kind != "f" or not array.size or not np.isfinite(array).all():
            continue  # a field that uses NaN by design says so in its own rules
        declared = {np.nan: case.instance.missing, np.inf: case.instance.unbounded}
        for value in (value for value, fields in declared.items() if name not in fields):
            bad = array.copy()
            bad.flat[bad.size // 2] = value
            _require_refused(case, {name: bad}, f"{name} = {value}")


@on_problem()
def check_instances_refuse_misshaped(case: ProblemCase) -> None:
    """An instance whose fields differ in batch length, or are no arrays, is refused."""
    for name, array in case.instance.arrays().items():
        _require_refused(case, {name: array.tolist()}, f"{name} is a list")
        if len(case.instance.arrays()) > 1:
            _require_refused(case, {name: array[:-1]}, f"{name} has one row less")


def _global_streams() -> str:
    """The state of Python's and numpy's global generators."""
    name, keys, *position = np.random.get_state(legacy=True)  # noqa: NPY002
    return f"{random.getstate()} {name} {np.asarray(keys).tobytes().hex()} {position}"


def _require_refused(case: ProblemCase, change: dict[str, Any], what: str) -> None:
    kind = case.problem.instance_type
    try:
        kind(**case.instance.arrays() | change)
    except DataError as error:
        require(error.where is not None, "a refusal does not say where", got=error)
    else:
        raise ContractError("a malformed instance is accepted", where=kind.__name__, got=what, expected="InstanceError")

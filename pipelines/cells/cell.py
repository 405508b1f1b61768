"""A cell: one contestant with one seed on one shard of the instances of one problem, and the address of its answer."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import headway
from headway.batch import Instance
from headway.components import options
from headway.pipelines.cells.portable import Portable
from headway.problem import Problem
from headway.runs.provenance import commit
from headway.solver import Budget

FORMAT = 1  # of what is kept of an answer
SHARD = 60.0  # CPU-seconds of budget that a cell holds, where nobody says otherwise


@dataclass(frozen=True)
class Cell:
    """What decides an answer, and nothing else.

    Attributes
    ----------
    instances : batches of one
    """

    problem: Problem[Any, Any]
    contestant: Portable
    seed: int
    instances: Sequence[Instance]
    budget: Budget

    @cached_property
    def facts(self) -> bytes:
        """All that decides the answer, as JSON: digests stand for instances and policies."""
        facts = {
            "format": FORMAT,
            "headway": source(),
            "problem": {"class": reference(self.problem), "options": _plain(options(self.problem))},
            "contestant": self.contestant.message,
            "seed": self.seed,
            "instances": [instance.digest() for instance in self.instances],
            "budget": dataclasses.asdict(self.budget),
        }
        return (json.dumps(facts, indent=2, sort_keys=True) + "\n").encode()

    @cached_property
    def address(self) -> str:
        """SHA-256 of `facts`: where the answer is kept."""
        return hashlib.sha256(self.facts).hexdigest()


def shards(instances: Sequence[Instance], size: int | None, budget: Budget) -> Iterator[Sequence[Instance]]:
    """The instances in parts of ``size``; None: as many as make a minute of budget, which a worker's start is small to.

    The parts do not depend on the number of workers, so that another executor can go on with what one has begun.
    """
    size = size or max(1, int(SHARD / budget.cpu))
    return (instances[first : first + size] for first in range(0, len(instances), size))


@cache
def source() -> Mapping[str, Any]:
    """Version and, in a checkout, commit of this headway; of uncommitted changes only that there are some."""
    return {"version": metadata.version("headway"), "git": commit(Path(headway.__file__).parent)}


def reference(problem: Problem[Any, Any]) -> str:
    """The class of a problem as ``module:Class``."""
    return f"{type(problem).__module__}:{type(problem).__qualname__}"


def _plain(value: Any) -> Any:
    from pydantic_core import to_jsonable_python

    return to_jsonable_python(value)

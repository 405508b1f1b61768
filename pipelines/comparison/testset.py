"""The instances of a comparison, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from headway.batch import Instance
from headway.errors import DataError
from headway.evaluation import Reference
from headway.pipelines.configuration.schema import CompareConfig
from headway.problem import Problem


def test_instances(problem: Problem[Any, Any], config: CompareConfig) -> tuple[list[Instance], dict[str, Reference]]:
    """The instances, as batches of one, and what is known of them: of the test split, or from files."""
    if not config.instances:
        parts = [problem.instances("test", config.n, config.seed)]
    else:
        parts = _cut([problem.load(path) for path in config.instances], config.n)
    known = [problem.references(part) for part in parts]
    return [part[i] for part in parts for i in range(len(part))], _merge(known, [len(part) for part in parts])


def _cut(parts: Sequence[Instance], n: int) -> list[Instance]:
    """The first ``n`` instances of all parts."""
    kept, left = [], n
    for part in parts:
        kept.append(part[: min(left, len(part))])
        left -= len(kept[-1])
    whole = [part for part in kept if len(part)]
    if not whole:
        raise DataError("the files hold no instance", where="instances", got="0 instances", expected=">= 1")
    return whole


def _merge(known: Sequence[Mapping[str, Reference]], lengths: Sequence[int]) -> dict[str, Reference]:
    """References over all parts; NaN where a part has none of that name."""
    merged = {}
    for name, first in {n: r for part in known for n, r in part.items()}.items():
        values = [
            part[name].value if name in part else np.full(n, np.nan) for part, n in zip(known, lengths, strict=True)
        ]
        merged[name] = Reference(first.kind, np.concatenate(values), first.source, first.rederived)
    return merged


def source(config: CompareConfig) -> str:
    """Where they come from, in words."""
    return ", ".join(map(str, config.instances)) or f"test split, seed {config.seed}"

"""Comparison of nested arrays, with the place where they first differ."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from headway.batch import Batch
from headway.errors import ContractError
from headway.evaluation import Evaluation


def require_same(got: Any, expected: Any, what: str, *, where: str = "", tolerance: float = 0.0) -> None:
    """Raise ContractError at the first array that differs by more than ``tolerance`` (relative above 1).

    Takes arrays (of any library), numbers, and nested tuples, lists, dicts, batches and evaluations of them.
    NaN equals NaN. Without a tolerance dtypes must agree, too.
    """
    got, expected = _plain(got), _plain(expected)
    if isinstance(expected, dict):
        if set(got) != set(expected):
            raise ContractError(what, where=where, got=sorted(got), expected=sorted(expected))
        for key in expected:
            require_same(got[key], expected[key], what, where=f"{where}[{key!r}]", tolerance=tolerance)
    elif isinstance(expected, list):
        if len(got) != len(expected):
            raise ContractError(what, where=where, got=f"{len(got)} parts", expected=f"{len(expected)} parts")
        for i, (ours, theirs) in enumerate(zip(got, expected, strict=True)):
            require_same(ours, theirs, what, where=f"{where}[{i}]", tolerance=tolerance)
    else:
        _require_same_array(np.asarray(got), np.asarray(expected), what, where, tolerance)


def _plain(tree: Any) -> Any:
    if isinstance(tree, Batch):
        return tree.arrays()
    if isinstance(tree, Evaluation):
        return {f.name: getattr(tree, f.name) for f in dataclasses.fields(tree)}
    if isinstance(tree, tuple):
        return tree._asdict() if hasattr(tree, "_asdict") else list(tree)
    if hasattr(tree, "detach"):
        return tree.detach().cpu().numpy()
    return dict(tree) if hasattr(tree, "keys") else tree


def _require_same_array(got: np.ndarray, expected: np.ndarray, what: str, where: str, tolerance: float) -> None:
    if got.shape != expected.shape or (tolerance == 0 and got.dtype != expected.dtype):
        raise ContractError(
            what, where=where, got=f"{got.dtype} {got.shape}", expected=f"{expected.dtype} {expected.shape}"
        )
    if expected.dtype.kind not in "fc" or tolerance == 0:
        same = (got == expected) | ((got != got) & (expected != expected))
    else:
        same = np.isclose(got, expected, rtol=tolerance, atol=tolerance, equal_nan=True)
    if not same.all():
        place = tuple(int(i) for i in np.argwhere(~same)[0]) if same.ndim else ()
        raise ContractError(
            what, where=f"{where}{list(place) if place else ''}", got=got[place], expected=expected[place]
        )


def frozen(tree: Any) -> Any:
    """A copy of every numpy array in ``tree`` that refuses to be written to."""
    if isinstance(tree, np.ndarray):
        copy = tree.copy()
        copy.setflags(write=False)
        return copy
    if isinstance(tree, Batch):
        return type(tree).made(frozen(tree.arrays()))
    if isinstance(tree, dict):
        return {key: frozen(value) for key, value in tree.items()}
    if isinstance(tree, tuple):
        parts = [frozen(part) for part in tree]
        return type(tree)(*parts) if hasattr(tree, "_fields") else tuple(parts)
    return tree

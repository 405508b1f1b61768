"""Row operations on states, parameters and policy memories: nested tuples and dicts of arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def map_arrays(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Apply ``function`` to each array of ``tree`` (and the arrays at its place in ``others``)."""
    if tree is None:
        return tree
    if isinstance(tree, dict):
        return {k: map_arrays(function, v, *(o[k] for o in others)) for k, v in tree.items()}
    if isinstance(tree, tuple):
        parts = [map_arrays(function, *group) for group in zip(tree, *others, strict=True)]
        return type(tree)(*parts) if hasattr(tree, "_fields") else tuple(parts)
    return function(tree, *others)


def rows(tree: T, index: Any) -> T:
    """The rows ``index`` (integers, a boolean mask or a slice) of every array."""
    picked: T = map_arrays(lambda a: a[index], tree)
    return picked


def put(tree: T, index: Any, source: T) -> None:
    """Overwrite the rows ``index`` of every array in place with those of ``source``."""

    def write(target: Any, new: Any) -> Any:
        target[index] = new
        return target

    map_arrays(write, tree, source)

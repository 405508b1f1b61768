"""Gymnasium spaces as JSON, so that a stored policy knows what it was trained on."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from headway.errors import ContractError


def to_json(space: spaces.Space[Any]) -> dict[str, Any]:
    """A space as JSON values. Raises ContractError for kinds that Headway does not use."""
    if isinstance(space, spaces.Dict):
        return {"dict": {name: to_json(part) for name, part in space.spaces.items()}}
    if isinstance(space, spaces.Box):
        bounds = {"low": _bound(space.low), "high": _bound(space.high)}
        return {"box": {"shape": list(space.shape), "dtype": str(space.dtype), **bounds}}
    if isinstance(space, spaces.Discrete):
        return {"discrete": int(space.n)}
    if isinstance(space, spaces.MultiBinary):
        return {"binary": space.n if isinstance(space.n, int) else list(space.shape)}
    raise ContractError("a space of an unknown kind", got=space, expected="Dict, Box, Discrete or MultiBinary")


def from_json(value: dict[str, Any]) -> spaces.Space[Any]:
    """The space that `to_json` described."""
    ((kind, facts),) = value.items()
    if kind == "dict":
        return spaces.Dict({name: from_json(part) for name, part in facts.items()})
    if kind == "box":
        low, high = (_bounds(facts[side], facts) for side in ("low", "high"))
        return spaces.Box(low, high, dtype=np.dtype(facts["dtype"]).type)
    if kind == "discrete":
        return spaces.Discrete(facts)
    return spaces.MultiBinary(facts)


def _bound(values: NDArray[Any]) -> Any:
    # repr keeps infinities, which JSON has not; equal bounds are written once.
    texts = [repr(v) for v in values.ravel().tolist()]
    return texts[0] if len(set(texts)) == 1 else texts


def _bounds(texts: Any, facts: dict[str, Any]) -> NDArray[Any]:
    shape, dtype = tuple(facts["shape"]), np.dtype(facts["dtype"])
    numbers = [texts] if isinstance(texts, str) else texts
    values = np.array([float(text) if dtype.kind == "f" else int(text) for text in numbers], dtype)
    return np.broadcast_to(values[0], shape).copy() if len(numbers) == 1 else values.reshape(shape)

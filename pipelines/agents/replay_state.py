"""SB3's replay buffer as data, as far as it is filled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

BUFFER = ("actions", "rewards", "dones", "timeouts")
BUFFER_DICTS = ("observations", "next_observations")


def replay_state(buffer: Any) -> dict[str, Any]:
    """What is in the buffer: views of its arrays."""
    filled = slice(buffer.buffer_size if buffer.full else buffer.pos)
    arrays: dict[str, Any] = {name: getattr(buffer, name)[filled] for name in BUFFER}
    for name in BUFFER_DICTS:
        arrays[name] = {part: array[filled] for part, array in getattr(buffer, name).items()}
    return {"pos": buffer.pos, "full": buffer.full, "arrays": arrays}


def set_replay_state(buffer: Any, state: Mapping[str, Any]) -> None:
    """Fill the buffer again."""
    buffer.pos, buffer.full = state["pos"], state["full"]
    for name in BUFFER:
        _fill(getattr(buffer, name), state["arrays"][name])
    for name in BUFFER_DICTS:
        for part, array in getattr(buffer, name).items():
            _fill(array, state["arrays"][name][part])


def _fill(target: NDArray[Any], source: NDArray[Any]) -> None:
    target[: len(source)] = np.asarray(source)

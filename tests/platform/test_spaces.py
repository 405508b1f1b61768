"""Spaces as JSON and back."""

from __future__ import annotations

import json

import numpy as np
import pytest
from gymnasium import spaces

from headway.errors import ContractError
from headway.storage.spaces import from_json, to_json


@pytest.mark.parametrize(
    "space",
    [
        spaces.Discrete(4),
        spaces.MultiBinary(3),
        spaces.Box(-np.inf, np.inf, (2, 3), np.float32),
        spaces.Box(np.array([-1, 0.1], np.float64), np.array([np.inf, 0.3], np.float64), dtype=np.float64),
        spaces.Box(0, 255, (2,), np.uint8),
        spaces.Dict({"b": spaces.Discrete(2), "a": spaces.Box(0, 1, (1,), np.float32)}),
    ],
)
def test_round_trip(space):
    """Through JSON text and back a space is the same, bounds, dtype and order included."""
    assert from_json(json.loads(json.dumps(to_json(space), allow_nan=False))) == space


def test_unknown_kind():
    """A kind that no environment of ours uses is refused."""
    with pytest.raises(ContractError, match="unknown kind"):
        to_json(spaces.Text(3))

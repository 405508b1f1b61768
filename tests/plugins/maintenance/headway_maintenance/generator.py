"""Fleets drawn at random."""

from __future__ import annotations

import numpy as np

from headway_maintenance.instance import FleetInstance


def fleets(rng: np.random.Generator, n: int, *, machines: int, periods: int, cap: int) -> FleetInstance:
    """``n`` fleets of 1 to ``machines`` machines with ages 0 to ``cap``, all padded to ``machines``."""
    size = rng.integers(1, machines + 1, n)
    present = np.arange(machines) < size[:, None]
    age = rng.integers(0, cap + 1, (n, machines))
    uniform = rng.random((n, periods, machines, 2))
    return FleetInstance(
        age=np.where(present, age, 0),
        present=present,
        uniform=np.where(present[:, None, :, None], uniform, 1.0),
        periods=np.full(n, periods),
    )

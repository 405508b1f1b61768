"""Machines, their ages, and the luck that decides which of them fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway import Instance
from headway.batch import Batch, pad

FAILURE, SEVERITY = 0, 1  # purposes of a uniform number
NOTHING, REPAIR, REPLACE = 0, 1, 2  # what the crew does in a period


@dataclass(frozen=True)
class FleetInstance(Instance):
    """Machines under one crew.

    Attributes
    ----------
    periods : int64 [B], length of the horizon
    age : int64 [B, M], periods since the machine was new
    present : bool [B, M], false where a row has fewer machines than its batch
    uniform : float64 [B, T, M, 2] in [0, 1], one number per period, machine and purpose
    """

    periods: NDArray[np.int64]
    age: NDArray[np.int64] = pad(0)
    present: NDArray[np.bool_] = pad(False)
    uniform: NDArray[np.float64] = pad(1.0)

    def validate(self) -> None:
        self.refuse("age", "an age >= 0", self.age < 0)
        self.refuse("uniform", "a number in [0, 1]", ~((self.uniform >= 0) & (self.uniform <= 1)))
        self.refuse("present", "at least one machine", ~self.present.any(axis=1))
        covered = (self.periods >= 1) & (self.periods <= self.uniform.shape[1])
        self.refuse("periods", "at least 1, with numbers for each period", ~covered)
        if self.age.shape != self.present.shape or self.uniform.shape[2:] != (*self.age.shape[1:], 2):
            got: dict[str, Any] = {name: array.shape for name, array in self.arrays().items()}
            raise self.error("fields differ in their number of machines", where="FleetInstance", got=got)


@dataclass(frozen=True)
class Plan(Batch):
    """What the crew did.

    Attributes
    ----------
    machine : int64 [B, T], -1 for none
    work : int64 [B, T], `NOTHING`, `REPAIR` or `REPLACE`
    """

    machine: NDArray[np.int64] = pad(-1)
    work: NDArray[np.int64] = pad(NOTHING)

"""Solutions of routing problems: the routes of a fleet as one giant tour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from headway.batch import Batch, pad
from headway.errors import SolutionError


@dataclass(frozen=True)
class Routes(Batch):
    """Which customers each vehicle visits, in order.

    Attributes
    ----------
    visits : int64 [B, L], all routes one after the other, separated by 0 (the depot). The tour starts
        and ends at the depot without saying so; more zeros mean nothing, so trailing ones are padding.

    Raises
    ------
    SolutionError
        ``visits`` is no table of integers.
    """

    error = SolutionError

    visits: NDArray[np.int64] = pad(0)

    def validate(self) -> None:
        if self.visits.ndim != 2 or self.visits.dtype.kind != "i":
            raise self.error(
                "visits have the wrong form",
                where="Routes.visits",
                got=f"{self.visits.dtype} {self.visits.shape}",
                expected="int64 [B, L]",
            )

    @classmethod
    def of(cls, routes: Sequence[Sequence[int]]) -> Self:
        """One solution (a batch of one) from lists of customers; empty routes are left out."""
        tour: list[int] = []
        for route in routes:
            if len(route):
                tour += [*map(int, route), 0]
        return cls(np.array([tour], dtype=np.int64).reshape(1, -1))

    def routes(self, row: int = 0) -> list[list[int]]:
        """The customers of each route of one solution, in order; no empty routes."""
        visits = self.visits[row]
        parts = np.split(visits, np.flatnonzero(visits == 0))
        return [route for part in parts if (route := part[part != 0].tolist())]

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
    visits : int64 [B, L], all routes one after the other. A number above 0 is a customer. A number d <= 0 ends a
        route, and the next one leaves from depot -d; the first leaves from depot 0 unless another comes first. So with
        one depot the routes are separated by 0. Empty routes mean nothing, so trailing zeros are padding.

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
    def of(cls, routes: Sequence[Sequence[int]], depots: Sequence[int] | None = None) -> Self:
        """One solution (a batch of one) from lists of customers, and the depots (0, 1, ...) they leave from; empty
        routes are left out.
        """
        tour: list[int] = []
        for route, depot in zip(routes, depots or [0] * len(routes), strict=True):
            if len(route):
                tour += [*([-depot] if tour or depot else []), *map(int, route)]
        return cls(np.array([tour], dtype=np.int64).reshape(1, -1))

    def routes(self, row: int = 0) -> list[list[int]]:
        """The customers of each route of one solution, in order; no empty routes."""
        return [route for _, route in self.leaving(row)]

    def leaving(self, row: int = 0) -> list[tuple[int, list[int]]]:
        """Depot and customers of each route of one solution, in order; no empty routes."""
        visits = self.visits[row]
        routes: list[tuple[int, list[int]]] = [(0, [])]
        for visit in visits.tolist():
            if visit > 0:
                routes[-1][1].append(visit)
            else:
                routes.append((-visit, []))
        return [(depot, route) for depot, route in routes if route]

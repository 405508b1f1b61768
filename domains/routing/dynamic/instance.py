"""A day of orders that become known wave by wave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headway.batch import Batch, Instance, pad
from headway.domains.routing.family.instance import Bools, Floats, Ints, RoutingInstance

NEVER = 1_000_000  # release of what is no order


@dataclass(frozen=True)
class Day(Instance):
    """A batch of days; node 0 is the depot.

    Attributes
    ----------
    waves : int64 [B], how many there are; vehicles leave at each, as many as needed
    capacity : int64 [B], of every vehicle
    convention, name : str [B], as of `RoutingInstance`; no matrices
    coords : float64 [B, N, 2]
    demand : int64 [B, N], units of capacity; 0 at the depot
    release : int64 [B, N], the wave before which an order becomes known; nodes with ``release >= waves`` are none
    due : int64 [B, N], the last wave that may take it

    Raises
    ------
    InstanceError
    """

    waves: Ints
    capacity: Ints
    convention: NDArray[np.str_]
    name: NDArray[np.str_]
    coords: Floats = pad(0.0)
    demand: Ints = pad(0)
    release: Ints = pad(NEVER)
    due: Ints = pad(0)

    @property
    def order(self) -> Bools:
        """bool [B, N]: the nodes that are orders."""
        order: Bools = (self.release < self.waves[:, None]) & (np.arange(self.demand.shape[1]) > 0)
        return order

    def known(self, wave: int | Ints) -> Bools:
        """bool [B, N]: orders that are known when this wave leaves."""
        return self.order & (self.release <= np.reshape(wave, (-1, 1)))

    def task(self) -> RoutingInstance:
        """All orders as one CVRP; what is no order may be left out for nothing."""
        order = self.order
        return RoutingInstance.of(
            coords=np.where(
                order[:, :, None] | (np.arange(order.shape[1]) == 0)[:, None], self.coords, self.coords[:, :1]
            ),
            demand=np.where(order, self.demand, 0),
            capacity=self.capacity,
            prize=np.where(order, np.inf, 0.0),
            convention=self.convention,
            name=self.name,
        )

    def view(self, wave: int) -> Day:
        """The orders known at ``wave``; the others look like none."""
        known = self.known(wave)
        depot = np.arange(known.shape[1]) == 0
        return Day.made(
            self.arrays()
            | {
                "coords": np.where((known | depot)[:, :, None], self.coords, 0.0),
                "demand": np.where(known, self.demand, 0),
                "release": np.where(known | depot, self.release, NEVER),
                "due": np.where(known, self.due, 0),
            }
        )

    def validate(self) -> None:
        order = self.order
        self.refuse("convention", "float, nint or trunc1", ~np.isin(self.convention, ("float", "nint", "trunc1")))
        self.refuse("waves", "at least 1", self.waves < 1)
        self.refuse("coords", "a finite number", ~np.isfinite(self.coords) & order[:, :, None])
        self.refuse("coords", "a finite number", ~np.isfinite(self.coords[:, :1]))
        self.refuse("demand", "not negative", (self.demand < 0) & order)
        self.refuse("demand", "at most the capacity", (self.demand > self.capacity[:, None]) & order)
        self.refuse("release", "not negative", (self.release < 0) & order)
        self.refuse("release", "0 at the depot", (self.release != 0) & (np.arange(order.shape[1]) == 0))
        self.refuse("due", "at least release", (self.due < self.release) & order)
        self.refuse("due", "less than waves", (self.due >= self.waves[:, None]) & order)


@dataclass(frozen=True)
class Dispatches(Batch):
    """Which vehicle takes which order, and when it leaves.

    Attributes
    ----------
    visits : int64 [B, L], as of `Routes`, with one depot
    wave : int64 [B, N], the wave that takes each order
    """

    visits: Ints = pad(0)
    wave: Ints = pad(0)

"""The solvers of `rescheduling` under their own names."""

from __future__ import annotations

from typing import Any

from headway.components import component, given
from headway.domains.vm_rescheduling.live.planned import Planned


@component
class Greedy(Planned):
    """The plan of `classical.greedy.Greedy` (see `Planned`)."""

    inner: str = "greedy"


@component
class ShapedGreedy(Planned):
    """The plan of `classical.greedy.ShapedGreedy` (see `Planned`)."""

    inner: str = "shaped_greedy"


@component
class BestFit(Planned):
    """The plan of `classical.repacking.BestFit` (see `Planned`)."""

    inner: str = "best_fit"


@component
class AlphaVBPP(Planned):
    """The plan of `classical.repacking.AlphaVBPP` (see `Planned`)."""

    inner: str = "alpha_vbpp"


@component
class Exact(Planned):
    """The plan of `exact.contestants.Exact` (see `Planned`)."""

    inner: str = "exact"


@component
class Guided(Planned):
    """A solver of `rescheduling` that is handed a policy (see `Planned`)."""

    inner: str = "sampling"
    policy: Any = given()

    @property
    def _handed(self) -> dict[str, Any]:
        return {"policy": self.policy}


@component
class Sampling(Guided):
    """The best of a policy's plans, as `learned.sampling.Sampling` finds it (see `Planned`)."""


@component
class Hybrid(Guided):
    """A policy says where to look, and the exact model finishes: `learned.hybrid.Hybrid` (see `Planned`)."""

    inner: str = "hybrid"

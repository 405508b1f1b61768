"""The solvers of `rescheduling` under their own names."""

from __future__ import annotations

from headway.components import component
from headway.domains.vm_rescheduling.live.planned import Planned


@component
class Greedy(Planned):
    """The plan of `classical.greedy.Greedy` (see `Planned`)."""

    inner: str = "greedy"


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

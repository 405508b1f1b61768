"""Routes from a POMO policy: one episode, many starts, eight-fold symmetry, sampling, beam search, active search."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from headway.components import component, given
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.domains.routing.learned.pomo_episodes import Played
from headway.domains.routing.learned.pomo_guide import By, Guide, best
from headway.errors import ConfigError
from headway.solver import Search, Solver

CHUNK = 16  # episodes between two looks at the clock


@component
class Decoding(Solver[RoutingInstance, Routes]):
    """The best of several episodes of a policy; each better one is reported, and time may end it before.

    Attributes
    ----------
    policy : with the network ``pomo``; or ``random``
    mode : ``greedy``: the likeliest episode; ``starts``: the likeliest from each customer (Kwon et al. 2020);
        ``symmetry``: these for the eight rotations and reflections of the plane; ``sample``: drawn ones, from each
        customer in turn; ``beam``: the likeliest ones that a beam search finds; ``active``: drawn ones, whose tables
        learn meanwhile (see `active`)
    samples : episodes drawn, or states of the beam
    temperature, top : of what is drawn (see `pomo_kernel.drawn`)
    polish : iterations of SISR after a local search on the best episode; None: until the budget ends; 0: none of both
    by : whose episodes (see `Guide`)
    """

    policy: Any = given()
    mode: Literal["greedy", "starts", "symmetry", "sample", "beam", "active"] = "symmetry"
    samples: Annotated[int, Field(ge=1)] = 1024
    temperature: Annotated[float, Field(gt=0)] = 1.0
    top: Annotated[float, Field(gt=0, le=1)] = 1.0
    polish: Annotated[int, Field(ge=0)] | None = 0
    by: By = "policy"

    def __post_init__(self) -> None:
        if self.by == "random" and self.mode in ("beam", "active"):
            raise ConfigError("nothing to go by", where="by", got=self.by, expected=f"policy or near, for {self.mode}")

    def solve(self, problem: Any, instance: RoutingInstance, search: Search[Routes]) -> Routes:
        guide = Guide(problem, instance, self.policy, self.by)
        routes, length = best(guide.likeliest(np.zeros(1, np.int64)))
        search.incumbent(routes)
        for played in self._played(guide, search):
            found, shorter = best(played)
            if shorter < length:
                routes, length = found, shorter
                search.incumbent(routes)
            if not search.left:
                break
        if self.polish == 0:
            return routes
        from headway.domains.routing.classical.sisr import polished
        from headway.domains.routing.classical.task import task_of

        return polished(task_of(instance), routes, search, self.polish)

    def _played(self, guide: Guide, search: Search[Routes]) -> Iterator[Played]:
        if self.mode in ("starts", "symmetry"):
            yield from _from_starts(guide, self.mode == "symmetry")
        if self.mode == "sample":
            for begun in range(0, self.samples, CHUNK):
                first = 1 + np.arange(begun, min(begun + CHUNK, self.samples)) % guide.customers
                yield guide.drawn(first, search.seed, begun, self.temperature, self.top)
        if self.mode == "beam":
            from headway.domains.routing.learned.beam import beam

            yield beam(guide, self.samples)
        if self.mode == "active":
            from headway.domains.routing.learned.active import active

            yield from active(guide, self.samples, search.seed)


def _from_starts(guide: Guide, copies: bool) -> Iterator[Played]:
    first = np.arange(1, guide.customers + 1)
    for begun in range(0, len(first), CHUNK):
        yield guide.likeliest(first[begun : begun + CHUNK])
    for begun in range(0, len(first) if copies else 0, CHUNK):
        yield guide.likeliest(first[begun : begun + CHUNK], copies=True)

"""Vehicle routing: fleets that serve customers from a depot."""

from __future__ import annotations

from headway.registry import Domain

domain = Domain(
    name="routing",
    summary="Vehicle routing: which vehicle visits which customer, in which order.",
    problems={"cvrp": "headway.domains.routing.cvrp:CVRP"},
)

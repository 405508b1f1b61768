"""Vehicle routing: fleets that serve customers from a depot."""

from __future__ import annotations

from headway.registry import Domain

domain = Domain(
    name="routing",
    summary="Vehicle routing: which vehicle visits which customer, in which order.",
    problems={
        "cvrp": "headway.domains.routing.family.configurations:CVRP",
        "vrptw": "headway.domains.routing.family.configurations:VRPTW",
        "ovrp": "headway.domains.routing.family.configurations:OVRP",
        "vrpb": "headway.domains.routing.family.configurations:VRPB",
        "vrpl": "headway.domains.routing.family.configurations:VRPL",
        "mdvrp": "headway.domains.routing.family.configurations:MDVRP",
        "pcvrp": "headway.domains.routing.family.configurations:PCVRP",
        "pdp": "headway.domains.routing.family.configurations:PDP",
        "dynamic_cvrp": "headway.domains.routing.dynamic.problem:DynamicCVRP",
        "tsp": "headway.domains.routing.family.configurations:TSP",
        "vrp": "headway.domains.routing.family.problems:VRP",
    },
    datasets={"cvrplib": "headway.domains.routing.files.cvrplib:CVRPLIB"},
)

"""The usual capacities; see `loads`."""

from headway.domains.routing.generation.loads import usual_capacity

__all__ = ["usual_capacity"]

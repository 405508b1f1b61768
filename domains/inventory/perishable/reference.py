"""What objectives are measured against: perfect information."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from headway.domains.inventory.perishable.bound import perfect_information
from headway.domains.inventory.perishable.instance import AgedPath
from headway.evaluation import Reference

if TYPE_CHECKING:
    from headway.domains.inventory.perishable.problem import Perishable


def references(problem: Perishable, path: AgedPath) -> Mapping[str, Reference]:
    """The bound of perfect information."""
    source = "the cheapest order for each unit of demand, all demand being known"
    return {"perfect_information": Reference("bound", perfect_information(path), source, rederived=True)}

"""Stages in a row: each supplies the next, and the last one sells."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from headway.components import component
from headway.domains.inventory.supply.base import Amount, Periods, SupplyProblem
from headway.domains.inventory.supply.layout import Layout, Link, Node
from headway.errors import ConfigError

if TYPE_CHECKING:
    from headway.domains.inventory.exact.serial import EchelonBaseStock


@component
class Serial(SupplyProblem):
    """Shipments along a row of stages; what the last one is short of is owed (Clark and Scarf 1960).

    The defaults are those of Alvo et al. (2023), "Neural inventory control in networks", section 5.

    lead_times : periods from stage to stage, the first one from the outside supplier; the last stage sells
    holding : cost per unit left at each stage
    penalty : cost per unit short and period
    transit : whether goods under way cost what they cost where they come from, as in Clark and Scarf's objective
        (a constant: in the long run everything is shipped at the mean of demand)
    unit_costs : cost per unit shipped to each stage
    demand, demand_options : law of demand (`headway.domains.inventory.demand`) and its options
    """

    name: ClassVar[str] = "inventory/serial"
    reference_source: ClassVar[str] = "echelon base-stock with Clark and Scarf's (1960) optimal levels"

    lead_times: tuple[Periods, ...] = (2, 4, 3, 2)
    holding: tuple[Amount, ...] = (0.1, 0.2, 0.5, 1.0)
    penalty: Amount = 9.0
    transit: bool = False
    unit_costs: tuple[Amount, ...] = ()
    demand: str = "normal"
    demand_options: dict[str, Any] = dataclasses.field(default_factory=lambda: {"mean": 5.0, "std": 2.0})

    def __post_init__(self) -> None:
        super().__post_init__()
        stages = len(self.lead_times)
        lengths = {"lead_times": max(stages, 1), "holding": len(self.holding)}
        lengths |= {"unit_costs": len(self.unit_costs)} if self.unit_costs else {}
        if set(lengths.values()) != {stages}:
            raise ConfigError("not every stage has its numbers", where="problem", got=lengths, expected="equal lengths")

    @cached_property
    def optimum(self) -> EchelonBaseStock:
        """Clark and Scarf's echelon levels, from the first stage on, and the least cost per period in the long run.

        Raises
        ------
        ConfigError
            Holding costs fall on the way to the customers.
        """
        from headway.domains.inventory.exact.serial import clark_scarf

        law = self.law(self.demand, self.demand_options, "problem.demand_options")
        found = clark_scarf(law, self.lead_times, self.holding, self.penalty, transit=self.transit)
        return found._replace(cost=found.cost + law.mean * sum(self.unit_costs))

    @property
    def known_levels(self) -> tuple[float, ...] | None:
        rising = all(a <= b for a, b in pairwise(self.holding))
        return self.optimum.levels if rising else None

    @cached_property
    def layout(self) -> Layout:
        law = self.law(self.demand, self.demand_options, "problem.demand_options")
        last = len(self.lead_times)
        names = [f"stage {i}" for i in range(1, last)] + ["store"]
        nodes = [Node(name, holding=h) for name, h in zip(names, self.holding, strict=True)]
        nodes[-1] = dataclasses.replace(nodes[-1], penalty=self.penalty, demand=law)
        costs = self.unit_costs or (0.0,) * last
        before = (None, *names[:-1])
        carried = (0.0, *self.holding[:-1]) if self.transit else (0.0,) * last
        links = [
            Link(tail, head, lead_time=periods, unit_cost=cost, transit=rate, lot=float(law.discrete))
            for tail, head, periods, cost, rate in zip(before, names, self.lead_times, costs, carried, strict=True)
        ]
        return Layout(nodes, links, self.initial)

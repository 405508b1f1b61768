"""One stocking point, two suppliers: one cheap and slow, one dear and fast."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from headway.components import component
from headway.domains.inventory.demand.distribution import Distribution
from headway.domains.inventory.supply.base import HERE, Amount, Periods, SupplyProblem
from headway.domains.inventory.supply.layout import Layout, Link, Node
from headway.errors import CapabilityError, ConfigError

if TYPE_CHECKING:
    from headway.domains.inventory.exact.model import Model


@component
class DualSourcing(SupplyProblem):
    """Orders from a regular and an expedited source (action 0 and 1); what is short is owed.

    The defaults are the first instance of Gijsbrechts et al. (2022), "Can deep reinforcement learning improve
    inventory management?", section 6.2; the others have regular_lead_time 2 to 4 and expedited_cost 105 or 110.

    regular_lead_time, expedited_lead_time : periods until an order can serve demand
    regular_cost, expedited_cost : cost per unit ordered
    holding, penalty : cost per unit left, and per unit short, at the end of a period
    demand, demand_options : law of demand (`headway.domains.inventory.demand`) and its options
    """

    name: ClassVar[str] = "inventory/dual_sourcing"
    baselines: ClassVar[Mapping[str, str]] = {
        "single_index": f"{HERE}.sourcing_rules:SingleIndex",
        "dual_index": f"{HERE}.sourcing_rules:DualIndex",
        "capped_dual_index": f"{HERE}.sourcing_rules:CappedDualIndex",
        "tailored_base_surge": f"{HERE}.sourcing_rules:TailoredBaseSurge",
        "optimal": "headway.domains.inventory.exact.optimal:Optimal",
        "mpc": "headway.domains.inventory.optimisation.mpc:MPC",
    }
    networks: ClassVar[Mapping[str, str]] = {
        "positions": f"{HERE}.sourcing_network:Positions",
        **SupplyProblem.networks,
    }
    reference: ClassVar[str] = "optimal"
    reference_source: ClassVar[str] = "the policy of least average cost, by relative value iteration"

    regular_lead_time: Periods = 2
    expedited_lead_time: Periods = 0
    regular_cost: Amount = 100.0
    expedited_cost: Amount = 105.0
    holding: Amount = 5.0
    penalty: Amount = 495.0
    demand: str = "uniform"
    demand_options: dict[str, Any] = dataclasses.field(default_factory=lambda: {"low": 0.0, "high": 4.0, "whole": True})

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.expedited_lead_time >= self.regular_lead_time:
            raise ConfigError(
                "the expedited source is no faster",
                where="problem.expedited_lead_time",
                got=self.expedited_lead_time,
                expected=f"< regular_lead_time ({self.regular_lead_time})",
            )

    def model(self) -> Model:
        """The exact decision process.

        Raises
        ------
        CapabilityError
            Expedited goods take time, or demand is no whole-numbered law without seasons.
        """
        from headway.domains.inventory.exact.dual_sourcing import DualSourcing as Exact

        if self.expedited_lead_time or not self.demand_law.discrete or self.demand_law.features(1).shape[1]:
            got = f"expedited_lead_time={self.expedited_lead_time}, {self.demand_law}"
            expected = "expedited_lead_time=0, a whole-numbered law without seasons"
            raise CapabilityError("no exact costs for this problem", where=self.name, got=got, expected=expected)
        return Exact(
            self.demand_law.pmf(),
            self.regular_lead_time,
            holding=self.holding,
            penalty=self.penalty,
            regular=self.regular_cost,
            expedited=self.expedited_cost,
        )

    @cached_property
    def demand_law(self) -> Distribution:
        """The law that demand is drawn from."""
        return self.law(self.demand, self.demand_options, "problem.demand_options")

    @cached_property
    def layout(self) -> Layout:
        node = Node("stock", holding=self.holding, penalty=self.penalty, demand=self.demand_law)
        lot = float(self.demand_law.discrete)
        regular = Link(None, "stock", lead_time=self.regular_lead_time, unit_cost=self.regular_cost, lot=lot)
        expedited = Link(None, "stock", lead_time=self.expedited_lead_time, unit_cost=self.expedited_cost, lot=lot)
        return Layout([node], [regular, expedited], self.initial)

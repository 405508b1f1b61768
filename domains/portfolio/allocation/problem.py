"""The problem: which weights to hold, decision by decision, for the most growth net of costs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.portfolio.accounting.knobs import check_knobs, rules_of
from headway.domains.portfolio.accounting.rules import Rules
from headway.domains.portfolio.allocation.conventions import caveats
from headway.domains.portfolio.allocation.solution import Weights, read_csv, write_csv
from headway.domains.portfolio.market.instance import PricePath
from headway.domains.portfolio.market.problem import MarketProblem
from headway.evaluation import Evaluation, Reference
from headway.findings import Findings, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HERE = "headway.domains.portfolio"


@component
class Allocation(MarketProblem[Weights]):
    """Weights of N assets and cash, chosen every few days; README.md states the order of events.

    Knobs, besides those of `MarketProblem` (what is known, when it is decided and traded, what cash earns):

    cost_bps : basis points paid on each unit of |target - drifted| of risky weight, one way
    spread_bps : quoted bid-ask spread, half of it paid on each trade
    impact, capital : coefficient of square-root impact, for a start with so much currency
    borrow_bps, margin_bps : yearly fees on shorts and on negative cash
    long_only, leverage, cap : which weights may be ordered
    groups, group_caps : assets by name of a group, and the share of wealth it may hold
    turnover : most of sum |ordered - held| a decision; names : most assets held
    """

    name: ClassVar[str] = "portfolio/allocation"
    solution_type: ClassVar[type[Any]] = Weights
    environments: ClassVar[Mapping[str, str]] = {
        "trade": f"{_HERE}.allocation.dynamics:Trade",
        "choose": f"{_HERE}.allocation.choose:Choose",
    }
    baselines: ClassVar[Mapping[str, str]] = {
        "equal_weight": f"{_HERE}.classical.baselines:EqualWeight",
        "buy_and_hold": f"{_HERE}.classical.baselines:BuyAndHold",
        "inverse_volatility": f"{_HERE}.classical.volatility:InverseVolatility",
        "minimum_variance": f"{_HERE}.classical.optimisers:MinimumVariance",
        "minimum_variance_shrunk": f"{_HERE}.classical.optimisers:ShrunkMinimumVariance",
        "mean_variance": f"{_HERE}.classical.optimisers:MeanVariance",
        "max_diversification": f"{_HERE}.classical.optimisers:MaximumDiversification",
        "risk_parity": f"{_HERE}.classical.optimisers:RiskParity",
        "hrp": f"{_HERE}.classical.optimisers:HRP",
        "cvar": f"{_HERE}.classical.optimisers:CVaR",
        "skfolio": f"{_HERE}.classical.skfolio:Skfolio",
        "mad": f"{_HERE}.classical.linear:MAD",
        "cvar_lp": f"{_HERE}.classical.linear:CVaR",
        "cardinality": f"{_HERE}.classical.cardinality:Cardinality",
        "ucrp": f"{_HERE}.classical.baselines:ConstantRebalanced",
        "pamr": f"{_HERE}.classical.online:PAMR",
        "olmar": f"{_HERE}.classical.online:OLMAR",
    }
    oracles: ClassVar[Mapping[str, str]] = {
        "hindsight_crp": f"{_HERE}.classical.hindsight:HindsightCRP",
        "best_stock": f"{_HERE}.classical.hindsight:BestStock",
        "informed": f"{_HERE}.classical.informed:Informed",
    }
    networks: ClassVar[Mapping[str, str]] = {
        "asset_mlp": f"{_HERE}.learned.asset_mlp:AssetMLP",
        "eiie": f"{_HERE}.learned.eiie:EIIE",
        "lstm_window": f"{_HERE}.learned.recurrent:LSTMWindow",
        "xlstm_window": f"{_HERE}.learned.recurrent:XLSTMWindow",
        "vision": f"{_HERE}.learned.vision:Vision",
        "transformer": f"{_HERE}.learned.transformer:Transformer",
    }
    policies: ClassVar[Mapping[str, str]] = {"residual": "headway.domains.portfolio:policies/allocation/residual"}

    cost_bps: Annotated[float, Field(ge=0, lt=10_000)] = 10.0
    long_only: bool = True
    leverage: Annotated[float, Field(gt=0)] = 1.0
    cap: Annotated[float, Field(gt=0)] = 1.0
    spread_bps: Annotated[float, Field(ge=0, lt=10_000)] = 0.0
    impact: Annotated[float, Field(ge=0)] = 0.0
    capital: Annotated[float, Field(gt=0)] = 1_000_000.0
    borrow_bps: Annotated[float, Field(ge=0)] = 0.0
    margin_bps: Annotated[float, Field(ge=0)] = 0.0
    groups: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    group_caps: dict[str, Annotated[float, Field(ge=0)]] = dataclasses.field(default_factory=dict)
    turnover: Annotated[float, Field(gt=0)] | None = None
    names: Annotated[int, Field(ge=1)] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_knobs(self)

    # -- what is known of the market ------------------------------------------------------------
    @cached_property
    def rules(self) -> Rules:
        """The rules that environment and scorer follow."""
        return rules_of(self)

    @cached_property
    def caveats(self) -> tuple[str, ...]:
        """Sentences that belong into every report on this problem: data, conventions, deviations."""
        return caveats(self)

    # -- solutions ------------------------------------------------------------------------------
    def evaluate(self, instance: PricePath, solution: Weights) -> Evaluation:
        from headway.domains.portfolio.allocation.evaluate import evaluate

        return evaluate(self.rules, instance, solution)

    def measures(self, series: Mapping[str, NDArray[np.float64]]) -> Mapping[str, NDArray[np.float64]]:
        """Return, volatility, Sharpe ratios and drawdown of resampled days."""
        from headway.domains.portfolio.statistics.daily import measures

        return measures(series)

    def findings(self, study: Study[PricePath, Weights]) -> Findings:
        from headway.domains.portfolio.statistics.findings import findings

        return findings(study)

    def read_solution(self, instance: PricePath, path: Path) -> Weights:
        return super().read_solution(instance, path) if path.suffix == ".npz" else read_csv(instance, path)

    def write_solution(self, instance: PricePath, solution: Weights, path: Path) -> Path:
        return super().write_solution(instance, solution, path) if path.suffix == ".npz" else write_csv(solution, path)

    def references(self, instance: PricePath) -> Mapping[str, Reference]:
        from headway.domains.portfolio.allocation.reference import references

        return references(self, instance)

    def render(self, instance: PricePath, solution: Weights) -> Figure:
        from headway.domains.portfolio.allocation.render import render

        return render(self, instance, solution)

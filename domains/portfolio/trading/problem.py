"""The problem: which lots to buy, hold and sell, decision by decision, for the most growth net of costs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.portfolio.accounting.rules import Rules
from headway.domains.portfolio.market.instance import PricePath
from headway.domains.portfolio.market.problem import MarketProblem
from headway.domains.portfolio.trading.conventions import caveats
from headway.domains.portfolio.trading.solution import Lots, read_csv, write_csv
from headway.domains.portfolio.trading.terms import Terms
from headway.evaluation import Evaluation, Reference
from headway.findings import Findings, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HERE = "headway.domains.portfolio"


@component
class Trading(MarketProblem[Lots]):
    """Whole lots of N assets, bought and sold from a cash account every few days; README.md states the order of events.

    Knobs beside those of the market:

    capital : cash at the start, in currency
    lot : shares in a lot
    commission_bps, commission_minimum : of a trade's value, and at least so much currency a trade
    spread_bps : quoted bid-ask spread, half of it paid on each trade
    """

    name: ClassVar[str] = "portfolio/trading"
    solution_type: ClassVar[type[Any]] = Lots
    environments: ClassVar[Mapping[str, str]] = {
        "trade": f"{_HERE}.trading.dynamics:Trade",
        "signal": f"{_HERE}.trading.signal:Signal",
    }
    baselines: ClassVar[Mapping[str, str]] = {
        "equal_weight": f"{_HERE}.trading.baselines:EqualWeight",
        "buy_and_hold": f"{_HERE}.trading.baselines:BuyAndHold",
        "momentum": f"{_HERE}.trading.baselines:Momentum",
        "rounded": f"{_HERE}.trading.baselines:Rounded",
        "lots": f"{_HERE}.trading.program:WholeLots",
    }
    networks: ClassVar[Mapping[str, str]] = {"asset_mlp": f"{_HERE}.learned.asset_mlp:AssetMLP"}

    capital: Annotated[float, Field(gt=0)] = 1_000_000.0
    lot: Annotated[int, Field(ge=1)] = 1
    commission_bps: Annotated[float, Field(ge=0, lt=10_000)] = 5.0
    commission_minimum: Annotated[float, Field(ge=0)] = 1.0
    spread_bps: Annotated[float, Field(ge=0, lt=10_000)] = 10.0

    @cached_property
    def terms(self) -> Terms:
        """What trades are charged, for environment and scorer."""
        return Terms(self.capital, self.lot, self.commission_bps / 1e4, self.commission_minimum, self.spread_bps / 1e4)

    @cached_property
    def rules(self) -> Rules:
        """When trades happen; and what rules of allocation, whose weights are turned into lots, keep to."""
        cost, spread = self.commission_bps / 1e4, self.spread_bps / 1e4
        return Rules(self.every, self.execution_lag, cost, long_only=True, leverage=1.0, cap=1.0, spread=spread)

    @cached_property
    def caveats(self) -> tuple[str, ...]:
        """Sentences that belong into every report on this problem: data, conventions, deviations."""
        return caveats(self)

    def evaluate(self, instance: PricePath, solution: Lots) -> Evaluation:
        from headway.domains.portfolio.trading.evaluate import evaluate

        return evaluate(self.rules, self.terms, instance, solution)

    def measures(self, series: Mapping[str, NDArray[np.float64]]) -> Mapping[str, NDArray[np.float64]]:
        """Return, volatility, Sharpe ratios and drawdown of resampled days."""
        from headway.domains.portfolio.statistics.daily import measures

        return measures(series)

    def findings(self, study: Study[PricePath, Lots]) -> Findings:
        from headway.domains.portfolio.statistics.findings import findings

        return findings(study, weights=False)

    def read_solution(self, instance: PricePath, path: Path) -> Lots:
        return super().read_solution(instance, path) if path.suffix == ".npz" else read_csv(instance, path)

    def write_solution(self, instance: PricePath, solution: Lots, path: Path) -> Path:
        return super().write_solution(instance, solution, path) if path.suffix == ".npz" else write_csv(solution, path)

    def references(self, instance: PricePath) -> Mapping[str, Reference]:
        from headway.domains.portfolio.trading.reference import references

        return references(self, instance)

    def render(self, instance: PricePath, solution: Lots) -> Figure:
        from headway.domains.portfolio.trading.render import render

        return render(self, instance, solution)

"""The problems: when to order how much of each item, where shortages are lost or owed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from headway.components import component
from headway.domains.inventory.demand import HISTORIES
from headway.domains.inventory.demand.windows import Span
from headway.domains.inventory.stock.calendar import between, prefix
from headway.domains.inventory.stock.generator import cut, drawn, everything
from headway.domains.inventory.stock.instance import StockPath
from headway.domains.inventory.stock.orders import Orders, read_csv, write_csv
from headway.domains.inventory.stock.terms import Terms
from headway.errors import CapabilityError
from headway.evaluation import Evaluation, Reference
from headway.problem import Criterion, Problem
from headway.seeds import Split

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HERE = "headway.domains.inventory.stock"
_RULES = {
    "base_stock": f"{_HERE}.rules:BaseStock",
    "capped_base_stock": f"{_HERE}.rules:CappedBaseStock",
    "s_s": f"{_HERE}.rules:ReorderPoint",
    "quantile_newsvendor": f"{_HERE}.newsvendor:QuantileNewsvendor",
    "mpc": "headway.domains.inventory.optimisation.mpc:MPC",
}


@component
class StockProblem(Terms, Problem[StockPath, Orders]):
    """What `LostSales` and `Backlog` share; the knobs are those of `Terms`."""

    gap: ClassVar[Literal["ratio", "difference"]] = "ratio"
    unit: ClassVar[str] = "cost per period"
    criterion: ClassVar[Criterion] = Criterion("average")
    timeline: ClassVar[bool] = True
    instance_type: ClassVar[type[Any]] = StockPath
    solution_type: ClassVar[type[Any]] = Orders
    environments: ClassVar[Mapping[str, str]] = {
        "order": f"{_HERE}.dynamics:Order",
        "units": f"{_HERE}.dynamics:Units",
    }
    oracles: ClassVar[Mapping[str, str]] = {
        "perfect_information": "headway.domains.inventory.optimisation.oracle:PerfectInformation"
    }
    networks: ClassVar[Mapping[str, str]] = {
        "item_mlp": f"{_HERE}.networks:ItemMLP",
        "demand_mlp": f"{_HERE}.demand_network:DemandMLP",
    }

    # -- instances --------------------------------------------------------------------------------
    def generate(self, rng: np.random.Generator, n: int, split: Split) -> StockPath:
        return (cut if self.historical else drawn)(self, rng, n, split)

    def history(self, start: str | None = None, end: str | None = None) -> StockPath:
        """All items of the history as one row, decided from date ``start`` to date ``end`` (YYYY-MM-DD, both included).

        By default on the periods of the test split; earlier ones are its known prefix.

        Raises
        ------
        CapabilityError
            Demand is drawn from a law.
        ConfigError
            A date cannot be read.
        InstanceError
            There are too few periods, or less than ``lookback`` before ``start``.
        """
        if not self.historical:
            where, expected = "problem.demand", ", ".join(HISTORIES)
            what = f"{self.name} has no history to backtest on: its demand is drawn"
            raise CapabilityError(what, where=where, got=self.demand, expected=expected)
        return everything(self, between(self.series, self.spans["test"], start, end))

    def load(self, path: Path) -> StockPath:
        """Instances from ``.npz``, or all demand in the user's CSV file as one row."""
        if path.suffix == ".npz":
            return super().load(path)
        options = (self.demand_options if self.demand == "file" else {}) | {"path": path}
        own = dataclasses.replace(self, demand="file", demand_options=options, known=None)
        return everything(own, Span(own.known_before, len(own.series) - 1))

    def view(self, instance: StockPath, period: int) -> StockPath:
        """What is known when the order of ``period`` is placed."""
        known = instance.until(period)
        return known if period >= instance.first else self.recent(known, period)

    def recent(self, view: StockPath, periods: int) -> StockPath:
        """The last ``periods`` of a view, and the usual demand as they alone tell it."""
        return view.last(periods, self.known_before if self.historical else 0)

    def clock(self, view: StockPath) -> NDArray[Any]:
        """Dates of the periods whose demand is known; numbers where there is no calendar."""
        dates = view.dates[0]
        return np.arange(view.length) if np.isnat(dates).any() else dates[: view.length]

    def perturb(self, instance: StockPath, period: int, rng: np.random.Generator) -> StockPath:
        """Other demand from ``period`` on, and in a history other covariates after it."""
        demand, covariates = instance.demand.copy(), instance.covariates.copy()
        if self.historical:
            demand[:, period:] = (2 * rng.random(demand.shape) * instance.scale[:, None])[:, period:]
            covariates[:, period + 1 :] = rng.standard_normal(covariates.shape)[:, period + 1 :]
        else:
            demand[:, period:] = self.law.sample(rng, demand.shape)[:, period:]
        return StockPath(**instance.arrays() | {"demand": demand, "covariates": covariates})

    def until(self, view: StockPath) -> StockProblem:
        """This problem on the periods of ``view`` (a batch of one): the last fifth validates, and more if a window
        needs more; windows are shorter where little is known. There are no later periods to test on, so test draws
        from the same ones. A law stays as it is: it is known from the start.
        """
        if not self.historical:
            return self
        known = prefix(self.series, view)
        horizon = min(self.decided, max((len(known) - self.known_before) // 2, 1))
        train_until = known.dates[-1 - min(max(len(known) // 5, horizon), len(known) - 1)].item()
        return dataclasses.replace(
            self,
            known=known,
            horizon=horizon,
            warmup=min(self.uncounted, horizon - 1),
            train_until=train_until,
            validation_until=known.dates[-1].item(),
        )

    # -- solutions --------------------------------------------------------------------------------
    def evaluate(self, instance: StockPath, solution: Orders) -> Evaluation:
        from headway.domains.inventory.stock.evaluate import evaluate

        return evaluate(instance, solution)

    def measures(self, series: Mapping[str, NDArray[np.float64]]) -> Mapping[str, NDArray[np.float64]]:
        """The fill rate of resampled periods."""
        wanted = series["demand"].sum(axis=1)
        return {"fill_rate": series["served"].sum(axis=1) / np.where(wanted > 0, wanted, 1.0)}

    def read_solution(self, instance: StockPath, path: Path) -> Orders:
        return super().read_solution(instance, path) if path.suffix == ".npz" else read_csv(instance, path)

    def write_solution(self, instance: StockPath, solution: Orders, path: Path) -> Path:
        npz = path.suffix == ".npz"
        return super().write_solution(instance, solution, path) if npz else write_csv(instance, solution, path)

    def references(self, instance: StockPath) -> Mapping[str, Reference]:
        from headway.domains.inventory.stock.reference import references

        return references(self, instance)

    def render(self, instance: StockPath, solution: Orders) -> Figure:
        from headway.domains.inventory.stock.render import render

        return render(self, instance, solution)


@component
class LostSales(StockProblem):
    """Unmet demand is lost (Zipkin 2008, "Old and new methods for lost-sales inventory systems")."""

    name: ClassVar[str] = "inventory/lost_sales"
    lost: ClassVar[bool] = True
    baselines: ClassVar[Mapping[str, str]] = {
        **_RULES,
        "constant_order": f"{_HERE}.rules:ConstantOrder",
        "myopic_1": f"{_HERE}.myopic:Myopic1",
        "myopic_2": f"{_HERE}.myopic:Myopic2",
        "optimal": "headway.domains.inventory.exact.optimal:Optimal",
    }
    policies: ClassVar[Mapping[str, str]] = {"pathwise": "headway.domains.inventory:policies/lost_sales/pathwise"}


@component
class Backlog(StockProblem):
    """Unmet demand is owed and pays the penalty in every period until it is met."""

    name: ClassVar[str] = "inventory/backlog"
    lost: ClassVar[bool] = False
    baselines: ClassVar[Mapping[str, str]] = {
        **_RULES,
        "optimal": "headway.domains.inventory.exact.optimal:Optimal",
    }

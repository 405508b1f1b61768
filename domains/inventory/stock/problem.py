"""The problems: when to order how much of each item, where shortages are lost or owed."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import build, component, given
from headway.domains.inventory.demand import DEMANDS, HISTORIES, LAWS
from headway.domains.inventory.demand.distribution import Distribution
from headway.domains.inventory.demand.history import History, Provider
from headway.domains.inventory.demand.windows import Span, spans
from headway.domains.inventory.stock.generator import cut, drawn, everything
from headway.domains.inventory.stock.calendar import between, prefix
from headway.domains.inventory.stock.instance import StockPath
from headway.domains.inventory.stock.orders import Orders, read_csv, write_csv
from headway.errors import CapabilityError, ConfigError
from headway.evaluation import Evaluation, Reference
from headway.problem import Criterion, Problem, lookup
from headway.seeds import Split

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HERE = "headway.domains.inventory.stock"
_OPTIONS = "problem.demand_options"

PERIODS = 500  # decided in an instance of a law, a fifth of them warm-up
WINDOW = 60  # decided in an instance of a history; it fits into a fifth of a year of days
LOOKBACK = 56  # known periods of a history before it: eight weeks of days

Amount = Annotated[float, Field(ge=0)]

_RULES = {
    "base_stock": f"{_HERE}.rules:BaseStock",
}


@component
class StockProblem(Problem[StockPath, Orders]):
    """What `LostSales` and `Backlog` share. Knobs:

    demand, demand_options : a law or a history (`headway.domains.inventory.demand`) and its options
    items : independent items of a law, all alike; a history brings its own
    lead_time : periods until an order can serve demand; an order of period t serves t + lead_time
    holding, penalty : cost per unit left, and per unit short, at the end of a period
    fixed : cost per order
    keep : share of what is left that can still be sold in the next period; 0 for newspapers and bread
    lot : orders are whole multiples of it, 0 for any quantity; by default 1 where the law is whole-numbered
    horizon : decided periods of an instance; by default 500, in a history windows of 60
    warmup : the first of them, whose cost is not counted outside training; by default a fifth, in a history
        those before the first order can arrive
    lags : past demands in the observation
    lookback : known periods before the first decision; by default ``lags``, in a history at least 56
    train_until, validation_until : last dates of these splits of a history; by default 60 and 80 % of it
    """

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
    networks: ClassVar[Mapping[str, str]] = {"item_mlp": f"{_HERE}.networks:ItemMLP"}
    lost: ClassVar[bool]

    demand: str = "poisson"
    demand_options: dict[str, Any] = dataclasses.field(default_factory=dict)
    items: Annotated[int, Field(ge=1)] = 1
    lead_time: Annotated[int, Field(ge=0)] = 4
    holding: Amount = 1.0
    penalty: Amount = 9.0
    fixed: Amount = 0.0
    keep: Annotated[float, Field(ge=0, le=1)] = 1.0
    lot: Amount | None = None
    horizon: Annotated[int, Field(ge=1)] | None = None
    warmup: Annotated[int, Field(ge=0)] | None = None
    lags: Annotated[int, Field(ge=0)] = 0
    lookback: Annotated[int, Field(ge=0)] | None = None
    train_until: datetime.date | None = None
    validation_until: datetime.date | None = None
    known: History | None = given(None)  # the history where it is already there (a refit's prefix)

    def __post_init__(self) -> None:
        if self.uncounted >= self.decided:
            raise ConfigError(
                "no period is counted",
                where="problem.warmup",
                got=f"warmup={self.uncounted}, horizon={self.decided}",
                expected="warmup < horizon",
            )

        if self.known_before < self.lags:
            raise ConfigError(
                "more past demands are observed than are known",
                where="problem.lookback",
                got=f"lookback={self.known_before}, lags={self.lags}",
                expected="lookback >= lags",
            )

    # -- what is known of demand ------------------------------------------------------------------
    @cached_property
    def law(self) -> Distribution:
        """The law that demand is drawn from. Raises CapabilityError where demand is a history."""
        if self.historical:
            raise CapabilityError(
                "a history has no law of demand",
                where=f"{self.name}, demand",
                got=self.demand,
                expected=", ".join(LAWS),
            )
        law: Distribution = build(lookup("demand", self.demand, DEMANDS), self.demand_options, where=_OPTIONS)
        return law

    @cached_property
    def series(self) -> History:
        """The history that instances are cut from."""
        if self.known is not None:
            return self.known
        provider: Provider = build(lookup("demand", self.demand, DEMANDS), self.demand_options, where=_OPTIONS)
        return provider.history()

    @cached_property
    def spans(self) -> Mapping[Split, Span]:
        """The periods of the history that each split decides; tuning draws from the validation periods."""
        return spans(self.series, self.known_before, self.train_until, self.validation_until)

    @property
    def historical(self) -> bool:
        """Whether demand is a history, not a law."""
        return self.demand in HISTORIES

    @cached_property
    def usual(self) -> float:
        """Mean demand of an item and period, units."""
        if not self.historical:
            return self.law.mean
        return float(self.series.demand[: max(self.spans["train"].last, 0) + 1].mean())

    @cached_property
    def multiple(self) -> float:
        """The lot, with its default."""
        if self.lot is not None:
            return self.lot
        return 0.0 if self.historical else float(self.law.discrete)

    @property
    def decided(self) -> int:
        """Decided periods of an instance."""
        return self.horizon or (WINDOW if self.historical else PERIODS)

    @property
    def uncounted(self) -> int:
        """Warm-up periods of an instance outside training."""
        if self.warmup is not None:
            return self.warmup
        return min(self.lead_time, self.decided - 1) if self.historical else self.decided // 5

    @property
    def known_before(self) -> int:
        """Known periods before the first decision."""
        if self.lookback is not None:
            return self.lookback
        return max(self.lags, LOOKBACK if self.historical else 0)

    @cached_property
    def caveats(self) -> tuple[str, ...]:
        return self.series.caveats if self.historical else ()

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
            return super().history(start, end)
        return everything(self, between(self.series, self.spans["test"], start, end))

    def load(self, path: Path) -> StockPath:
        """Instances from ``.npz``, or all demand in the user's CSV or Parquet file as one row."""
        if path.suffix == ".npz":
            return super().load(path)
        options = (self.demand_options if self.demand == "file" else {}) | {"path": path}
        own = dataclasses.replace(self, demand="file", demand_options=options, known=None)
        return everything(own, Span(own.known_before, len(own.series) - 1))

    def view(self, instance: StockPath, period: int) -> StockPath:
        """What is known when the order of ``period`` is placed."""
        return instance.until(period)

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
    baselines: ClassVar[Mapping[str, str]] = _RULES


@component
class Backlog(StockProblem):
    """Unmet demand is owed and pays the penalty in every period until it is met."""

    name: ClassVar[str] = "inventory/backlog"
    lost: ClassVar[bool] = False
    baselines: ClassVar[Mapping[str, str]] = _RULES

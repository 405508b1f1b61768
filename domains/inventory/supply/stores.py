"""Stores around a warehouse: drawn at random, or those of a published instance."""

from __future__ import annotations

import csv
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway import tree
from headway.domains.inventory.demand.discrete import Poisson
from headway.domains.inventory.demand.distribution import Distribution
from headway.domains.inventory.demand.families import Normal, Uniform
from headway.domains.inventory.supply.instance import OUTSIDE, SupplyPath
from headway.domains.inventory.supply.layout import Layout, Link, Node
from headway.errors import ConfigError

if TYPE_CHECKING:
    from headway.domains.inventory.supply.one_warehouse import OneWarehouse

Floats = NDArray[np.float64]
_TABLE = "kaynov_2024.csv"


class Stores(NamedTuple):
    """What is drawn for each store: all [n, M], n being 1 where all instances have the same stores."""

    mean: Floats
    std: Floats
    holding: Floats
    penalty: Floats
    lead_time: NDArray[np.int64]

    def path(self, problem: OneWarehouse, rng: np.random.Generator, n: int, warmup: int) -> SupplyPath:
        """``n`` instances with these stores; node 0 is the warehouse, link 0 its own supply."""
        stores = tree.map_arrays(lambda part: np.repeat(part, n // len(part), axis=0), self)
        shared = rng.standard_normal((n, problem.horizon, 1)) * np.sqrt(problem.correlation)
        own = rng.standard_normal((n, problem.horizon, problem.stores)) * np.sqrt(1 - problem.correlation)
        demand = np.maximum(stores.mean[:, None] + stores.std[:, None] * (shared + own), 0.0)
        apart, together = (stores.std**2).sum(axis=1), stores.std.sum(axis=1) ** 2
        spread = np.sqrt((1 - problem.correlation) * apart + problem.correlation * together)
        scale = _first(stores.mean.sum(axis=1), stores.mean)
        lead_time = _first(np.full(n, problem.warehouse_lead_time), stores.lead_time)
        ends = np.arange(problem.stores + 1)
        free = np.zeros(len(ends))
        return SupplyPath.of(
            np.concatenate([np.zeros((n, problem.horizon, 1)), demand], axis=2),
            nodes=np.array(["warehouse", *(f"store {i}" for i in ends[1:])]),
            holding=_first(np.full(n, problem.warehouse_holding), stores.holding),
            penalty=_first(np.zeros(n), stores.penalty),
            lost=(ends > 0) & problem.lost,
            stock=problem.initial * scale * (lead_time + 1),
            node_scale=scale,
            spread=_first(spread, stores.std),
            tail=np.where(ends == 0, OUTSIDE, 0),
            head=ends,
            lead_time=lead_time,
            **dict.fromkeys(("unit_cost", "transit", "fixed", "lot"), free),
            capacity=free + np.inf,
            edge_scale=scale,
            warmup=warmup,
            horizon=problem.horizon,
        )


def drawn(problem: OneWarehouse, rng: np.random.Generator, n: int) -> Stores:
    """``n`` sets of stores, each number even between the problem's bounds."""
    shape = (n, problem.stores)
    mean = rng.uniform(*problem.mean, shape)
    std = mean * rng.uniform(*problem.cv, shape)
    low, high = problem.lead_times
    return Stores(
        mean, std, rng.uniform(*problem.holding, shape), rng.uniform(*problem.penalty, shape),
        rng.integers(low, high, shape, endpoint=True),
    )  # fmt: skip


def published(number: int, covered: float) -> Layout:
    """The network of one of Kaynov et al.'s instances (its file says where the numbers are from).

    Raises
    ------
    ConfigError
        Its unmet demand is partly served by emergency shipments, which is not modelled.
    """
    row = figures(number)
    if row["unmet_demand"] not in ("Backorder", "LostSales"):
        got, expected = f"instance {number}: {row['unmet_demand']}", "instances 1 to 10: Backorder or LostSales"
        raise ConfigError("partial backorders are not modelled", where="problem.kaynov", got=got, expected=expected)
    lost, holding, penalty = row["unmet_demand"] == "LostSales", float(row["h_retailer"]), float(row["p_retailer"])
    nodes = [Node("warehouse", holding=float(row["h_warehouse"]))]
    links = [Link(None, "warehouse", lead_time=int(row["warehouse_lead_time"]), lot=1.0)]
    pairs = zip(row["demand"].split("|"), row["retailer_lead_times"].split("|"), strict=True)
    for i, (law, lead_time) in enumerate(pairs, 1):
        nodes.append(Node(f"store {i}", holding, penalty, lost, _law(law)))
        links.append(Link("warehouse", f"store {i}", lead_time=int(lead_time), lot=1.0))
    return Layout(nodes, links, covered)


def figures(number: int) -> dict[str, str]:
    """The row of a published instance: what defines it, and the costs printed for it (``kaynov_2024.csv``)."""
    text = resources.files(__package__).joinpath(_TABLE).read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return next(row for row in rows if int(row["instance"]) == number)


def _law(text: str) -> Distribution:
    """POISSON_3, UNIFORM_0_6 or NORMAL_5_1 (rounded, at least 0)."""
    kind, *numbers = text.split("_")
    if kind == "POISSON":
        return Poisson(mean=0.5 if numbers == ["05"] else float(numbers[0]))
    first, second = map(float, numbers)
    if kind == "UNIFORM":
        return Uniform(low=first, high=second, whole=True)
    return Normal(mean=first, std=second, whole=True)


def _first(warehouse: NDArray[Any], stores: NDArray[Any]) -> NDArray[Any]:
    """The warehouse's number [n] before the stores' [n, M]."""
    return np.concatenate([warehouse[:, None], stores], axis=1)

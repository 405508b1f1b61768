"""Exact inventory: optima, rules and closed forms beside the figures of others, with CPU-seconds of one thread."""

from __future__ import annotations

from timing import print_tables, table  # isort: skip  (pins threads before numpy is imported)

import argparse
import csv
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from headway.domains.inventory.demand.discrete import Geometric, Poisson
from headway.domains.inventory.demand.families import Gamma, Normal
from headway.domains.inventory.exact.conventions import clark_scarf_of_stockpyl
from headway.domains.inventory.exact.dual_sourcing import DualSourcing
from headway.domains.inventory.exact.heuristics import (
    best_base_stock,
    best_capped_base_stock,
    best_s_nQ,
    best_s_S,
    best_s_S_q,
)
from headway.domains.inventory.exact.lost_sales import LostSales
from headway.domains.inventory.exact.myopic import myopic_1_orders, myopic_2_orders
from headway.domains.inventory.exact.perishable import Perishable
from headway.domains.inventory.exact.rules import base_stock, capped_base_stock

DATA = Path(__file__).parents[1] / "tests" / "domains" / "inventory" / "data"
LAWS = {"poisson": Poisson(mean=5.0).pmf(), "geometric": Geometric(mean=5.0).pmf()}
T = TypeVar("T")
Rows = list[dict[str, object]]


def main() -> None:
    """Print the tables named on the command line, or all of them."""
    tables = {
        "optimum": zipkin,
        "rules": rules,
        "fixed": fixed,
        "dual": dual_sourcing,
        "aged": perishable,
        "serial": serial,
    }
    timed(LostSales(LAWS["poisson"], 1, 1.0, 9.0).evaluate, base_stock(13))  # what is imported on first use
    print_tables(argparse.ArgumentParser(description=__doc__), tables)


def read(name: str) -> list[dict[str, str]]:
    """Rows of a table of the tests."""
    with (DATA / name).open() as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def timed(work: Callable[..., T], *arguments: Any, **options: Any) -> tuple[T, float]:
    """What ``work`` returns, and its CPU-seconds."""
    began = time.process_time()
    done = work(*arguments, **options)
    return done, time.process_time() - began


def beside(ours: float, theirs: str) -> dict[str, object]:
    """Three columns: our figure, the other one, the difference."""
    difference = f"{ours - float(theirs):+.5f}" if theirs else ""
    return {"ours": f"{ours:.5f}", "file": theirs, "difference": difference}


def zipkin(_: argparse.Namespace) -> None:
    """Optimal average costs of lost sales."""
    rows: Rows = []
    spent: dict[str, float] = {"poisson": 0.0, "geometric": 0.0}
    worst = 0.0
    for cell in read("zipkin_lost_sales.csv"):
        lead_time = int(cell["lead_time"])
        model = LostSales(LAWS[cell["demand"]], lead_time, 1.0, float(cell["penalty"]))
        optimum, seconds = timed(model.solve, 1e-7)
        if lead_time <= 4:
            spent[cell["demand"]] += seconds
            worst = max(worst, abs(optimum.cost - float(cell["optimal"])))
        name: dict[str, object] = {"demand": cell["demand"], "p": cell["penalty"], "L": lead_time}
        rows.append(
            name | beside(optimum.cost, cell["optimal"]) | {"sweeps": optimum.sweeps, "CPU-s": f"{seconds:.3f}"}
        )
    table(rows, "Lost sales, optimal cost per period (mean demand 5, h = 1)")
    print(
        f"\nPoisson, 16 cells: {spent['poisson']:.2f} CPU-s; all 32: {sum(spent.values()):.2f} CPU-s; "
        f"largest difference {worst:.1e}"
    )


def rules(_: argparse.Namespace) -> None:
    """Exact costs of rules: with the file's parameters, and with our best ones."""
    rows: Rows = []
    for cell in read("zipkin_lost_sales.csv"):
        if not cell["myopic_1"]:
            continue
        model = LostSales(LAWS[cell["demand"]], int(cell["lead_time"]), 1.0, float(cell["penalty"]))
        name: dict[str, object] = {"demand": cell["demand"], "p": cell["penalty"], "L": cell["lead_time"]}
        for rule, orders in (("myopic_1", myopic_1_orders), ("myopic_2", myopic_2_orders)):
            cost, seconds = timed(lambda model, orders: model.evaluate(orders(model)), model, orders)
            rows.append(name | {"rule": rule} | beside(cost, cell[rule]) | {"our best": "", "CPU-s": f"{seconds:.3f}"})
        for rule, search, given, theirs in (
            ("base_stock", best_base_stock, (cell["level"], "14"), cell["level_cost"]),
            ("capped", best_capped_base_stock, (cell["capped_level"], cell["capped_cap"]), cell["capped_cost"]),
        ):
            found, seconds = timed(search, model)
            best = f"{found.cost:.5f} at {', '.join(map(str, found[:-1]))}"
            cap = 99 if rule == "base_stock" and cell["demand"] == "geometric" else int(given[1])
            cost = model.evaluate(capped_base_stock(int(given[0]), cap)) if given[0] else found.cost
            label = f"{rule} {', '.join(given[: len(found) - 1])}"
            rows.append(name | {"rule": label} | beside(cost, theirs) | {"our best": best, "CPU-s": f"{seconds:.3f}"})
    table(rows, "Lost sales, exact cost of rules (base_stock's file figures of Poisson demand cap orders at 14)")


def fixed(_: argparse.Namespace) -> None:
    """Lost sales with a fixed cost per order, Bijvank, Bhulai and Huh (2015), Table 1."""
    model = LostSales(LAWS["poisson"], 2, 1.0, 14.0, fixed=5.0)
    rows: Rows = []
    optimum, seconds = timed(model.solve)
    rows.append({"policy": "optimal", "parameters": ""} | beside(optimum.cost, "11.46") | {"CPU-s": f"{seconds:.3f}"})
    for name, search, theirs in (
        ("(s, S)", best_s_S, "11.62"),
        ("(s, nQ)", best_s_nQ, "11.56"),
        ("modified (s, S, q)", best_s_S_q, "11.50"),
    ):
        found, seconds = timed(search, model)
        row: dict[str, object] = {"policy": name, "parameters": ", ".join(map(str, found[:-1]))}
        rows.append(row | beside(found.cost, theirs) | {"CPU-s": f"{seconds:.3f}"})
    table(rows, "Lost sales with a fixed cost: Poisson(5), L = 2, h = 1, p = 14, K = 5 (file: as printed)")


def dual_sourcing(_: argparse.Namespace) -> None:
    """Optimal average costs of two sources."""
    rows: Rows = []
    for cell in read("dual_sourcing_optimal.csv"):
        high, costs = int(cell["high"]), [float(cell[k]) for k in ("holding", "penalty", "regular", "expedited")]
        model = DualSourcing(np.full(high + 1, 1 / (high + 1)), int(cell["lead_time"]), *costs)
        optimum, seconds = timed(model.solve)
        name: dict[str, object] = {key: cell[key] for key in ("lead_time", "regular", "expedited", "penalty", "high")}
        rows.append(name | beside(optimum.cost, cell["cost"]) | {"CPU-s": f"{seconds:.3f}"})
    table(rows, "Dual sourcing, optimal cost per period (h = 5, demand uniform on 0, ..., high)")


def perishable(_: argparse.Namespace) -> None:
    """Expected returns of goods that age."""
    pmf, rows, total = Gamma(mean=4.0, cv=0.5, whole=True).pmf(), [], 0.0
    window = {"periods": 365, "warmup": 100, "discount": 0.99}
    for cell in read("perishable_de_moor.csv"):
        life, lead_time, waste = int(cell["lifetime"]), int(cell["lead_time"]), float(cell["waste"])
        lifo = cell["issuing"] == "lifo"
        model = Perishable(pmf, life, lead_time, 1.0, 5.0, waste, 3.0, lifo=lifo, discount=0.99)
        optimum, seconds = timed(model.solve, 1e-6)
        total += seconds
        best = min((model.chain(base_stock(level)).total(**window), level) for level in range(4, 14))
        rows.append(
            {
                "m": life,
                "L": lead_time,
                "waste": waste,
                "issuing": cell["issuing"],
                "ours": f"{-model.chain(optimum).total(**window):.2f}",
                "file, simulated": f"{cell['optimal']} +- {float(cell['optimal_std']) / 100:.2f}",
                "our base-stock": f"{-best[0]:.2f} at {best[1]}",
                "file's, simulated": f"{cell['base_stock']} +- {float(cell['base_stock_std']) / 100:.2f}",
                "CPU-s": f"{seconds:.3f}",
            }
        )
    table(rows, "Goods that age: return of 365 days after 100, discounted by 0.99 (De Moor et al. 2022)")
    print(f"\nall {len(rows)} settings: {total:.2f} CPU-s")


def serial(_: argparse.Namespace) -> None:
    """Clark and Scarf in stockpyl's terms."""
    rows: Rows = []
    poisson, normal = Poisson(mean=5.0), Normal(mean=5.0, std=1.0, clip=False)
    for name, law, lead_times, holding, penalty, theirs in (
        ("Snyder and Shen 6.1", normal, [2, 1, 1], [2.0, 4.0, 7.0], 37.12, "47.66539"),
        ("Poisson, 1 stage", poisson, [1], [1.0], 9.0, "4.220849"),
        ("Poisson, 2 stages", poisson, [1, 1], [1.0, 3.0], 10.0, "16.797779"),
        ("Poisson, 3 stages", poisson, [2, 1, 1], [2.0, 4.0, 7.0], 37.12, "72.043543"),
    ):
        best, seconds = timed(clark_scarf_of_stockpyl, law, lead_times, holding, penalty)
        row: dict[str, object] = {"system": name, "levels": ", ".join(f"{level:.3f}" for level in best.levels)}
        rows.append(row | beside(best.cost, theirs) | {"CPU-s": f"{seconds:.3f}"})
    table(rows, "Serial systems, cost per period in stockpyl's terms (file: stockpyl 1.0.2, which cuts tails)")


if __name__ == "__main__":
    main()

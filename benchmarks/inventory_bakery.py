"""A real bakery chain, day by day: learned orders beside newsvendor rules, quantile regression and perfect information.

``python benchmarks/inventory_bakery.py [PENALTY ...] [--seeds N] [--effort X]``; penalties 4 and 9 by default. Bread of
35 shops x 3 products is ordered each morning and thrown away each evening (holding 1). The last 20 % of the dates are
scored, once; whatever is chosen is chosen on the 20 % before. Rules learn with every day; what is trained has seen the
days before the first scored one, or, where it is refitted, those before its last refit. One thread, CPU-seconds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from timing import table  # isort: skip  (pins threads before numpy is imported)

import numpy as np
from numpy.typing import NDArray

from headway import Policy, make_problem, rollout
from headway.pipelines.backtest import backtest
from headway.pipelines.comparison.results import Kind, Score, read, slug
from headway.pipelines.comparison.timeline import Timeline, Track
from headway.pipelines.configuration.schema import BacktestConfig

Floats = NDArray[np.float64]

WINDOWS = (4, 8, 12, 16, 20, 26)  # comparable days that a newsvendor rule may look back
SETTING = {"demand": "bakery", "keep": 0, "lead_time": 0, "lags": 56, "horizon": 14}
# Chosen on validation dates with penalty 4, seeds 0 and 1: learning rate, weight decay, updates, lags.
BATCH, SEGMENT, UPDATES = 512, 2, 1000
AGENT = {"lr": 1e-2, "weight_decay": 0.3, "batch": BATCH, "segment": SEGMENT, "network": "demand_mlp"}
REFIT = 28  # days between two trainings, where there are several
TREES = {"learning_rate": 0.1, "max_leaf_nodes": 31, "min_samples_leaf": 100, "early_stopping": False}
ROUNDS = 300  # of boosting at most; how many is chosen on validation dates
RESAMPLES = 2000


def main() -> None:
    """Print a table for each penalty."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("penalties", nargs="*", type=float, default=[4.0, 9.0], help="cost of a unit short")
    parser.add_argument("--seeds", type=int, default=3, help="training seeds")
    parser.add_argument("--effort", type=float, default=1.0, help="factor on the number of updates")
    options = parser.parse_args()
    for penalty in options.penalties:
        compare(penalty, options.seeds, max(1, round(options.effort * UPDATES)))


def compare(penalty: float, seeds: int, updates: int) -> None:
    """All contestants on the scored dates, and the gap of each to the best newsvendor rule."""
    problem = make_problem("inventory/lost_sales", **SETTING, penalty=penalty)
    windows = {scope: chosen(problem, scope) for scope in ("item", "all")}
    rules = [
        {"name": "quantile_newsvendor", "scope": scope, "window": window, "label": f"newsvendor, {scope}"}
        for scope, window in windows.items()
    ]
    tracks = {track.label: track for track in (usual(problem), *trees(problem, penalty))}
    tracks |= walked(problem, penalty, [*rules, "base_stock", "perfect_information"], None, 1)
    agents = {"learned": None, f"learned, again every {REFIT} days": REFIT}
    for label, refit in agents.items():
        every = 50 * BATCH * SEGMENT
        training = {"steps": updates * BATCH * SEGMENT, "validation": {"n": 1024, "every": every, "patience": None}}
        entry = {"name": "pathwise", "label": label, **AGENT, **training, "checkpoint_every": 10**9}
        tracks |= {label: walked(problem, penalty, [entry], refit, seeds)[label]}
        print(f"penalty {penalty:g}: {label}, {tracks[label].training_seconds:.0f} CPU-s", file=sys.stderr)
    best = min((rule["label"] for rule in rules), key=lambda label: tracks[label].objective)
    timeline = Timeline(problem, tracks, str(best), 0.95, RESAMPLES)
    history = problem.history()
    span = f"{history.dates[0, history.first]} to {history.dates[0, -1]}, {history.horizon} days"
    rows: list[dict[str, object]] = [
        {
            "contestant": row.contestant + (" (oracle)" if row.oracle else ""),
            "cost a day": f"{row.objective:.0f}",
            "each seed": ", ".join(f"{score.objective:.0f}" for score in tracks[row.contestant].scores[: row.seeds])
            if row.seeds > 1
            else "",
            f"gap to {best}": f"{100 * row.gap:+.1f} %",
            "95 %": f"{100 * row.gap_low:+.1f} to {100 * row.gap_high:+.1f} %",
            "fill rate": f"{100 * row.metrics['fill_rate']:.1f} %",
            "training, CPU-s": "" if np.isnan(row.training_seconds) else f"{row.training_seconds / row.seeds:.0f}",
        }
        for row in timeline.rows()
    ]
    looks = ", ".join(f"{window} for {scope}" for scope, window in windows.items())
    table(rows, f"Bakery, penalty {penalty:g}: {span}; comparable days chosen on validation: {looks}")


# -- chosen on validation dates -------------------------------------------------------------------
def chosen(problem: Any, scope: str) -> int:
    """The window of a newsvendor rule that costs least on the validation dates."""
    history = validation(problem)
    costs = {w: cost(problem, problem.baseline("quantile_newsvendor", scope=scope, window=w), history) for w in WINDOWS}
    print(f"validation, {scope}: {costs}", file=sys.stderr)
    return min(costs, key=lambda window: costs[window])


def validation(problem: Any) -> Any:
    """All items as one row, decided on the validation dates."""
    first, last = problem.spans["validation"]
    return problem.history(str(problem.series.dates[first]), str(problem.series.dates[last]))


def cost(problem: Any, contestant: Any, history: Any) -> float:
    """Mean cost per day."""
    return float(problem.evaluate(history, rollout(problem.environment(), contestant, history).solution).objective[0])


# -- the platform's backtest ----------------------------------------------------------------------
def walked(problem: Any, penalty: float, entries: list[Any], refit: int | None, seeds: int) -> Mapping[str, Track]:
    """A track for each entry (and the reference, and ablations), through the scored dates."""
    with tempfile.TemporaryDirectory() as folder:
        config = BacktestConfig.model_validate(
            {
                "problem": {"name": problem.name, **SETTING, "penalty": penalty},
                "contestants": entries,
                "refit": refit,
                "seeds": seeds,
                "tracking": "off",
                "report": False,
                "reference": None if refit is None else entries[0]["label"],
            }
        )
        run = backtest(config, root=Path(folder))
        results, history = read(run.folder), problem.history()
        tracks = {}
        for row in results.rows:
            scores = [score for score in results.scores if score.contestant == row.contestant]
            if failed := [score.message for score in scores if not score.feasible]:
                raise SystemExit(f"{row.contestant}: {failed[0]}")
            files = solutions(run.folder, row.contestant, len(scores))
            found = [problem.evaluate(history, problem.read_solution(history, file)) for file in files]
            tracks[row.contestant] = Track(row.contestant, row.kind, scores, found, row.training_seconds)
    return tracks


def solutions(folder: Path, label: str, seeds: int) -> list[Path]:
    """Where a backtest keeps what a contestant has ordered with each seed."""
    return [folder / "solutions" / slug(label) / f"{seed}.npz" for seed in range(seeds)]


# -- contestants of this page alone ---------------------------------------------------------------
class Usual(Policy):
    """Orders the usual demand, every day."""

    def act(self, observation: Any, mask: Any, memory: Any = None) -> tuple[Any, Any]:
        return np.ones_like(observation["scale"]), memory


class Regression(Policy):
    """Orders a predicted quantile of demand over its level, times the level."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def act(self, observation: Any, mask: Any, memory: Any = None) -> tuple[Any, Any]:
        demand, scale = observation["demand"][0].astype(float), observation["scale"][0]
        inputs, unit, level = features(demand, observation["covariates"][0])
        factor = np.where(level > 0, np.maximum(self.model.predict(inputs), 0.0), 0.0)
        return (factor * unit / scale)[None], memory


def features(demand: Floats, covariates: NDArray[np.float32]) -> tuple[Floats, Floats, Floats]:
    """What the network is shown, for N items and days: inputs [N, F], unit and level [N] from the last demands [N, H].

    Trees need no interactions spelled out, so of the demands they get the last seven and the comparable ones.
    """
    comparable = demand[:, ::-1][:, 6::7]
    level, recent = comparable.mean(axis=1), demand.mean(axis=1)
    small = 0.05 * recent + 0.1
    unit = level + small
    past = np.concatenate([demand[:, -7:], comparable], axis=1)
    relative = np.log((past + small[:, None]) / unit[:, None])
    inputs = np.concatenate([relative, np.log(unit / (recent + small))[:, None], covariates], axis=1)
    return inputs, unit, level


def trees(problem: Any, penalty: float) -> list[Track]:
    """Gradient-boosted quantile regression, its rounds chosen on validation dates, then fitted on all known ones."""
    try:
        from sklearn.ensemble import HistGradientBoostingRegressor
    except ImportError:
        print("no scikit-learn: no quantile regression", file=sys.stderr)
        return []
    began, (train, held_out) = time.process_time(), (problem.spans["train"], problem.spans["validation"])

    def fit(last: int, rounds: int) -> Any:
        inputs, target, unit = examples(problem, train.first, last)
        quantile = penalty / (penalty + problem.holding)
        model = HistGradientBoostingRegressor(
            loss="quantile", quantile=quantile, max_iter=rounds, random_state=0, **TREES
        )
        return model.fit(inputs, target, sample_weight=unit)

    inputs, target, unit = examples(problem, held_out.first, held_out.last)
    losses = []
    for predicted in fit(train.last, ROUNDS).staged_predict(inputs):
        short = unit * (target - predicted)
        losses.append(np.where(short > 0, penalty * short, -short).sum())
    rounds = int(np.argmin(losses)) + 1
    model = fit(held_out.last, rounds)
    seconds = time.process_time() - began
    each = min(losses) / (held_out.last - held_out.first + 1)
    print(f"validation, trees: {rounds} rounds {each:.0f}, {seconds:.0f} CPU-s", file=sys.stderr)
    return [own(problem, "quantile regression, boosted trees", "learned", Regression(model), seconds)]


def examples(problem: Any, first: int, last: int) -> tuple[Floats, Floats, Floats]:
    """Inputs [N, F], demand over unit [N] and unit [N] of all items in the periods from ``first`` to ``last``."""
    series, lags, found = problem.series, problem.lags, []
    for period in range(first, last + 1):
        inputs, unit, level = features(series.demand[period - lags : period].T, series.covariates[period])
        sold = level > 0
        found.append((inputs[sold], (series.demand[period] / unit)[sold], unit[sold]))
    inputs, target, unit = (np.concatenate(part) for part in zip(*found, strict=True))
    return inputs, target, unit


def usual(problem: Any) -> Track:
    """The usual demand of the weeks before the first scored day."""
    return own(problem, "usual demand", "classical", Usual())


def own(problem: Any, label: str, kind: Kind, policy: Policy, training: float = float("nan")) -> Track:
    """The track of a policy that is no baseline of the problem."""
    history, began = problem.history(), time.process_time()
    found = problem.evaluate(history, rollout(problem.environment(), policy, history).solution)
    spent = time.process_time() - began
    score = Score(label, 0, 0, bool(found.feasible[0]), float(found.objective[0]), "finished", cpu_seconds=spent)
    return Track(label, kind, [score], [found], training)


if __name__ == "__main__":
    main()

"""A published claim, scored again: ``python benchmarks/portfolio_claim.py FILE``.

FILE is ``resultsave/df_PPO_vgg1_softmax_maxAVGSharpe.csv`` of the repository watermeloncq/drl-dynamic-optimization-
portfolio-SB3py37 (commit 6f5ad8e): 129 rows, one a day, with the price relative of ten stocks and the weights that the
published agent takes at its close. Its own rules: traded at the close that was seen, 25 bps of what is moved into or
out of stocks, idle cash. The published growth of a day is exp(w . log y), with which the file's own end is found to
1e-15; it is w . y here, for the agent as for everybody.
"""

from __future__ import annotations

import sys
from pathlib import Path

from timing import table  # isort: skip  (pins threads before numpy is imported)

import numpy as np
import pandas as pd

from headway.contest import stats
from headway.domains.portfolio.allocation.problem import Allocation
from headway.domains.portfolio.allocation.solution import orders
from headway.domains.portfolio.market.instance import PricePath
from headway.domains.portfolio.statistics.daily import YEARLY, Floats, growth, returns
from headway.domains.portfolio.statistics.deflated import deflated, hurdle
from headway.domains.portfolio.statistics.rivals import at_equal_risk, superior_ability
from headway.domains.portfolio.statistics.sharpe import minimum_track_record, probabilistic, record
from headway.evaluation import Evaluation

TRIALS = 10  # "multiple complete restarts" and "numerous training attempts", says its README; ten is our guess


def main() -> None:
    """Print the table, and what the test of superior ability says."""
    published = pd.read_csv(Path(sys.argv[1]))
    names = [column.removeprefix("price_") for column in published if column.startswith("price_CN")]
    relatives = published[[f"price_{name}" for name in names]].to_numpy()
    path = PricePath.of(
        dates=pd.to_datetime(published["date"]).to_numpy("datetime64[D]")[None],
        assets=np.array([names]),
        returns=(relatives - 1)[None],
        cash=np.zeros((1, len(published))),
        start=np.array([1]),  # the first row trades nothing
    )
    agent = published[[f"weight_{name}" for name in [*names, "CASH"]]].to_numpy()[1:-1]
    found = {
        "agent, as published": None,
        "agent, its weights": score(path, agent / agent.sum(axis=1, keepdims=True)),
        "1/N of stocks and cash": score(path, np.full(agent.shape, 1 / 11)),
        "1/N of stocks": score(path, np.append(np.full(10, 0.1), 0.0) * np.ones(agent.shape)),
        "buy and hold stocks": score(path, np.append(np.full(10, 0.1), 0.0) * (np.arange(len(agent))[:, None] == 0)),
    }
    base = found["1/N of stocks and cash"]
    assert base is not None
    ending = float(published["portfolio_value"].iloc[-1]) - 1
    table([row(name, e, base, ending) for name, e in found.items()], f"{path.scored} days, 25 bps, daily")
    daily, theirs = returns(found["agent, its weights"]), returns(base)  # type: ignore[arg-type]
    test = superior_ability(theirs, at_equal_risk(theirs, daily[:, None]), stats.block_length(daily))
    print(f"\nSuperior predictive ability of the agent over 1/N of stocks and cash: p = {test and test.consistent:.2f}")


def score(path: PricePath, weights: Floats) -> Evaluation:
    """By the problem's own scorer, under the paper's rules."""
    problem = Allocation(every=1, execution_lag=0, same_close=True, cost_bps=25, cash="nothing", lookback=2)
    return problem.evaluate(path, orders(path, problem.rules, weights[None]))


def row(name: str, evaluation: Evaluation | None, base: Evaluation, ending: float) -> dict[str, object]:
    """Return, Sharpe ratio with its interval, and what remains of it."""
    columns = ("Sharpe ratio", "less 1/N's", "largest loss", "PSR", f"DSR, N = {TRIALS}", "MinTRL, years")
    if evaluation is None:
        return {"strategy": name, "net return": f"{ending:.2%}", **dict.fromkeys(columns, "")}
    daily, theirs = returns(evaluation), returns(base)
    indices, _ = stats.blocks(daily, theirs, resamples=2000)
    ratios, others = ratio(daily[indices]), ratio(theirs[indices])
    made = record(daily)
    own = stats.from_replicates(made.ratio * YEARLY, ratios)
    lead = stats.from_replicates(own.value - record(theirs).ratio * YEARLY, ratios - others)
    return {
        "strategy": name,
        "net return": f"{np.expm1(growth(evaluation).sum()):.2%}",
        "Sharpe ratio": f"{own.value:.2f} [{own.low:.2f}, {own.high:.2f}]",
        "less 1/N's": "" if evaluation is base else f"{lead.value:.2f} [{lead.low:.2f}, {lead.high:.2f}]",
        "largest loss": f"{evaluation.metrics['max_drawdown'][0]:.2%}",
        "PSR": f"{probabilistic(made):.2f}",
        f"DSR, N = {TRIALS}": f"{deflated(made, hurdle(TRIALS, (), made.periods)):.2f}",
        "MinTRL, years": f"{minimum_track_record(made) / 252:.1f}",
    }


def ratio(daily: Floats) -> Floats:
    """Annual Sharpe ratios of resampled days [R, T]."""
    found: Floats = daily.mean(axis=1) / daily.std(axis=1, ddof=1) * YEARLY
    return found


if __name__ == "__main__":
    main()

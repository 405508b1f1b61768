"""Portfolio baselines on the bundled stocks, net of costs: the tables of docs/portfolio.md."""

from __future__ import annotations

from timing import table  # isort: skip  (pins threads before numpy is imported)

from headway import make_problem, rollout

PERIODS = {"2016-2022": ("2016-01-01", "2022-12-31"), "1996-2022": ("1996-01-01", "2022-12-31")}


def main() -> None:
    """Walk every baseline through both periods and print a table for each."""
    problem = make_problem("portfolio/allocation")
    for title, (start, end) in PERIODS.items():
        history = problem.history(start, end)
        rows = []
        for name in problem.baselines:
            walked = rollout(problem.environment(), problem.baseline(name), history)
            found = {key: float(value[0]) for key, value in problem.evaluate(history, walked.solution).metrics.items()}
            rows.append(
                {
                    title: name.replace("_", " "),
                    "Sharpe": f"{found['sharpe']:.3f}",
                    "return a year": f"{100 * found['annual_return']:.1f} %",
                    "volatility": f"{100 * found['volatility']:.1f} %",
                    "largest loss": f"{100 * found['max_drawdown']:.1f} %",
                    "turnover a year": f"{found['turnover']:.2f}",
                    "costs, bps a year": f"{found['cost_bps']:.1f}",
                }
            )
        table(rows, f"Net of 10 bps, every 21 days, {title}")


if __name__ == "__main__":
    main()

"""Eight ways in which the future gets into a backtest, each beside the honest way, on a market of pure chance.

They are what `assert_causal` is tested with, and what to compare one's own code with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

DAYS, SPLIT, HORIZON = 320, 200, 5  # days there are; the first day that is predicted; days a label looks ahead
WINDOWS = (3, 5, 10, 20, 40)  # of moving averages to choose from


class Leak(NamedTuple):
    """How it is done wrongly and honestly, on which tables, and how `assert_causal` is called."""

    wrong: Callable[[Any], Any]
    honest: Callable[[Any], Any]
    data: Any
    options: Mapping[str, Any] = {}


def leaks(seed: int = 0) -> dict[str, Leak]:
    """All of them by name, on prices that are random walks, some with gaps; the seed is the walks'."""
    prices, gaps, facts = market(seed)
    tables, around = {"prices": prices, "facts": facts}, prices.index[SPLIT - 10 : SPLIT + 10]
    return {
        "centred window": Leak(centred_window, trailing_window, prices),
        "back-fill": Leak(back_fill, forward_fill, gaps),
        "full-sample scaling": Leak(full_sample_scaling, expanding_scaling, prices),
        "same-close fill": Leak(same_close_fill, next_close_fill, prices, {"lag": 2}),
        "future universe": Leak(future_universe, listed_universe, gaps),
        "label overlap": Leak(overlapping_labels, purged_labels, prices, {"cuts": around}),
        "selection on the test set": Leak(selected_on_test, selected_before, prices),
        "revised data": Leak(revised_values, known_values, tables),
    }


def market(seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Prices of four assets; the same with a gap, a late listing and a delisting; facts of which one is revised."""
    import pandas as pd

    days = pd.bdate_range("2020-01-01", periods=DAYS)
    walk = np.random.default_rng(seed).normal(0, 0.01, (DAYS, 4)).cumsum(axis=0)
    prices = pd.DataFrame(100 * np.exp(walk), days, ["A", "B", "C", "D"])
    gaps = prices.copy()
    gaps.loc[days[100:104], "B"] = np.nan
    gaps.loc[days[:60], "C"] = np.nan
    gaps.loc[days[280:], "D"] = np.nan
    facts = pd.DataFrame({"available_at": days[[5, 70, 130, 200]], "date": days[[0, 60, 120, 60]]})
    return prices, gaps, facts.assign(value=[1.0, 2.0, 3.0, 2.5])  # the value of day 60 is revised on day 200


def centred_window(prices: pd.DataFrame) -> pd.DataFrame:
    """A mean that reaches two days ahead."""
    return prices.rolling(5, center=True).mean()


def trailing_window(prices: pd.DataFrame) -> pd.DataFrame:
    """A mean of the last five days."""
    return prices.rolling(5).mean()


def back_fill(prices: pd.DataFrame) -> pd.DataFrame:
    """A missing price is the next one."""
    return prices.bfill()


def forward_fill(prices: pd.DataFrame) -> pd.DataFrame:
    """A missing price is the last one."""
    return prices.ffill()


def full_sample_scaling(prices: pd.DataFrame) -> pd.DataFrame:
    """Standardised by mean and deviation of the whole sample."""
    return (prices - prices.mean()) / prices.std()


def expanding_scaling(prices: pd.DataFrame) -> pd.DataFrame:
    """Standardised by mean and deviation up to the day."""
    return (prices - prices.expanding().mean()) / prices.expanding().std()


def same_close_fill(prices: pd.DataFrame) -> pd.DataFrame:
    """Positions that earn the day's return, ordered and filled at the close before it."""
    return (prices.pct_change() < 0).astype(float).shift(1)


def next_close_fill(prices: pd.DataFrame) -> pd.DataFrame:
    """Positions that earn the day's return, filled one close after the one they have seen."""
    return (prices.pct_change() < 0).astype(float).shift(2)


def future_universe(prices: pd.DataFrame) -> pd.DataFrame:
    """Returns of the assets that have a price on every day of the sample."""
    return prices.dropna(axis=1).pct_change()


def listed_universe(prices: pd.DataFrame) -> pd.DataFrame:
    """Returns of all assets, on the days on which they have prices."""
    return prices / prices.shift(1) - 1


def overlapping_labels(prices: pd.DataFrame, purge: int = 0) -> pd.Series[Any]:
    """Predictions from the split on, by a slope fitted to the days before it, whose labels reach beyond it."""
    now = prices["A"].pct_change().fillna(0.0)
    label = prices["A"].pct_change(HORIZON).shift(-HORIZON)
    train = slice(1, SPLIT - purge)
    both = now.iloc[train].to_numpy(), label.iloc[train].fillna(0.0).to_numpy()
    return now.iloc[SPLIT:] * float(both[0] @ both[1]) / float(both[0] @ both[0])


def purged_labels(prices: pd.DataFrame) -> pd.Series[Any]:
    """The same without the last days before the split, whose labels are not known at it."""
    return overlapping_labels(prices, purge=HORIZON)


def selected_on_test(prices: pd.DataFrame, until: int | None = None) -> pd.DataFrame:
    """Positions of the moving average that earned most on the whole sample."""
    returns = prices.pct_change()
    positions = [returns.rolling(window).mean().apply(np.sign) for window in WINDOWS]
    earned = [float((p.shift(2) * returns).iloc[:until].sum().sum()) for p in positions]
    return positions[int(np.argmax(earned))].iloc[SPLIT:]


def selected_before(prices: pd.DataFrame) -> pd.DataFrame:
    """Positions of the moving average that earned most before the split."""
    return selected_on_test(prices, until=SPLIT)


def revised_values(tables: Mapping[str, pd.DataFrame]) -> pd.Series[Any]:
    """A fact on each day, as it was revised later."""
    facts = tables["facts"]
    first = facts.groupby("date")["available_at"].min()
    last = facts.drop_duplicates("date", keep="last").set_index("date")["value"]
    return last.set_axis(first[last.index]).sort_index().reindex(tables["prices"].index, method="ffill")


def known_values(tables: Mapping[str, pd.DataFrame]) -> pd.Series[Any]:
    """A fact on each day, as it was known then: the newest date's, and its last revision so far."""
    facts = tables["facts"].sort_values(["available_at", "date"])
    facts = facts[facts["date"] >= facts["date"].cummax()]
    facts = facts.drop_duplicates("available_at", keep="last").set_index("available_at")
    return facts["value"].reindex(tables["prices"].index, method="ffill")

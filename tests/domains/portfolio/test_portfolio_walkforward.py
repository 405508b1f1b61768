"""What a refit on prices may see: purged, embargoed and rolling, as skfolio cuts it, and never a label of its test."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.portfolio.allocation.problem import Allocation
from headway.errors import InstanceError, LeakageError
from headway.pipelines.comparison.schedule import Schedule
from headway.testing.causal import assert_causal

DAYS, TEST = 300, 40


@pytest.fixture
def history(path):
    """A history of 300 days of noise, scored after the first 200."""
    return path(np.random.default_rng(1).normal(0, 0.01, (DAYS, 3)), start=199)


@pytest.mark.parametrize(("purge", "embargo"), [(0, 0), (5, 0), (3, 2)])
@pytest.mark.parametrize("window", [None, 60])
def test_refits_see_what_skfolio_would_train_on(history, purge, embargo, window):
    """Same days in every fold; the purged ones lie between the last day seen and the first one scored."""
    from skfolio.model_selection import WalkForward

    schedule, problem = Schedule(TEST, purge, embargo, window), Allocation()
    size = window or 200 - schedule.gap  # the first decision is at the close of day 199
    since = 200 - schedule.gap - size  # skfolio begins as early as it can
    cut = WalkForward(TEST, size, purged_size=schedule.gap, expand_train=window is None, reduce_test=True)
    folds = [(train + since, test + since) for train, test in cut.split(np.zeros((DAYS - since, 1)))]
    assert [int(test[0]) for _, test in folds] == [200, 240, 280]
    for train, test in folds:
        view = schedule.view(problem, history, int(test[0]) - 1)
        np.testing.assert_array_equal(view.dates[0], history.dates[0, train])


def test_a_rolling_view_has_the_same_prices(history):
    """What came before is forgotten, not its effect on the level of prices."""
    problem = Allocation()
    view = problem.recent(problem.view(history, 250), 60)
    np.testing.assert_allclose(view.prices(), history.prices()[:, 191:251], rtol=1e-12)
    np.testing.assert_array_equal(view.dates, history.dates[:, 191:251])
    assert view.length == 60
    assert view.first == 8
    assert problem.recent(view, 999).length == 60


def test_training_windows_end_before_the_gap():
    """Every label that an agent is trained or selected on lies before the purged days, on real prices."""
    problem = Allocation(window=3, lookback=260)
    history = problem.history()
    period = history.first + 21
    view = Schedule(21, purge=10, embargo=5, window=1200).view(problem, history, period)
    inner = problem.until(view)
    last = max(inner.instances(split, 64).dates.max() for split in ("train", "validation", "tuning", "test"))
    assert last <= history.dates[0, period - 15]
    first = min(inner.instances(split, 64).dates.min() for split in ("train", "validation"))
    assert first >= history.dates[0, period - 15 - 1199]


def test_a_window_too_short_for_training_is_refused():
    """The lookback and one window of training and one of validation must fit."""
    problem = Allocation(window=3, lookback=260)
    view = problem.recent(problem.view(problem.history(), 5000), 300)
    with pytest.raises(InstanceError, match="does not fit"):
        problem.until(view).instances("train", 1)


def test_the_future_of_a_refit_changes_nothing(history):
    """Other prices inside the gap and after it, and the refit sees the same bytes."""
    problem, schedule = Allocation(), Schedule(TEST, purge=4, embargo=1, window=100)
    for seed in range(3):
        other = problem.perturb(history, 235, np.random.default_rng(seed))
        assert schedule.view(problem, other, 240).digest() == schedule.view(problem, history, 240).digest()
        assert schedule.view(problem, other, 241).digest() != schedule.view(problem, history, 241).digest()


@pytest.mark.parametrize(("purge", "embargo"), [(5, 0), (4, 1), (3, 0), (0, 0)])
def test_labels_that_overlap_the_test_are_purged(path, purge, embargo):
    """A careless fit on labels that look five days ahead: causal with a gap of five days, caught with a shorter one."""
    returns = np.random.default_rng(3).normal(0, 0.01, (DAYS, 3))

    def walk(known):
        labels = np.array([known[t + 1 : t + 6].sum() for t in range(len(known))])  # of the whole sample, as is usual
        schedule, problem, forecasts = Schedule(TEST, purge, embargo), Allocation(), np.zeros(len(known))
        for period in range(200, len(known) - 1, TEST):
            seen = schedule.view(problem, path(known), period).length
            forecasts[period:] = labels[:seen].mean()
        return forecasts[:, None]

    if purge + embargo >= 5:
        assert_causal(walk, returns, cuts=[150, 201, 242, 285])
    else:
        with pytest.raises(LeakageError):
            assert_causal(walk, returns, cuts=[201, 242, 285])

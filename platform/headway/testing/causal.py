"""`assert_causal`: does anything up to now depend on what comes later?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from headway.environment import Environment
from headway.errors import ConfigError
from headway.policy import Planner, Policy
from headway.problem import Problem


def assert_causal(
    thing: Any,
    data: Any = None,
    *,
    lag: int = 0,
    known_at: str = "available_at",
    cuts: int | Sequence[Any] = 100,
    seed: int = 0,
    change: Callable[[Any, Any, Any], Any] | None = None,
    problem: Problem[Any, Any] | None = None,
    instance: Any = None,
) -> None:
    """Raise LeakageError, with the day, the place and the amount, where ``thing`` knows the future.

    Two checks. *Perturbation*: everything after a day is replaced by something else; what was made of the days up to
    it must stay the same bit for bit. *Prefix invariance*: everything after a day is cut off; what was made of the
    days up to it must stay the same to 1e-9. The first finds values that seep back, the second also what follows from
    the mere existence of later data (which assets survive, how long a sample is).

    Parameters
    ----------
    thing : one of
        a function ``f(data) -> result``: a feature, a backtest, a fit and its predictions, a choice of assets.
        ``data`` is a table (pandas, or a numpy array whose rows are days) or a dict of tables; the result is a table
        or array of the days
        a pandas DataFrame of what was used on each day of its index: with a column ``known_at``, or with ``data`` as
        the point-in-time table (columns ``known_at``, asset, value) that says since when each value was known
        an environment, or a policy or planner with its ``problem``: observations, decisions and `fit`
        a problem: its environments, baselines and oracles that decide step by step
    data : what a function is called with
    lag : days by which a result must lag behind the data; 1 for positions that earn the return of their day, 2 where
        orders are filled a day after the close they have seen
    known_at : the column that says since when a row is known; rows of a table without it are known at their index
    cuts : how many days, evenly spread, or which days, to cut after. A leak that reaches h days is found by a cut
        within those h days, so name the days around refits and splits
    seed : of what replaces the future
    change : ``change(table, later, rng) -> table``: what to replace the rows ``later`` (bool) by; None: other rows of
        the table's future, in random order and times exp(normal noise)
    problem, instance : of an agent; validation instances by default
    """
    if isinstance(thing, (Problem, Environment, Policy, Planner)):
        from headway.testing.causal_contestants import require_causal

        require_causal(thing, problem, instance)
    elif callable(thing):
        from headway.testing.causal_functions import require_causal_function

        require_causal_function(thing, data, lag=lag, known_at=known_at, cuts=cuts, seed=seed, change=change)
    elif hasattr(thing, "columns"):
        from headway.testing.causal_tables import require_causal_table

        require_causal_table(thing, data, known_at)
    else:
        raise ConfigError(
            "what is this?",
            where="assert_causal",
            got=type(thing).__name__,
            expected="a function, a pandas DataFrame, an environment, a policy, a planner or a problem",
        )

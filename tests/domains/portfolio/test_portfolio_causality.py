"""Nothing of the domain knows the future; what is made to know it is caught."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from headway.components import component
from headway.domains.portfolio.allocation.dynamics import Trade
from headway.domains.portfolio.allocation.features import NAMES, features
from headway.domains.portfolio.allocation.problem import Allocation
from headway.domains.portfolio.classical.baselines import with_cash
from headway.domains.portfolio.market.known import Known
from headway.errors import ContractError, LeakageError
from headway.policy import Planner, Policy
from headway.registry import agent_class, make_problem, problems
from headway.testing import assert_causal, checks_for

SMALL = {"data": "factors", "window": 3, "lookback": 120}
OWN = [make_problem(name, **SMALL) for name in problems() if name.startswith("portfolio/")]
DAYS = Allocation(data="factors", window=4, every=5, lookback=60)  # short windows: a fit has enough of them
SYNTHETIC = Allocation(data="synthetic", data_options={"assets": 4, "days": 900}, window=7, lookback=120)


@pytest.mark.parametrize(
    ("problem", "name"),
    [(problem, name) for problem in [*OWN, SYNTHETIC] for name in problem.environments],
    ids=lambda part: part if isinstance(part, str) else f"{part.name}-{part.data}",
)
def test_environments_are_causal(problem, name):
    """Observations, masks, rewards and decisions: in another future bit for bit, and where there is none."""
    assert_causal(problem.environment(name))


@pytest.mark.parametrize(
    ("problem", "name"),
    [(problem, name) for problem in OWN for name in problem.baselines],
    ids=lambda part: part if isinstance(part, str) else part.name,
)
def test_baselines_are_causal(problem, name):
    """Decisions, and decisions after `fit`."""
    contestant = problem.baseline(name)
    assert isinstance(contestant, Policy | Planner)
    assert_causal(contestant, problem=problem)


def test_every_feature_is_causal():
    """Each of its columns on each day, on prices of five assets."""
    market = Allocation(data="factors").market
    returns = pd.DataFrame(market.returns[:700], market.dates[:700], list(market.assets))

    def all_features(table):
        days = np.arange(len(table))
        columns = pd.MultiIndex.from_product([table.columns, NAMES])
        return pd.DataFrame(features(table.to_numpy()[None], days)[0].reshape(len(days), -1), table.index, columns)

    assert_causal(all_features, returns, cuts=12)


def test_the_join_of_other_data_is_causal():
    """What is known at each close, as a function of a table of facts and of the days."""
    rng = np.random.default_rng(0)
    days = pd.bdate_range("2020-01-01", periods=120)
    date = rng.integers(0, 110, 60)
    facts = pd.DataFrame({"available_at": days[date + rng.integers(0, 10, 60)], "date": days[date]})
    facts = facts.assign(value=rng.normal(size=60)).drop_duplicates(["available_at", "date"])

    def joined(tables):
        rows, closes = tables["facts"], tables["prices"].index.to_numpy().astype("datetime64[s]")
        name = np.full(len(rows), "x", object)
        times = rows["available_at"].to_numpy().astype("datetime64[s]"), rows["date"].to_numpy().astype("datetime64[D]")
        return Known(*times, name, name, rows["value"].to_numpy()).as_of(closes)

    assert_causal(joined, {"prices": pd.DataFrame({"A": 1.0}, days), "facts": facts})


# -- agents -------------------------------------------------------------------------------------


class Trained(Policy):
    """An agent that is trained at each refit, on the problem as it was known, or as it is."""

    def __init__(self, agent, network, environment, options, honest=True):
        self.agent, self.network, self.environment = agent, network, environment
        self.options, self.honest = options, honest

    def act(self, observation, mask, memory=None):
        scores = np.zeros(observation["assets"].shape[:2], np.float32)
        return (scores if self.environment == "trade" else scores[:, 0].astype(np.int64)), None

    def fit(self, problem, view):
        agent = agent_class(self.agent)(**self.options)
        own = problem.until(view) if self.honest else problem
        environment = own.environment(self.environment, backend=agent.backend)
        trainer = agent.trainer(environment, own.network(self.network), seed=0, steps=10_000)
        for _ in range(3):
            trainer.advance()
        return trainer.policy()


AGENTS = {
    "pathwise": ("asset_mlp", "trade", {"batch": 4}),
    "ppo": ("asset_mlp", "trade", {"num_envs": 4, "rollout": 6, "batch": 12, "epochs": 1}),
}


@pytest.mark.parametrize("name", AGENTS)
def test_fits_of_agents_are_causal(name):
    """Trained on what was known then: the same policy in another future, and where the data ends."""
    assert_causal(Trained(name, *AGENTS[name]), problem=DAYS, instance=DAYS.history("2020-01-02", "2020-03-31"))


def test_a_fit_on_all_data_is_caught():
    """It ignores the view it is handed, and trains on the problem as it is today."""
    dishonest = Trained("pathwise", *AGENTS["pathwise"], honest=False)
    with pytest.raises(LeakageError, match="a fit needs the future"):
        assert_causal(dishonest, problem=DAYS, instance=DAYS.history("2020-01-02", "2020-03-31"))


# -- cheats -------------------------------------------------------------------------------------


@component
class Tomorrow(Planner):
    """Holds what rises most in the days that its order will be held for: it looks them up in the problem's data."""

    bold: bool = False

    def plan(self, problem, view, state):
        assets = view.returns.shape[2]
        day = int(np.searchsorted(problem.market.dates, view.dates[0, -1]))
        ahead = problem.market.returns[day + 1 + problem.rules.lag :][: problem.rules.every]
        if len(ahead) == 0 and not self.bold:
            return with_cash(np.full(assets, 1 / assets))
        return with_cash(np.eye(assets)[np.argmax(ahead[0] if self.bold else ahead.sum(axis=0))])


@pytest.mark.parametrize(("bold", "cause"), [(False, "a decision needs the future"), (True, "it raises where there")])
def test_a_planner_that_looks_ahead_is_caught(bold, cause):
    """Another future of the path alone does not show it, since it looks elsewhere; data that ends does."""
    with pytest.raises(LeakageError, match=cause) as caught:
        assert_causal(Tomorrow(bold=bold), problem=OWN[0])
    assert "Tomorrow, period" in str(caught.value)
    assert "(20" in str(caught.value)


@component
class Scaled(Trade):
    """Features divided by their largest value over the whole path, its future included."""

    def prepare(self, instance):
        params = super().prepare(instance)
        largest = np.abs(params.seen.assets).max(axis=1, keepdims=True)
        return params._replace(seen=params.seen._replace(assets=params.seen.assets / largest))


@component
class Peeking(Trade):
    """The observation of one decision later."""

    def observe(self, params, state):
        later = state._replace(period=np.minimum(state.period + 1, params.seen.assets.shape[1] - 1))
        return super().observe(params, state) | {"assets": super().observe(params, later)["assets"]}


@pytest.mark.parametrize("leaky", [Scaled, Peeking])
def test_an_environment_that_shows_the_future_is_caught(leaky):
    """With step, period, date and the place in the observation."""
    with pytest.raises(LeakageError, match="an observation sees the future") as caught:
        assert_causal(leaky(problem=OWN[0]))
    for part in ("step 0", "future changed from period 119 (20", "'assets'"):
        assert part in str(caught.value)


def test_an_environment_that_fills_at_the_same_close_is_caught():
    """Its rules say a day later, so does the scorer: what it pays its agent is not what is scored."""

    @component
    class SameClose(Trade):
        def prepare(self, instance):
            at_once = dataclasses.replace(self.problem, execution_lag=0, same_close=True)
            return Trade(problem=at_once).prepare(instance)

        def step(self, params, state, decision):
            at_once = dataclasses.replace(self.problem, execution_lag=0, same_close=True)
            return Trade(problem=at_once).step(params, state, decision)

    checks = {check.check.name: check for check in checks_for(OWN[0])}
    check = checks["check_return_is_the_objective"]
    vars(check.case)["environment"] = SameClose(problem=OWN[0])
    with pytest.raises(ContractError, match="the return differs from the objective"):
        check.run()

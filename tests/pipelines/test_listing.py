from __future__ import annotations

import pytest

from headway.errors import CapabilityError, UnknownNameError
from headway.pipelines import listing
from headway.pipelines.configuration.schema import TrainConfig
from headway.pipelines.training.loop import _trainer
from headway.problem import lookup
from headway.registry import agent_class, agents, problem_class, problems


@pytest.mark.parametrize("name", sorted(problems()))
def test_every_problem_is_described(name):
    """A problem says what it optimises, and has environments that some agent can train in."""
    found = listing.describe(name)
    assert found["summary"]
    assert found["sense"] in ("min", "max")
    assert found["baselines"]
    assert any(env["agents"] for env in found["environments"].values())


@pytest.mark.parametrize("name", sorted(problems()))
def test_declared_actions_are_the_spaces(name):
    """Where an environment declares the kind of its actions, its spaces agree."""
    problem = problem_class(name)
    for environment in problem.environments:
        declared = lookup("environment", environment, problem.environments).action
        assert declared in (None, listing.action_kind(problem, environment))


def test_pairs_that_work(tiny):
    """What agents say themselves decides: masks, capabilities, kinds of actions."""
    order, track = listing.describe("tiny/order"), listing.describe("tiny/track")
    for found in (order, track):
        for env in found["environments"].values():
            assert ("sac" in env["agents"]) == (env["action"] == "box")
            assert ("maskable_ppo" in env["agents"]) == (env["action"] == "discrete" and env["masked"])
            assert ("pathwise" in env["agents"]) == ("differentiable" in env["capabilities"])


@pytest.mark.parametrize("name", ["tiny/order", "tiny/track"])
def test_what_is_listed_is_what_can_train(tiny, name):
    """Every agent listed sets up a training run with nothing else said; every other one refuses to."""
    for env, about in listing.describe(name)["environments"].items():
        for agent in agents():
            config = TrainConfig(problem=name, env=env, agent=agent)
            if agent in about["agents"]:
                assert _trainer(config, None)
            else:
                with pytest.raises(CapabilityError):
                    _trainer(config, None)


def test_memory_wants_its_own_network(tiny):
    """The error for an agent with memory and a network without one says what to write."""
    config = TrainConfig(problem="tiny/track", env="bins", agent="recurrent_ppo", network="mlp")
    with pytest.raises(CapabilityError) as refused:
        _trainer(config, None)
    assert refused.value.hint == "network=lstm"


def test_one_domain_or_one_problem():
    """A domain's name lists its problems only."""
    assert [p["problem"] for p in listing.describe_all("tiny")] == ["tiny/order", "tiny/track"]
    assert [p["problem"] for p in listing.describe_all("tiny/order")] == ["tiny/order"]


def test_unknown_names_are_refused():
    """The error knows problems, domains and agents."""
    with pytest.raises(UnknownNameError, match="did you mean 'routing'"):
        listing.describe_all("rooting")


def test_options_and_their_defaults():
    """Options are the knobs; what the platform fills in is none."""
    options = listing.options_of(agent_class("ppo"))
    assert options["lr"] > 0
    assert "problem" not in listing.options_of(
        lookup("environment", "construct", problem_class("routing/cvrp").environments)
    )


def test_a_class_without_documentation_has_no_summary():
    """A signature that a dataclass is given instead is not shown."""

    class Plain:
        """One line.

        And more.
        """

    assert listing.summary(Plain) == "One line."
    assert listing.summary(type("Bare", (Plain,), {})) == ""

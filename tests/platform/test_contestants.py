"""Names of contestants, and what they mean."""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from headway.components import component, given
from headway.contest.chance import RandomPolicy
from headway.contest.contestants import Contestant, resolve
from headway.errors import CapabilityError, ConfigError, DataError, UnknownNameError
from headway.policy import Policy


@component
class Knowing(Policy):
    """A baseline that asks for its problem."""

    problem: Any = given(None)

    def act(self, observation, mask, memory=None):
        raise NotImplementedError


@pytest.fixture
def problem(trouble):
    return trouble.Guess()


def test_a_baseline_by_name(problem, trouble):
    """Its options are its knobs, and the loaded component has them."""
    contestant = resolve("steady", problem, {"every": 0.5})
    assert (contestant.label, contestant.kind, contestant.oracle, contestant.learned) == (
        "steady",
        "baseline",
        False,
        False,
    )
    assert contestant.load(problem) == trouble.Steady(every=0.5)


def test_a_baseline_is_given_its_problem(fleet, monkeypatch):
    """A field called `problem` is filled in wherever a baseline is built, and is no knob."""
    monkeypatch.setattr(type(fleet), "baselines", {"knowing": f"{__name__}:Knowing"})
    monkeypatch.setitem(sys.modules, __name__, sys.modules[Knowing.__module__])
    assert fleet.baseline("knowing").problem is fleet
    assert resolve("knowing", fleet).load(fleet).problem is fleet
    with pytest.raises(UnknownNameError):
        resolve("knowing", fleet, {"problem": 1})


def test_oracles_are_labelled(problem):
    """What sees the future says so."""
    assert resolve("clairvoyant", problem).oracle


def test_unknown_names_are_refused_with_the_nearest(problem):
    """A typing error is told before anything runs."""
    with pytest.raises(UnknownNameError, match="did you mean 'steady'"):
        resolve("stedy", problem)


def test_unknown_options_are_refused_with_the_nearest(problem):
    """So is one in an option."""
    with pytest.raises(UnknownNameError, match="did you mean 'every'"):
        resolve("steady", problem, {"evry": 1})


def test_wrong_options_are_refused_here_and_not_in_a_worker(problem):
    """A value of the wrong type never starts a process."""
    with pytest.raises(ConfigError, match=r"steady\.every"):
        resolve("steady", problem, {"every": "often"})


def test_hybrids_say_which_policy_they_want(problem):
    """Without one the message says what may be given."""
    with pytest.raises(ConfigError, match="is handed a policy"):
        resolve("guided", problem)


def test_hybrids_carry_their_policy(problem, trouble):
    """The label names it, and loading hands it over."""
    contestant = resolve("guided", problem, {"policy": "rounding", "pull": 0.25})
    assert (contestant.kind, contestant.label) == ("hybrid", "guided(policy=rounding)")
    assert contestant.load(problem) == trouble.Guided(pull=0.25, policy=trouble.Rounding())


def test_the_ablation_of_a_hybrid_is_the_hybrid_with_chance(problem):
    """The same code and options, another policy; the label tells it from that of other options."""
    ablation = resolve("guided", problem, {"policy": "rounding", "pull": 0.25}).without_learning()
    assert ablation.label == "guided(policy=random, pull=0.25)"
    assert resolve("guided", problem, {"policy": "rounding"}).without_learning().label == "guided(policy=random)"
    assert ablation.options == {"pull": 0.25}
    assert isinstance(ablation.load(problem).policy, RandomPolicy)


def test_random_acts_in_a_named_environment(problem):
    """Which must exist."""
    assert resolve("random", problem, {"env": "once"}).environment == "once"
    with pytest.raises(UnknownNameError, match="did you mean 'once'"):
        resolve("random", problem, {"env": "onc"})


@pytest.mark.parametrize("name", ["steady", "guided", "random", "clairvoyant"])
def test_contestants_travel_as_json(problem, name):
    """What a worker reads is what was sent."""
    contestant = resolve(name, problem, {"policy": "rounding"} if name == "guided" else None)
    assert Contestant.from_message(json.loads(json.dumps(contestant.message()))) == contestant


def test_folders_without_a_policy_are_refused(problem, tmp_path):
    """The message says what is in the folder and what should be."""
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(DataError, match=r"notes\.txt"):
        resolve(str(tmp_path), problem)


@pytest.fixture
def stored(fleet, tmp_path):
    """A run folder with an untrained policy for the toy problem."""
    from headway.nn.mlp import MLP
    from headway.storage.stored import Description, StoredPolicy, save_policy

    description = Description.of(fleet.environment(), MLP(), "greedy")
    save_policy(StoredPolicy(description.build(), description), tmp_path / "my-run" / "policy")
    return tmp_path / "my-run"


@pytest.mark.parametrize("inside", ["", "policy"])
def test_runs_and_policy_folders(fleet, stored, inside):
    """A run, or the policy in it; both are called as the run is."""
    contestant = resolve(str(stored / inside), fleet)
    assert (contestant.kind, contestant.label, contestant.environment) == ("policy", "my-run", "crew")
    assert contestant.learned
    assert contestant.policies == [stored / "policy"]
    assert contestant.load(fleet).problem_name == "maintenance/fleet"


def test_policies_of_another_problem_are_refused(problem, stored):
    """A policy for machines cannot guess numbers."""
    with pytest.raises(CapabilityError, match="maintenance/fleet"):
        resolve(str(stored), problem)


def test_the_ablation_of_a_policy_acts_in_its_environment(fleet, stored):
    """Random actions where the policy acts."""
    ablation = resolve(str(stored), fleet).without_learning()
    assert (ablation.environment, ablation.learned) == ("crew", False)
    assert isinstance(ablation.load(fleet), RandomPolicy)


def test_registered_models_are_read_by_alias(fleet, stored, monkeypatch):
    """``models:/NAME@alias`` is a stored policy that the model registry hands out, never a pyfunc."""
    from headway.tracking import model_registry

    asked = []

    def fetch(name, uri):
        asked.append((name, uri))
        return stored / "policy"

    monkeypatch.setattr(model_registry, "fetch_policy", fetch)
    contestant = resolve("models:/mechanic@champion", fleet, tracking="sqlite:///x.db")
    assert (contestant.kind, contestant.label) == ("policy", "mechanic@champion")
    assert contestant.load(fleet).problem_name == "maintenance/fleet"
    assert asked == [("models:/mechanic@champion", "sqlite:///x.db")]


# -- chance -----------------------------------------------------------------------------------
def test_masked_actions_are_uniform_over_the_allowed():
    """Four of five actions allowed: each in about a quarter of 4,000 draws, the fifth never."""
    policy, mask = RandomPolicy(), np.array([True, True, False, True, True])
    actions, _ = policy.act({}, np.tile(mask, (4000, 1)), policy.start(4000, 1))
    shares = np.bincount(actions, minlength=5) / 4000
    assert shares[2] == 0
    np.testing.assert_allclose(shares[mask], 0.25, atol=0.03)


@pytest.mark.parametrize(
    "space",
    [
        spaces.Discrete(4, start=2),
        spaces.MultiDiscrete([3, 5]),
        spaces.Box(-2.0, 3.0, (2,), np.float32),
        spaces.Box(0.0, np.inf, (3,), np.float64),
    ],
    ids=str,
)
def test_unmasked_actions_lie_in_their_space(space):
    """Every draw is a member, in the space's own type, and draws differ."""
    policy = RandomPolicy().acting_in(space)
    actions, _ = policy.act({}, None, policy.start(50, 0))
    assert all(space.contains(action) for action in np.asarray(actions).astype(space.dtype))
    assert len(np.unique(actions)) > 2


def test_rows_do_not_influence_each_other():
    """The third of five rows acts as it would with the first two gone, step by step."""
    policy = RandomPolicy().acting_in(spaces.Box(0.0, 1.0, (2,), np.float64))
    memory = policy.start(5, 3)
    alone = {name: array[2:3] for name, array in memory.items()}
    for _ in range(3):
        together, memory = policy.act({}, None, memory)
        single, alone = policy.act({}, None, alone)
        np.testing.assert_array_equal(together[2:3], single)


def test_spaces_without_a_uniform_draw_are_refused():
    """A text cannot be drawn."""
    policy = RandomPolicy().acting_in(spaces.Text(5))
    with pytest.raises(CapabilityError, match="Discrete"):
        policy.act({}, None, policy.start(1))

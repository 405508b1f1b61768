"""The environment's defaults, and what a component of it must give."""

from __future__ import annotations

import numpy as np
import pytest
from headway_maintenance.dynamics import Crew

from headway.environment import Environment, Transition
from headway.errors import CapabilityError, UnknownNameError
from headway.problem import Problem


class Plain(Crew):
    """The toy environment with every default of the base class."""

    mask, period = Environment.mask, Environment.period


@pytest.fixture
def plain(fleet):
    return Plain(problem=fleet)


def test_defaults_decode_and_project_nothing(plain):
    """An action is a decision, and every decision is feasible, unless an environment says otherwise."""
    actions = np.array([3, 0])
    assert plain.decode({}, actions) is actions
    assert plain.project({}, actions) is actions
    assert plain.stamp(actions, 1.5) is actions


def test_defaults_are_unmasked_and_reveal_nothing(plain, fleet):
    """No mask; period 0 in every row; offset 0."""
    instance = fleet.instances("train", 3)
    params = plain.prepare(instance)
    assert plain.mask(params, plain.reset(params)) is None
    assert plain.period(params, plain.reset(params)).tolist() == [0, 0, 0]
    assert plain.offset(instance).tolist() == [0.0, 0.0, 0.0]
    assert plain.offset(instance).dtype == np.float64


def test_an_environment_belongs_to_its_problem(fleet):
    """The problem builds it, by name or the default one, for either library."""
    assert fleet.environment().problem is fleet
    assert fleet.environment("crew") == fleet.environment()
    assert fleet.environment(backend="torch").arrays.name == "torch"
    with pytest.raises(UnknownNameError, match="unknown environment 'crow'"):
        fleet.environment("crow")


def test_a_transition_is_a_tuple_of_four():
    """State, reward, terminated, truncated, in gymnasium's order."""
    assert Transition._fields == ("state", "reward", "terminated", "truncated")


def test_what_must_be_given_cannot_be_left_out():
    """An environment without a step cannot be built."""
    with pytest.raises(TypeError, match="abstract"):
        type("Half", (Environment,), {})(problem=None)


def test_a_problem_says_what_it_cannot_do(fleet, tmp_path):
    """Capabilities that are not there raise CapabilityError with the place."""
    for call in (Problem.render, Problem.perturb):
        with pytest.raises(CapabilityError):
            call(fleet, None, None, *([None] if call is Problem.perturb else []))
    with pytest.raises(CapabilityError, match="no history"):
        fleet.history()
    with pytest.raises(CapabilityError, match="cannot be refitted"):
        fleet.until(None)


def test_unknown_contestants_and_networks_get_the_nearest_spelling(fleet):
    """Tables are looked up with a hint."""
    with pytest.raises(UnknownNameError, match="did you mean 'age_threshold'"):
        fleet.baseline("age_treshold")
    with pytest.raises(UnknownNameError, match="did you mean 'mlp'"):
        fleet.network("mpl")

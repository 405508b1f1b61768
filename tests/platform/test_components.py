"""Components: fields are validated configuration."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any

import pytest
from pydantic import Field

from headway.components import build, component, given, knobs, options
from headway.errors import ConfigError, UnknownNameError


@component
class Rule:
    """A rule with a level, a name and something the platform fills in."""

    level: Annotated[float, Field(ge=0, le=1)] = 0.5
    steps: int = 3
    name: str = "rule"
    problem: Any = given(None)

    @cached_property
    def doubled(self) -> float:
        return 2 * self.level


def test_options_are_checked_and_converted():
    """Text from a command line becomes a number; derived values follow."""
    rule = build(Rule, {"level": "0.25", "steps": 4}, where="rule")
    assert (rule.level, rule.steps, rule.doubled) == (0.25, 4, 0.5)


def test_a_value_out_of_range_names_key_and_value():
    """Where, got and expected are parts of the error."""
    with pytest.raises(ConfigError) as caught:
        build(Rule, {"level": 2}, where="contestant")
    assert caught.value.where == "contestant.level"
    assert caught.value.got == "2"
    assert "less than or equal to 1" in caught.value.what


@pytest.mark.parametrize("value", ["many", None, 1.5, float("nan"), [1]])
def test_a_value_of_the_wrong_type_is_refused(value):
    """No silent rounding, no None for a number, no NaN."""
    with pytest.raises(ConfigError, match="steps"):
        build(Rule, {"steps": value}, where="rule")


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_floats_are_finite(value):
    """Infinities are no configuration."""
    with pytest.raises(ConfigError):
        build(Rule, {"level": value}, where="rule")


def test_an_unknown_key_gets_the_nearest_spelling():
    """The hint names it, the list of keys is complete."""
    with pytest.raises(UnknownNameError) as caught:
        build(Rule, {"levle": 1}, where="rule")
    assert caught.value.hint == "did you mean 'level'?"
    assert caught.value.expected == "level, name, steps"


def test_what_the_platform_gives_is_no_knob():
    """A configuration cannot set it; the platform can, with any object."""
    assert set(knobs(Rule)) == {"level", "steps", "name"}
    with pytest.raises(UnknownNameError):
        build(Rule, {"problem": 1}, where="rule")
    thing = object()
    assert build(Rule, {}, where="rule", problem=thing).problem is thing


def test_options_rebuild_the_component():
    """What `options` says is what `build` needs."""
    rule = build(Rule, {"level": 0.75, "name": "x"}, where="rule")
    assert options(rule) == {"level": 0.75, "steps": 3, "name": "x"}
    assert build(Rule, options(rule), where="rule") == rule


def test_components_are_frozen_and_take_keywords_only():
    """A configuration cannot change under a run."""
    rule = Rule()
    with pytest.raises(AttributeError):
        rule.level = 0.1  # type: ignore[misc]
    with pytest.raises(Exception, match=r"positional|Unexpected"):
        Rule(0.1)  # type: ignore[misc]

from __future__ import annotations

from headway.errors import ConfigError, UnknownNameError
from headway.pipelines.configuration.refusal import located, relocated, source

ORIGINS = {
    ("agent",): "f.yaml:1",
    ("agent", "lr"): "f.yaml:2",
    ("steps",): "command line: steps=3",
    ("contestants",): "command line: contestants=a,b",
}


def test_a_setting_is_called_by_its_place():
    """File and line come with the key; a token already shows it, unless the key lies inside of it."""
    assert located(("agent", "lr"), ORIGINS) == "f.yaml:2 (agent.lr)"
    assert located(("agent", "lrr"), ORIGINS) == "f.yaml:1 (agent.lrr)"
    assert located(("steps",), ORIGINS) == "command line: steps=3"
    assert located(("contestants", "1", "k"), ORIGINS) == "command line: contestants=a,b (contestants.1.k)"
    assert located(("seed",), ORIGINS) == "seed"


def test_the_source_of_a_value_is_not_that_of_its_neighbour():
    """An option nobody set is a default, also where the component around it was set in a file."""
    assert source(("agent", "lr"), ORIGINS) == "f.yaml:2"
    assert source(("agent", "clip"), ORIGINS) == "default"
    assert source(("contestants", "1", "name"), ORIGINS) == "command line: contestants=a,b"


def test_errors_of_components_are_relocated():
    """What a component calls ``agent.lr`` is shown where it was set; class, parts and exit code stay."""
    error = ConfigError("too large", where="agent.lr", got=3, expected="< 1")
    moved = relocated(error, "agent", ("agent",), ORIGINS)
    assert (type(moved), moved.where, moved.got, moved.expected) == (ConfigError, "f.yaml:2 (agent.lr)", 3, "< 1")
    unknown = relocated(UnknownNameError("agent", "pppo", ["ppo"]), "agent", ("agent",), {("agent",): "f.yaml:1"})
    assert (unknown.where, unknown.hint) == ("f.yaml:1 (agent.name)", "did you mean 'ppo'?")

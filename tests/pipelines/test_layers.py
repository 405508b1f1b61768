from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.errors import ConfigError
from headway.pipelines.configuration.layers import Layer, parse_yaml, read_tokens, read_yaml


def test_yaml_values_have_lines():
    """Every key of a file, also inside lists, knows its line."""
    layer = parse_yaml("steps: 10\nagent:\n  lr: 1e-3\ncontestants:\n  - a\n  - {name: b, k: 2}\n", "f.yaml")
    assert layer.tree == {"steps": 10, "agent": {"lr": 0.001}, "contestants": ["a", {"name": "b", "k": 2}]}
    assert layer.origins["agent", "lr"] == "f.yaml:3"
    assert layer.origins["contestants", "1", "k"] == "f.yaml:6"


@pytest.mark.parametrize(
    ("text", "line", "got"),
    [
        ("a: 1\na: 2\n", 2, "duplicate key a"),
        ("a: 1\nb: !!python/object/apply:os.system ['true']\n", 2, "python/object"),
        ("a: !include other.yaml\n", 1, "!include"),
        ("a: &x [1]\nb: *x\n", 2, "*x"),
        ("a: 1\nb: ${oc.env:HOME}\n", 2, "${oc.env:HOME}"),
        ("a: 1\nb: [1, 2\n", 3, ""),
        ("- a\n- b\n", 1, "- a"),
        ("just words\n", 1, "just words"),
    ],
)
def test_refused_yaml_names_its_line(text, line, got):
    """Duplicates, tags, aliases, references and malformed text are refused with file and line."""
    with pytest.raises(ConfigError) as refused:
        parse_yaml(text, "f.yaml")
    assert refused.value.where == f"f.yaml:{line}"
    assert got in str(refused.value.got)


def test_an_empty_file_is_an_empty_layer(tmp_path):
    """A file with comments only changes nothing."""
    (tmp_path / "f.yaml").write_text("# nothing\n")
    assert read_yaml(tmp_path / "f.yaml") == Layer({}, {})


def test_unreadable_files_are_refused(tmp_path):
    """A missing file and one that is not text are configuration errors that name the file."""
    (tmp_path / "f.yaml").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "missing.yaml", tmp_path / "f.yaml"):
        with pytest.raises(ConfigError, match=str(path)):
            read_yaml(path)


@pytest.mark.parametrize(
    ("token", "value"),
    [
        ("x=1e-3", 0.001),
        ("x=64,64", [64, 64]),
        ("x=[a, {b: 1}]", ["a", {"b": 1}]),
        ("x='64,64'", "64,64"),
        ("x=null", None),
        ("x=a=b", "a=b"),
        ("x=-2", -2),
        ("x=2015-01-02", "2015-01-02"),
        ("x=models:/cvrp@champion", "models:/cvrp@champion"),
    ],
)
def test_token_values(token, value):
    """Values are YAML, and a comma makes a list."""
    assert read_tokens([token], {}, {}).tree == {"x": value}


def test_text_is_taken_as_it_stands():
    """Paths and names are not parsed: a folder called 2024 stays text."""
    layer = read_tokens(
        ["runs=2024", "instances=1.vrp,2.vrp", "name=null"], {"runs": False, "instances": True, "name": False}, {}
    )
    assert layer.tree == {"runs": "2024", "instances": ["1.vrp", "2.vrp"], "name": None}


def test_shorthands_and_options_meet():
    """``agent=ppo`` and ``agent.lr=...`` amount to one component, in either order."""
    for tokens in (["agent=ppo", "agent.lr=1"], ["agent.lr=1", "agent=ppo"]):
        layer = read_tokens(tokens, {}, {"agent": "name"})
        assert layer.tree == {"agent": {"name": "ppo", "lr": 1}}
        assert layer.origins["agent", "name"] == "command line: agent=ppo"


@pytest.mark.parametrize("token", ["problem", "=3", "a b=3", "agent..lr=3", "--lr=3", "a=[1", "a=${b}"])
def test_what_is_no_setting_is_refused(token):
    """A token that is not ``key=value``, or has a value that is no plain data, is shown in the error."""
    with pytest.raises(ConfigError) as refused:
        read_tokens([token], {}, {})
    assert str(refused.value.got) in (token, token.partition("=")[2])


def test_a_setting_inside_a_value_is_refused():
    """``steps=3`` and ``steps.every=2`` cannot both hold."""
    with pytest.raises(ConfigError, match="takes the place"):
        read_tokens(["steps=3", "steps.every=2"], {}, {})


def test_sections_move():
    """A layer can be read from a section, and put below a key, with its origins."""
    layer = parse_yaml("train:\n  agent: {lr: 1}\n", "f.yaml").under("train", "agent")
    assert layer == Layer({"lr": 1}, {("lr",): "f.yaml:2"})
    assert layer.below("agent") == Layer({"agent": {"lr": 1}}, {("agent", "lr"): "f.yaml:2"})
    assert layer.under("lr", "deeper") == Layer({}, {})


CHARACTERS = st.text(alphabet="ab01:-_.,[]{}!&*#?|>$ \n\t'\"%@`~=", max_size=40) | st.text(max_size=40)


@given(CHARACTERS)
def test_any_text_is_a_layer_or_a_configuration_error(text):
    """No text, however strange, gets past the errors of the configuration."""
    with contextlib.suppress(ConfigError):
        assert isinstance(parse_yaml(text, "f.yaml"), Layer)


@given(CHARACTERS)
def test_any_token_is_a_setting_or_a_configuration_error(value):
    """No command line gets past the errors of the configuration."""
    with contextlib.suppress(ConfigError):
        assert set(read_tokens([f"x={value}"], {}, {}).tree) == {"x"}


def test_bottomless_nesting_is_refused():
    """A file that nests without end is malformed, not a crash."""
    with pytest.raises(ConfigError, match="malformed"):
        parse_yaml("a: " + "[" * 3_000, "f.yaml")

from __future__ import annotations

import pytest

from headway.errors import ConfigError, UnknownNameError
from headway.pipelines.configuration import compose as module
from headway.pipelines.configuration.compose import compose, config_file, preset
from headway.pipelines.configuration.layers import Layer, parse_yaml
from headway.pipelines.configuration.schema import CompareConfig, ReportConfig, TrainConfig


@pytest.fixture
def presets(monkeypatch):
    """Shipped presets, as text by name."""
    shipped = {}
    monkeypatch.setattr(
        module, "preset", lambda *parts: parse_yaml(shipped.get("/".join(parts), ""), f"configs/{'/'.join(parts)}.yaml")
    )
    return shipped


def test_layers_in_their_order(presets, tmp_path):
    """Problem preset < file < command line, and each value knows which one it is from."""
    presets["problem/a/b"] = "train:\n  agent: {name: ppo, epochs: 2, batch: 2, clip: 2}\n  steps: 22\n"
    file = tmp_path / "mine.yaml"
    file.write_text("agent:\n  batch: 3\n  clip: 3\n")
    done = compose(TrainConfig, "train", [f"config={file}", "problem=a/b", "agent.clip=4"])
    assert done.config.agent.options == {"epochs": 2, "batch": 3, "clip": 4}
    assert done.origin("agent.epochs") == "configs/problem/a/b.yaml:2"
    assert done.origin("agent.batch") == f"{file}:2"
    assert done.origin("agent.clip") == "command line: agent.clip=4"
    assert done.origin("steps") == "configs/problem/a/b.yaml:3"
    assert done.origin("seed") == "default"
    assert done.origin("agent.left_out") == "default"


def test_another_agent_starts_afresh(presets):
    """Options that were meant for one agent never reach another."""
    presets["problem/a/b"] = "train:\n  agent: {name: ppo, epochs: 2}\n"
    done = compose(TrainConfig, "train", ["problem=a/b", "agent=sac", "agent.tau=1"])
    assert (done.config.agent.name, done.config.agent.options) == ("sac", {"tau": 1})


def test_the_network_of_a_preset_goes_with_its_agent(presets):
    """Another agent takes the network it needs itself, unless the user speaks of the network."""
    presets["problem/a/b"] = "train:\n  agent: ppo\n  network: {name: attention, dim: 8}\n"
    done = compose(TrainConfig, "train", ["problem=a/b", "agent=recurrent_ppo"])
    assert done.config.network is None
    assert done.origin("network") == "default"
    for tokens in ([], ["agent=ppo"], ["agent.lr=1"], ["agent=a2c", "network=attention"]):
        done = compose(TrainConfig, "train", ["problem=a/b", *tokens])
        assert (done.config.network.name, done.config.network.options) == ("attention", {"dim": 8})
    done = compose(TrainConfig, "train", ["problem=a/b", "agent=a2c", "network.dim=4"])
    assert (done.config.network.name, done.config.network.options) == ("attention", {"dim": 4})
    done = compose(TrainConfig, "train", ["problem=a/b", "agent=a2c", "network=mlp"])
    assert (done.config.network.name, done.config.network.options) == ("mlp", {})


def test_presets_of_other_verbs_stay_out(presets):
    """A problem's preset has a section for each verb."""
    presets["problem/a/b"] = "train:\n  steps: 5\ncompare:\n  budget: 2\n"
    assert compose(CompareConfig, "compare", ["problem=a/b", "contestants=x"]).config.budget == 2


def test_later_files_win(tmp_path):
    """``config=`` may be repeated; files are read in their order."""
    for name, steps in (("one", 1), ("two", 2)):
        (tmp_path / f"{name}.yaml").write_text(f"problem: a/b\nagent: ppo\nsteps: {steps}\n")
    tokens = [f"config={tmp_path / 'one.yaml'}", f"config={tmp_path / 'two.yaml'}"]
    assert compose(TrainConfig, "train", tokens).config.steps == 2


def test_an_empty_file_is_the_defaults(tmp_path):
    """A configuration file may be empty."""
    (tmp_path / "f.yaml").write_text("")
    tokens = ["problem=a/b", "agent=ppo"]
    assert compose(TrainConfig, "train", [f"config={tmp_path / 'f.yaml'}", *tokens]) == compose(
        TrainConfig, "train", tokens
    )


def test_lists_on_the_command_line():
    """``a,b`` is a list of contestants, and so is YAML with their options; one is a list too."""
    for text, names in (("a", ["a"]), ("a,b", ["a", "b"]), ("[a,{name: b, k: 1}]", ["a", "b"])):
        done = compose(CompareConfig, "compare", ["problem=a/b", f"contestants={text}"])
        assert [entry.name for entry in done.config.contestants] == names
        assert done.origin("contestants.0.name") == f"command line: contestants={text}"
    assert done.config.contestants[1].options == {"k": 1}


def test_a_misspelt_key_in_a_file_names_its_line(tmp_path):
    """The error names file, line and the nearest key."""
    (tmp_path / "f.yaml").write_text("problem: a/b\nagent: ppo\nvalidation:\n  evry: 3\n")
    with pytest.raises(UnknownNameError) as refused:
        compose(TrainConfig, "train", [f"config={tmp_path / 'f.yaml'}"])
    assert refused.value.where == f"{tmp_path / 'f.yaml'}:4 (validation.evry)"
    assert refused.value.hint == "did you mean 'every'?"


def test_a_misspelt_key_is_told_before_what_it_leaves_missing():
    """``problm=`` leaves ``problem`` missing; the spelling is the news."""
    with pytest.raises(UnknownNameError, match="did you mean 'problem'"):
        compose(TrainConfig, "train", ["problm=a/b", "agent=ppo"])


def test_a_wrong_type_names_its_line(tmp_path):
    """A value of the wrong type is shown with file, line and what was expected."""
    (tmp_path / "f.yaml").write_text("problem: a/b\nagent: ppo\nsteps: many\n")
    with pytest.raises(ConfigError) as refused:
        compose(TrainConfig, "train", [f"config={tmp_path / 'f.yaml'}"])
    assert refused.value.where == f"{tmp_path / 'f.yaml'}:3 (steps)"
    assert refused.value.got == "'many'"
    assert "valid integer" in str(refused.value.expected)


def test_a_wrong_type_on_the_command_line_shows_the_token():
    """There is no line on the command line, so the token itself is shown."""
    with pytest.raises(ConfigError) as refused:
        compose(TrainConfig, "train", ["problem=a/b", "agent=ppo", "validation.n=few"])
    assert refused.value.where == "command line: validation.n=few"


def test_what_is_missing_is_asked_for():
    """A verb without its problem says which key to give."""
    with pytest.raises(ConfigError) as refused:
        compose(TrainConfig, "train", ["agent=ppo"])
    assert str(refused.value.expected).startswith("problem=")
    assert "headway list" in str(refused.value.hint)


def test_shipped_experiments_have_names():
    """``config=demo/routing_train`` is a shipped file; a path stays a path, even a missing one."""
    file, label = config_file("demo/routing_train")
    assert file.is_file()
    assert label == "configs/demo/routing_train.yaml"
    assert config_file("demo/routing_train.yaml")[1] == "demo/routing_train.yaml"
    assert not config_file("no_such_experiment")[0].is_file()


def test_what_does_not_ship_is_an_empty_preset():
    """Problems from outside need no preset."""
    assert preset("problem", "somewhere", "else") == Layer({}, {})


def test_paths_stay_text():
    """A run folder that looks like a number is a folder."""
    assert [str(p) for p in compose(ReportConfig, "report", ["folders=2024,1e5"]).config.folders] == ["2024", "1e5"]

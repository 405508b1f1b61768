from __future__ import annotations

from pathlib import Path

import pytest

from headway.errors import ConfigError, UnknownNameError
from headway.pipelines.configuration.resolve import resolve
from headway.pipelines.configuration.schema import BacktestConfig, CheckConfig, CompareConfig, SolveConfig, TrainConfig

PLUGIN = Path(__file__).parents[1] / "plugins" / "trouble"


@pytest.fixture(autouse=True)
def trouble(monkeypatch):
    """The domain `trouble`, as a package that is not installed by headway."""
    monkeypatch.syspath_prepend(PLUGIN)
    from trouble import domain

    from headway import registry

    monkeypatch.setattr(registry, "domains", lambda: {"trouble": domain})


def test_options_left_out_are_filled_in():
    """The resolved configuration has every option of every component it names."""
    config = resolve(CheckConfig, "check", ["problem=trouble/guess"]).config
    assert config.problem.options == {"spread": 9.0}


def test_values_take_the_type_of_their_option():
    """An integer for a float option is stored as the float it means."""
    resolved = resolve(CheckConfig, "check", ["problem=trouble/guess", "problem.spread=3"])
    assert resolved.config.problem.options == {"spread": 3.0}
    assert resolved.origin("problem.spread") == "command line: problem.spread=3"


def test_agents_environments_and_networks_are_filled_in():
    """Training states every hyper-parameter."""
    tokens = ["problem=trouble/guess", "agent=ppo", "env=once", "env.odd=true", "network=mlp"]
    config = resolve(TrainConfig, "train", tokens).config
    assert config.env is not None
    assert config.env.options == {"odd": True}
    assert config.network is not None
    assert "hidden" in config.network.options
    assert config.agent.options["lr"] > 0


@pytest.mark.parametrize(
    ("token", "hint"),
    [
        ("problem=trouble/gues", "trouble/guess"),
        ("problem.spraed=3", "spread"),
        ("agent=ppoo", "ppo"),
        ("agent.lrr=3", "lr"),
        ("env=onse", "once"),
        ("network=mpl", "mlp"),
    ],
)
def test_misspelt_names_and_options_have_a_nearest_spelling(token, hint):
    """Whatever is misspelt, the error shows the token and the nearest name."""
    base = {"problem": "problem=trouble/guess", "agent": "agent=ppo", token.partition("=")[0]: token}
    with pytest.raises(UnknownNameError) as refused:
        resolve(TrainConfig, "train", list(base.values()))
    assert refused.value.where == f"command line: {token}"
    assert refused.value.hint == f"did you mean {hint!r}?"


def test_an_option_in_a_file_names_its_line(tmp_path):
    """Options of components are located like keys of the schema."""
    (tmp_path / "f.yaml").write_text("problem:\n  name: trouble/guess\n  spread: wide\n")
    with pytest.raises(ConfigError) as refused:
        resolve(CheckConfig, "check", [f"config={tmp_path / 'f.yaml'}"])
    assert refused.value.where == f"{tmp_path / 'f.yaml'}:3 (problem.spread)"
    assert refused.value.got == "'wide'"


def test_options_of_contestants_are_checked(tmp_path):
    """An option that a baseline does not have is refused before anything runs, with its line."""
    (tmp_path / "f.yaml").write_text("contestants:\n  - exact\n  - {name: steady, evry: 2}\n")
    with pytest.raises(UnknownNameError) as refused:
        resolve(CompareConfig, "compare", ["problem=trouble/guess", f"config={tmp_path / 'f.yaml'}"])
    assert refused.value.where == f"{tmp_path / 'f.yaml'}:3 (contestants.1.evry)"
    assert refused.value.hint == "did you mean 'every'?"


def test_unknown_contestants_are_refused():
    """A contestant that is neither baseline nor folder is refused with the nearest name."""
    with pytest.raises(UnknownNameError, match="did you mean 'exact'"):
        resolve(SolveConfig, "solve", ["problem=trouble/guess", "instance=f.npz", "contestant=exakt"])


def test_registered_models_are_looked_up_later():
    """Composing a configuration asks no tracker."""
    config = resolve(CompareConfig, "compare", ["problem=trouble/guess", "contestants=models:/guess@champion"]).config
    assert config.contestants[0].name == "models:/guess@champion"


def test_a_backtest_may_enter_agents():
    """An agent's name is a contestant of a backtest, which trains it on the way."""
    assert resolve(BacktestConfig, "backtest", ["problem=trouble/guess", "contestants=ppo"]).config.contestants
    with pytest.raises(UnknownNameError):
        resolve(CompareConfig, "compare", ["problem=trouble/guess", "contestants=ppo"])

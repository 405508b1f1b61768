"""What is installed, found by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from headway import registry
from headway.errors import UnknownNameError
from headway.registry import Domain, agent_class, agents, make_problem, problem_class, problems

HEAVY = {"torch", "pandas", "mlflow", "matplotlib", "scipy", "stable_baselines3", "ortools", "skfolio", "pyvrp"}


@pytest.fixture
def toy(monkeypatch):
    monkeypatch.setattr(
        registry,
        "domains",
        lambda: {"maintenance": Domain("maintenance", "", {"fleet": "headway_maintenance.problem:Fleet"})},
    )


def test_problems_are_named_by_domain_and_problem(toy):
    """One flat table; the class is loaded on demand."""
    assert problems() == {"maintenance/fleet": "headway_maintenance.problem:Fleet"}
    assert problem_class("maintenance/fleet").__name__ == "Fleet"


def test_a_problem_is_made_with_its_options(toy):
    """Unknown ones are refused."""
    assert make_problem("maintenance/fleet", machines=1).machines == 1
    with pytest.raises(UnknownNameError, match="machines"):
        make_problem("maintenance/fleet", machine=1)


def test_an_unknown_problem_gets_the_nearest_name(toy):
    """The error lists what is there."""
    with pytest.raises(UnknownNameError, match="did you mean 'maintenance/fleet'") as caught:
        make_problem("maintenance/flet")
    assert caught.value.exit_code == 2


def test_installed_domains_bear_their_own_names():
    """An entry point's name is its domain's, and each problem's class agrees with its key."""
    assert {"routing", "portfolio"} <= set(registry.domains())
    for name, domain in registry.domains().items():
        assert domain.name == name
        assert domain.summary
    for name in problems():
        assert problem_class(name).name == name


def test_agents_are_found_and_unknown_ones_refused():
    """All agents of the project are there."""
    assert {"ppo", "a2c", "sac", "td3", "dqn", "maskable_ppo", "recurrent_ppo", "pathwise"} <= set(agents())
    with pytest.raises(UnknownNameError, match="did you mean 'ppo'"):
        agent_class("ppoo")


def test_listing_is_cheap():
    """Names of all problems, without numpy; of all classes, without heavy libraries."""
    code = (
        "import sys; from headway.registry import problems, problem_class; names = list(problems())\n"
        "print(*sys.modules); [problem_class(name) for name in names]; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names, classes = (set(line.split()) for line in done.stdout.splitlines())
    assert not classes & HEAVY
    assert not names & HEAVY

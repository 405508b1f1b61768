"""Search spaces: all that ship can be built, begin at the defaults, and draw no knob that would be idle."""

from __future__ import annotations

from importlib.resources import files

import pytest

from headway.components import knobs
from headway.errors import ConfigError
from headway.pipelines.configuration.schema import TuneConfig
from headway.pipelines.tuning.defaults import defaults
from headway.pipelines.tuning.space import given, space, suggest, with_knobs
from headway.registry import agent_class, agents, make_problem, problem_class, problems


def shipped_solvers():
    """Domain and contestant of every space that ships for a solver."""
    root = files("headway.configs") / "space"
    domains = [folder for folder in root.iterdir() if folder.is_dir() and folder.name != "agents"]
    return sorted((folder.name, file.name.removesuffix(".yaml")) for folder in domains for file in folder.iterdir())


def home(domain, contestant):
    """The first problem of a domain that knows a contestant."""
    return next(p for p in problems() if p.startswith(f"{domain}/") and contestant in problem_class(p).baselines)


@pytest.mark.parametrize("name", sorted(agents()))
def test_every_agent_ships_a_space(name):
    """It names knobs that the agent has, and begins where the agent stands."""
    config = TuneConfig.model_validate({"problem": "inventory/lost_sales", "agent": name})
    found = space(config)
    assert {knob.partition(".")[2] for knob in found} <= set(knobs(agent_class(name)))
    values = defaults(config, found)
    assert set(values) == set(found)
    assert not {knob: value for knob, value in values.items() if not found[knob].allows(value)}


@pytest.mark.parametrize(("domain", "contestant"), shipped_solvers())
def test_spaces_of_solvers_build_what_they_name(domain, contestant):
    """Every default is inside; whatever the sampler draws is a solver that its domain builds."""
    optuna = pytest.importorskip("optuna")
    problem = home(domain, contestant)
    config = TuneConfig.model_validate({"problem": problem, "contestant": contestant})
    found = space(config)
    values = defaults(config, found)
    assert not {knob: value for knob, value in values.items() if not found[knob].allows(value)}
    made = make_problem(problem)
    usual = with_knobs({}, {knob.partition(".")[2]: value for knob, value in values.items()})
    assert made.baseline(contestant, **usual)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    for _ in range(25):
        drawn = suggest(found, study.ask(), given(config))["contestant"]
        assert made.baseline(contestant, **with_knobs({}, drawn))


def test_every_domain_has_a_tunable_solver():
    assert {problem.partition("/")[0] for problem in problems()} >= {domain for domain, _ in shipped_solvers()}
    assert {"routing", "vm_rescheduling", "inventory", "portfolio"} <= {domain for domain, _ in shipped_solvers()}


def test_operators_begin_as_the_solvers_have_them():
    """What a space says of operators' defaults is what the solvers do."""
    from ortools.constraint_solver.pywrapcp import DefaultRoutingSearchParameters
    from pyvrp.search import OPERATORS

    from headway.domains.routing.classical.pyvrp_knobs import LEFT_OUT

    library = {
        "ortools": {f.name: v == 3 for f, v in DefaultRoutingSearchParameters().local_search_operators.ListFields()},
        "pyvrp": {operator.__name__: operator.__name__ not in LEFT_OUT for operator in OPERATORS},
    }
    for contestant, usual in library.items():
        config = TuneConfig.model_validate({"problem": "routing/cvrp", "contestant": contestant})
        for name, knob in space(config).items():
            if ".operators." in name:
                assert knob.default is usual.get(name.rpartition(".")[2], False), name


def test_conditions():
    """A knob is drawn only where what it belongs to is on; a condition on something unknown is refused."""
    optuna = pytest.importorskip("optuna")
    config = TuneConfig.model_validate({"problem": "routing/cvrp", "contestant": "ortools"})
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=2))
    drawn = [suggest(space(config), study.ask(), given(config))["contestant"] for _ in range(40)]
    assert all(("gls_lambda" in values) == (values["metaheuristic"] == "gls") for values in drawn)
    assert {"gls", "tabu"} <= {values["metaheuristic"] for values in drawn}
    alone = {"contestant": {"gls_lambda": {"low": 0.1, "high": 1.0, "log": True, "when": {"metaheuristic": "gls"}}}}
    with pytest.raises(ConfigError, match=r"contestant.metaheuristic=<value>"):
        space(config.model_copy(update={"space": alone}))
    named = {"name": "ortools", "metaheuristic": "gls"}
    tied = TuneConfig.model_validate({"problem": "routing/cvrp", "contestant": named, "space": alone})
    assert suggest(space(tied), study.ask(), given(tied))["contestant"]["gls_lambda"] >= 0.1


def test_nested_knobs_keep_what_is_fixed():
    assert with_knobs({"a": {"x": 1}, "b": 2}, {"a.y": 3, "b": 4}) == {"a": {"x": 1, "y": 3}, "b": 4}

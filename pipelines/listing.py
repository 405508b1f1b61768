"""What there is to name in a configuration: problems and their parts, agents, and which pairs work."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from headway.components import knobs
from headway.errors import CapabilityError, UnknownNameError
from headway.problem import Problem, lookup
from headway.registry import agent_class, agents, domains, problem_class, problems


def describe_all(prefix: str = "") -> list[dict[str, Any]]:
    """All problems whose name is, or begins with, ``prefix`` (a domain).

    Raises
    ------
    UnknownNameError
        No problem or domain is called so.
    """
    names = [name for name in sorted(problems()) if f"{name}/".startswith(f"{prefix}/" if prefix else "")]
    if not names:
        raise UnknownNameError("problem, domain or agent", prefix, {**problems(), **domains(), **agents()})
    return [describe(name) for name in names]


def describe(name: str) -> dict[str, Any]:
    """One problem: what it optimises, its environments with the agents that work there, its contestants."""
    cls = problem_class(name)
    return {
        "problem": name,
        "summary": summary(cls),
        "sense": cls.sense,
        "unit": cls.unit,
        "criterion": cls.criterion.kind,
        "timeline": cls.timeline,
        "environments": {env: _environment(cls, env) for env in cls.environments},
        "baselines": list(cls.baselines),
        "oracles": list(cls.oracles),
        "policies": list(cls.policies),
        "networks": [*cls.networks, *_generic_networks()],
    }


def options_of(cls: type[Any]) -> dict[str, Any]:
    """The options of a component and their defaults; None also where a value is required."""
    fields = {name: cls.__pydantic_fields__[name] for name in knobs(cls)}
    return {name: None if f.is_required() else f.get_default(call_default_factory=True) for name, f in fields.items()}


def parts(name: str) -> dict[str, dict[str, type[Any]]]:
    """The classes of a problem's components: kind -> name -> class. Networks are left out: they need torch."""
    cls = problem_class(name)
    tables = {"environment": cls.environments, "baseline": cls.baselines, "oracle": cls.oracles}
    found = {kind: {key: lookup(kind, key, table) for key in table} for kind, table in tables.items()}
    return {"problem": {name: cls}} | found


def summary(cls: type[Any]) -> str:
    """The first paragraph of a class's own documentation."""
    text = inspect.cleandoc(vars(cls).get("__doc__") or "")
    written = not text.startswith(f"{cls.__name__}(")  # a dataclass without one is given its signature
    return text.split("\n\n")[0].replace("\n", " ").replace("``", "") if written else ""


def _environment(cls: type[Problem[Any, Any]], name: str) -> dict[str, Any]:
    env = lookup("environment", name, cls.environments)
    action = env.action or action_kind(cls, name)
    problem: Any = cls()
    built = problem.environment(name)
    return {
        "action": action,
        "masked": env.masked,
        "capabilities": sorted(env.capabilities),
        "agents": [agent for agent in agents() if _works(agent_class(agent), built, action)],
    }


def action_kind(cls: type[Problem[Any, Any]], environment: str) -> str:
    """``discrete`` or ``box``: the action space, looked up on one instance."""
    problem: Any = cls()
    env = problem.environment(environment)
    _, space = env.spaces(env.prepare(problem.instances("validation", 1)))
    return type(space).__name__.lower()


def _works(agent: type[Any], environment: Any, action: str) -> bool:
    """The agent's own verdict, with its usual kind of network (real ones need torch)."""
    try:
        agent().check(environment, action, SimpleNamespace(recurrent=agent.recurrent))
    except CapabilityError:
        return False
    return True


def _generic_networks() -> Sequence[str]:
    from headway.nn import NETWORKS

    return list(NETWORKS)

"""What is installed: domains and agents, found through entry points and loaded on first use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from headway.components import build
from headway.datasets.dataset import Dataset
from headway.errors import UnknownNameError
from headway.problem import Problem, lookup

DOMAINS = "headway.domains"
AGENTS = "headway.agents"


@dataclass(frozen=True)
class Domain:
    """One field of application: its problems as ``name -> "module:Class"``.

    ``datasets``: public data sets that its problems can read, as ``name -> "module:OBJECT"``.

    The object an entry point of the group ``headway.domains`` names; its module imports nothing heavy.
    """

    name: str
    summary: str
    problems: Mapping[str, str]
    datasets: Mapping[str, str] = field(default_factory=dict)


@cache
def domains() -> Mapping[str, Domain]:
    """All installed domains by name, third-party ones included."""
    return {point.name: point.load() for point in sorted(entry_points(group=DOMAINS))}


def problems() -> Mapping[str, str]:
    """All problems as ``"domain/problem" -> "module:Class"``."""
    return {f"{d.name}/{name}": ref for d in domains().values() for name, ref in d.problems.items()}


def problem_class(name: str) -> type[Problem[Any, Any]]:
    """The class of a problem. Raises UnknownNameError with the nearest name."""
    return lookup("problem", name, problems())


def make_problem(name: str, **options: Any) -> Problem[Any, Any]:
    """A problem by its name, with its parameters: ``make_problem("routing/cvrp", customers=50)``."""
    return build(problem_class(name), options, where="problem")


def datasets() -> Mapping[str, str]:
    """All public data sets that domains know, as ``name -> "module:OBJECT"``."""
    return {name: ref for domain in domains().values() for name, ref in domain.datasets.items()}


def dataset(name: str) -> Dataset:
    """A public data set by its name. Raises UnknownNameError with the nearest one."""
    found: Any = lookup("data set", name, datasets())
    return found  # type: ignore[no-any-return]


@cache
def agents() -> Mapping[str, str]:
    """All training algorithms as ``name -> "module:Class"`` (group ``headway.agents``)."""
    return {point.name: point.value for point in sorted(entry_points(group=AGENTS))}


def agent_class(name: str) -> type[Any]:
    """The class of an agent. Raises UnknownNameError with the nearest name."""
    if name not in agents():
        raise UnknownNameError("agent", name, agents())
    return lookup("agent", name, agents())

"""Names, docstrings, options: what listing, configuration and docs are made from."""

from __future__ import annotations

import dataclasses
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from headway.components import build, knobs
from headway.environment import Environment
from headway.errors import ConfigError, ContractError
from headway.problem import Problem, lookup
from headway.testing.case import ProblemCase
from headway.testing.check import on_problem, require

HEAVY = ("torch", "pandas", "matplotlib", "mlflow", "stable_baselines3", "ortools", "skfolio", "pyvrp", "scipy")


def _tables(problem: Problem[object, object]) -> dict[str, Mapping[str, str]]:  # type: ignore[type-var]
    names = ("environments", "baselines", "oracles", "networks")
    return {name: getattr(problem, name) for name in names}


def _components(case: ProblemCase) -> dict[str, type]:
    """Every class that the problem names, the problem's own included."""
    found: dict[str, type] = {case.problem.name: type(case.problem)}
    for kind, table in _tables(case.problem).items():
        found |= {f"{kind}.{name}": lookup(kind, name, table) for name in table}
    return found


@on_problem()
def check_problem_has_a_name(case: ProblemCase) -> None:
    """A problem is called domain/problem, in lower case, and has an environment."""
    name = case.problem.name
    require(
        re.fullmatch(r"[a-z0-9_]+/[a-z0-9_]+", name),
        "a problem's name is malformed",
        got=name,
        expected="domain/problem",
    )
    require(case.problem.environments, "a problem has no environment", where=name)
    for kind, table in _tables(case.problem).items():
        for entry in table:
            require(re.fullmatch(r"[a-z0-9_]+", entry), "a name is malformed", where=kind, got=entry)


@on_problem()
def check_names_resolve(case: ProblemCase) -> None:
    """Every name in the problem's tables is importable and of its kind."""
    for kind, table in _tables(case.problem).items():
        for name, reference in table.items():
            module, _, attribute = reference.partition(":")
            try:
                cls = getattr(importlib.import_module(module), attribute)
            except (ImportError, AttributeError) as error:
                raise ContractError("a name does not resolve", where=f"{kind}.{name}", got=reference) from error
            require(isinstance(cls, type), "a name is no class", where=f"{kind}.{name}", got=cls)
            if kind == "environments":
                require(issubclass(cls, Environment), "a name is no Environment", where=f"{kind}.{name}", got=cls)


@on_problem()
def check_components_are_documented(case: ProblemCase) -> None:
    """Everything that a configuration can name has a docstring of its own."""
    for name, cls in _components(case).items():
        doc = cls.__doc__ or ""
        written = doc.strip() and not doc.startswith(f"{cls.__name__}(")  # a dataclass makes up its own
        require(written, "a component has no docstring", where=name, got=cls.__qualname__)


@on_problem()
def check_options_have_defaults(case: ProblemCase) -> None:
    """Every component can be built without options, and refuses an option it does not have."""
    for name, cls in _components(case).items():
        require(dataclasses.is_dataclass(cls), "a component is not declared with @component", where=name, got=cls)
        missing = [key for key, field in knobs(cls).items() if _required(field)]
        require(not missing, "an option has no default", where=name, got=missing)
        try:
            build(cls, {"no such option": 1}, where=name)
        except ConfigError:
            continue
        raise ContractError("an unknown option is accepted", where=name)


def _required(field: dataclasses.Field[object]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


@on_problem()
def check_criterion_is_sound(case: ProblemCase) -> None:
    """The criterion and sense are sound: a discount in (0, 1], a warm-up >= 0 that only averages have."""
    criterion = case.problem.criterion
    require(case.problem.sense in ("min", "max"), "an unknown sense", got=case.problem.sense)
    require(case.problem.gap in ("ratio", "difference"), "an unknown gap", got=case.problem.gap)
    require(0 < criterion.gamma <= 1, "a discount outside (0, 1]", got=criterion.gamma)
    require(criterion.gamma == 1 or criterion.kind == "discounted", "a discount that is not used", got=criterion)
    require(criterion.warmup >= 0, "a negative warm-up", got=criterion.warmup)
    require(criterion.warmup == 0 or criterion.kind == "average", "a warm-up that is not used", got=criterion)


@on_problem()
def check_domain_has_a_readme(case: ProblemCase) -> None:
    """The domain's folder has a README.md."""
    source = sys.modules[type(case.problem).__module__].__file__ or ""
    require((Path(source).parent / "README.md").is_file(), "a domain has no README.md", where=Path(source).parent)


@on_problem()
def check_import_is_light(case: ProblemCase) -> None:
    """Importing a problem is cheap: no heavy library comes with it."""
    module = type(case.problem).__module__
    code = f"import sys, {module}; print(*sorted(set(sys.modules) & set({HEAVY!r})))"
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": paths},
        check=False,
    )
    require(done.returncode == 0, "a problem cannot be imported by itself", where=module, got=done.stderr[-500:])
    require(
        not done.stdout.strip(), "importing a problem imports heavy libraries", where=module, got=done.stdout.strip()
    )

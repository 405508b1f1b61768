"""skfolio's classes by name, with options that a configuration can say: numbers, names of choices, nested parts."""

from __future__ import annotations

import enum
import importlib
import inspect
import re
import sys
from collections.abc import Mapping
from typing import Any

from headway.errors import UnknownNameError

# Where parts are looked up: a prior, a covariance, a distance, clusters, an order of leaves.
_PARTS = ("prior", "moments", "distance", "cluster", "seriation", "uncertainty_set", "optimization")


def made(kind: type[Any], options: Mapping[str, Any], where: str) -> Any:
    """An instance of a class of skfolio.

    Raises
    ------
    UnknownNameError
        An option, a choice or a part is none of skfolio's.
    """
    known = inspect.signature(kind).parameters
    for key in options:
        if key not in known:
            raise UnknownNameError(f"option of {kind.__name__}", key, known, where=f"{where}.{key}")
    return kind(**{key: _value(kind, key, value, f"{where}.{key}") for key, value in options.items()})


def found(name: str, modules: tuple[str, ...], where: str) -> type[Any]:
    """The class of this name in one of skfolio's modules."""
    classes: dict[str, type[Any]] = {}
    for module in modules:
        classes |= {k: v for k, v in vars(importlib.import_module(f"skfolio.{module}")).items() if _estimator(k, v)}
    if name not in classes:
        raise UnknownNameError("class of skfolio", name, classes, where=where)
    return classes[name]


def _estimator(name: str, value: Any) -> bool:
    return isinstance(value, type) and hasattr(value, "fit") and not name.startswith(("Base", "_"))


def _value(kind: type[Any], key: str, value: Any, where: str) -> Any:
    if isinstance(value, Mapping) and "name" in value:
        rest = {k: v for k, v in value.items() if k != "name"}
        return made(found(str(value["name"]), _PARTS, where), rest, where)
    choices = _choices(kind, key)
    if not (choices and isinstance(value, str)):
        return value
    if value.upper() not in choices:
        raise UnknownNameError(key, value, (name.lower() for name in choices), where=where)
    return choices[value.upper()]


def _choices(kind: type[Any], key: str) -> dict[str, enum.Enum]:
    """Members of the enumerations in a parameter's annotation, by name."""
    annotation = str(inspect.signature(kind).parameters[key].annotation)
    names = vars(sys.modules[kind.__module__])
    kinds = [names.get(word) for word in re.findall(r"\w+", annotation)]
    return {
        name: member
        for kind in kinds
        if isinstance(kind, type) and issubclass(kind, enum.Enum)
        for name, member in kind.__members__.items()
    }

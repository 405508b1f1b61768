"""Instances and solutions as JSON: one instance, arrays as nested lists, dates as text, null for none or no bound."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, create_model

from headway.batch import Batch, Instance
from headway.errors import InstanceError
from headway.problem import Problem

_SCALARS: dict[str, Any] = {"f": float | None, "i": int, "u": int, "b": bool, "U": str, "M": str}


class Payload:
    """How one problem's instances are written in JSON.

    Attributes
    ----------
    model : the pydantic type of one instance, a field per array without its batch axis. Fields that the instance type
        fills in by itself (its ``of``) may be left out
    """

    def __init__(self, problem: Problem[Any, Any]) -> None:
        self.type: type[Instance] = problem.instance_type
        self._like: dict[str, NDArray[Any]] = problem.instances("train", 1).arrays()
        needed = _required(self.type)
        fields: Any = {name: _field(array, name in needed) for name, array in self._like.items()}
        self.model = create_model(self.type.__name__, __config__=ConfigDict(extra="forbid"), **fields)

    def instance(self, body: BaseModel) -> Instance:
        """The validated instance (a batch of one) that a request's body describes.

        Raises
        ------
        InstanceError
            An array is ragged, or the instance breaks the rules of its type.
        """
        given = {name: value for name, value in body if value is not None}
        arrays = {name: _array(self.type, name, value, self._like[name]) for name, value in given.items()}
        made: Instance = getattr(self.type, "of", self.type)(**arrays)
        return made


def jsonable(batch: Batch) -> dict[str, Any]:
    """The arrays of a batch of one, without their batch axis; what is not finite becomes null."""
    return {name: _plain(array[0]) for name, array in batch.arrays().items()}


def _required(cls: type[Any]) -> set[str]:
    """The fields that ``of`` cannot do without; all of them where there is no ``of``."""
    maker = getattr(cls, "of", cls)
    return {
        name
        for name, parameter in inspect.signature(maker).parameters.items()
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
    }


def _field(array: NDArray[Any], needed: bool) -> tuple[Any, Any]:
    kind: Any = _SCALARS[array.dtype.kind]
    for _ in range(array.ndim - 1):
        kind = list[kind]
    text = f"{array.dtype.name}, {array.ndim - 1} axes"
    return (kind, Field(description=text)) if needed else (kind | None, Field(None, description=text))


def _array(cls: type[Instance], name: str, value: Any, like: NDArray[Any]) -> NDArray[Any]:
    empty = np.inf if name in cls.unbounded else np.nan
    dtype = "datetime64[D]" if like.dtype.kind == "M" else str if like.dtype.kind == "U" else like.dtype
    try:
        array = np.asarray(value, dtype)[None]
        if (
            array.dtype.kind == "f" and np.isnan(array).any()
        ):  # the rare case: null is NaN by now, whatever it stands for
            array = np.asarray(_filled(value, empty), dtype)[None]
        # Of an array without entries, lists tell the first axes only.
        return array if array.size else array.reshape(*array.shape, *[0] * (like.ndim - array.ndim))
    except (TypeError, ValueError) as error:
        raise InstanceError("a field is no array", where=name, got=error, expected=f"{like.ndim - 1} axes") from error


def _filled(value: Any, empty: float) -> Any:
    return [_filled(v, empty) for v in value] if isinstance(value, list) else empty if value is None else value


def _plain(array: NDArray[Any]) -> Any:
    if array.dtype.kind == "M":
        return array.astype(str).tolist()
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        plain = np.array(array, object)
        plain[~np.isfinite(array)] = None
        return plain.tolist()
    return array.tolist()

"""The plant: which machine makes which item how fast, and what a change costs; named, drawn or from a file."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.errors import DataError, UnknownNameError

Floats = NDArray[np.float64]

NAMED = ("15x5", "20x10")
DRAWN = "drawn"
TABLES, LISTS = ("rate", "setup_cost", "setup_loss"), ("penalty", "holding", "capacity")


class Plant(NamedTuple):
    """Tables float64 [M, I] and lists float64 [I]; units as in `PlantPath`."""

    rate: Floats
    setup_cost: Floats
    setup_loss: Floats
    penalty: Floats
    holding: Floats
    capacity: Floats


def read_plant(setting: str) -> Plant:
    """The plant of a named setting, or of a YAML file of the same form (see ``15x5.yaml``).

    Raises
    ------
    UnknownNameError
        There is no such setting.
    DataError
        The file cannot be read, lacks a key, or holds no numbers of the right number.
    """
    import yaml

    if setting in NAMED:
        source: Any = files("headway.domains.inventory.lot_sizing") / f"{setting}.yaml"
    elif setting.endswith((".yaml", ".yml")):
        source = Path(setting)
    else:
        raise UnknownNameError("setting", setting, (*NAMED, DRAWN, "a path to a .yaml file"), where="problem.setting")
    try:
        content = yaml.safe_load(source.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataError("the plant cannot be read", where=setting, got=error, expected="a YAML file") from error
    if not isinstance(content, dict) or set(content) != set(Plant._fields):
        got = sorted(content) if isinstance(content, dict) else type(content).__name__
        raise DataError("the plant has other keys", where=setting, got=got, expected=sorted(Plant._fields))
    rate = _numbers(setting, "rate", content["rate"], None)
    tables = {name: _numbers(setting, name, content[name], rate.shape) for name in TABLES}
    return Plant(**tables, **{name: _numbers(setting, name, content[name], rate.shape[1:]) for name in LISTS})


def draw_plant(rng: np.random.Generator, items: int, machines: int) -> Plant:
    """A random plant by the recipe behind the named ones (generate_setting.py in leokan92/pdppo, as facts).

    Each figure takes its least value with a probability of its own and is uniform over the others: rates 0..40
    (0 with 0.4), costs 15..30 (15 with 0.2), losses 1..3 (1 with 0.7). Penalties are 0.1 or 1.1, holding 0.01,
    capacity 100. Here every item can be made by some machine, which the recipe leaves to chance.
    """
    rate = _biased(rng, (machines, items), 0, 40, 0.4)
    orphans = np.flatnonzero(~rate.any(axis=0))
    rate[rng.integers(0, machines, len(orphans)), orphans] = rng.integers(1, 41, len(orphans))
    return Plant(
        rate=rate,
        setup_cost=_biased(rng, rate.shape, 15, 30, 0.2),
        setup_loss=_biased(rng, rate.shape, 1, 3, 0.7),
        penalty=np.where(rng.random(items) < 0.5, 0.1, 1.1),
        holding=np.full(items, 0.01),
        capacity=np.full(items, 100.0),
    )


def _biased(rng: np.random.Generator, shape: tuple[int, ...], low: int, high: int, chance: float) -> Floats:
    """``low`` with probability ``chance``, else uniform over ``low + 1`` to ``high``."""
    return np.where(rng.random(shape) < chance, low, rng.integers(low + 1, high + 1, shape)).astype(np.float64)


def _numbers(setting: str, key: str, value: Any, shape: tuple[int, ...] | None) -> Floats:
    """``value`` as numbers of this shape (a single one stands for all), or [M, I] of any size."""
    try:
        array = np.array(value, np.float64)
    except (TypeError, ValueError) as error:
        raise DataError("a table is no table of numbers", where=f"{setting}, {key}", got=error) from error
    if shape is not None and array.ndim == 0:
        array = np.full(shape, array)
    if array.shape != shape and (shape is not None or array.ndim != 2):
        expected = shape or "machines x items"
        raise DataError("a table has another size", where=f"{setting}, {key}", got=array.shape, expected=expected)
    return array

"""A task of four customers, small enough to work out by hand, and where the shared instances are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st

from headway.domains.routing.family.configurations import CVRP
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.files.load import load
from headway.errors import InstanceError

SHARED = Path(__file__).parents[4] / "shared" / "data" / "routing"

# Depot (0, 0); customers (3, 4), (6, 8), (-4, 3), (0, -2) with demands 2, 3, 4, 1; capacity 5.
# Distances: 01 = 5, 12 = 5, 02 = 10, 03 = 5, 04 = 2, 34 = sqrt(4^2 + 5^2) = sqrt(41).
# Two vehicles must be full, which only {1, 2} and {3, 4} are: 20 + 7 + sqrt(41) = 33.4031...
# Three vehicles at best drive [1, 2], [3], [4]: 34. So the first is optimal.
TINY_OPTIMUM = 27 + 41**0.5

TINY_VRP = """NAME : tiny
COMMENT : (four customers, by hand)
TYPE : CVRP
DIMENSION : 5
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 5
NODE_COORD_SECTION
1 0 0
2 3 4
3 6 8
4 -4 3
5 0 -2
DEMAND_SECTION
1 0
2 2
3 3
4 4
5 1
DEPOT_SECTION
1
-1
EOF
"""


def tiny_instance(**changes: object) -> RoutingInstance:
    fields = {
        "coords": np.array([[[0.0, 0], [3, 4], [6, 8], [-4, 3], [0, -2]]]),
        "demand": np.array([[0, 2, 3, 4, 1]]),
        "capacity": np.array([5]),
        "customers": np.array([4]),
        "convention": np.array(["float"]),
        "name": np.array(["tiny"]),
    }
    return RoutingInstance.of(**{**fields, **changes})


@pytest.fixture
def tiny() -> RoutingInstance:
    return tiny_instance()


@pytest.fixture
def make_tiny():
    return tiny_instance


@pytest.fixture
def tiny_optimum() -> float:
    return TINY_OPTIMUM


@pytest.fixture(scope="session")
def tiny_vrp() -> str:
    return TINY_VRP


@pytest.fixture
def problem() -> CVRP:
    return CVRP()


@pytest.fixture
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip(f"the shared benchmark instances are not at {SHARED}")
    return SHARED


# -- files that something happened to -------------------------------------------------------------
TOKENS = ["nan", "inf", "-1", "0", "1e400", "abc", "9" * 21, "1.5", "", "\x00", "²"]


def mutated(data, text: str, separator: str | None = None, more: tuple[str, ...] = ()) -> list[str]:
    """The lines of a file, one of them lost, doubled, cut in half, or with one of its tokens replaced."""
    lines = text.splitlines()
    i = data.draw(st.integers(0, len(lines) - 1))
    tokens = lines[i].split(separator)
    kind = data.draw(st.sampled_from(["lose", "double", "cut", "token"]))
    if kind == "token" and tokens:
        tokens[data.draw(st.integers(0, len(tokens) - 1))] = data.draw(st.sampled_from([*TOKENS, *more]))
        lines[i] = (separator or " ").join(tokens)
    elif kind == "lose":
        del lines[i]
    elif kind == "cut":
        lines[i] = lines[i][: len(lines[i]) // 2]
    else:
        lines.insert(i, lines[i])
    return lines


def read_or_refused(path: Path) -> RoutingInstance | None:
    """What a file holds; None where it is refused, with its name, what is there and what belongs there."""
    try:
        return load(path)
    except InstanceError as error:
        refusal = error
    assert path.name in str(refusal.where)
    assert refusal.got is not None
    assert refusal.expected is not None
    return None


@pytest.fixture(scope="session")
def mutant(tmp_path_factory):
    """Writes what happened to a file; its lines, and what was read from it (None: refused)."""

    def made(data, text: str, suffix: str, separator: str | None = None, more: tuple[str, ...] = ()):
        lines = mutated(data, text, separator, more)
        path = tmp_path_factory.getbasetemp() / f"mutant{suffix}"
        path.write_text("\n".join(lines), encoding="utf-8")
        return lines, read_or_refused(path)

    return made

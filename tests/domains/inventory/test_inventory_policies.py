"""Trained policies that ship: small, with a card, and as near to the optimum as their card says."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from headway import make_problem
from headway.domains.inventory.stock.exact_cost import exact_cost
from headway.registry import problem_class, problems
from headway.storage.stored import load_policy

SHIPPED = [
    (problem, name, place)
    for problem in problems()
    if problem.startswith("inventory/")
    for name, place in problem_class(problem).policies.items()
]


def folder(place: str) -> Path:
    package, _, path = place.partition(":")
    return Path(str(files(package))) / path


@pytest.mark.parametrize(("problem", "name", "place"), SHIPPED, ids=[f"{p}-{n}" for p, n, _ in SHIPPED])
def test_what_ships_is_small_and_has_a_card(problem, name, place):
    """Less than 3 MB with all that belongs to it; the card names the command and the problem."""
    held = [file for file in folder(place).rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in held) < 3_000_000
    card = (folder(place) / "README.md").read_text(encoding="utf-8")
    assert card.startswith(f"# {problem}: {name}\n")
    assert f"headway train problem={problem}" in card
    assert load_policy(folder(place) / "policy").problem_name == problem


def test_lost_sales_is_within_a_twentieth_of_a_per_cent():
    """Exact, not simulated: the cost of its rounded orders against the dynamic programme's."""
    problem = make_problem("inventory/lost_sales")
    policy = load_policy(folder(problem.policies["pathwise"]) / "policy")
    optimum = exact_cost(problem, problem.baseline("optimal"))
    assert 0 <= exact_cost(problem, policy) / optimum - 1 < 5e-4

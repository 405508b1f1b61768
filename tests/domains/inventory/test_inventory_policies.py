"""Trained policies that ship: small, with a card, and as near to the optimum as their card says."""

from __future__ import annotations

import pytest

from headway import make_problem
from headway.domains.inventory.stock.exact_cost import exact_cost
from headway.errors import UnknownNameError
from headway.registry import problem_class, problems

SHIPPED = [
    (name, policy) for name in problems() if name.startswith("inventory/") for policy in problem_class(name).policies
]


@pytest.mark.parametrize(("name", "policy"), SHIPPED)
def test_what_ships_is_small_and_has_a_card(name, policy):
    """Less than 3 MB with all that belongs to it; the card names the command and the problem."""
    problem = make_problem(name)
    folder = problem.policy_folder(policy)
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) < 3_000_000
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert card.startswith(f"# {name}: {policy}\n")
    assert f"headway train problem={name}" in card
    assert problem.policy(policy).problem_name == name


def test_lost_sales_is_within_a_twentieth_of_a_per_cent():
    """Exact, not simulated: the cost of its rounded orders against the dynamic programme's."""
    problem = make_problem("inventory/lost_sales")
    optimum = exact_cost(problem, problem.baseline("optimal"))
    assert 0 <= exact_cost(problem, problem.policy("pathwise")) / optimum - 1 < 5e-4


def test_a_policy_that_does_not_ship_is_named():
    with pytest.raises(UnknownNameError, match="did you mean 'pathwise'"):
        make_problem("inventory/lost_sales").policy("pathwize")

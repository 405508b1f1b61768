"""The conformance suite, over the shapes of the problem that differ from those that tests/test_conformance.py has."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys

from headway.domains.routing.family.configurations import CVRP
from headway.testing import parametrize_with_checks

PROBLEMS = [CVRP(customers=12, fewest=5), CVRP(customers=9, convention="nint", capacity=9)]


@parametrize_with_checks(PROBLEMS)
def test_contract(check):
    """Every clause of the contract holds."""
    check.run()


def test_the_domain_is_registered():
    """Its entry point names the problem."""
    (point,) = (p for p in importlib.metadata.entry_points(group="headway.domains") if p.name == "routing")
    names = {"dynamic_cvrp", "cvrp", "vrptw", "ovrp", "vrpb", "vrpl", "mdvrp", "pcvrp", "pdp", "tsp", "vrp"}
    assert set(point.load().problems) == names


def test_the_problem_is_light():
    """Listing and generating load neither torch nor solvers nor matplotlib."""
    code = (
        "import sys; from headway.domains.routing.family.configurations import CVRP; CVRP().instances('test', 2);"
        "print([m for m in ('torch', 'ortools', 'pyvrp', 'matplotlib', 'pandas', 'vrplib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

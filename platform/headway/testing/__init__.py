"""The conformance suite: every clause of the contract is a named check, run over any problem.

`check_problem` is for authors of domains (and `headway check`), `parametrize_with_checks` for their
pytest suites. The checks are in one module per group; `headway.testing.suite` lists the groups.
"""

from headway.testing.causal import assert_causal
from headway.testing.check import Check
from headway.testing.suite import BoundCheck, Outcome, check_problem, checks_for, outcomes, parametrize_with_checks

__all__ = [
    "BoundCheck",
    "Check",
    "Outcome",
    "assert_causal",
    "check_problem",
    "checks_for",
    "outcomes",
    "parametrize_with_checks",
]

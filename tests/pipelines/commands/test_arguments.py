from __future__ import annotations

import pytest

from headway.pipelines.commands.arguments import keyed


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], []),
        (["routing/cvrp"], ["problem=routing/cvrp"]),
        (["routing/cvrp", "out"], ["problem=routing/cvrp", "folder=out"]),
        (["problem=a", "out"], ["problem=a", "out"]),
        (["a", "b", "c"], ["problem=a", "folder=b", "c"]),
    ],
)
def test_leading_bare_arguments_get_their_keys(given, expected):
    """Bare arguments are keyed in turn until the first ``key=value``; what is left over is refused later."""
    assert keyed(given, "problem", "folder") == expected

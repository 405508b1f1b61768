"""The switches of the family: which rules an instance uses beyond those of the plain CVRP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from headway.domains.routing.family.instance import Bools, Ints, RoutingInstance

# Rule -> bool [B]: does a row use it?
USED: dict[str, Callable[[RoutingInstance], Any]] = {
    "windows": lambda i: (np.isfinite(i.latest) & i.real).any(1),
    "open": lambda i: i.open,
    "pickups": lambda i: ((i.pickup > 0) & i.customer & ~handed_over(i)).any(1),
    "backhaul_last": lambda i: i.backhaul_last,
    "limit": lambda i: np.isfinite(i.limit),
    "depots": lambda i: i.depots > 1,
    "fleet": lambda i: i.fleet < i.customers,
    "prizes": lambda i: (np.isfinite(i.prize) & i.customer).any(1),
    "pairs": lambda i: ((i.origin > 0) & i.customer).any(1),
}
RULES = frozenset(USED)


def receivers(instance: RoutingInstance) -> Ints:
    """int64 [B, N]: the customer whose origin this one is; 0: none."""
    out = np.zeros_like(instance.origin)
    row, node = np.nonzero((instance.origin > 0) & instance.customer)
    out[row, instance.origin[row, node]] = node
    return out


def handed_over(instance: RoutingInstance) -> Bools:
    """bool [B, N]: customers whose pickup goes to another customer."""
    return receivers(instance) > 0


def used(instance: RoutingInstance) -> frozenset[str]:
    """The rules that any row of the batch uses, of `RULES`."""
    return frozenset(rule for rule, test in USED.items() if test(instance).any())


def refuse_beyond(instance: RoutingInstance, allowed: frozenset[str], where: str) -> None:
    """Raise where an instance uses a rule that is not ``allowed``: it would be half read.

    Raises
    ------
    InstanceError
        With rule and row.
    """
    for rule, test in USED.items():
        if rule not in allowed and (rows := np.flatnonzero(test(instance))).size:
            raise instance.error(
                "the instance has a rule that the problem lacks",
                where=f"{where}, row {rows[0]} ({instance.name[rows[0]]})",
                got=rule,
                expected=" or ".join(sorted(allowed)) or "none beyond capacity",
                hint="problem=routing/vrp has every rule of the family",
            )

"""Instances made from files: what breaks a rule is named with its place in the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.switches import USED
from headway.errors import InstanceError

Place = Callable[[str, int | None], str]

_FIELD = re.compile(r"\w+\.(?P<field>\w+)\[0(, (?P<node>\d+))?")
# What of an instance makes it have a rule.
_CAUSE = {"windows": "latest", "open": "open", "pickups": "pickup", "backhaul_last": "backhaul_last", "limit": "limit",
          "depots": "depots", "fleet": "fleet", "prizes": "prize", "pairs": "origin"}  # fmt: skip


def made(fields: Mapping[str, Any], place: Place, allowed: frozenset[str] | None = None) -> RoutingInstance:
    """One instance (a batch of one) of fields without the batch axis; those left out are neutral.

    Parameters
    ----------
    place : where the file says a field, of a node or of the whole instance (None)
    allowed : the rules that the instance may have, as `switches.USED` names them; None: all

    Raises
    ------
    InstanceError
        A value breaks a rule of instances, or the instance has a rule that is not allowed.
    """
    try:
        instance = RoutingInstance.of(**{name: np.asarray(value)[None] for name, value in fields.items()})
    except InstanceError as error:
        found = _FIELD.match(str(error.where))
        if found is None:
            raise
        where = place(found["field"], int(found["node"]) if found["node"] else None)
        what = f"the {found['field']} of node {found['node']} breaks a rule" if found["node"] else error.what
        raise InstanceError(what, where=where, got=error.got, expected=error.expected, hint=error.hint) from error
    for rule, used in USED.items():
        if allowed is not None and rule not in allowed and used(instance).any():
            raise InstanceError(
                "the file has a rule that the problem lacks",
                where=place(_CAUSE[rule], None),
                got=rule,
                expected=" or ".join(sorted(allowed)) or "none beyond capacity",
                hint="problem=routing/vrp has every rule of the family",
            )
    return instance

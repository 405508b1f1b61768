"""From a problem's knobs to the rules that environment and scorer follow."""

from __future__ import annotations

import math
from typing import Any

from headway.domains.portfolio.accounting.rules import Group, Rules
from headway.domains.portfolio.market.instance import PricePath
from headway.errors import ConfigError, InstanceError, UnknownNameError


def check_lag(problem: Any) -> None:
    """Raise ConfigError where an order would be filled before it is given, or after the next one."""
    if problem.execution_lag == 0 and not problem.same_close:
        raise ConfigError(
            "a trade at the close that the decision has already seen",
            where="problem.execution_lag",
            got=0,
            expected=">= 1",
            hint="set same_close=true to allow it; every report will say so",
        )
    if problem.execution_lag > problem.every:
        raise ConfigError(
            "a decision would be traded after the next one is taken",
            where="problem.execution_lag",
            got=problem.execution_lag,
            expected=f"<= every ({problem.every})",
        )


def check_knobs(problem: Any) -> None:
    """Raise ConfigError where limits of ``problem`` do not go together."""
    if problem.turnover is not None and problem.names is not None:
        raise ConfigError(
            "a limit on turnover may keep more names than a limit on names allows",
            where="problem.names",
            got=f"turnover={problem.turnover}, names={problem.names}",
            expected="one of the two",
        )
    _check_groups(problem)


def _check_groups(problem: Any) -> None:
    if set(problem.groups) != set(problem.group_caps):
        raise ConfigError(
            "groups and their caps differ",
            where="problem.group_caps",
            got=sorted(problem.group_caps),
            expected=f"a share for each of {sorted(problem.groups)}",
        )
    members = [asset for assets in problem.groups.values() for asset in assets]
    if len(set(members)) < len(members):
        twice = sorted({asset for asset in members if members.count(asset) > 1})
        raise ConfigError(
            "an asset is in two groups, or twice in one", where="problem.groups", got=twice, expected="disjoint groups"
        )


def rules_of(problem: Any) -> Rules:
    """The rules of a problem with the knobs of `Allocation`; only groups need its market, for the places of assets.

    Raises
    ------
    UnknownNameError
        A group names an asset that is not in the market.
    """
    groups = [_group(problem, name, assets) for name, assets in problem.groups.items()]
    return Rules(
        every=problem.every,
        lag=problem.execution_lag,
        cost=problem.cost_bps / 1e4,
        long_only=problem.long_only,
        leverage=problem.leverage,
        cap=problem.cap,
        spread=problem.spread_bps / 1e4,
        impact=problem.impact,
        capital=problem.capital,
        borrow=problem.borrow_bps / 1e4,
        margin=problem.margin_bps / 1e4,
        groups=tuple(groups),
        turnover=math.inf if problem.turnover is None else problem.turnover,
        names=problem.names,
    )


def _group(problem: Any, name: str, assets: tuple[str, ...]) -> Group:
    known = problem.market.assets
    for asset in assets:
        if asset not in known:
            raise UnknownNameError("asset", asset, known, where=f"problem.groups.{name}")
    return Group(name, tuple(assets), tuple(known.index(asset) for asset in assets), problem.group_caps[name])


def check_places(rules: Rules, path: PricePath) -> None:
    """Raise InstanceError where a path's assets are not where the rules' groups look for them."""
    for group in rules.groups:
        places = [column for column in group.columns if column < path.assets.shape[1]]
        if not (path.assets[:, places] == group.assets[: len(places)]).all() or len(places) < len(group.assets):
            raise InstanceError(
                "the assets of a group are not those of the problem's market",
                where=f"PricePath.assets, group {group.name}",
                got=path.assets[0].tolist(),
                expected=f"{group.assets} in the columns {group.columns}",
            )

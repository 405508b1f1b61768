"""The weights nearest to an order that the rules allow, the same for policies and baselines, numpy and torch."""

from __future__ import annotations

import math
from typing import Any

from headway.domains.portfolio.accounting.magnitudes import Limits, within
from headway.domains.portfolio.accounting.rules import Rules
from headway.domains.portfolio.accounting.sums import over_assets
from headway.ops import Array

_SLACK = 1e-10  # sums this close to a limit are on it


def project(xp: Any, rules: Rules, weights: Array, held: Array | None = None) -> Array:
    """The feasible weights [B, N + 1] nearest to ``weights`` in the risky part; cash takes the rest.

    Euclidean projection on {|w| <= cap, sum |w| <= leverage, sum over a group <= its cap} and, where
    the rules are long-only, w >= 0. With a limit on names, of the largest of them; that is the nearest
    such point where there are no groups (Kyrillidis, Becker, Cevher and Koch 2013). With a limit on
    turnover, the point within it on the line from what is held to the nearest; what drift has carried
    beyond a limit stays allowed then, since it may take several decisions to bring it back.
    Idempotent, and the identity on feasible weights and on rows of zeros (no order). Gradients pass as
    through prices solved for in closed form on the weights strictly between their limits.

    Parameters
    ----------
    held : weights [B, N + 1] held at the decision; needed where the rules limit turnover
    """
    if _plain(rules) and _allowed(xp, rules, weights):
        return weights
    risky, cash = weights[:, :-1], weights[:, -1:]
    moved_from = held[:, :-1] if held is not None and rules.turnover < math.inf else None
    wanted = xp.clip(risky, min=0.0) if rules.long_only else risky
    size = xp.abs(wanted)
    size = size if rules.names is None else _largest(xp, rules.names, size)
    wanted = xp.sign(wanted) * within(xp, _limits(xp, rules, risky, moved_from), size)
    idle = xp.all(weights == 0.0, axis=-1, keepdims=True)
    if moved_from is not None:
        wanted = xp.where(idle, wanted, _towards(xp, rules.turnover, moved_from, wanted))
    rest = 1.0 - xp.sum(wanted, axis=-1, keepdims=True)
    kept = (xp.abs(cash - rest) <= _SLACK) | idle
    return xp.concat([wanted, xp.where(kept, cash, rest)], axis=-1)


def _plain(rules: Rules) -> bool:
    return not rules.groups and rules.names is None and rules.turnover == math.inf


def _allowed(xp: Any, rules: Rules, weights: Array) -> bool:
    """Whether all rows are within plain limits as they are, which is quickly seen."""
    risky = weights[:, :-1]
    size = risky if rules.long_only else xp.abs(risky)
    gross = over_assets(xp, size)
    spent = gross if rules.long_only else over_assets(xp, risky)
    return (
        bool(size.min() >= 0.0)
        and (rules.cap >= rules.leverage or bool(size.max() <= rules.cap))  # else the sum says it
        and bool(gross.max() <= rules.leverage + _SLACK)
        and bool(xp.abs(weights[:, -1] - (1.0 - spent)).max() <= _SLACK)
    )


def _limits(xp: Any, rules: Rules, risky: Array, held: Array | None) -> Limits:
    """The rules as limits; with a limit on turnover they are no narrower than what is held."""
    member = shares = None
    if rules.groups:
        inside = [[float(asset in group.columns) for group in rules.groups] for asset in range(risky.shape[1])]
        member = xp.asarray(inside, dtype=risky.dtype)
        shares = xp.asarray([[group.cap for group in rules.groups]], dtype=risky.dtype)
    if held is None:
        return Limits(rules.cap, rules.leverage, member, shares)
    size = xp.abs(held)
    return Limits(
        xp.clip(size, min=rules.cap),
        xp.clip(xp.sum(size, axis=-1, keepdims=True), min=rules.leverage),
        member,
        None if member is None else xp.maximum(xp.matmul(size, member), shares),
    )


def _largest(xp: Any, names: int, size: Array) -> Array:
    """Magnitudes with all but the largest set to zero; of equal ones the first stay."""
    rank = xp.argsort(xp.argsort(-size, axis=-1, stable=True), axis=-1)
    return xp.where(rank < names, size, 0.0 * size)


def _towards(xp: Any, turnover: float, held: Array, wanted: Array) -> Array:
    """On the line from ``held`` to ``wanted``, as far as ``turnover`` goes."""
    way = xp.sum(xp.abs(wanted - held), axis=-1, keepdims=True)
    far = way > turnover + _SLACK
    share = turnover / xp.where(far, way, xp.ones_like(way))
    return xp.where(far, held + share * (wanted - held), wanted)

"""The nearest weights that the rules allow, the same for policies and baselines, for numpy and torch."""

from __future__ import annotations

from typing import Any

from headway.domains.portfolio.accounting.rules import Rules
from headway.ops import Array

_SLACK = 1e-10  # sums this close to a limit are on it
_HALVINGS = 60  # of an interval no longer than the largest weight: exact to rounding


def project(xp: Any, rules: Rules, weights: Array) -> Array:
    """The feasible weights [B, N + 1] nearest to ``weights`` in the risky part; cash takes the rest.

    Euclidean projection on {|w| <= cap, sum |w| <= leverage} and, where the rules are long-only,
    w >= 0: magnitudes lose one common amount until their sum is within the limit (Duchi et al. 2008,
    with a cap). Idempotent, and the identity on feasible weights and on rows of zeros (no order).
    Gradients pass as through the amount solved for in closed form on the weights strictly between
    their limits.
    """
    risky, cash = weights[:, :-1], weights[:, -1:]
    wanted = xp.clip(risky, min=0.0) if rules.long_only else risky
    size = _within(xp, rules, xp.abs(wanted))
    wanted = xp.sign(wanted) * size
    rest = 1.0 - xp.sum(wanted, axis=-1, keepdims=True)
    kept = (xp.abs(cash - rest) <= _SLACK) | xp.all(weights == 0.0, axis=-1, keepdims=True)
    return xp.concat([wanted, xp.where(kept, cash, rest)], axis=-1)


def _within(xp: Any, rules: Rules, size: Array) -> Array:
    """Magnitudes [B, N] brought within cap and leverage."""
    capped = xp.clip(size, max=rules.cap)
    over = xp.sum(capped, axis=-1, keepdims=True) > rules.leverage + _SLACK
    if not bool(xp.any(over)):
        return capped
    excess = _excess(xp, rules, size)
    free = (size > excess) & (size < excess + rules.cap)
    full = xp.astype(size >= excess + rules.cap, size.dtype)
    # Solved for again, exactly and differentiably, now that it is known which weights are free.
    count = xp.clip(xp.sum(xp.astype(free, size.dtype), axis=-1, keepdims=True), min=1.0)
    inner = xp.sum(xp.where(free, size, 0.0 * size), axis=-1, keepdims=True)
    exact = (inner + rules.cap * xp.sum(full, axis=-1, keepdims=True) - rules.leverage) / count
    return xp.where(over, xp.clip(size - exact, min=0.0, max=rules.cap), capped)


def _excess(xp: Any, rules: Rules, size: Array) -> Array:
    """The amount [B, 1] that magnitudes lose, by bisection; a constant to gradients."""
    size = size.detach() if hasattr(size, "detach") else size
    low, high = 0.0 * size[:, :1], xp.max(size, axis=-1, keepdims=True)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        total = xp.sum(xp.clip(size - middle, min=0.0, max=rules.cap), axis=-1, keepdims=True)
        low, high = xp.where(total > rules.leverage, middle, low), xp.where(total > rules.leverage, high, middle)
    return 0.5 * (low + high)

"""A path cut into decision periods: what holdings grow by, what trades meet at each fill."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.portfolio.accounting.rules import DAYS_PER_YEAR, RISK_DAYS, VOLUME_DAYS, Rules
from headway.domains.portfolio.market.instance import GONE, PricePath
from headway.ops import Array

Floats = NDArray[np.float64]


class Periods(NamedTuple):
    """Per instance, for D decision periods of E days and lag L.

    waiting : [B, D, L, N + 1], growth of each holding from the decision to each close up to the trade
    holding : [B, D, E - L, N + 1], growth from the trade to each later close of the period
    owed_waiting, owed_holding : the same for negative holdings; [B, 0] where owing costs nothing
    halted : bool [B, D], some asset is suspended or gone in the period; [B, 0] where all assets always trade
    fate : int8 [B, D, 3, N]: 1 if it is paid out while waiting, its status at the fill, 1 if paid out while holding;
        [B, 0] as well
    friction : [B, D, N], what impact costs of a trade w: friction x w x sqrt(w x wealth); [B, 0] without impact
    """

    waiting: Array
    holding: Array
    owed_waiting: Array
    owed_holding: Array
    halted: Array
    fate: Array
    friction: Array


def cut(path: PricePath, rules: Rules, days: NDArray[np.intp], halts: bool = True) -> Periods:
    """The periods that begin at the close of each of ``days`` [D], every ``rules.every`` days.

    ``halts``: whether an asset may not trade on some day, in this path or another that is to have arrays of this shape.
    """
    earned = _days(path, rules, days, np.concatenate([path.returns, path.cash[..., None]], axis=2), 0.0)
    parts = slice(None, rules.lag), slice(rules.lag, None)
    none = np.zeros((len(path), 0))
    owed, fate, left = [none, none], none.astype(np.int8), None
    if halts:
        gone = _days(path, rules, days, path.status == GONE, False)
        left = [np.logical_or.accumulate(gone[:, :, part], axis=2) for part in parts]
        status = path.status[:, days + rules.lag]
        fate = np.stack([_any(left[0], status), status, _any(left[1], status)], axis=2)
    relatives = [1 + earned[:, :, part] for part in parts]
    if rules.charges:
        fees = np.full(earned.shape[-1], rules.borrow / DAYS_PER_YEAR)
        fees[-1] = rules.margin / DAYS_PER_YEAR
        played = _days(path, rules, days, np.ones((*path.cash.shape, 1)), 0.0)
        owed = [1 + earned[:, :, part] + fees * played[:, :, part] for part in parts]
    if left:
        owed = [_paid_out(*part) for part in zip(owed, relatives, left, strict=True)] if rules.charges else owed
        relatives = [_paid_out(part, part, out) for part, out in zip(relatives, left, strict=True)]
    waiting, holding = map(_compounded, relatives)
    owed_waiting, owed_holding = (_compounded(part) if rules.charges else part for part in owed)
    return Periods(
        waiting=waiting,
        holding=holding,
        owed_waiting=owed_waiting,
        owed_holding=owed_holding,
        halted=fate.any(axis=(2, 3)) if halts else none.astype(bool),
        fate=fate,
        friction=_friction(path, rules, days + rules.lag) if rules.impact else none,
    )


def _days(path: PricePath, rules: Rules, days: NDArray[np.intp], daily: NDArray[Any], pad: Any) -> NDArray[Any]:
    """``daily`` [B, T, M] of the scored days as [B, D, E, M]; a short last period is filled up with ``pad``."""
    out = np.full((len(path), len(days) * rules.every, daily.shape[2]), pad)
    out[:, : path.scored] = daily[:, path.first + 1 :]
    return out.reshape(len(path), len(days), rules.every, -1)


def _any(left: NDArray[np.bool_], like: NDArray[np.int8]) -> NDArray[np.int8]:
    """int8 [B, D, N]: 1 where an asset goes on any of the days [B, D, E, N]."""
    return left[:, :, -1].astype(np.int8) if left.shape[2] else np.zeros_like(like)


def _paid_out(relatives: Floats, usual: Floats, left: NDArray[np.bool_]) -> Floats:
    """What is left of an asset that is gone grows like cash (the last of ``usual``) from the day after on."""
    if not left.any():
        return relatives
    out = relatives.copy()
    after = left[:, :, :-1]
    out[:, :, 1:, :-1] = np.where(after, usual[:, :, 1:, -1:], out[:, :, 1:, :-1])
    return out


def _compounded(relatives: Floats) -> Floats:
    """Products of the first 1, 2, ..., E relatives along the third axis of [B, D, E, N + 1]."""
    out = relatives.copy()
    for day in range(1, out.shape[2]):  # numpy's cumprod over a middle axis takes several times as long
        out[:, :, day] *= out[:, :, day - 1]
    return out


def _friction(path: PricePath, rules: Rules, fills: NDArray[np.intp]) -> Floats:
    """impact x deviation x sqrt(capital / volume) at each of ``fills`` [D], from the days up to it."""
    deviations, volumes = [], []
    for day in fills:
        deviations.append(path.returns[:, max(day + 1 - RISK_DAYS, 0) : day + 1].std(axis=1))
        volumes.append(path.volume[:, max(day + 1 - VOLUME_DAYS, 0) : day + 1].mean(axis=1))
    volume = np.maximum(np.stack(volumes, axis=1), 1.0)
    friction: Floats = rules.impact * np.stack(deviations, axis=1) * np.sqrt(rules.capital / volume)
    return friction

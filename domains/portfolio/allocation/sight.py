"""What a policy sees: each asset's features at the close of the decision day, and the weights held."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.portfolio.allocation.bases import Base, bases
from headway.domains.portfolio.allocation.features import features, signals
from headway.domains.portfolio.allocation.solution import Weights
from headway.domains.portfolio.market.instance import TRADED, PricePath
from headway.environment import Environment, Observation
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces


class Seen(NamedTuple):
    """Per instance, for D decisions and the end of the path.

    assets : float32 [B, D + 1, N, F], features known at each decision and at the end
    traded : int8 [B, D + 1, N], 1 where the asset trades at that close
    base : float32 [B, D + 1, N], what scores tilt; [B, 0] where that needs no history
    logs : float32 [B, W + days, N], daily log returns up to the end, zeros before the path begins; [B, 0] if not shown
    """

    assets: Array
    traded: Array
    base: Array
    logs: Array


@component
class Sight(Environment[PricePath, Weights, Any, Any]):
    """An environment whose parameters hold what is `Seen` as ``seen``, and whose state ``period`` and ``weights``.

    Observation: ``assets`` float32 [N, F]: the twelve `features`, and two for each signal (its value, and whether it is
    known); ``weights`` float32 [N + 1] held, cash last; ``traded`` int8 [N]; where they are asked for, ``base`` float32
    [N] and ``window`` float32 [N, W].

    window : days of log returns shown, the last one last; 0 for none
    base : what scores tilt: 1/N, inverse volatility (both of the last year), hierarchical risk parity, or what is held
    """

    window: Annotated[int, Field(ge=0)] = 0
    base: Base = "equal_weight"

    def see(self, instance: PricePath, days: NDArray[np.intp]) -> Seen:
        """What is known at the close of each of ``days`` [D + 1], from data of those days and earlier ones."""
        convert, traded = self.arrays.ops.asarray, instance.status == TRADED
        shown = [features(instance.returns, days, None if traded.all() else traded)]
        if instance.signals.shape[3]:
            shown.append(signals(instance.signals, days))
        none = np.zeros((len(instance), 0), np.float32)
        base = bases(self.base, instance.returns, days)
        return Seen(
            assets=convert(np.concatenate(shown, axis=-1)),
            traded=convert(traded[:, days].astype(np.int8)),
            base=convert(none if base is None else base.astype(np.float32)),
            logs=convert(self._logs(instance, int(days[0])) if self.window else none),
        )

    def _logs(self, instance: PricePath, first: int) -> NDArray[np.float32]:
        logs = np.log1p(instance.returns[:, max(first + 1 - self.window, 0) :]).astype(np.float32)
        missing = max(self.window - 1 - first, 0)
        return np.pad(logs, ((0, 0), (missing, 0), (0, 0)))

    def observe(self, params: Any, state: Any) -> Observation:
        xp, ops, seen = self.arrays.xp, self.arrays.ops, params.seen
        observation = {
            "assets": ops.gather(seen.assets, state.period),
            "weights": xp.astype(state.weights, xp.float32),
            "traded": ops.gather(seen.traded, state.period),
        }
        if seen.base.shape[1]:
            observation["base"] = ops.gather(seen.base, state.period)
        if self.window:
            # Days since the first decision; all views of one array, of which only what is asked for is copied.
            day = self.period(params, state) - params.start
            observation["window"] = ops.gather(self._windows(seen.logs), day)
        return observation

    def _windows(self, logs: Array) -> Array:
        """[B, days, N, W]: a view."""
        if self.backend == "torch":
            return logs.unfold(1, self.window, 1)
        return sliding_window_view(logs, self.window, axis=1)

    def spaces(self, params: Any) -> tuple[spaces.Dict, spaces.Space[Any]]:
        from gymnasium import spaces

        _, _, assets, count = params.seen.assets.shape
        shapes = {"assets": (assets, count), "weights": (assets + 1,)}
        if params.seen.base.shape[1]:
            shapes["base"] = (assets,)
        if self.window:
            shapes["window"] = (assets, self.window)
        boxes = {name: spaces.Box(-np.inf, np.inf, shape, np.float32) for name, shape in shapes.items()}
        return spaces.Dict(boxes | {"traded": spaces.MultiBinary(assets)}), self.action_space(assets)

    @abstractmethod
    def action_space(self, assets: int) -> Any:
        """The space of actions for so many assets."""

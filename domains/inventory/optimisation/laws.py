"""What laws of demand let one expect, and what the mere moments of demand do."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from headway.domains.inventory.demand.distribution import Distribution
from headway.domains.inventory.optimisation.network import Booleans, Floats, Network
from headway.domains.inventory.optimisation.outlook import Outlook, probabilities

_ASKED = 6  # quantiles of a law with a density: each may take a convolution


class Laws(Outlook):
    """Independent demand with known laws (None where nobody buys); ``period`` tells where in a season one is."""

    def __init__(self, laws: Sequence[Distribution | None], period: int, window: int) -> None:
        self.laws = laws
        means = [np.zeros(window) if law is None else law.means(period + window)[period:] for law in laws]
        self.expected = np.stack(means, axis=1)
        self.sells = np.array([law is not None for law in laws])
        self.deviation = np.array([0.0 if law is None else law.std for law in laws])

    def safety(self, factors: Floats, periods: int) -> Floats:
        out = np.zeros((len(factors), len(self.laws)))
        for node, law in enumerate(self.laws):
            same = self.laws.index(law)
            if law is not None:
                out[:, node] = out[:, same] if same < node else _quantiles(law, factors, periods) - periods * law.mean
        return out

    def joint(self, nodes: Booleans) -> float:
        return math.sqrt((self.deviation[nodes] ** 2).sum())

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        out = np.zeros((n, *self.expected.shape))
        for node, law in enumerate(self.laws):
            if law is not None:
                out[..., node] = law.sample(rng, (*out.shape[:2], 1))[..., 0] * (self.expected[:, node] / law.mean)
        return out


def _quantiles(law: Distribution, factors: Floats, periods: int) -> Floats:
    """Quantiles [J]: each one where demand is whole, else some, and straight lines between these."""
    if law.discrete:
        total = law.total(periods)
        return np.array([total.quantile(q) for q in probabilities(factors)])
    some = np.linspace(factors.min(), factors.max(), min(_ASKED, len(factors)))
    return np.interp(factors, some, [law.quantile(q, periods) for q in probabilities(some).tolist()])


class Moments(Outlook):
    """Normal demand with the means and deviations that instances of supply networks tell of nodes with a penalty.

    Demands are taken to be equally correlated, as much as the deviation of what all outside links bring says.
    """

    def __init__(self, network: Network, window: int) -> None:
        self.sells = network.penalty > 0
        self.expected = np.tile(np.where(self.sells, network.scale, 0.0), (window, 1))
        self.deviation = np.where(self.sells, network.spread, 0.0)
        apart, together = (self.deviation**2).sum(), self.deviation.sum() ** 2
        everything = (network.spread[np.unique(network.head[network.tail < 0])] ** 2).sum()
        shared = (everything - apart) / (together - apart) if together > apart else 0.0
        self.correlation = float(np.clip(shared, 0.0, 1.0))

    def safety(self, factors: Floats, periods: int) -> Floats:
        return factors[:, None] * (math.sqrt(periods) * self.deviation)

    def joint(self, nodes: Booleans) -> float:
        apart, together = (self.deviation[nodes] ** 2).sum(), self.deviation[nodes].sum() ** 2
        return math.sqrt((1 - self.correlation) * apart + self.correlation * together)

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        shared, own = rng.standard_normal((n, len(self.expected), 1)), rng.standard_normal((n, *self.expected.shape))
        noise = math.sqrt(self.correlation) * shared + math.sqrt(1 - self.correlation) * own
        return np.asarray(self.expected + self.deviation * noise)

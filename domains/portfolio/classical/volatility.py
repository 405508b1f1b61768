"""Rules of thumb from volatilities alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headway.components import component
from headway.domains.portfolio.classical.estimated import Estimated, Sample

Floats = NDArray[np.float64]


@component
class InverseVolatility(Estimated):
    """Weights in proportion to 1 / standard deviation over the last ``lookback`` days."""

    def weights(self, sample: Sample) -> Floats:
        inverse = 1 / np.maximum(sample.returns.std(axis=0), 1e-12)
        share: Floats = sample.limits.budget * inverse / inverse.sum()
        return share

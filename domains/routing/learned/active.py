"""Active search: a policy that goes on learning on the very instance it is asked about."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from headway.domains.routing.learned.pomo_episodes import Played, play, starts
from headway.domains.routing.learned.pomo_guide import Guide
from headway.domains.routing.learned.pomo_task import CUSTOMERS, Singles, Tables
from headway.seeds import stream

LR, BETAS = 0.001, (0.9, 0.98)
REPEAT = 0.3  # weight of repeating the best episode so far, beside the others' advantages of unit spread
EPISODES = 32  # of a round, the best one so far included


def active(guide: Guide, samples: int, seed: int) -> Iterator[Played]:
    """Rounds of drawn episodes, between which the instance's tables follow REINFORCE and the best episode so far
    (Hottung, Kwon and Tierney 2022, "Efficient active search for combinatorial optimization problems": EAS-Emb, here
    on all that the decoder reads of the nodes). The network stays as it is.
    """
    from headway.domains.routing.learned.pomo_gradient import score

    task, read = guide.itself
    read = Tables(read.node.copy(), read.fixed)
    customers, step = task.row[:, CUSTOMERS].astype(np.int64), Adam(read.node)
    shortest: Played | None = None
    for number in range(-(-samples // EPISODES)):
        keys = stream("tuning", seed, "active", number).integers(2**63, size=(1, EPISODES), dtype=np.uint64)
        first = starts(customers, keys)
        played = play(task, read, first, keys, 1.0)
        yield played
        if shortest is None or played.length.min() < shortest.length[0, 0]:
            one = played.length[0].argmin()
            shortest = Played(played.route[:, one : one + 1], played.length[:, one : one + 1])
        gain = played.length.mean() - played.length
        weight = gain / max(float(gain.std()), 1e-9) / EPISODES
        slopes = Tables(np.zeros_like(read.node), np.zeros_like(read.fixed))
        score(task, read, played.route, first, np.where(np.isfinite(weight), weight, 0.0), 0.0, slopes)
        score(task, read, shortest.route, np.zeros((1, 1), np.int64), np.full((1, 1), REPEAT), 0.0, slopes)
        step(slopes.node)


class Adam:
    """Steps uphill by gradients (Kingma and Ba 2015), written into ``table``."""

    def __init__(self, table: Singles) -> None:
        self._table, self._mean, self._square, self._steps = table, np.zeros_like(table), np.zeros_like(table), 0

    def __call__(self, slope: Singles) -> None:
        self._steps += 1
        for kept, new, beta in ((self._mean, slope, BETAS[0]), (self._square, slope**2, BETAS[1])):
            kept += (1 - beta) * (new - kept)
        mean, square = (
            kept / (1 - beta**self._steps) for kept, beta in zip((self._mean, self._square), BETAS, strict=True)
        )
        self._table += LR * mean / (np.sqrt(square) + 1e-8)

"""The two cells of xLSTM (Beck et al. 2024, "xLSTM: extended long short-term memory"), for short sequences."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class SLSTM(nn.Module):
    """sLSTM (section 2.2, equations 8 to 17): scalar memory, exponential gates, a normaliser and a stabiliser.

    [B, T, H] -> [B, T, H]. The forget gate is a sigmoid; recurrent weights mix all units (one head).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inputs = nn.Linear(width, 4 * width)
        self.recurrent = nn.Linear(width, 4 * width, bias=False)
        nn.init.constant_(self.inputs.bias[2 * width : 3 * width], 3.0)  # remember at first
        nn.init.normal_(self.recurrent.weight, std=0.5 / math.sqrt(width))

    def forward(self, sequence: Tensor) -> Tensor:
        ahead = self.inputs(sequence)
        hidden = cell = norm = stable = sequence.new_zeros(len(sequence), sequence.shape[2])
        out = []
        for now in ahead.unbind(1):
            update, write, keep, show = (now + self.recurrent(hidden)).chunk(4, dim=-1)
            kept = nn.functional.logsigmoid(keep) + stable
            after = torch.maximum(kept, write)
            forget, enter = (kept - after).exp(), (write - after).exp()
            cell = forget * cell + enter * update.tanh()
            norm = forget * norm + enter
            hidden, stable = show.sigmoid() * cell / norm, after
            out.append(hidden)
        return torch.stack(out, dim=1)


class MLSTM(nn.Module):
    """mLSTM (section 2.3, equations 19 to 27), in the parallel form of appendix A.3: matrix memory, no recurrence.

    [B, T, H] -> [B, T, H], one head. Row t weighs value s by exp(log forget gates after s, + input gate of s), which is
    stabilised by the row's largest exponent.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.projections = nn.Linear(width, 4 * width)  # queries, keys, values, output gate
        self.gates = nn.Linear(width, 2)  # input and forget gate
        nn.init.constant_(self.gates.bias[1:], 3.0)

    def forward(self, sequence: Tensor) -> Tensor:
        query, key, value, show = self.projections(sequence).chunk(4, dim=-1)
        enter, keep = self.gates(sequence).unbind(-1)
        forgotten = nn.functional.logsigmoid(keep).cumsum(1)
        exponent = forgotten[:, :, None] - forgotten[:, None, :] + enter[:, None, :]
        later = torch.ones(exponent.shape[1:], dtype=torch.bool).triu(1)
        exponent = exponent.masked_fill(later, -torch.inf)
        stable = exponent.amax(dim=2, keepdim=True)
        scores = query @ key.mT / math.sqrt(query.shape[-1]) * (exponent - stable).exp()
        norm = torch.maximum(scores.sum(2, keepdim=True).abs(), (-stable).exp())
        hidden: Tensor = show.sigmoid() * (scores @ value / norm)
        return hidden


class XLSTM(nn.Module):
    """Residual blocks with layer norms before them, as in figure 1: one letter a block, ``m`` or ``s``."""

    def __init__(self, inputs: int, width: int, blocks: str) -> None:
        super().__init__()
        self.enter = nn.Linear(inputs, width)
        self.cells = nn.ModuleList([MLSTM(width) if kind == "m" else SLSTM(width) for kind in blocks])
        self.norms = nn.ModuleList([nn.LayerNorm(width) for _ in blocks])
        self.leave = nn.LayerNorm(width)

    def forward(self, sequence: Tensor) -> Tensor:
        """[B, T, inputs] -> [B, width], after the last step."""
        hidden = self.enter(sequence)
        for norm, cell in zip(self.norms, self.cells, strict=True):
            hidden = hidden + cell(norm(hidden))
        last: Tensor = self.leave(hidden[:, -1])
        return last

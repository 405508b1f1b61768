"""The processed Azure trace of 2017: text files of flavours and of lifetimes, in bins of five minutes.

Published with huaweicloud/trace_generation_rnn, from AzurePublicDatasetV1 (Cortez et al., "Resource central", SOSP
2017), CC BY 4.0. A line is a time in seconds and what arrived in the five minutes before it: flavours as letters,
separated by commas, with ``|`` after each batch of one tenant. The file of lifetimes has the same lines with a bin
instead of each flavour: ``U13`` for a VM that went, ``C46`` for one that was still there at the trace's end.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import TypeVar

import numpy as np

from headway.domains.vm_rescheduling.files.table import read_text
from headway.domains.vm_rescheduling.workload.arrivals import Arrivals
from headway.domains.vm_rescheduling.workload.flavors import GB, azure_name
from headway.errors import DataError

BIN = 300.0  # seconds
T = TypeVar("T")


def read_azure_trace(path: Path) -> Arrivals:
    """The arrivals of one part of the trace, evenly spread over the bin in which they came.

    A lifetime is the middle of its bin of lifetimes. Those of VMs that outlived the trace, and all where the part's
    file of lifetimes is missing, are unknown.

    Parameters
    ----------
    path : a file of flavours such as ``v1.dev.txt``, or a folder: then the first part in it whose lifetimes are there.
        The lifetimes (``v1.dev.c2100000.txt``) lie beside it, the maps ``flav_map.txt`` and ``v1.interval_map.txt``
        too, or in ``../maps``

    Raises
    ------
    DataError
        A file is missing, or a line (named) is none of the format or has another number of VMs than its partner.
    """
    path = _flavor_file(Path(path))
    sizes = _map(
        path, "flav_map.txt", r"(\d+),(\d+(?:\.\d+)?) (\S+)", lambda cpu, gb, code: (code, (int(cpu), float(gb)))
    )
    flavors = dict(sizes)
    codes = _lines(path, set(flavors))
    count = [len(cells) for _, cells in codes]
    time = [at - BIN + BIN * (np.arange(n) + 0.5) / max(n, 1) for (at, _), n in zip(codes, count, strict=True)]
    kind = np.array(list(chain.from_iterable(cells for _, cells in codes)), np.str_)
    known, row = np.unique(kind, return_inverse=True)
    cpu, memory = (np.array([flavors[str(code)][k] for code in known]) for k in (0, 1))
    name = np.array([azure_name(int(c), float(m)) for c, m in zip(cpu, memory, strict=True)])
    arrived = np.concatenate(time)
    ones = np.ones(len(row), np.int64)
    megabytes = np.round(memory * GB).astype(np.int64)
    return Arrivals(arrived, arrived + _stays(path, count), name[row], cpu[row].astype(np.int64), megabytes[row], ones)


def _stays(path: Path, count: list[int]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """float64 [A]: seconds that each VM of the part stays; inf where unknown."""
    partner = next(iter(sorted(path.parent.glob(f"{path.stem}.c*.txt"))), None)
    if partner is None:
        return np.full(sum(count), np.inf)
    bins = _map(path, "v1.interval_map.txt", r"(\d+) (\d+)", lambda seconds, number: (number, float(seconds)))
    each: dict[str, list[float]] = {}
    for number, seconds in bins:
        each.setdefault(number, []).append(seconds)
    middle = {f"U{number}": float(np.mean(seconds)) + BIN / 2 for number, seconds in each.items()}
    stays = middle | {f"C{number}": np.inf for number in each}
    lines = _lines(partner, set(stays))
    if [len(cells) for _, cells in lines] != count:
        pairs = enumerate(zip([len(cells) for _, cells in lines], count, strict=False), 1)
        line = next((n for n, (got, expected) in pairs if got != expected), min(len(lines), len(count)))
        raise DataError("lifetimes and flavours do not match", where=f"{partner}, line {line}", expected=path.name)
    return np.array([stays[cell] for _, cells in lines for cell in cells])


def _lines(path: Path, known: set[str]) -> list[tuple[float, list[str]]]:
    """Each line's time and its cells, all of them known."""
    found = []
    for number, line in enumerate(read_text(path, DataError).splitlines(), 1):
        at, _, rest = line.partition(" ")
        cells = [cell for cell in rest.strip().split(",") if cell not in {"|", ""}]
        if not at.isdecimal() or not known.issuperset(cells):
            got = repr(at) if not at.isdecimal() else repr(next(cell for cell in cells if cell not in known))
            expected = "a time in seconds, then codes such as " + ", ".join(sorted(known)[:4])
            raise DataError("a line cannot be read", where=f"{path}, line {number}", got=got, expected=expected)
        found.append((float(at), cells))
    return found


def _map(path: Path, name: str, pattern: str, make: Callable[..., T]) -> list[T]:
    """The lines of one of the trace's maps."""
    beside = path.parent / name
    source = beside if beside.exists() else path.parent.parent / "maps" / name
    found = []
    for number, line in enumerate(read_text(source, DataError).splitlines(), 1):
        match = re.fullmatch(pattern, line.strip())
        if not match:
            raise DataError("a line cannot be read", where=f"{source}, line {number}", got=repr(line), expected=pattern)
        found.append(make(*match.groups()))
    return found


def _flavor_file(path: Path) -> Path:
    if not path.is_dir():
        return path
    lifetimes = sorted(path.glob("*.c[0-9]*.txt"))
    if not lifetimes:
        raise DataError("no trace with lifetimes in the folder", where=path, expected="v1.dev.txt, v1.dev.c2100000.txt")
    return path / re.sub(r"\.c\d+\.txt$", ".txt", lifetimes[0].name)

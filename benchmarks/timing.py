"""CPU time of things that take turns, so that a busy machine slows all of them alike."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Mapping

# One thread, set before any numerical library is imported.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"


def take_turns(contestants: Mapping[str, Callable[[], int]], turns: int = 7) -> dict[str, float]:
    """Best rate of each: what it says it has done (steps) per CPU-second."""
    best = dict.fromkeys(contestants, 0.0)
    for _ in range(turns):
        for name, work in contestants.items():
            began = time.process_time()
            done = work()
            best[name] = max(best[name], done / (time.process_time() - began))
    return best


def table(rows: list[dict[str, object]], title: str) -> None:
    """Print rows as a Markdown table."""
    print(f"\n### {title}\n")
    head = list(rows[0])
    print("| " + " | ".join(head) + " |")
    print("|" + "|".join("---" for _ in head) + "|")
    for row in rows:
        print("| " + " | ".join(str(row[key]) for key in head) + " |")


def print_tables(parser: argparse.ArgumentParser, tables: Mapping[str, Callable[[argparse.Namespace], None]]) -> None:
    """Let the command line name some of a command's tables, and print these, or all."""
    parser.add_argument("tables", nargs="*", help=f"any of {', '.join(tables)}; all by default")
    options = parser.parse_args()
    if unknown := set(options.tables) - set(tables):
        parser.error(f"no such table: {', '.join(sorted(unknown))}")
    for name in options.tables or tables:
        tables[name](options)

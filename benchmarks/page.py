"""Write what the commands on a results page print below them: ``python benchmarks/page.py docs/results/inventory.md``.

A page is Markdown that people write. Where an indented line is a command (``python benchmarks/...``) and the next one
is ``<!-- printed -->``, everything up to ``<!-- end -->`` is replaced by what the command prints. ``--only TEXT`` runs
the commands that contain TEXT. A command that fails leaves the page as it was.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

BLOCK = re.compile(
    r"^ {4}(?P<command>python benchmarks/.*)\n\n<!-- printed -->\n(?P<printed>(?:.*\n)*?)<!-- end -->", re.MULTILINE
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path)
    parser.add_argument("--only", default="", help="run the commands that contain this text")
    given = parser.parse_args()
    for command in [block["command"] for block in BLOCK.finditer(given.page.read_text(encoding="utf-8"))]:
        if given.only in command:
            print(command, flush=True)
            write(given.page, command, output(command))


def output(command: str) -> str:
    """What a command prints; its own progress, on stderr, is passed on."""
    arguments = [sys.executable, *shlex.split(command)[1:]]
    environment = {"OMP_NUM_THREADS": "1", **os.environ}
    return subprocess.run(arguments, stdout=subprocess.PIPE, text=True, check=True, env=environment).stdout


def write(page: Path, command: str, printed: str) -> None:
    """Replace one block, in the page as it stands now: hours may have passed since it was first read."""

    def replaced(block: re.Match[str]) -> str:
        if block["command"] != command:
            return block[0]
        return f"    {command}\n\n<!-- printed -->\n{printed.strip()}\n<!-- end -->"

    page.write_text(BLOCK.sub(replaced, page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

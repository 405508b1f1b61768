"""Where a run comes from, as facts to print."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from headway.pipelines.reporting import formats
from headway.runs import Run


def origin(run: Run, judgement: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The facts of a section that every run has: identity, code, machine, configuration, and the way back."""
    facts, cpu = run.provenance, run.provenance["cpu"]
    named = run.config.get("name") is not None
    return {
        "facts": [
            ("Run", run.id),
            ("Started", formats.moment(facts["started"])),
            *judgement,
            ("Configuration, SHA-256", facts["config_sha256"][:16]),
            ("Commit", commit(run)),
            ("Processor", f"{cpu['model']}, {cpu['usable']} of {cpu['cores']} logical cores usable"),
            ("Python", f"{facts['python']} on {facts['platform']}"),
        ],
        "versions": facts["packages"],
        "config": (run.folder / "config.yaml").read_text(encoding="utf-8"),
        "command": f"headway {facts['verb']} config={run.folder / 'config.yaml'}" + named * " name=again",
        "argv": _typed(facts["argv"]),
    }


def commit(run: Run, letters: int = 12) -> str:
    """The commit that a run was made at, and whether files had been changed since."""
    git = run.provenance["git"] or run.provenance["workspace"]
    if git is None:
        return "not in a git checkout"
    return f"{git['commit'][:letters]}{', with uncommitted changes' if git['dirty'] else ''}"


def _typed(argv: Sequence[str]) -> str:
    """The command line as a shell takes it; `python -m headway.pipelines.cli` is what `headway` runs."""
    program = Path(argv[0]).name
    return shlex.join(["headway" if program == "cli.py" else program, *argv[1:]])

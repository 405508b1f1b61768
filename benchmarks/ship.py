"""Make a trained policy ship: ``python benchmarks/ship.py RUN COMPARISON domains/DOMAIN/policies/PROBLEM/NAME``.

Copies the best weights of a training run and the record of its training, and writes its card (README.md): the command
that made it, seed, data, time, versions, and the table of a comparison that it took part in. What ships is entered in
comparisons by the name that the problem's `policies` give to the folder.
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
from pathlib import Path

from headway.pipelines.comparison.results import Results, Row, read
from headway.runs import Run
from headway.storage.stored import load_policy

LIMIT = 3_000_000  # bytes of a policy that ships
LOCAL = ("runs=", "name=", "tracking=")  # arguments that say where a run was kept, not what it was


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("run", "comparison", "folder"):
        parser.add_argument(name, type=Path)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(given.run / "policy", given.folder / "policy", dirs_exist_ok=True)
    shutil.copy(given.run / "training.json", given.folder)
    size = sum(file.stat().st_size for file in given.folder.rglob("*") if file.is_file())
    assert size < LIMIT, f"{size} bytes do not ship, {LIMIT} would"
    text = card(Run.open(given.run), read(given.comparison), given.folder.name)
    (given.folder / "README.md").write_text(text, encoding="utf-8")


def card(run: Run, results: Results, name: str) -> str:
    """The card of a policy called ``name``, as Markdown."""
    policy = load_policy(run.folder / "policy")
    training = json.loads((run.folder / "training.json").read_text(encoding="utf-8"))
    provenance = run.provenance
    command = shlex.join(["headway", *(a for a in provenance["argv"][1:] if not a.startswith(LOCAL))])
    packages = provenance["packages"]
    problem = policy.description.problem_options
    weights = sum(parameter.numel() for parameter in policy.network.parameters())
    own = run.folder.name  # what the comparison calls it
    rows = [
        f"| {name if r.contestant == own else r.contestant} | {r.objective:.5g} | {r.gap:.2%} | {interval(r)} |"
        for r in results.rows
    ]
    reference = results.rows[0].reference
    return f"""# {policy.problem_name}: {name}

Made by

    {command}

| | |
|---|---|
| seed | {run.config["seed"]} |
| data | {data(problem)} |
| steps, CPU-seconds | {training["steps"]:,}, {training["cpu_seconds"]:.0f} on one thread |
| network | {policy.description.network_name}, {weights:,} parameters |
| validation objective of these weights | {training["best"]:.6g} |
| versions | headway {packages["headway"]} at {provenance["git"]["commit"][:12]}, torch {packages["torch"]} |

On {results.instances["n"]} test instances that neither training nor selection has seen; gaps are to `{reference}`:

| contestant | objective | gap | 95 % interval |
|---|---|---|---|
{chr(10).join(rows)}
"""


def interval(row: Row) -> str:
    """Of its gap, as text."""
    return f"{row.gap_low:.2%} to {row.gap_high:.2%}"


def data(options: dict[str, object]) -> str:
    """Where its training instances came from."""
    law, settings = options.get("demand"), options.get("demand_options")
    if not isinstance(law, str):  # of other domains it is a range
        return "drawn by the problem's generator; no file was read"
    return f"{law} {settings}" if settings else f"{law}, drawn; no file was read"


if __name__ == "__main__":
    main()

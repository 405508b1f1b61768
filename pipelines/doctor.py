"""What is installed, what is wrong with it, and what to do; on request a self-test of everything."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from headway.pipelines.configuration.schema import DoctorConfig
from headway.pipelines.doctoring import content, machine, packages, runs, solvers, tracking
from headway.pipelines.doctoring.finding import Finding, Look, first_line


def examine(config: DoctorConfig) -> Iterator[Finding]:
    """All findings, the machine first, each as soon as it is known."""
    uri = config.tracking.uri
    looks: dict[str, Look] = {
        "machine": machine.look,
        "packages": packages.look,
        "solvers": solvers.look,
        "domains": content.domains,
        "data": content.data,
        "tracking": partial(tracking.look, uri),
        "runs": partial(runs.look, config.runs, uri),
    }
    for name, look in looks.items():
        try:
            yield from look()
        except Exception as error:  # whatever is wrong here, the rest is looked at
            yield Finding(name, "bad", f"it could not be looked at: {type(error).__name__}: {first_line(error)}",
                          "mend what is bad above first, and look again")  # fmt: skip

"""What packages bring: domains and agents through their entry points, and public data sets on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from headway.pipelines.doctoring.finding import Finding, first_line
from headway.registry import AGENTS, DOMAINS


def domains() -> Iterator[Finding]:
    """Every domain and each of its problems, loaded; then every agent."""
    good = []
    for point in sorted(entry_points(group=DOMAINS)):
        broken = list(_domain(point))
        yield from broken
        if not broken:
            good.append(f"{point.name} ({len(point.load().problems)}{_origin(point)})")
    yield Finding("domains", "good" if good else "bad", ", ".join(good) or "none",
                  "" if good else "pip install --force-reinstall headway")  # fmt: skip
    yield from _agents()


def _domain(point: EntryPoint) -> Iterator[Finding]:
    """What is wrong with a domain."""
    from headway.problem import lookup

    try:
        problems = point.load().problems
    except Exception as error:  # outside code: anything may come out of it
        yield _broken(point.name, point, error)
        return
    for name in problems:
        try:
            lookup("problem", name, problems)
        except Exception as error:
            yield _broken(f"{point.name}/{name}", point, error)


def _agents() -> Iterator[Finding]:
    good = []
    for point in sorted(entry_points(group=AGENTS)):
        try:
            point.load()
        except Exception as error:
            yield _broken(f"agent {point.name}", point, error)
        else:
            good.append(point.name)
    yield Finding("agents", "good", ", ".join(good))


def _broken(subject: str, point: EntryPoint, error: Exception) -> Finding:
    package = point.dist.name if point.dist else "the package"
    todo = f"pip install --force-reinstall {package}; or pip uninstall {package}: as it is, no verb finds its domains"
    return Finding(subject, "bad", f"{type(error).__name__}: {first_line(error)}", todo)


def _origin(point: EntryPoint) -> str:
    """The package a domain comes from, where it is not headway itself."""
    return "" if point.dist is None or point.dist.name == "headway" else f", from {point.dist.name}"


def data() -> Iterator[Finding]:
    """Every public data set that domains know: where it is, and whether it is what was published."""
    from headway.datasets import cache_folder
    from headway.registry import dataset, datasets

    here, elsewhere = [], []
    for name in datasets():
        found = dataset(name)
        states = _states(found)
        yield from _changed(found, states)
        have = list(states.values()).count("good")
        if have or not (states or found.byhand):
            here.append(f"{name} ({have} of {len(states)} files, verified)" if states else f"{name} (ships)")
        else:
            elsewhere.append(f"{name} (by hand)" if found.byhand else name)
    yield Finding("data", "good", f"here: {', '.join(here) or 'none'}; folder {cache_folder() / 'data'}")
    if elsewhere:
        yield Finding("data", "good", f"not here: {', '.join(elsewhere)}; `headway data list` says what they are")


def _states(found: Any) -> dict[str, str]:
    """Of each published file; a listing that needs the network counts as nothing here."""
    from headway.datasets import verify
    from headway.errors import DataError

    try:
        return {} if found.byhand else dict(verify(found))
    except DataError:
        return {"listing": "missing"}


def _changed(found: Any, states: dict[str, str]) -> Iterator[Finding]:
    wrong = [name for name, state in states.items() if state == "changed"]
    if wrong:
        yield Finding(f"data {found.name}", "bad", f"not what was published: {', '.join(wrong)}",
                      f"delete them in {found.folder}, then: headway data fetch {found.name}")  # fmt: skip
    for part in sorted(found.folder.glob("*.part")) if found.folder.is_dir() else ():
        yield Finding(f"data {found.name}", "note", f"{part.name} is a download that was cut off",
                      f"headway data fetch {found.name} goes on with it")  # fmt: skip

"""Writes a new domain: a package of its own, around a knapsack problem to be replaced piece by piece."""

from __future__ import annotations

import re
import shutil
import tempfile
from importlib.resources import files
from pathlib import Path
from string import Template

from headway.errors import ConfigError

# Template -> file, relative to the new folder; $package is filled in.
FILES = {
    "pyproject.toml.tmpl": "pyproject.toml",
    "test_contract.py.tmpl": "tests/test_contract.py",
    "README.md.tmpl": "$package/README.md",
    **{
        f"{part}.py.tmpl": f"$package/{part}.py"
        for part in (
            "__init__", "problem", "instance", "generator", "dynamics", "evaluate", "baselines", "reference", "render"
        )
    },
}  # fmt: skip


def new_domain(name: str, problem: str, folder: Path) -> Path:
    """Write the project ``headway-<name>`` with one ``problem`` into ``folder``, whole or not at all; its own folder.

    Parameters
    ----------
    name : the domain's name, lower case with underscores
    problem : the problem's name, likewise; its classes are called after it
    folder : what receives the project's folder

    Raises
    ------
    ConfigError
        A name is malformed, or the project's folder is there already.
    """
    for what, word in (("domain", name), ("problem", problem)):
        if not re.fullmatch(r"[a-z][a-z0-9_]*", word):
            raise ConfigError(f"a malformed {what} name", got=word, expected="lower case letters, digits, underscores")
    words = {
        "domain": name,
        "problem": problem,
        "package": f"headway_{name}",
        "project": f"headway-{name.replace('_', '-')}",
        "Problem": "".join(part.capitalize() for part in problem.split("_")),
    }
    target = folder / words["project"]
    if target.exists():
        raise ConfigError("the folder exists already", where=target, hint="move it away first; nothing was written")
    folder.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder, prefix=".new-"))
    try:
        _write(draft, words)
        draft.chmod(0o755)
        draft.replace(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def _write(folder: Path, words: dict[str, str]) -> None:
    for template, target in FILES.items():
        path = folder / Template(target).substitute(words)
        path.parent.mkdir(parents=True, exist_ok=True)
        source = files("headway.scaffold").joinpath("templates", template).read_text(encoding="utf-8")
        path.write_text(Template(source).substitute(words), encoding="utf-8")

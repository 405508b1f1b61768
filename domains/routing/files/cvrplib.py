"""Published instances and their best known solutions, downloaded and checked.

    python -m headway.domains.routing.files.cvrplib 'X-n1*' C101 to=data

The X set (Uchoa et al. 2017), Solomon's (1987), and one of each older set, as CVRPLIB publishes them. Its own server
moves and tells no checksums, so the copies in the test data of the package vrplib are taken, at one commit; the SHA-256
of each file is in ``cvrplib.csv``.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from pathlib import Path

from headway.errors import ConfigError, DataError, HeadwayError, UnknownNameError

COMMIT = "6d3c0a2f86de8478196e8758490fc3551ad81417"
BASE = f"https://raw.githubusercontent.com/PyVRP/VRPLIB/{COMMIT}/tests/data/cvrplib/"


@cache
def listed() -> Mapping[str, tuple[str, str]]:
    """File name -> SHA-256 and path under `BASE`: instances (``.vrp``, ``.txt``) and solutions (``.sol``)."""
    text = files("headway.domains.routing.files").joinpath("cvrplib.csv").read_text(encoding="utf-8")
    return {row["file"]: (row["sha256"], row["path"]) for row in csv.DictReader(text.splitlines())}


def download(patterns: Sequence[str], folder: Path, base: str = BASE) -> list[Path]:
    """Instances whose names match, and their solutions, in ``folder``; those already there are checked only.

    Parameters
    ----------
    patterns : names such as ``X-n101-k25``, or with ``*`` and ``?``
    base : where the files are, in the folders of `listed`

    Raises
    ------
    UnknownNameError
        A pattern matches no instance.
    DataError
        No network, a file that is not what was published, or one in the folder that has another content.
    """
    known = {Path(name).stem for name in listed()}
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in known):
            raise UnknownNameError("published instance", pattern, known)
    wanted = [name for name in listed() if any(fnmatchcase(Path(name).stem, pattern) for pattern in patterns)]
    return [_one(name, Path(folder), base) for name in wanted]


def _one(name: str, folder: Path, base: str) -> Path:
    import pooch
    from requests import RequestException

    digest, path = listed()[name]
    file, url = folder / name, base + path
    if file.exists() and pooch.file_hash(str(file)) != digest:
        hint = "delete it, or choose another folder"
        raise DataError("a file has another content", where=file, got="another SHA-256", expected=digest, hint=hint)
    try:
        return Path(pooch.retrieve(url, f"sha256:{digest}", name, folder))
    except RequestException as error:
        hint = "check the network; behind a proxy set HTTPS_PROXY"
        raise DataError("the download failed", where=url, got=error, expected=name, hint=hint) from error
    except ValueError as error:  # pooch's word for another hash
        raise DataError("the file is not what was published", where=url, got=error, expected=digest) from error


def main(arguments: Sequence[str]) -> int:
    """The command; returns its exit code."""
    folder = [a.removeprefix("to=") for a in arguments if a.startswith("to=")]
    patterns = [a for a in arguments if not a.startswith("to=")]
    try:
        if not patterns or len(folder) > 1:
            got = " ".join(arguments) or "nothing"
            raise ConfigError("what is to be downloaded?", got=got, expected="NAME ... to=FOLDER, as 'X-n1*' to=data")
        found = download(patterns, Path(folder[0] if folder else "."))
    except HeadwayError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write("".join(f"{file}\n" for file in found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

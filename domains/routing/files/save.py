"""Instances as files that other programs, and `load`, read."""

from __future__ import annotations

from pathlib import Path

from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.files.customers_writer import customer_lines
from headway.domains.routing.files.vrplib_writer import vrplib_lines
from headway.errors import InstanceError
from headway.storage.files import write_text


def save(instance: RoutingInstance, path: Path) -> Path:
    """Write instances so that `load` gives them back: one as ``.vrp`` or ``.csv``, any number as ``.npz``.

    A ``.csv`` whose distances or durations are a matrix has them in files of its own beside it, ``NAME_distances.csv``.

    Raises
    ------
    InstanceError
        More than one instance, another suffix, or something that the format cannot say.
    """
    path = Path(path)
    if path.suffix == ".npz":
        return instance.save(path)
    if path.suffix not in (".vrp", ".csv") or len(instance) != 1:
        got = f"{len(instance)} instances as {path.suffix or 'a file without a suffix'}"
        raise InstanceError("the format does not fit", where=path, got=got, expected="one as .vrp or .csv, any as .npz")
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".vrp":
        return write_text(path, "\n".join(vrplib_lines(instance, path)) + "\n")
    for file, lines in customer_lines(instance, path).items():
        write_text(file, "\n".join(lines) + "\n")
    return path

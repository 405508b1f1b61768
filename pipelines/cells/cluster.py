"""Workers on a Ray cluster, through Ray's own joblib backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from headway.contest.runner import THREAD_VARIABLES
from headway.errors import CapabilityError, ConfigError
from headway.pipelines.cells.work import Filled

if TYPE_CHECKING:
    from joblib import ParallelBackendBase

RETRIES = 1  # a cell whose worker dies is given to one other worker


@contextmanager
def cluster(address: str | None, workers: int | None, threads: int) -> Iterator[tuple[ParallelBackendBase, int]]:
    """A joblib backend on the cluster at ``address`` (None: one of its own on this machine), and its number of workers.

    Every worker has ``threads`` CPUs of the cluster to itself; by default there are as many as it has room for.

    Raises
    ------
    CapabilityError
        Ray is not installed, or there is no cluster at that address.
    ConfigError
        The cluster is too small.
    """
    ray = _ray()
    own = not ray.is_initialized()
    if own:
        _connect(ray, address, workers and workers * threads)
    try:
        room = int(ray.cluster_resources().get("CPU", 0)) // threads
        workers = workers or room
        if not 2 <= workers <= room:  # with one worker, joblib would compute here
            raise ConfigError("the cluster has no room for so many workers", where="executor.workers", got=workers,
                              expected=f"2 to {room}, of {threads} threads each")  # fmt: skip
        yield _backend(threads), workers
    finally:
        if own:
            ray.shutdown()


def _connect(ray: Any, address: str | None, cpus: int | None) -> None:
    here = {"address": "local", "num_cpus": cpus, "include_dashboard": False}
    try:
        ray.init(**({"address": address} if address else here), log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise CapabilityError("no Ray cluster answers", where="executor.address", got=error,
                              expected="auto, HOST:PORT or ray://HOST:PORT",
                              hint="ray start --head") from error  # fmt: skip


def _backend(threads: int) -> ParallelBackendBase:
    from ray.util import joblib as backends
    from ray.util.joblib.ray_backend import RayBackend

    register: Any = backends.register_ray
    register()

    class Cluster(RayBackend):
        """Ray's backend with what a long grid needs: results as they come, the idlest worker next, deaths by cell."""

        supports_return_generator = True
        _pool: Any

        def configure(self, *args: Any, **options: Any) -> int:
            workers: int = super().configure(*args, **options)
            self._load, self._next = [0] * workers, 0
            self._pool._next_actor_index = lambda: self._next  # Ray's own goes round, to busy ones too
            return workers

        def submit(self, func: Any, callback: Callable[[Any], None] | None = None) -> Any:
            ((_, (task,), _),) = func.items
            self._next = seat = self._load.index(min(self._load))
            self._load[seat] += 1

            def ended(result: Any) -> None:
                self._load[seat] -= 1
                dead = isinstance(result, _ray().exceptions.RayActorError)
                if callback is not None:
                    callback([Filled(task.address, None, str(result).split("\n")[0])] if dead else result)

            return super().submit(func, ended)

        def terminate(self) -> None:
            for actor, _ in self._pool._actor_pool if self._pool else ():
                _ray().kill(actor)  # at once, and not asked to end: under Ctrl-C it has a cell in hand
            self._pool = None

    pinned = {"env_vars": {name: str(threads) for name in THREAD_VARIABLES}}
    life = {"max_restarts": -1, "max_task_retries": RETRIES}
    return Cluster(ray_remote_args={"num_cpus": threads, "runtime_env": pinned, **life})


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise CapabilityError("cells on a cluster need Ray", where="executor", got=error,
                              hint="pip install 'headway[ray]'") from error  # fmt: skip
    return ray

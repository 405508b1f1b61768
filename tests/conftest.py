"""What holds for every test: no network, one thread, bounded examples; and the toy domain, importable."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"
for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
    os.environ[variable] = "http://127.0.0.1:9"  # processes that tests start find no network either

# A shell that starts the tests in the background has them ignore Ctrl-C, and so would all processes they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402
from pytest_socket import disable_socket, enable_socket  # noqa: E402

MAINTENANCE = Path(__file__).parent / "plugins" / "maintenance"
sys.path.insert(0, str(MAINTENANCE))  # importable, and not installed: no entry point, so not registered

settings.register_profile(
    "headway", max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("headway")


@pytest.fixture(autouse=True)
def _no_network() -> Iterator[None]:
    """Sockets raise; those of the operating system's own files (multiprocessing) stay."""
    disable_socket(allow_unix_socket=True)
    yield
    enable_socket()


@pytest.fixture
def fleet():
    """The toy problem, small."""
    from headway_maintenance.problem import Fleet

    return Fleet(machines=2, periods=14)


@pytest.fixture
def trouble(monkeypatch):
    """The problem whose contestants misbehave: known like an installed domain, importable by workers."""
    from headway import registry

    folder = str(Path(__file__).parent / "plugins" / "trouble")
    monkeypatch.syspath_prepend(folder)
    import trouble

    known = {**registry.domains(), "trouble": trouble.domain}
    monkeypatch.setattr(registry, "domains", lambda: known)
    return trouble

"""The tiny domain, registered for the tests of this folder."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    """Make `tiny/order` and `tiny/track` known like an installed domain."""
    import tiny

    from headway import registry

    known = {**registry.domains(), "tiny": tiny.domain}
    monkeypatch.setattr(registry, "domains", lambda: known)
    return tiny


@pytest.fixture
def tides(monkeypatch):
    """The problem `tiny/tides` in its place, and an empty record of what was seen."""
    import tides

    from headway import registry

    known = {**registry.domains(), "tiny": tides.domain}
    monkeypatch.setattr(registry, "domains", lambda: known)
    tides.seen.clear()
    tides.started.clear()
    tides.studies.clear()
    return tides

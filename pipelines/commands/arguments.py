"""Verbs whose first argument may be given without its key: ``headway check routing/cvrp``."""

from __future__ import annotations

from collections.abc import Sequence


def keyed(arguments: Sequence[str], *keys: str) -> list[str]:
    """The arguments as ``key=value`` tokens; leading bare ones get these keys in turn."""
    tokens, bare = list(arguments), list(keys)
    for i, token in enumerate(tokens):
        if "=" in token or not bare:
            break
        tokens[i] = f"{bare.pop(0)}={token}"
    return tokens

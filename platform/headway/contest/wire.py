"""Messages between the runner and its worker: a JSON object and named arrays, never pickle."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from headway.batch import Batch


def send(connection: Connection, message: Mapping[str, Any], batch: Batch | None = None) -> None:
    """Send ``message`` and the arrays of ``batch``. Raises OSError when the other side is gone."""
    arrays = {} if batch is None else batch.arrays()
    connection.send_bytes(json.dumps({**message, "arrays": bool(arrays)}).encode())
    if arrays:
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        connection.send_bytes(buffer.getbuffer())


def receive(connection: Connection) -> tuple[dict[str, Any], dict[str, Any]]:
    """The next message and its arrays. Raises EOFError when the other side is gone."""
    message = json.loads(connection.recv_bytes())
    if not message.pop("arrays"):
        return message, {}
    with np.load(io.BytesIO(connection.recv_bytes()), allow_pickle=False) as file:
        return message, {name: file[name] for name in file.files}

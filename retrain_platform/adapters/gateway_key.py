"""The key that signs the gateway's ids and the links in notices: made once for a home, readable by its owner alone."""

from __future__ import annotations

import os
from pathlib import Path

from retrain_platform.adapters.atomic import write_where_absent

_LENGTH = 32


def signing_key(path: Path) -> bytes:
    """The key of 32 bytes in `path`, made if there is none; of several processes that make it, one does.

    Raises:
        ValueError: the file is no such key.
        OSError: it can be neither read nor made.
    """
    if not path.exists():
        write_where_absent(path, os.urandom(_LENGTH), mode=0o600)
    key = path.read_bytes()
    if len(key) != _LENGTH:
        raise ValueError(f"{path} == {len(key)} bytes, must be {_LENGTH}: take it away and a new one is made")
    return key

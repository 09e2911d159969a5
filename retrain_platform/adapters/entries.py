"""What every ledger asks of an entry before it keeps it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from retrain_platform.release.base import LedgerMoved


def entry_time(as_of: datetime) -> datetime:
    """`as_of` in UTC.

    Raises:
        ValueError: when it has no zone.
    """
    if as_of.tzinfo is None:
        raise ValueError(f"as_of == {as_of.isoformat()}, must carry a zone")
    return as_of.astimezone(UTC)


def entry_body(body: dict[str, Any] | None) -> str:
    """The body as the ledger keeps it.

    Raises:
        ValueError: when JSON cannot hold it.
    """
    try:
        return json.dumps(body or {}, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"body == {body!r}, must be plain JSON: {error}") from error


def refuse_moved(model: str, expect: int | None, last: int) -> None:
    """Stop a writer that read an older ledger.

    Raises:
        LedgerMoved: when `expect` is given and is not `last`.
    """
    if expect is not None and expect != last:
        raise LedgerMoved(f"expect == {expect}, must be the last seq of {model!r}, which is {last}: read again")

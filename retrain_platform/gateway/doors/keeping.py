"""What came of a request goes to the log: at once, or before the answer where the spec asks for that."""

from __future__ import annotations

from collections.abc import Sequence

from retrain_platform.gateway.base import Log
from retrain_platform.gateway.doors.replies import Refused
from retrain_platform.gateway.lines import Line
from retrain_platform.release.serving import About


async def keep(log: Log, lines: Sequence[Line], about: About, what: str) -> None:
    """Hand the lines to the log; where they must be durable, return when they are on the disk.

    Raises:
        Refused: the disk does not take them (503); `what` names them.
    """
    if not about.gateway.durable:
        log.write(lines)
        return
    try:
        await log.written(lines)
    except OSError as error:
        why = error.strerror or "the disk does not take it"
        message = f"{what} could not be put on record, which is asked for: {why}"
        raise Refused(503, message, headers=[("retry-after", "1")]) from None

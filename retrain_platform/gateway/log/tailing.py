"""Reads on in the segments of all instances: whole lines, each with where it ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from retrain_platform.gateway.lines import BesideLine, FeedbackLine, Line, from_bytes
from retrain_platform.gateway.log.segments import Segment, is_closed

_MODEL = re.compile(r"[a-z][a-z0-9_]{0,59}")
_LAST = 4_102_444_800_000_000
"""The year 2100 in microseconds."""


class Read(NamedTuple):
    """A line of a segment and the place in bytes after it; `line` None: foreign or torn, `raw` says what stands."""

    segment: str
    end: int
    line: Line | None
    raw: bytes = b""


class Tail(NamedTuple):
    """What was read of a segment: to `end`. `whole`: closed, and nothing follows; `more`: there is more to read."""

    lines: list[Read]
    end: int
    whole: bool
    torn: int = 0
    more: bool = False


def read_on(segment: Segment, start: int, most_bytes: int) -> Tail:
    """The whole lines from `start` on, about `most_bytes` of them.

    Of a closed segment what stands after the last line's end is torn: its writer was killed, and it is passed over.

    Raises:
        OSError: the disk is away.
    """
    closed = is_closed(segment.path)  # first: what is read afterwards is all there will be
    with segment.path.open("rb") as file:
        file.seek(start)
        block = file.read(most_bytes)
        if len(block) == most_bytes:
            block += file.readline()  # a line is never cut by us
        more = file.read(1)
    last = block.rfind(b"\n") + 1
    lines = list(_lines(segment.name, start, block[:last]))
    torn = len(block) - last if closed and not more else 0
    end = start + last + torn
    return Tail(lines, end, closed and not more, torn, bool(more))


def _lines(name: str, start: int, block: bytes) -> Iterator[Read]:
    end = start
    for raw in block.split(b"\n")[:-1]:
        end += len(raw) + 1
        yield _read(name, end, raw)


def _read(name: str, end: int, raw: bytes) -> Read:
    try:
        line = from_bytes(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Read(name, end, None, raw)
    return Read(name, end, line) if _sound(line) else Read(name, end, None, raw)


def _sound(line: Line) -> bool:
    """Whether it can be of ours: a model's name becomes a folder's, and times and latencies are placed in bins."""
    times = (line.at,) if not isinstance(line, FeedbackLine) else (line.at, line.known_at or 0, line.answered_at or 0)
    if not _MODEL.fullmatch(line.model) or any(not 0 <= each < _LAST for each in times):
        return False
    if isinstance(line, FeedbackLine):
        return True
    return 0 <= line.ms < _LAST and (isinstance(line, BesideLine) or 0 <= line.seq < _LAST)

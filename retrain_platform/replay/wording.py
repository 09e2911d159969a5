"""Periods and counts in words."""

from __future__ import annotations

from collections.abc import Sequence

BECAME = {
    "failed": "no model came of it",
    "refused": "the gate refused it",
    "aborted": "withdrawn before it answered all",
    "rolled back": "rolled back",
    "superseded": "a newer one took its place",
    "on its way": "still on its way at the end",
}
"""What came of a retrain whose model does not answer, in words."""


def plural(said: str) -> str:
    """Several of what `said` calls.

    >>> plural("week"), plural("batch")
    ('weeks', 'batches')
    """
    return f"{said}es" if said.endswith("ch") else f"{said}s"


def many(count: int, said: str) -> str:
    """So many of what `said` calls.

    >>> many(1, "retrain"), many(3, "batch")
    ('1 retrain', '3 batches')
    """
    return f"1 {said}" if count == 1 else f"{count:,} {plural(said)}"


def every_text(count: int, said: str) -> str:
    """What a fixed period is called.

    >>> every_text(0, "week"), every_text(1, "week"), every_text(3, "batch")
    ('never', 'every week', 'every 3 batches')
    """
    return "never" if not count else f"every {said}" if count == 1 else f"every {count} {plural(said)}"


def listed(names: Sequence[str], said: str) -> str:
    """How many there are, and the first of them.

    >>> listed(["a", "b", "c", "d"], "period"), listed(["a"], "week")
    ('4 periods (a, b, c, ...)', '1 week (a)')
    """
    return f"{many(len(names), said)} ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})"


def newest(count: int | None) -> str:
    """What a training of the newest so many periods is called; None is all of them.

    >>> newest(3), newest(None)
    ('newest 3', 'all the past')
    """
    return "all the past" if count is None else f"newest {count}"


def sentence(text: str) -> str:
    """The text with a capital and a full stop.

    >>> sentence("it pays")
    'It pays.'
    """
    return f"{text[:1].upper()}{text[1:]}."

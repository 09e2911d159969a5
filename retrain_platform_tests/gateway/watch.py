"""A stopwatch that shows what a test sets."""

from __future__ import annotations


class Watch:
    """`at` seconds."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at

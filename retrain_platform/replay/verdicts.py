"""What was held against candidates, kept between replays: the same two models on the same rows are judged once."""

from __future__ import annotations

import json
from collections.abc import Callable

from pydantic import TypeAdapter

from retrain_platform.replay.matrix import Kept
from retrain_platform.replay.remembered import Remembered
from retrain_platform.replay.rules import Beside, Ruling


class Verdicts:
    """Rulings by who judged, whom and where, under one `key`: equal for equal rows, recipes and judges."""

    def __init__(self, kept: Kept, key: str) -> None:
        self._said = Remembered(kept, key, TypeAdapter(Ruling))

    def of(self, who: str, beside: Beside, judge: Callable[[Beside], Ruling]) -> Ruling:
        """What `who` has said, or says now by `judge`."""
        return self._said.of(json.dumps([who, beside.of, beside.periods]), lambda: judge(beside))

    def save(self) -> None:
        """Keep what is new, beside what others kept meanwhile."""
        self._said.save()

"""What was held against candidates, kept between replays: the same two models on the same rows are judged once."""

from __future__ import annotations

import json
from collections.abc import Callable

from pydantic import TypeAdapter, ValidationError

from retrain_platform.replay.matrix import Kept
from retrain_platform.replay.rules import Beside, Ruling

_RULINGS: TypeAdapter[dict[str, Ruling]] = TypeAdapter(dict[str, Ruling])


class Verdicts:
    """Rulings by who judged, whom and where, under one `key`: equal for equal rows, recipes and judges."""

    def __init__(self, kept: Kept, key: str) -> None:
        self._kept, self._key = kept, key
        self._known = self._standing()
        self._new: dict[str, Ruling] = {}

    def of(self, who: str, beside: Beside, judge: Callable[[Beside], Ruling]) -> Ruling:
        """What `who` has said, or says now by `judge`."""
        name = json.dumps([who, beside.of, beside.periods])
        if name not in self._known:
            self._known[name] = self._new[name] = judge(beside)
        return self._known[name]

    def save(self) -> None:
        """Keep what is new, beside what others kept meanwhile."""
        if self._new:
            self._kept.put(self._key, _RULINGS.dump_json({**self._standing(), **self._new}).decode())
            self._new = {}

    def _standing(self) -> dict[str, Ruling]:
        text = self._kept.get(self._key)
        try:
            return {} if text is None else _RULINGS.validate_json(text)
        except ValidationError:  # of another version of ours, or damaged: it is only a memory
            return {}

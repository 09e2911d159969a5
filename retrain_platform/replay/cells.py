"""What is kept of a spec's trainings: what each was made of, and its answers about every later period."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pydantic import ValidationError

from retrain_platform.dataset.record import Record
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.replay.matrix import Kept
from retrain_platform.steps.answers import Answers


class KeptScores(Protocol):
    """Where answers are kept between replays, by training and period; several processes may share one."""

    def get(self, training: str, period: str) -> Answers | None:
        """What was put last; None where nothing was."""

    def put(self, training: str, period: str, answers: Answers) -> None:
        """Keep the answers; a reader sees all of them or nothing."""


class Made(Record):
    """A training: the dataset that it was made of, until when it saw rows, and how much each feature counts in it."""

    snapshot: DatasetSnapshot
    seen_until: datetime
    importance: dict[str, float] = {}


class Cells:
    """The trainings that are kept, by the matrix's own keys, and their answers by the digests of periods."""

    def __init__(self, kept: Kept, scores: KeptScores) -> None:
        self._kept, self._scores = kept, scores

    def made(self, training: str) -> Made | None:
        """What the training was made of; None where it is not kept (any more)."""
        text = self._kept.get(f"{training}-made")
        try:
            return None if text is None else Made.model_validate_json(text)
        except ValidationError:  # of another version of ours, or damaged: it is only a memory
            return None

    def answers(self, training: str, period: str) -> Answers | None:
        """The training's answers about all rows of the period, in their order; None where they are not kept."""
        return self._scores.get(training, _named(period))

    def keep_made(self, training: str, made: Made) -> None:
        """Keep what the training was made of."""
        self._kept.put(f"{training}-made", made.model_dump_json())

    def keep_answers(self, training: str, period: str, answers: Answers) -> None:
        """Keep what it answered."""
        self._scores.put(training, _named(period), answers)


def _named(period: str) -> str:
    """The digest of a period's rows, by which another ripeness tells no other answers."""
    return period.partition(" ")[0]

"""How a model goes on learning: from the champion, on rows newer than any that it saw."""

from __future__ import annotations

from pydantic import Field, model_validator

from retrain_platform.dataset.record import Record


class MoreTrees(Record):
    """At most `rounds` more trees on the champion's, never more than `max_rounds` in all.

    `learning_rate` None is that of the recipe. Fewer than `min_rows` new rows to learn from: the model is trained
    anew, as it is where it has come to `max_rounds`.
    """

    rounds: int = Field(default=50, ge=1, le=10_000)
    max_rounds: int = Field(default=2000, ge=2, le=100_000)
    learning_rate: float | None = Field(default=None, gt=0, le=1)
    min_rows: int = Field(default=100, ge=2)

    @model_validator(mode="after")
    def _room_for_more(self) -> MoreTrees:
        if self.rounds >= self.max_rounds:
            raise ValueError(f"rounds == {self.rounds}, must be less than max_rounds == {self.max_rounds}")
        return self


class MorePasses(Record):
    """`passes` of the last step's `partial_fit` over the new rows, in the order of time, `batch` rows at once.

    Fewer than `min_rows` new rows to learn from: the model is trained anew.
    """

    passes: int = Field(default=1, ge=1, le=100)
    batch: int = Field(default=1000, ge=1)
    min_rows: int = Field(default=100, ge=2)


class CannotContinue(ValueError):
    """The model cannot go on learning from these rows: why; it is trained anew instead."""

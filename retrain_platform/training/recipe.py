"""What every learner's configuration says of its rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, model_validator

from retrain_platform.dataset.duration import Duration, duration_text
from retrain_platform.dataset.record import Record


class Recipe(Record):
    """Which rows are learned from, and how the result is made repeatable.

    `window` reaches back from the decision. `holdout` is the newest part, which examines the fit
    and is no part of it; the part `early_stop_on`, just before, stops the fit of a learner that goes
    in rounds. After the exam, `refit` learns once more from all rows. `most_categories` values of a
    text column are told apart, the most frequent ones. `seed` fixes every random draw.
    """

    window: Literal["all"] | Duration = "all"
    holdout: Duration = timedelta(weeks=2)
    early_stop_on: Duration = timedelta(0)
    refit: bool = True
    most_categories: int = Field(default=250, ge=2, le=10_000)
    seed: int = Field(default=7, ge=0, lt=2**31)

    @model_validator(mode="after")
    def _room_to_learn(self) -> Recipe:
        needed = self.holdout + self.early_stop_on
        if self.window != "all" and self.window <= needed:
            raise ValueError(
                f"window == {duration_text(self.window)}, must be longer than what it keeps for the exam and for "
                f"early stopping, {duration_text(needed)}"
            )
        return self

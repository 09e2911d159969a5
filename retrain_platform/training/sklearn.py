"""The configuration of a scikit-learn pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.record import Record
from retrain_platform.training.recipe import Recipe

OURS = {
    "random_state": "is set by training.seed",
    "n_jobs": "is the machine's business: leave it out",
    "verbose": "changes no model: leave it out",
}
"""Arguments of estimators that would fight with another field of the spec, or say nothing of the model."""


class Step(Record):
    """One estimator of a pipeline: its dotted name and its arguments."""

    estimator: str
    params: dict[str, Any] = {}

    @field_validator("estimator")
    @classmethod
    def _of_sklearn(cls, value: str) -> str:
        return _dotted(value)

    @field_validator("params")
    @classmethod
    def _not_ours(cls, value: dict[str, Any]) -> dict[str, Any]:
        return _arguments(value)


class Sklearn(Recipe):
    """A scikit-learn estimator, or several `steps` of which the last one predicts.

    Before them, texts become one column a value (`one_hot`) or one column of codes (`ordinal`, for
    trees), missing numbers the median, and numbers are scaled.
    """

    kind: Literal["sklearn"] = "sklearn"
    estimator: str | None = None
    params: dict[str, Any] = {}
    steps: tuple[Step, ...] = ()
    categories: Literal["one_hot", "ordinal"] = "one_hot"
    most_categories: int = Field(default=100, ge=2, le=10_000)

    @field_validator("early_stop_on")
    @classmethod
    def _no_rounds(cls, value: timedelta) -> timedelta:
        if value:
            raise ValueError(f"early_stop_on == {duration_text(value)}, must be left out: this learner has no rounds")
        return value

    @field_validator("estimator")
    @classmethod
    def _of_sklearn(cls, value: str | None) -> str | None:
        return None if value is None else _dotted(value)

    @field_validator("params")
    @classmethod
    def _not_ours(cls, value: dict[str, Any]) -> dict[str, Any]:
        return _arguments(value)

    @model_validator(mode="after")
    def _one_way(self) -> Sklearn:
        if (self.estimator is None) == (not self.steps):
            raise ValueError(
                f"estimator == {self.estimator!r} and steps == {len(self.steps)} of them, must be one or the other"
            )
        if self.steps and self.params:
            raise ValueError(f"params == {self.params}, must be given step by step where there are steps")
        return self

    @property
    def pipeline(self) -> tuple[Step, ...]:
        """The steps, also where the spec names one estimator only."""
        return self.steps or (Step(estimator=str(self.estimator), params=self.params),)


def _dotted(value: str) -> str:
    parts = value.split(".")
    if len(parts) < 3 or parts[0] != "sklearn" or not all(part.isidentifier() for part in parts):
        raise ValueError(f"estimator == {value!r}, must be a class of scikit-learn, as in 'sklearn.linear_model.Ridge'")
    return value


def _arguments(value: dict[str, Any]) -> dict[str, Any]:
    problems = list(_fighting(value))
    if problems:
        raise ValueError("; ".join(problems))
    return value


def _fighting(value: dict[str, Any]) -> Iterator[str]:
    for name, given in value.items():
        if name in OURS:
            yield f"{name} == {given!r} {OURS[name]}"

"""The configuration of a scikit-learn pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.record import Record
from retrain_platform.training.incremental import MorePasses
from retrain_platform.training.recipe import Recipe
from retrain_platform.training.search import Found, Value

OURS = {
    "random_state": "is set by training.seed",
    "n_jobs": "is the machine's business: set operation.resources.cpu",
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

    in_rounds: ClassVar[bool] = False

    kind: Literal["sklearn"] = "sklearn"
    estimator: str | None = None
    params: dict[str, Any] = {}
    steps: tuple[Step, ...] = ()
    categories: Literal["one_hot", "ordinal"] = "one_hot"
    most_categories: int = Field(default=100, ge=2, le=10_000)
    incremental: MorePasses | None = None

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

    @model_validator(mode="after")
    def _searched_parameters(self) -> Sklearn:
        space, own = (self.search.space if self.search else {}), self.own_params()
        for name, dimension in space.items():
            step, _, param = name.rpartition(".")
            if step not in self._step_names or not param:
                written = " or ".join(
                    f"{each}.NAME" if each else "NAME of the estimator's own" for each in self._step_names
                )
                raise ValueError(f"search.space.{name} == no step's, must be written {written}")
            if param in OURS:
                raise ValueError(f"search.space.{name} {OURS[param]}")
            if name in own and not dimension.holds(own[name]):
                raise ValueError(
                    f"params.{name} == {own[name]!r}, must be in search.space.{name}: the search begins with it"
                )
        return self

    @property
    def _step_names(self) -> tuple[str, ...]:
        """What a searched parameter is called by before its dot: the step's class in small letters; '' of the only one.

        Where several steps have one class they are numbered, as in ridge-1 and ridge-2.
        """
        if not self.steps:
            return ("",)
        classes = [step.estimator.rpartition(".")[2].lower() for step in self.steps]
        return tuple(
            name if classes.count(name) == 1 else f"{name}-{classes[: place + 1].count(name)}"
            for place, name in enumerate(classes)
        )

    def own_params(self) -> Found:
        """The pipeline's arguments by the names that a search has for them."""
        steps = zip(self._step_names, self.pipeline, strict=True)
        return {
            f"{name}.{param}" if name else param: value for name, step in steps for param, value in step.params.items()
        }

    def with_params(self, found: Found) -> Sklearn:
        """The recipe that a search found: nothing more is searched."""
        by_step: dict[str, dict[str, Value]] = {}
        for name, value in found.items():
            step, _, param = name.rpartition(".")
            by_step.setdefault(step, {})[param] = value
        steps = tuple(
            step.model_copy(update={"params": {**step.params, **by_step.get(name, {})}})
            for name, step in zip(self._step_names, self.pipeline, strict=True)
        )
        changed = {"steps": steps} if self.steps else {"params": steps[0].params}
        return self.model_copy(update={**changed, "search": None})


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

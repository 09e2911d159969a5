"""The configuration of a model for each segment, with one of all rows for the small ones, and an anomaly limit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.record import Record
from retrain_platform.training.lightgbm import LightGBM
from retrain_platform.training.recipe import Recipe
from retrain_platform.training.search import Found
from retrain_platform.training.sklearn import Sklearn

Member = Annotated[LightGBM | Sklearn, Field(discriminator="kind")]
"""What a segment's model can be."""

_THE_MEMBERS_OWN = ("most_categories", "seed")
"""What a member may say of its rows; all else is said of the ensemble."""


class Anomaly(Record):
    """When what an entity did lately is far from what its model expects of it.

    `of` is the feature that says what it did lately in the label's own units: a rolling mean of the label. Its
    residual is that feature less the score. Among the `newest` share of the training rows, scored by models of the
    rows before them, each segment's residuals have a median and a spread (1.4826 times the median distance from it);
    a row whose residual lies `over` spreads above the median is flagged. Its score is raised by what the labels of
    the rows flagged there were above their scores on average, by nothing where they were not above, or where fewer
    than `min_flagged` were flagged.
    """

    of: str = Field(min_length=1)
    over: float = Field(default=3.0, gt=0)
    newest: float = Field(default=0.25, ge=0.05, le=0.5)
    min_flagged: int = Field(default=30, ge=5)


class Ensemble(Recipe):
    """A model for each value of the column `by` that has `min_rows` rows to learn from, and the pooled one.

    The pooled model learns from all rows, and answers where a segment is small, new or missing, or has one class
    alone. `member` is the recipe of all models, `members` that of single segments. What a recipe says of its rows
    (window, holdout, weights, ...) is said of the ensemble; early stopping is on its `early_stop_on`, of each segment's
    own rows. A refit gives every boosted member the rounds that were best on average, by rows.
    """

    kind: Literal["ensemble"] = "ensemble"
    by: str = Field(min_length=1)
    min_rows: int = Field(default=1000, ge=20)
    member: Member
    members: dict[str, Member] = {}
    anomaly: Anomaly | None = None

    @field_validator("search", "incremental")
    @classmethod
    def _trained_anew(cls, value: object) -> object:
        if value is not None:
            raise ValueError(
                "search and incremental must be left out: an ensemble takes its members' recipes as they are"
            )
        return value

    @model_validator(mode="after")
    def _rows_of_all(self) -> Ensemble:
        problems = [said for path, member in self.recipes() for said in _of_its_rows(path, member)]
        if self.early_stop_on and not any(isinstance(member, LightGBM) for _, member in self.recipes()):
            problems.append(
                f"early_stop_on == {duration_text(self.early_stop_on)}, must be left out: no member has rounds"
            )
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def recipes(self) -> Iterator[tuple[str, LightGBM | Sklearn]]:
        """Every recipe with its place in the ensemble's."""
        yield "member", self.member
        yield from ((f"members.{name}", member) for name, member in self.members.items())

    def recipe_of(self, segment: str | None) -> LightGBM | Sklearn:
        """The recipe of a segment's model, None for the pooled one."""
        return self.member if segment is None else self.members.get(segment, self.member)

    def with_params(self, found: Found) -> Ensemble:
        """Itself: an ensemble is not searched."""
        return self


def _of_its_rows(path: str, member: LightGBM | Sklearn) -> Iterator[str]:
    """What a member says that is the ensemble's to say, as '`field` must ...'."""
    for name in Recipe.model_fields:
        value, default = getattr(member, name), type(member).model_fields[name].default
        if name in _THE_MEMBERS_OWN or value == default:
            continue
        said = duration_text(value) if isinstance(value, timedelta) else "given"
        if name in ("search", "incremental"):
            yield f"{path}.{name} == {said}, must be left out: an ensemble takes its members' recipes as they are"
        else:
            yield f"{path}.{name} == {said}, must be said of the ensemble, training.{name}"

"""What every learner's configuration says of its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import ClassVar

from pydantic import Field, model_validator

from retrain_platform.dataset.cleaning import Cleaning
from retrain_platform.dataset.duration import Duration, duration_text
from retrain_platform.dataset.record import Record
from retrain_platform.dataset.shares import Apart, SplitSpec, apart
from retrain_platform.dataset.weights import Balance
from retrain_platform.dataset.window import Window
from retrain_platform.training.incremental import MorePasses, MoreTrees
from retrain_platform.training.search import Found, Search

LATER = frozenset(
    {"history", "half_life", "balance", "rows", "split", "iid", "search", "incremental", "time_limit"}
)  # fmt: skip
"""Settings that a version registered before they came had no word for."""


class Recipe(Record):
    """Which rows are learned from, and how the result is made repeatable.

    `window` reaches back from the decision; of what lies before it, the share `history` is drawn and learned from,
    too. A row of the age `half_life` counts half as much as the newest. `balance` makes classes of unequal size
    count alike; scores are put back to their true shares. `rows` says what is left out first. `holdout` is the
    newest part, which examines the fit and is no part of it; the part `early_stop_on`, just before, stops the fit
    of a learner that goes in rounds; `split` parts the rows otherwise. `iid` vouches that rows are alike over time.
    After the exam, `refit` learns once more from all rows. `most_categories` values of a text column are told
    apart, the most frequent ones. `seed` fixes every random draw. With `search` parameters
    are looked for within the training part; `incremental` says how a retrain of depth incremental goes on.
    """

    in_rounds: ClassVar[bool] = True
    """Whether a fit goes in rounds, so that a part of the rows can stop it early."""

    window: Window = "all"
    history: float = Field(default=0.0, ge=0, lt=1)
    half_life: Duration | None = None
    balance: Balance = "none"
    rows: Cleaning = Cleaning()
    split: SplitSpec = SplitSpec()
    iid: bool = False
    holdout: Duration = timedelta(weeks=2)
    early_stop_on: Duration = timedelta(0)
    refit: bool = True
    most_categories: int = Field(default=250, ge=2, le=10_000)
    seed: int = Field(default=7, ge=0, lt=2**31)
    search: Search | None = None
    incremental: MoreTrees | MorePasses | None = None

    @model_validator(mode="after")
    def _room_to_learn(self) -> Recipe:
        problems = [*_contradictions(self), *_leaking_search(self)]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def own_params(self) -> Found:
        """The parameters that the recipe itself gives, by the names that a search has for them."""
        return {}

    def searched_params(self) -> Found:
        """The recipe's own values of what is searched, as far as it has them."""
        return {name: value for name, value in self.own_params().items() if self.search and name in self.search.space}

    def kept_apart(self, rows: Sequence[int], length: timedelta) -> Apart:
        """How many of the newest periods are kept from the fit; `rows` are those of each, oldest first.

        `length` is a period's. Where the rows are parted by draws, none is kept as a whole.
        """
        if self.split.by != "time":
            return Apart(0, 0)
        if self.split.shares is not None:
            return apart(rows, self.split.shares)
        return Apart(round(self.early_stop_on / length), max(1, round(self.holdout / length)))


def _leaking_search(recipe: Recipe) -> Iterator[str]:
    if recipe.search is not None and recipe.search.by == "kfold" and not recipe.iid:
        yield "search.by == 'kfold', must be time, or stand beside iid: true: rows of other times leak what comes"


def _contradictions(recipe: Recipe) -> Iterator[str]:
    """What cannot both be meant, as 'field == value, must ...'."""
    split, window = recipe.split, recipe.window
    needed = recipe.holdout + recipe.early_stop_on
    if isinstance(window, timedelta) and split.shares is None and window <= needed:
        yield (
            f"window == {duration_text(window)}, must be longer than what it keeps for the exam and for "
            f"early stopping, {duration_text(needed)}"
        )
    if isinstance(window, timedelta) and not window:
        yield "window == 0h, must be longer than 0h"
    if recipe.history and window == "all":
        yield f"history == {recipe.history:g}, must stand beside a shorter window: all older rows are there already"
    if recipe.half_life is not None and not recipe.half_life:
        yield "half_life == 0h, must be longer than 0h"
    for name in ("holdout", "early_stop_on") if split.shares is not None else ():
        # A recipe that is read back says every field: its defaults contradict nothing.
        if (value := getattr(recipe, name)) != type(recipe).model_fields[name].default:
            yield f"{name} == {duration_text(value)}, must be left out where split.shares part the rows"
    if split.shares is not None and split.shares[1] and not recipe.in_rounds:
        shares = [split.shares[0] + split.shares[1], 0, split.shares[2]]
        said = "must have 0 as its second share: this learner has no rounds"
        yield f"split == {list(split.shares)}, {said}; write shares: {shares}"
    if split.by != "time" and not recipe.iid:
        yield f"split == {split.by}, must be by time, or stand beside iid: true: rows of other times leak what comes"
    if split.by != "time" and recipe.refit:
        yield (
            f"refit == True, must be false where split.by == {split.by!r}: a champion that saw every row leaves "
            "none to compare with it on"
        )

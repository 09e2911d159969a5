"""Which rows of the periods that were read make a dataset: enough on record to choose the same ones again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field

from retrain_platform.dataset.cleaning import Cleaning, Limits, doubled, limits_of, outside
from retrain_platform.dataset.draws import draws, draws_by
from retrain_platform.dataset.duration import Duration
from retrain_platform.dataset.record import Record
from retrain_platform.dataset.shares import Drawn, drawn_split

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from retrain_platform.dataset.split import Split


class Cuts(NamedTuple):
    """Where the part that stops the fit begins, and the holdout."""

    valid_from: datetime
    holdout_from: datetime


class Sample(Record):
    """Of all rows a `share` over 0 is drawn: each by itself, or those alike in the column `unit` together."""

    share: float = Field(gt=0, le=1)
    unit: str | None = None

    def of(self, frame: pd.DataFrame, seed: int) -> NDArray[np.bool_]:
        """Which of the rows are in the sample: a row keeps its draw, so a larger share only adds rows."""
        found = draws(frame, seed, "sample") if self.unit is None else draws_by(frame[self.unit], seed, "sample")
        return found < self.share

    @property
    def said(self) -> str:
        """What it is, in words."""
        rows = "rows" if self.unit is None else f"values of {self.unit}, with all rows of each,"
        return f"sample: {self.share:.4g} of the {rows} by draws"


class Selection(Record):
    """What was chosen beside table versions and periods.

    Of the periods `older` than the window, which begins at `since`, the share `history` of the rows is drawn. `limits`
    are those of the outliers, fitted on the training part. `drawn` has the edges of a split that is not by time.
    `unlabelled` counts the chosen rows that have no label; None where every row of the periods was chosen. `sample` is
    there where a recipe is only tried, on a part of the rows. `refused` says why there is nothing to learn from, `said`
    in words what was chosen.
    """

    older: tuple[str, ...] = ()
    since: datetime | None = None
    history: float = 0.0
    cleaning: Cleaning = Cleaning()
    limits: Limits = {}
    embargo: Duration = timedelta(0)
    drawn: Drawn | None = None
    unlabelled: int | None = None
    sample: Sample | None = None
    refused: str = ""
    said: tuple[str, ...] = ()

    def parts(self, rows: pd.DataFrame, cuts: Cuts) -> Split:
        """The rows by use."""
        from retrain_platform.dataset.split import time_split

        if self.drawn is not None:
            return drawn_split(rows, self.drawn)
        return time_split(rows, cuts.valid_from, cuts.holdout_from, embargo=self.embargo)


class Labelled(NamedTuple):
    """The chosen rows that have a label; how many had none, came of older periods, and were doubled."""

    rows: pd.DataFrame
    unlabelled: int
    older: int
    duplicates: int


def labelled(frame: pd.DataFrame, how: Selection, seed: int, features: Sequence[str]) -> Labelled:
    """Choose among the rows as they were read, oldest period first. `frame` is used up.

    Raises:
        KeyError: a column that doubled rows are told by is not there.
    """
    import numpy as np
    import pandas as pd

    from retrain_platform.dataset.split import with_rows

    taken, known = np.ones(len(frame), dtype=bool), frame["_label"].notna().to_numpy()
    before = np.zeros(len(frame), dtype=bool)
    if how.older and how.since is not None:
        before = (frame["_event_time"] < pd.Timestamp(how.since)).to_numpy()
        taken = ~before | (draws(frame, seed, "history") < how.history)
    if how.sample is not None:
        taken &= how.sample.of(frame, seed)
    unlabelled, older = int((taken & ~known).sum()), int((taken & known & before).sum())
    rows, twice = with_rows(frame, taken & known), 0
    if how.cleaning.duplicates is not None:
        alike = doubled(rows, how.cleaning.duplicates, features)
        rows, twice = with_rows(rows, ~alike), int(alike.sum())
    return Labelled(rows, unlabelled, older, twice)


class Settled(NamedTuple):
    """The rows without the outliers that are dropped, how many those were, and the selection with its limits."""

    rows: pd.DataFrame
    outliers: int
    how: Selection


def settled(rows: pd.DataFrame, how: Selection, cuts: Cuts, features: Sequence[str]) -> Settled:
    """Fit the outliers' limits on the training part, and drop those in it where they are to be dropped."""
    rule = how.cleaning.outliers
    if rule is None:
        return Settled(rows, 0, how)
    train = how.parts(rows, cuts).train
    found = how.model_copy(update={"limits": limits_of(train, rule, features) if len(train) else {}})
    before = len(rows)
    kept = without_outliers(rows, found, cuts)
    return Settled(kept, before - len(kept), found)


def without_outliers(rows: pd.DataFrame, how: Selection, cuts: Cuts) -> pd.DataFrame:
    """The rows without those of the training part that lie outside the limits, where they are to be dropped.

    `rows` are numbered from 0, and used up.
    """
    import numpy as np

    from retrain_platform.dataset.split import with_rows

    rule = how.cleaning.outliers
    if rule is None or rule.action != "drop" or not how.limits:
        return rows
    train = how.parts(rows, cuts).train
    far = np.zeros(len(rows), dtype=bool)
    far[train.index.to_numpy()[outside(train, how.limits)]] = True
    return with_rows(rows, ~far) if far.any() else rows

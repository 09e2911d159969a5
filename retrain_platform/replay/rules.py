"""What stands between a retrain that is decided and a model that answers: time, a gate, and the way back."""

from __future__ import annotations

from itertools import groupby
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from retrain_platform.dataset.record import Record
from retrain_platform.replay.wording import many
from retrain_platform.validation.margin import Standing

Floats = NDArray[np.float64]

Outcome = Literal["serves", "failed", "refused", "aborted", "rolled back", "superseded", "on its way"]
"""What became of a retrain: its model answers; none could be trained; the gate refused it; it was withdrawn before it
answered all, or afterwards; a newer one took its place; the history ended before it could answer all."""


class Beside(NamedTuple):
    """Champion and candidate beside each other: their losses in the same judged periods, oldest first.

    `champion` and `candidate` are of shape (periods,), `periods` their numbers. `of` are the two trainings in the
    matrix, as (strategy, cut), the champion's first.
    """

    champion: Floats
    candidate: Floats
    periods: tuple[int, ...]
    of: tuple[tuple[int, int], tuple[int, int]]


class Ruling(NamedTuple):
    """How a candidate stands beside the champion, and what was seen."""

    standing: Standing
    why: str = ""


UNSEEN = Ruling("cannot tell", "no labelled period that both were judged in")


class Judge(Protocol):
    """Whoever may turn a candidate away. Equal judges must be equal, and hash alike: what they said is kept."""

    def ruling(self, beside: Beside) -> Ruling:
        """How the candidate stands. It is never asked without a period."""


class Margin(Record):
    """'worse' where the candidate's mean loss is more than `worse_by` above the champion's: the point decides."""

    worse_by: float = Field(ge=0)

    def ruling(self, beside: Beside) -> Ruling:
        """Worse beyond the margin, or not worse; that can always be told."""
        rise = float(np.mean(beside.candidate - beside.champion))
        over = many(len(beside.periods), "period")
        why = f"its mean loss is {rise:+.4g} beside the champion's over {over}, must rise by at most {self.worse_by:g}"
        return Ruling("worse" if rise > self.worse_by else "not worse", why)


class Rules(NamedTuple):
    """What happens to a retrain. With none of it the model answers from the period after the decision.

    For `takes` whole periods it is trained; after them it answers a share of the rows in each period of `shares` (0 is
    a shadow, 0.5 half a canary), and from then on all of them, watched for `bake` more periods with the release open.
    A step of equal shares, and the bake, last until the labels of so many of their periods are in, as they do live,
    unless `ripens` is False.

    `gate` compares, when the training has ended, the candidate with the champion over the newest `holdout` periods
    that were labelled at the decision and that the champion has not learned from; the model of a cut that much earlier
    stands for the candidate, which has. `watch` compares the two while the release is open: at the end of each step in
    every labelled period since the training ended, and at the end of every period of the bake in those since it
    answered all. Whoever is found worse goes. What cannot be told speaks for nobody; with a `patience` a step then
    waits, and the champion stays after so many labelled periods of it. With `quarantine` policies are told what a
    version that was rolled back had learned last, as they are live; the next training takes those rows all the same.
    """

    takes: int = 0
    shares: tuple[float, ...] = ()
    bake: int = 0
    gate: Judge | None = None
    holdout: int = 1
    watch: Judge | None = None
    ripens: bool = True
    patience: int | None = None
    quarantine: bool = False

    def with_labels(self, delay: int) -> Rules:
        """The same where labels come `delay` periods late, with each step as long as it then lasts.

        >>> Rules(shares=(0.0, 0.0, 0.5), bake=1).with_labels(1)[1:3]
        ((0.0, 0.0, 0.0, 0.5, 0.5), 2)
        """
        if not self.ripens:
            return self
        steps = (tuple(step) for _, step in groupby(self.shares))
        shares = tuple(share for step in steps for share in (*step, *step[:1] * delay))
        return self._replace(shares=shares, bake=self.bake and self.bake + delay, ripens=False)

    def told(self, said: str) -> str:
        """In words; `said` calls a period. Empty where nothing stands in the way.

        >>> Rules(takes=1, shares=(0.0, 0.5), bake=2, watch=Margin(worse_by=0.02)).told("day")
        'a retrain takes 1 day, then its model answers 0%, 50% of the rows for a day each, 2 days of watch, rollbacks'
        """
        takes = [f"a retrain takes {many(self.takes, said)}"] if self.takes else []
        shares = ", ".join(f"{share:.0%}" for share in self.shares)
        steps = [f"then its model answers {shares} of the rows for a {said} each"] if shares else []
        watch = [f"{many(self.bake, said)} of watch"] if self.bake else []
        gate = [f"a gate over {many(self.holdout, said)}"] if self.gate is not None else []
        return ", ".join([*takes, *gate, *steps, *watch, *(["rollbacks"] if self.watch is not None else [])])

    @property
    def before(self) -> int:
        """The periods after a decision until the model answers all."""
        return self.takes + len(self.shares)

    @property
    def silent(self) -> int:
        """The periods after a decision in which the model answers nothing."""
        first = next((place for place, share in enumerate(self.shares) if share), len(self.shares))
        return self.takes + first


class Course(NamedTuple):
    """The way of one candidate beside one champion.

    `shares` are the parts of the rows that it answers in the periods after its decision, up to `end`: the period at
    whose end its release is closed, or its training came to nothing. `promoted` is the period at whose end it took
    over, None where it never did.
    """

    outcome: Outcome
    end: int
    shares: tuple[float, ...]
    promoted: int | None
    why: str = ""

    @property
    def goes(self) -> bool:
        """Whether a release was opened at all."""
        return self.outcome not in ("failed", "refused")

    @property
    def stays(self) -> bool:
        """Whether the candidate is the champion in the end."""
        return self.promoted is not None and self.outcome != "rolled back"

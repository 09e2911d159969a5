"""What a search for parameters may try and how long, what it found, and who proposes what to try next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from pydantic import Field, field_validator, model_validator

from retrain_platform.dataset.record import Record
from retrain_platform.training.budget import TimeLimit

Value = bool | int | float | str
"""What a parameter can be."""

Found = dict[str, Value]
"""Parameters by name."""


class Dimension(Record):
    """What one parameter may be: `low` to `high`, both included, or one of `choices`.

    Two whole numbers give whole numbers, anything else fractions. `log` draws evenly over the logarithm.
    """

    low: int | float | None = None
    high: int | float | None = None
    log: bool = False
    choices: tuple[Value, ...] | None = None

    @field_validator("low", "high", mode="before")
    @classmethod
    def _a_number(cls, value: object) -> object:
        if isinstance(value, bool):
            raise ValueError(f"bound == {value}, must be a number")
        return value

    @model_validator(mode="after")
    def _one_form(self) -> Dimension:
        bounds = {name: getattr(self, name) for name in ("low", "high") if getattr(self, name) is not None}
        if self.choices is not None:
            if bounds or self.log:
                raise ValueError(f"choices == {list(self.choices)}, must stand alone, without low, high and log")
            if len(set(map(repr, self.choices))) < 2 or len(set(map(repr, self.choices))) < len(self.choices):
                raise ValueError(f"choices == {list(self.choices)}, must be at least 2, each once")
        elif self.low is None or self.high is None:
            raise ValueError(f"range == {bounds or 'none'}, must have low and high, or choices")
        elif not self.low < self.high:
            raise ValueError(f"low == {self.low}, must be less than high == {self.high}")
        elif self.log and self.low <= 0:
            raise ValueError(f"low == {self.low}, must be more than 0 where log is true")
        return self

    @property
    def whole(self) -> bool:
        """Whether its range is one of whole numbers."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def holds(self, value: Value) -> bool:
        """Whether the value is one that may be tried."""
        if self.choices is not None:
            return any(value == choice and isinstance(value, type(choice)) for choice in self.choices)
        if isinstance(value, bool | str) or self.low is None or self.high is None:
            return False
        return self.low <= value <= self.high and not (self.whole and isinstance(value, float))


class Search(Record):
    """Trials of parameters drawn from `space`, each scored by cross-validation within the training part.

    `by` time: every fold is learned from what was before it; `kfold`, at random, only where rows do not depend on
    time (`iid: true`). The first trial is the recipe's own `params`, as far as they are in the space. `metric` None
    is the model's own. With `prune` a trial whose folds are worse than the median of the trials before is given up.
    A retrain of depth light takes what the last search found (`reuse`: last_best) or the recipe's own `params`
    (none). A search that `time_limit` ends, after the trial in progress, is not repeatable; one that `trials` ends is.
    """

    space: dict[str, Dimension] = Field(min_length=1)
    trials: int = Field(default=30, ge=1, le=2000)
    time_limit: TimeLimit | None = None
    metric: str | None = None
    folds: int = Field(default=5, ge=2, le=50)
    by: Literal["time", "kfold"] = "time"
    prune: bool = True
    reuse: Literal["last_best", "none"] = "last_best"


class Trial(Record):
    """One try: its parameters, a score a fold, and how it ended; `why` says what failed.

    `value` is the mean over all folds; None unless the trial is complete.
    """

    number: int
    params: Found
    state: Literal["complete", "pruned", "failed"]
    scores: tuple[float, ...] = ()
    value: float | None = None
    why: str = ""
    seconds: float = 0.0


class Fold(Record):
    """What one fold learned from and was scored on: rows, and (folds by time) from when the scored ones are."""

    train: int
    valid: int
    since: datetime | None = None


class SearchReport(Record):
    """A search as far as it came; kept after every trial, so that a killed one goes on.

    `space` is the fingerprint of what was searched. `ended` is empty while it goes on. `reused` names the decision
    whose search found the parameters, where this one took them over and tried nothing. `importance` by parameter:
    the share of the metric's variation over the space that it explains.
    """

    decision_id: str
    as_of: datetime
    space: str
    metric: str
    greater_is_better: bool
    folds: tuple[Fold, ...] = ()
    trials: tuple[Trial, ...] = ()
    budget: int
    ended: Literal["", "trials", "time", "reused", "failed"] = ""
    reused: str = ""
    importance: dict[str, float] = {}
    why: str = ""

    @property
    def best(self) -> Trial | None:
        """The complete trial with the best value, the first of several; None where none is complete."""
        sign = -1 if self.greater_is_better else 1
        complete = [trial for trial in self.trials if trial.value is not None]
        return min(complete, key=lambda trial: (sign * (trial.value or 0.0), trial.number), default=None)

    @property
    def seconds(self) -> float:
        """How long its trials took, over all attempts."""
        return sum(trial.seconds for trial in self.trials)

    @property
    def sentence(self) -> str:
        """What came out, in one sentence."""
        best = self.best
        if best is None or best.value is None:
            return self.why or "no trial is complete yet"
        said = f"{self.metric} {best.value:.4f} in cross-validation with {shown(best.params)}"
        if self.reused:
            return f"{said}: the last best, found by the search of decision {self.reused}"
        counts = {state: sum(trial.state == state for trial in self.trials) for state in ("pruned", "failed")}
        others = "".join(f", {count} {state}" for state, count in counts.items() if count)
        made = f"{len(self.trials)} of {self.budget} trials{others}"
        late = "; the time limit ended it: not repeatable" if self.ended == "time" else ""
        return f"{said}: the best of {made} (trial {best.number}){late}"


class Proposal(NamedTuple):
    """What to try next. `hopeless` is asked with the scores of the folds so far: is it worth going on?"""

    params: Found
    hopeless: Callable[[Sequence[float]], bool]


class Tuner(Protocol):
    """Proposes parameters from the trials so far and nothing else: the same trials, the same proposal."""

    def propose(self, report: SearchReport, search: Search, *, first: Found, seed: int) -> Proposal:
        """What trial number `len(report.trials)` tries; `first` are parameters that trial 0 takes as they are."""

    def importance(self, report: SearchReport, search: Search, *, seed: int) -> dict[str, float]:
        """How much each parameter matters; empty where too few trials are complete to say."""


class SearchFailed(RuntimeError):
    """No trial of a search came to an end, or it could not begin: why, and which parameters."""


class TunerMissing(RuntimeError):
    """The library that proposes parameters is not installed: what to do."""


def shown(params: Found) -> str:
    """Parameters as people read them.

    >>> shown({"num_leaves": 31, "learning_rate": 0.0512345})
    'num_leaves=31, learning_rate=0.05123'
    """
    return ", ".join(
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}" for name, value in params.items()
    )

"""What the suites beyond the metrics measured: kept in the exam's measurements, judged by the gate of the same name."""

from __future__ import annotations

from typing import Literal

from retrain_platform.dataset.record import Record

TOLD = 3
"""How many cases a sentence names; the result holds them all."""


class Case(Record):
    """One row, case or feature that speaks for a failure: how a person finds it, and what was seen there."""

    id: str
    said: str


class Estimate(Record):
    """A number with its standard error, days as the unit of sampling; `error` None with fewer than two days."""

    value: float
    error: float | None
    days: int
    rows: int


class Disturbed(Record):
    """The exam's rows once more, with one thing wrong in them.

    `fall` is the share of the metric's own value that is lost (0.1: a tenth; negative: gained). `champion` is the
    champion's fall on the same disturbed rows, `apart` the candidate's fall minus it; None where there is none to
    compare with. `features`: those whose disturbance alone costs most, on a part of the rows. `problem`: the
    candidate could not score the rows at all. `untouched`: no feature is of the kind that it disturbs, or it changed
    none (`why`).
    """

    metric: str
    before: float | None = None
    after: float | None = None
    fall: Estimate | None = None
    champion: float | None = None
    apart: Estimate | None = None
    features: tuple[Case, ...] = ()
    problem: str = ""
    why: str = ""
    untouched: bool = False


class MadeOf(Record):
    """What the model is made of and what is declared of it.

    `tells` is how well each feature alone tells the label (`stats.telling`): of classes an AUC, of numbers a rank
    correlation, of a ranking a share of pairs; empty where there are too few rows to say, and `why` says so.
    `declared`: what is written, by field.
    """

    features: tuple[str, ...]
    declared: dict[str, str]
    tells: dict[str, float] = {}
    rows: int = 0
    why: str = ""


class Answered(Record):
    """How the package answered the stored smoke requests in a clean process.

    `outcome`: 'answered', 'broke' (it ended with an error), or 'unknown' (it did not start, took too long, or was
    killed: that says nothing of the package). `apart` is the greatest absolute difference from the trained model's own
    answers, None where it did not answer or answered with no number. `kept` and `found` are digests of the
    package's bytes after the fit and now; `kept` is empty where none was taken. `peak_bytes` is the most that the
    process held, interpreter and libraries included.
    """

    requests: int
    outcome: Literal["answered", "broke", "unknown"]
    apart: float | None = None
    kept: str = ""
    found: str = ""
    peak_bytes: int | None = None
    said: str = ""
    worst: tuple[Case, ...] = ()


class Ratio(Record):
    """The candidate's time over the champion's: the rounds' geometric mean, and the standard error of its logarithm."""

    value: float
    log_error: float
    rounds: int


class ModelCost(Record):
    """What one model costs: seconds a call for one row and for a batch (median and 95th percentile), bytes.

    `peak_bytes` is what a clean process held at most that loaded the model and answered the batch.
    """

    row_p50: float
    row_p95: float
    batch_p50: float
    batch_p95: float
    package_bytes: int
    peak_bytes: int | None = None


class Costs(Record):
    """The candidate's costs beside the champion's, measured in turn; `champion` None where there is none."""

    batch: int
    candidate: ModelCost | None = None
    champion: ModelCost | None = None
    row_times: Ratio | None = None
    batch_times: Ratio | None = None
    problem: str = ""


class Pack(Record):
    """A regression pack as the candidate answered it. `digest` tells one content of the file from another.

    `broken` are the cases whose answer is not the expected one, `unasked` those that cannot be asked: their columns
    are not the model's. `unused` are columns of the file that no model reads. `problem`: the file is of no use.
    """

    path: str
    cases: int = 0
    broken: tuple[Case, ...] = ()
    unasked: tuple[Case, ...] = ()
    unused: tuple[str, ...] = ()
    digest: str = ""
    problem: str = ""


class Held(Record):
    """The share of the changed rows in which a behaviour held. `broke` broke it most; `why` it was not measured."""

    share: Estimate | None = None
    broke: tuple[Case, ...] = ()
    why: str = ""


class OnSet(Record):
    """A metric on a named set of its own, with its two-sided interval at `confidence`; `why`: not measured."""

    metric: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    confidence: float = 0.95
    rows: int = 0
    digest: str = ""
    why: str = ""


class Shown(Record):
    """One prediction for a person to look at: a score, of several classes the likeliest and its chance, as a text.

    `champion` is None where there is none.
    """

    id: str
    label: float | str | None
    candidate: float | str
    champion: float | str | None = None
    values: dict[str, str] = {}


class Suites(Record):
    """All that was measured because a gate of the spec asked for it; the rest is empty.

    `robustness` by disturbance, `golden` by path, `behaviour` by what is asked, `extra` by the set's name, each as its
    gate calls it. `shown` are the rows of the spot check, in the order of scores, of a ranking list by list.
    """

    robustness: dict[str, Disturbed] = {}
    compliance: MadeOf | None = None
    integration: Answered | None = None
    cost: Costs | None = None
    golden: dict[str, Pack] = {}
    behaviour: dict[str, Held] = {}
    extra: dict[str, OnSet] = {}
    shown: tuple[Shown, ...] = ()


def told(cases: tuple[Case, ...]) -> str:
    """The first cases as a sentence's end: '; N123 (0.31, must be at least 0.5) and 2 more'."""
    if not cases:
        return ""
    named = "; ".join(f"{case.id} ({case.said})" for case in cases[:TOLD])
    more = f" and {len(cases) - TOLD} more" if len(cases) > TOLD else ""
    return f": {named}{more}"

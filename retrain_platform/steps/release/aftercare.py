"""Looks at a version after it took over: against the champion before, and against its own first days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from retrain_platform.dataset.duration import span_of_clock_text
from retrain_platform.dataset.record import Record
from retrain_platform.release.base import Entry
from retrain_platform.release.fold import fold, release_of
from retrain_platform.release.live.arms import latency_quantile
from retrain_platform.release.live.bins import Bin, BinStore
from retrain_platform.release.live.measures import QUANTILES
from retrain_platform.release.live.plan import CheckEvery
from retrain_platform.steps.lines import CHECKED
from retrain_platform.steps.release.live_time import moved_at
from retrain_platform.steps.workshop import Workshop

FIRST = timedelta(days=7)
"""The first days of a version, which its later ones are held against: for stability alone, never for quality."""
_TOOK_OVER = ("promoted", "rolled_back", "outside_promotion")


class Seen(Record):
    """What a version did in a span: shares, milliseconds, mean loss; None where nothing came."""

    calls: int = 0
    error_rate: float | None = None
    p95: float | None = None
    labels: int = 0
    loss: float | None = None


class AfterCheck(Record):
    """A look at `version`, `after` so long since it took over: what it did since the look before.

    `first` is what it did in its first 7 days, as far as they are over; `other` what the champion before did in the
    same time, scored beside while the new one is not proven.
    """

    version: str
    previous: str | None
    after: timedelta
    now: Seen
    first: Seen
    other: Seen | None = None

    @property
    def sentence(self) -> str:
        """The look in words."""
        told = [
            _told("error rate", self.now.error_rate, self._beside("error_rate"), "{:.2%}"),
            _told("p95", self.now.p95, self._beside("p95"), "{:.3g} ms"),
            _told(f"loss of {self.now.labels:,} labels", self.now.loss, self._beside("loss"), "{:.4f}"),
        ]
        return f"{span_of_clock_text(self.after)} after it took over, {self.now.calls:,} calls: {'; '.join(told)}"

    def _beside(self, name: str) -> Mapping[str, float | None]:
        others = {} if self.other is None else {f"version {self.previous}": getattr(self.other, name)}
        return {**others, "its first days": getattr(self.first, name)}


def look_after(shop: Workshop, bins: BinStore, now: datetime) -> AfterCheck | None:
    """Put the newest look that is due on record, once; None where none is due. One that was missed is not made up for.

    Looks are due on the wall clock, counted from the ledger's line of the promotion.
    """
    live, entries = shop.spec.release.live, shop.entries()
    taken = took_over(entries)
    if live is None or taken is None:
        return None
    due = [each for each in check_times(live.checks) if taken.at + each <= now]
    if not due or any(entry.key == _key(taken, due[-1]) for entry in entries):
        return None
    before = due[-2] if len(due) > 1 else timedelta()
    found = _looked(shop, bins, entries, taken, (before, due[-1]))
    shop.ledger.append(
        shop.model,
        CHECKED,
        _key(taken, due[-1]),
        moved_at(shop.spec, entries, now),
        body={"version": found.version, "check": found.model_dump(mode="json")},
        why=found.sentence,
    )
    return found


def took_over(entries: Sequence[Entry]) -> Entry | None:
    """The promotion of the version that answers now; None where it came back, or was put there by another system."""
    moves = [entry for entry in entries if entry.kind in _TOOK_OVER]
    return moves[-1] if moves and moves[-1].kind == "promoted" else None


def check_times(checks: Sequence[CheckEvery]) -> list[timedelta]:
    """How long after the promotion each look is due, increasing.

    >>> day = timedelta(days=1)
    >>> [span // day for span in check_times([CheckEvery(every="1d", until="2d"), CheckEvery(every="5d", until="14d")])]
    [1, 2, 7, 12]
    """
    found, last = [], timedelta()
    for each in checks:
        while last + each.every <= each.until:
            last += each.every
            found.append(last)
    return found


def checks_of(entries: Sequence[Entry], version: str) -> list[AfterCheck]:
    """Every look at the version that is on record, oldest first."""
    told = [entry for entry in entries if entry.kind == CHECKED and entry.body["version"] == version]
    return [AfterCheck.model_validate(entry.body["check"]) for entry in told]


def seen(bins: Sequence[Bin], version: str) -> Seen:
    """What the version did in these bins, whether its answers were used or it scored beside."""
    mine = [each for each in bins if each.version == version]
    calls, labels = sum(each.calls for each in mine), sum(each.labels for each in mine)
    return Seen(
        calls=calls,
        error_rate=sum(each.errors for each in mine) / calls if calls else None,
        p95=latency_quantile(mine, QUANTILES["p95"]),
        labels=labels,
        loss=sum(each.loss for each in mine) / labels if labels else None,
    )


def _looked(
    shop: Workshop, bins: BinStore, entries: Sequence[Entry], taken: Entry, span: tuple[timedelta, timedelta]
) -> AfterCheck:
    version = str(taken.body["version"])
    release = release_of(fold(entries), version)
    previous = None if release is None else release.previous
    since, until = (taken.at + each for each in span)
    both = [each for each in (version, previous) if each is not None]
    lately = bins.bins(shop.model, since, until, both)
    first = bins.bins(shop.model, taken.at, taken.at + min(FIRST, span[1]), (version,))
    other = None if previous is None else seen(lately, previous)
    return AfterCheck(
        version=version,
        previous=previous,
        after=span[1],
        now=seen(lately, version),
        first=seen(first, version),
        other=other if other is not None and (other.calls or other.labels) else None,
    )


def _told(name: str, value: float | None, beside: Mapping[str, float | None], form: str) -> str:
    if value is None:
        return f"{name} not seen"
    others = [f"{who} {form.format(other)}" for who, other in beside.items() if other is not None]
    return f"{name} {form.format(value)}" + (f" ({', '.join(others)})" if others else "")


def _key(taken: Entry, after: timedelta) -> str:
    return f"{CHECKED}:{taken.seq}:{after // timedelta(seconds=1)}"

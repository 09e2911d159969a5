"""How a release that live traffic moves stands: where, since when, what was seen, and what the next step waits for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from retrain_platform.dataset.record import Record
from retrain_platform.release.base import Entry, ReleaseState, Stage
from retrain_platform.release.live.advance import live_standing
from retrain_platform.release.live.clock import stage_clock
from retrain_platform.release.live.evidence import LiveEvidence, StageClock, Verdict
from retrain_platform.release.live.words import amount, e_value
from retrain_platform.steps.lines import paused
from retrain_platform.steps.release.aftercare import AfterCheck, checks_of
from retrain_platform.steps.release.live import live_evidence
from retrain_platform.steps.release.live_bins import LiveBins
from retrain_platform.steps.release.staging import staged
from retrain_platform.steps.workshop import Workshop


class LiveShown(Record):
    """`standing` in a sentence, with the time left; `since` the stage or step stands, on the wall clock.

    `evidence` is what was seen until now, `tried` what the staging instance showed, `checks` the looks at the version
    that answers, `held` why a pause holds the way up, `unread` why the evidence could not be read.
    """

    standing: str
    stage: Stage | None = None
    share: int = 0
    since: datetime | None = None
    evidence: LiveEvidence | None = None
    tried: Verdict | None = None
    checks: tuple[AfterCheck, ...] = ()
    held: str = ""
    unread: str = ""

    def rows(self) -> list[dict[str, Any]]:
        """The evidence as a table, one measure a row."""
        if self.evidence is None:
            return []
        other = f"version {self.evidence.other}"
        return [
            {
                "measure": each.measure,
                f"version {self.evidence.version}": amount(each.measure, each.value),
                other: amount(each.measure, each.other),
                "on": f"{each.n:,} and {each.n_other:,}",
                "difference": "" if each.low is None else f"[{each.low:+.4f}, {each.high:+.4f}]",
                "e-value of worse": e_value(each.worse),
                "of not worse": e_value(each.not_worse),
                "missing": each.why,
            }
            for each in self.evidence.readings
        ]

    def lines(self) -> list[str]:
        """All but the table, a sentence each."""
        told = [self.standing]
        told += [f"in staging: {self.tried.outcome.replace('_', ' ')}: {self.tried.sentence}"] if self.tried else []
        told += [f"the way up is held, the way back is not: paused, {self.held}"] if self.held else []
        told += [f"the evidence cannot be read here: {self.unread}"] if self.unread else []
        if self.evidence is not None:
            until = f"{self.evidence.until:%Y-%m-%d %H:%M:%S}"
            counts = f"{self.evidence.calls:,} calls, {self.evidence.calls_other:,} of version {self.evidence.other}"
            told.append(f"seen until {until} UTC: {counts}")
        return told + [check.sentence for check in self.checks[-1:]]


def live_shown(shop: Workshop, entries: Sequence[Entry], now: datetime) -> LiveShown | None:
    """How the release stands at `now`; None for a model whose releases move by periods."""
    if shop.spec.release.live is None:
        return None
    state = shop.folded(entries)
    opened, clock = state.open, stage_clock(entries, state)
    evidence, unread = _read(shop, state, clock, now)
    standing = live_standing(state, evidence, shop.spec.plan, now, clock=clock, timezone=shop.spec.period.timezone)
    return LiveShown(
        standing=standing,
        stage=None if opened is None else opened.stage,
        share=0 if opened is None else opened.share,
        since=None if clock is None else clock.stage,
        evidence=evidence,
        tried=staged(entries, state),
        checks=tuple(checks_of(entries, state.champion)) if state.champion else (),
        held=paused(entries) if opened is not None else "",
        unread=unread,
    )


def _read(
    shop: Workshop, state: ReleaseState, clock: StageClock | None, now: datetime
) -> tuple[LiveEvidence | None, str]:
    """The evidence, or why it cannot be read: a person who looks is answered all the same."""
    try:
        return live_evidence(shop, LiveBins(shop.bins), state, clock, now), ""
    except Exception as error:  # whatever a database that is away raises
        return None, f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"

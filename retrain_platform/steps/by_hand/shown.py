"""What is answered to a person who looks at a model, or who did something to it: the same at every door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from retrain_platform.dataset.record import Record
from retrain_platform.release.base import Entry, Ledger, ReleaseState
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps.by_hand import asking
from retrain_platform.steps.by_hand.acting import Act, Asked
from retrain_platform.steps.lines import frontier_of
from retrain_platform.steps.release.approving import waiting_for
from retrain_platform.steps.release.quarantine import quarantines, told
from retrain_platform.steps.release.standing import LiveShown, live_shown
from retrain_platform.steps.workshop import Workshop


class Shown(Record):
    """Who answers, who is on the way, what ended.

    `waiting` says what waits for a person, '' nothing does; `watched` is the newest period that was watched, None
    where none was; `seq` the ledger's last line, which an act may `expect`. `live` is how a release stands that live
    traffic moves; `left_out` tells the rows in quarantine.
    """

    model: str
    state: ReleaseState
    waiting: str = ""
    watched: str | None = None
    seq: int = 0
    live: LiveShown | None = None
    left_out: tuple[str, ...] = ()


_ASKED: Mapping[Asked, Callable[..., Entry]] = MappingProxyType(
    {"retrain": asking.ask_retrain, "event": asking.file_event, "pause": asking.pause, "resume": asking.resume}
)


class Said(Record):
    """What somebody put on record, and what follows from it."""

    entry: Entry
    follows: str


def show(shop: Workshop) -> Shown:
    """How the model stands."""
    entries = shop.entries()
    waits = waiting_for(shop.spec, entries)
    return Shown(
        model=shop.model,
        state=shop.folded(entries),
        waiting="" if waits is None else waits.shown,
        watched=frontier_of(entries),
        seq=entries[-1].seq if entries else 0,
        live=live_shown(shop, entries, shop.now()),
        left_out=tuple(told(shop.spec, each) for each in quarantines(shop.spec, entries) if not each.cleared),
    )


def ask(what: Asked, spec: ModelSpec, ledger: Ledger, act: Act, typed: str, **fields: Any) -> Said:
    """Put it on record, and tell what follows from it; `typed` is how whoever asks calls the model.

    Raises:
        WrongUse, NotNow: see `asking`, which says what each has beside the act.
    """
    entry = _ASKED[what](spec, ledger, act, **fields)
    return Said(entry=entry, follows=asking.follows(what, spec.name, typed, ledger.entries(spec.name)))

"""What people ask for and say of a model: a retrain, an outside event, a pause and its end."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from retrain_platform.policy.base import DEPTHS
from retrain_platform.policy.event import EVENT_KINDS
from retrain_platform.release.base import Entry, Ledger
from retrain_platform.spec.depths import missing_for
from retrain_platform.spec.fields import did_you_mean
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps.by_hand.acting import (
    Act,
    Asked,
    NotNow,
    WrongUse,
    last_line,
    must_be_mine,
    must_follow,
    reason,
)
from retrain_platform.steps.lines import PAUSED, REQUESTED, RESUMED, paused
from retrain_platform.steps.release.live_time import data_time


def ask_retrain(spec: ModelSpec, ledger: Ledger, act: Act, *, now: bool = False, depth: str | None = None) -> Entry:
    """Ask for a retrain; the next decision answers it. `now` overrides cooldown, cap, blackout and an open release.

    Raises:
        WrongUse: an unknown depth, one that the spec cannot go, or no reason.
        NotNow: somebody else wrote first.
    """
    if depth is not None and depth not in DEPTHS:
        raise WrongUse("depth", depth, f"must be one of {', '.join(DEPTHS)}{did_you_mean(depth, DEPTHS)}")
    if depth is not None and (cure := missing_for(spec, depth)):
        raise WrongUse("depth", depth, f"must be one that {spec.name} can go: it {cure}")
    body = {"kind": "manual", "urgent": now, **({} if depth is None else {"depth": depth})}
    return put_on_record(spec, ledger, ledger.entries(spec.name), REQUESTED, act, body)


def file_event(spec: ModelSpec, ledger: Ledger, act: Act, kind: str, *, now: bool = False) -> Entry:
    """File an outside event; the next decision answers it.

    Raises:
        WrongUse: an unknown kind, or no reason.
        NotNow: somebody else wrote first.
    """
    if kind not in EVENT_KINDS:
        raise WrongUse("kind", kind, f"must be one of {', '.join(EVENT_KINDS)}{did_you_mean(kind, EVENT_KINDS)}")
    body = {"kind": kind, "urgent": now}
    return put_on_record(spec, ledger, ledger.entries(spec.name), REQUESTED, act, body)


def pause(spec: ModelSpec, ledger: Ledger, act: Act) -> Entry:
    """Let nothing more of the model begin.

    Raises:
        NotNow: it is paused already, or somebody else wrote first.
        WrongUse: no reason.
    """
    entries = ledger.entries(spec.name)
    if already := paused(entries):
        raise NotNow(f"{spec.name} is paused already: {already}")
    return put_on_record(spec, ledger, entries, PAUSED, act, {})


def resume(spec: ModelSpec, ledger: Ledger, act: Act) -> Entry:
    """Undo `pause`.

    Raises:
        NotNow: it is not paused, or somebody else wrote first.
        WrongUse: no reason.
    """
    entries = ledger.entries(spec.name)
    if not paused(entries):
        raise NotNow(f"{spec.name} is not paused")
    return put_on_record(spec, ledger, entries, RESUMED, act, {})


def follows(asked: Asked, model: str, typed: str, entries: Sequence[Entry]) -> str:
    """What will come of what was asked for; `typed` is how whoever asked calls the model."""
    typed = shlex.quote(typed)
    if asked == "pause":
        return f"Neither the sensors nor `retrain run` begin anything until: retrain resume {typed}"
    if asked == "resume":
        return "The road goes on from where it stood."
    if paused(entries):
        return f"It is answered once {model} is resumed: retrain resume {typed}"
    return f"A new decision answers it: at the sensors' next tick, or now with: retrain run {typed}"


def put_on_record(
    spec: ModelSpec, ledger: Ledger, entries: Sequence[Entry], kind: str, act: Act, body: dict[str, Any]
) -> Entry:
    """Append what a person says to `entries`, by which it was found that it may be said; each saying is its own line.

    Raises:
        NotNow: somebody else wrote first.
        WrongUse: no reason.
    """
    why, last, as_of = reason(act.why), last_line(entries, act), data_time(spec, entries)
    key = f"{kind}:{last + 1}"
    with must_follow(spec.name):
        written = ledger.append(spec.name, kind, key, as_of, body=body, actor=act.actor, why=why, expect=last)
    must_be_mine([written], key, act)
    return written

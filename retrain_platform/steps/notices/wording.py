"""A message in plain words: what, why, the numbers, what to do, what to type, where to look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from retrain_platform.spec.model import ModelSpec
from retrain_platform.spec.notify import SEVERITIES, Severity, Target, rank
from retrain_platform.steps.notices.base import Notice

_CUT = 1_000
_LINE = 200
_MOST = 30
"""So many notices one message lists; of more it says how many."""

Link = Callable[[Notice], str]
"""The address by which a version that waits is answered; '' where there is none."""


class Message(NamedTuple):
    """What is sent, and the keys of the notices that it tells."""

    title: str
    text: str
    severity: Severity
    keys: tuple[str, ...]


class Frame(NamedTuple):
    """What stands around a notice: the model, the target, where this is, and the maker of links."""

    spec: ModelSpec
    target: Target
    environment: str
    link: Link


def one(frame: Frame, notice: Notice, keys: Sequence[str], more: int = 0) -> Message:
    """The message of one notice; `more` of the same incident were not told by themselves."""
    lines = [_cut(notice.why, _CUT)]
    lines += [", ".join(notice.numbers)] if notice.numbers else []
    lines += [f"({more} more of the same since the last message)"] if more else []
    lines += ["", f"What to do: {notice.todo}"] if notice.todo else []
    lines += [f"    {command}" for command in notice.commands]
    lines += [f"Answer here: {link}"] if notice.version and (link := frame.link(notice)) else []
    lines += _pages(frame.spec, notice)
    lines += ["", _foot(frame, f"line {notice.seq} of the ledger, {notice.at:%Y-%m-%d %H:%M} UTC, {notice.key}")]
    title = f"{_mark(notice.severity)}{notice.model}: {notice.title}"
    return Message(title, "\n".join(lines), notice.severity, tuple(keys))


def several(frame: Frame, notices: Sequence[Notice], why: str) -> Message:
    """One message that lists many, the worst first."""
    worst_first = sorted(notices, key=lambda each: -rank(each.severity))
    lines = [why, ""]
    lines += [f"- {_mark(n.severity)}{n.title}: {_cut(n.why, _LINE)}" for n in worst_first[:_MOST]]
    lines += [f"- and {len(notices) - _MOST} more"] if len(notices) > _MOST else []
    lines += ["", f"    retrain status {frame.spec.name}", f"    retrain log {frame.spec.name}"]
    links = [f"Answer version {n.version} here: {link}" for n in notices if n.version and (link := frame.link(n))]
    seqs = sorted(notice.seq for notice in notices)
    lines += [*links, "", _foot(frame, f"lines {seqs[0]} to {seqs[-1]} of the ledger")]
    severity = SEVERITIES[max(rank(notice.severity) for notice in notices)]
    title = f"{_mark(severity)}{frame.spec.name}: {len(notices)} notices"
    return Message(title, "\n".join(lines), severity, tuple(notice.key for notice in notices))


def _cut(text: str, most: int) -> str:
    """The text, shortened where it is longer than `most` signs."""
    return text if len(text) <= most else f"{text[: most - 4]} ..."


def _pages(spec: ModelSpec, notice: Notice) -> list[str]:
    found = []
    if spec.notify.pages and notice.asset:
        found.append(f"Dagster: {spec.notify.pages}/assets/{spec.name}/{notice.asset}")
    if spec.notify.links:
        found.append(f"Gateway: {spec.notify.links}/models/{spec.name}")
    return ["", *found] if found else []


def _mark(severity: Severity) -> str:
    return "" if severity == "info" else f"[{severity}] "


def _foot(frame: Frame, where: str) -> str:
    owner = f", for {frame.target.owner}" if frame.target.owner else ""
    place = f" ({frame.environment})" if frame.environment else ""
    return f"retrain{place}{owner}: {where}"

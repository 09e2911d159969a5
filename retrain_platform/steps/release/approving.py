"""A version that waits for a person, and who may approve it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime

from retrain_platform.dataset.record import Record
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.release.base import Entry, Release, Stage
from retrain_platform.release.fold import fold, release_of
from retrain_platform.release.history import PLATFORM
from retrain_platform.release.table import IllegalMove
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps.due import waiting_retrain
from retrain_platform.steps.lines import DECIDED, REQUESTED

NOBODY = ("unattributed", "")
"""The actors that name nobody."""


class Waiting(Record):
    """A version that waits for a person's approval since `since`, the data's time; `at` is the wall clock's.

    `requesters` asked for its retrain, or put it on its way by hand; nobody did where the policy decided by itself.
    `newer` says that a newer retrain is under way, whose version would take its place.
    """

    model: str
    version: str
    decision_id: str
    since: datetime
    at: datetime
    requesters: tuple[str, ...] = ()
    four_eyes: bool = False
    newer: bool = False

    @property
    def sentence(self) -> str:
        """What waits, since when, and who may not answer."""
        asked = f", asked for by {' and '.join(self.requesters)}" if self.requesters else ""
        other = ", who may not approve it" if self.four_eyes and self.requesters else ""
        newer = "; a newer retrain is under way, and its version will take the place" if self.newer else ""
        return f"version {self.version} waits for a person's approval since {self.since:%Y-%m-%d}{asked}{other}{newer}"

    @property
    def answers(self) -> tuple[str, ...]:
        """The commands to look at it and to answer."""
        name = shlex.quote(self.model)
        return (
            f"retrain release review {name}",
            f"retrain release approve {name} --version {self.version} --why '...'",
            f"retrain release reject {name} --why '...'",
        )

    @property
    def shown(self) -> str:
        """The whole as one line."""
        look, approve, reject = self.answers
        return f"{self.sentence}. Look at it with: {look}; approve with: {approve}; or: {reject}"


def waiting_for(spec: ModelSpec, entries: Sequence[Entry]) -> Waiting | None:
    """What waits for a person's approval now; None where nothing does."""
    opened = fold(entries).open
    if opened is None or opened.stage is not Stage.APPROVAL:
        return None
    begun = [entry for entry in entries if entry.body.get("version") == opened.version and "stage" in entry.body]
    return Waiting(
        model=spec.name,
        version=opened.version,
        decision_id=opened.decision_id,
        since=opened.stage_as_of,
        at=begun[-1].at,
        requesters=tuple(dict.fromkeys((*requesters(entries, opened.decision_id), *_opener(entries, opened.version)))),
        four_eyes=spec.release.four_eyes,
        newer=waiting_retrain(spec, list(entries)) is not None,
    )


def requests_of(entries: Sequence[Entry], decision: RetrainDecision) -> list[Entry]:
    """What people and events asked that the decision answers."""
    return [entry for entry in entries if entry.kind == REQUESTED and entry.key in decision.answers]


def requesters(entries: Sequence[Entry], decision_id: str) -> tuple[str, ...]:
    """Who asked for the retrain of a recorded decision, by name; empty where the policy decided by itself."""
    answered = {
        key
        for entry in entries
        if entry.kind == DECIDED and entry.body["decision_id"] == decision_id
        for key in entry.body["answers"]
    }
    return tuple(dict.fromkeys(e.actor for e in entries if e.kind == REQUESTED and e.key in answered))


def _opener(entries: Sequence[Entry], version: str) -> tuple[str, ...]:
    """Who put the version on its way by hand, the last time; nobody where the platform did."""
    opened = [entry for entry in entries if entry.kind == "opened" and entry.body["version"] == version]
    return tuple(entry.actor for entry in opened[-1:] if entry.actor != PLATFORM)


def may_approve(spec: ModelSpec, entries: Sequence[Entry], version: str | None, actor: str) -> None:
    """Refuse an approval that answers nothing, another version than the one that waits, or that `actor` may not give.

    `version` None means whichever waits.

    Raises:
        IllegalMove: in one sentence, with what stands instead.
    """
    waits = waiting_for(spec, entries)
    if waits is None or (version is not None and version != waits.version):
        raise IllegalMove(not_waiting(entries, version, waits))
    if waits.four_eyes:
        _two_people(waits, actor)


def _two_people(waits: Waiting, actor: str) -> None:
    if actor in NOBODY:
        raise IllegalMove("four_eyes: approver == nobody, must be named: set RETRAIN_ACTOR, or give your token")
    if any(each in NOBODY for each in waits.requesters):
        raise IllegalMove(
            f"four_eyes: requester of version {waits.version} == nobody, must be named to be another than {actor!r}; "
            "reject it, set RETRAIN_ACTOR and ask again"
        )
    if actor in waits.requesters:
        raise IllegalMove(
            f"four_eyes: approver == {actor!r}, must be another than who asked for version {waits.version}"
        )


def not_waiting(entries: Sequence[Entry], version: str | None, waits: Waiting | None) -> str:
    """Why there is nothing to approve: what became of the version that was meant."""
    state = fold(entries)
    last = version or (state.open.version if state.open else state.champion)
    meant = None if last is None else release_of(state, last)
    told = "nothing waits for approval"
    if version is not None and meant is None:
        told = f"version {version} was never on its way"
    elif meant is not None:
        told = _became(entries, meant) if version is not None else f"{told}: {_became(entries, meant)}"
    return told if waits is None or version is None else f"{told}; {waits.sentence}"


def _became(entries: Sequence[Entry], meant: Release) -> str:
    approvals = [e for e in entries if e.key.startswith("approve:") and e.body.get("version") == meant.version]
    if approvals:
        last = approvals[-1]
        said = f"version {meant.version} was approved already, by {last.actor} on {last.at:%Y-%m-%d}: {last.why}"
        return f"{said} (it is in stage {meant.stage.value})"
    if meant.stage is Stage.SUPERSEDED:
        return f"version {meant.version} is no longer the newest: {meant.sentence}"
    return f"version {meant.version} is in stage {meant.stage.value.replace('_', ' ')}"

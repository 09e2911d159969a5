"""The audit of a model's aliases and traffic: every change, who made it, when and why, from the ledger alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from retrain_platform.dataset.record import Record
from retrain_platform.release.alias_names import AliasNames
from retrain_platform.release.aliases import aliases
from retrain_platform.release.base import Entry, ReleaseState, Stage
from retrain_platform.release.fold import course, release_of

PLATFORM = "platform"
"""The actor of what nobody did by hand."""


class Change(Record):
    """One move of a release, as it stands in line `seq` of the ledger.

    `at` is the wall clock's time, `as_of` the data's. `aliases` and `traffic` (percent by version) are those after it.
    """

    seq: int
    at: datetime
    as_of: datetime
    what: str
    version: str
    stage: str
    decision_id: str
    aliases: dict[str, str]
    traffic: dict[str, int]
    who: str
    why: str

    def shown(self) -> dict[str, Any]:
        """The change as people read it."""
        return {
            "when": f"{self.at:%Y-%m-%d %H:%M:%S}",
            "data time": f"{self.as_of:%Y-%m-%d %H:%M}",
            "what": f"version {self.version}: {self.what.replace('_', ' ')}",
            "aliases": ", ".join(f"{name} {version}" for name, version in self.aliases.items()),
            "traffic": ", ".join(f"{version}: {share}%" for version, share in self.traffic.items()),
            "who": self.who,
            "why": self.why,
        }


def changes(entries: Sequence[Entry], names: AliasNames | None = None) -> list[Change]:
    """Every move of the release, oldest first; aliases by their `names`, where they have others than usual.

    Raises:
        IllegalMove: the ledger holds a move that the table does not allow.
    """
    return [_change(entry, state, names) for entry, state in course(entries)]


def traffic(state: ReleaseState) -> dict[str, int]:
    """The percent of entities that each version answers; empty where no model answers yet."""
    if state.champion is None:
        return {}
    opened = state.open
    share = opened.share if opened is not None and opened.stage is Stage.CANARY else 0
    shares = {state.champion: 100 - share}
    return shares if opened is None or not share else {**shares, opened.version: share}


def _change(entry: Entry, state: ReleaseState, names: AliasNames | None) -> Change:
    version = str(entry.body["version"])
    release = release_of(state, version)
    return Change(
        seq=entry.seq,
        at=entry.at,
        as_of=entry.as_of,
        what=entry.kind,
        version=version,
        stage="" if release is None else release.stage.value,
        decision_id=entry.body.get("decision_id") or ("" if release is None else release.decision_id),
        aliases={alias: to for alias, to in aliases(state, names).items() if to is not None},
        traffic=traffic(state),
        who=entry.actor or "unattributed",
        why=entry.why,
    )

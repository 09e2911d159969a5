"""Who gets which share of a model's requests, as one document: what a gateway obeys and every exporter writes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Protocol

from pydantic import Field

from retrain_platform.dataset.record import Record
from retrain_platform.release.base import Stage
from retrain_platform.release.route import share_of

Arm = Literal["champion", "canary"]
"""Which side of a split answered a request."""


class Split(Record):
    """The fold of a model's ledger up to line `seq`, for whoever routes its requests.

    `share` is the percent of entities that `canary` answers, by the same hash as in batch; `champion` answers the
    rest, None: no model answers yet. `beside` are the versions that score every request off its path that they do not
    answer: the shadow; in canary both arms; in bake the champion before. `warm` are kept loaded, ready to answer.
    `stage` is that of the release under way. `since` is the wall clock's time of the ledger's line, `by` and `why`
    who moved it and what for.
    """

    model: str
    seq: int = 0
    champion: str | None = None
    canary: str | None = None
    share: int = Field(default=0, ge=0, le=100)
    beside: tuple[str, ...] = ()
    warm: tuple[str, ...] = ()
    stage: Stage | None = None
    since: datetime | None = None
    by: str = ""
    why: str = ""

    @property
    def shares(self) -> dict[str, int]:
        """The percent of entities that each version answers, the champion first; empty while nobody does."""
        if self.champion is None:
            return {}
        found = {self.champion: 100 - self.share}
        return found if self.canary is None else {**found, self.canary: self.share}

    @property
    def versions(self) -> tuple[str, ...]:
        """Every version that must be loaded, whoever answers first."""
        named = (self.champion, self.canary, *self.beside, *self.warm)
        return tuple(dict.fromkeys(version for version in named if version is not None))

    def arm(self, entity: str) -> Arm:
        """Which side answers this entity; the same for ever while the share only grows."""
        canary = self.canary is not None and share_of(entity, self.canary) < self.share
        return "canary" if canary else "champion"

    def version(self, arm: Arm) -> str | None:
        """The version that is this side."""
        return self.canary if arm == "canary" else self.champion


class Applied(Record):
    """How one worker of a gateway serves a model: the split's `seq`, and `at`, when it last said so.

    `dropped` counts the requests that it could not score beside. `problem` is why it could not take the newest split,
    in a sentence.
    """

    seq: int
    at: datetime
    dropped: int = 0
    problem: str = ""


class Exporter(Protocol):
    """Makes a split come true somewhere: our gateway's folder, a mesh's weights, a plug-in's place."""

    def publish(self, split: Split) -> None:
        """Make it so; the same again changes nothing, an older `seq` than what stands is refused silently."""

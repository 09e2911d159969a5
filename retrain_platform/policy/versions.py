"""What makes the rows or the model changed: declared versions, the schema, the code."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from retrain_platform.dataset.record import Record
from retrain_platform.dataset.versions import FEATURES, changes
from retrain_platform.policy.base import Action, Finding, FindingVerdict, asks
from retrain_platform.policy.history import Champion, History


class VersionsPolicy(Record):
    """Fires when a declared version is another than the one that the champion was trained with.

    `names` are those of the spec's `versions`, or all. Hard: no dwell and no confirmation; a
    decision waits by itself until there are enough ripe rows of the new world. What the champion's
    training did not declare tells nothing, and the sentence says so. `value` counts the changes.
    """

    kind: Literal["versions"] = "versions"
    names: Literal["all"] | Annotated[tuple[str, ...], Field(min_length=1)] = "all"
    action: Action = Action.RETRAIN

    def decide(self, history: History) -> Finding:
        """Compare the versions of the newest period with the champion's."""
        if history.champion is None:
            return _finding(self.kind, "cannot tell", "versions are compared with those of a champion's training")
        names = tuple(history.versions) if self.names == "all" else self.names
        now = {name: history.versions[name] for name in names if name in history.versions}
        changed = changes(history.champion.versions, now)
        undeclared = [name for name in names if name not in now or name not in history.champion.versions]
        beside = f"; {_undeclared(history.champion, undeclared)}" if undeclared else ""
        if changed:
            said = ", ".join(map(str, changed))
            since = f"changed since version {history.champion.version} was trained: {said}"
            return _finding(self.kind, "fired", since + beside, self.action, len(changed))
        if not names or len(undeclared) == len(names):
            why = beside.removeprefix("; ") or "the spec declares no versions"
            return _finding(self.kind, "cannot tell", why)
        told = ", ".join(f"{name} {now[name]}" for name in names if name not in undeclared)
        return _finding(self.kind, "quiet", f"version {history.champion.version} was trained with {told}{beside}")

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        which = "any declared version" if self.names == "all" else f"the version of {' or '.join(self.names)}"
        return f"{self.action} when {which} is another than the champion's"


class SchemaPolicy(Record):
    """Fires when a change of the columns or of their logic was declared since the champion was trained.

    Declared: `versions.features` of the spec was raised (or first written where the columns changed).
    An undeclared change is broken data, which no policy trains on. Hard; `value` counts the columns
    that changed, at least 1.
    """

    kind: Literal["schema"] = "schema"
    action: Action = Action.RETRAIN

    def decide(self, history: History) -> Finding:
        """Compare the version of the features with the champion's, and say which columns changed."""
        champion, now = history.champion, history.versions.get(FEATURES)
        if champion is None:
            return _finding(self.kind, "cannot tell", "the schema is compared with that of a champion's training")
        if now is None:
            return _finding(self.kind, "cannot tell", f"the spec declares no versions.{FEATURES}")
        before = champion.versions.get(FEATURES)
        world = history.world
        columns = world.declared if world is not None and champion.seen_until <= world.since else ()
        if before is None and not columns:
            return _finding(self.kind, "cannot tell", _undeclared(champion, [FEATURES]))
        if before == now:
            return _finding(self.kind, "quiet", f"version {champion.version} was trained with {FEATURES} {now}")
        raised = f"first declared as {now}" if before is None else f"from {before} to {now}"
        what = "; ".join(columns) or "no column vanished, came or was rescaled: their logic changed"
        sentence = f"{FEATURES} {raised} since version {champion.version} was trained: {what}"
        return _finding(self.kind, "fired", sentence, self.action, max(1, len(columns)))

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        return f"{self.action} when a change of the columns or their logic is declared (versions.{FEATURES} raised)"


class CodeChangedPolicy(Record):
    """Fires when the code that prepares and fits is other code than the champion's; comments do not count. Hard."""

    kind: Literal["code_changed"] = "code_changed"
    action: Action = Action.RETRAIN

    def decide(self, history: History) -> Finding:
        """Compare the fingerprints of the code. `value` is 1 where they differ."""
        champion, now = history.champion, history.code
        if champion is None:
            return _finding(self.kind, "cannot tell", "the code is compared with that of a champion's training")
        if not now or not champion.code:
            which = f"version {champion.version} was trained" if now else f"{history.period.key} was watched"
            return _finding(self.kind, "cannot tell", f"which code {which} with is not on record")
        if now == champion.code:
            return _finding(self.kind, "quiet", f"version {champion.version} was made by the code of now, {now}")
        sentence = f"the code that prepares and fits is {now}, version {champion.version} was made by {champion.code}"
        return _finding(self.kind, "fired", sentence, self.action, 1)

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        return f"{self.action} when the code that prepares and fits is other code than the champion's"


def _finding(
    kind: str, verdict: FindingVerdict, sentence: str, action: Action = Action.NONE, value: int | None = None
) -> Finding:
    told = 0 if verdict == "quiet" else value
    return Finding(trigger=kind, verdict=verdict, action=asks(verdict, action), value=told, limit=1, sentence=sentence)


def _undeclared(champion: Champion, names: list[str]) -> str:
    is_are = "is" if len(names) == 1 else "are"
    return f"{', '.join(names)} {is_are} not declared both now and in the training of version {champion.version}"

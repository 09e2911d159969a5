"""What a spec says of recorded predictions, held against its other sections and against the table's columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from retrain_platform.dataset.places import LABELLED_AT
from retrain_platform.spec.fields import did_you_mean
from retrain_platform.spec.placed import Contradiction

if TYPE_CHECKING:
    from retrain_platform.dataset.recorded import Recorded
    from retrain_platform.release.base import ReleasePlan
    from retrain_platform.spec.model import ModelSpec


def recording_contradictions(spec: ModelSpec, lost: Callable[[str], bool]) -> Iterator[Contradiction]:
    """Predictions that cannot be taken for the answers of the models that the spec describes."""
    yield from _logged(spec, lost)
    of = spec.__dict__.get("predictions")
    if of is None or lost("predictions"):
        return
    if "task" in spec.__dict__ and not lost("task") and spec.task == "multiclass":
        cure = "must be absent for task multiclass: one column of scores cannot hold the chances of several classes"
        yield "predictions", repr(of.kind), cure
    if "release" in spec.__dict__ and of.version is None and not lost("release.canary") and not lost("release.live"):
        yield from _shared_out(spec.release)


def _shared_out(release: ReleasePlan) -> Iterator[Contradiction]:
    """Where a canary answers a share, an answer's version cannot be guessed."""
    live = release.live
    shares = release.canary if live is None else live.rollout.shares
    cure = "release.canary must be [100]" if live is None else "release.live.rollout must be {kind: blue_green}"
    if shares[0] < 100:
        said = f"must name the column of who answered where a canary answers a share ({list(shares)}), or {cure}"
        yield "predictions.version", "none", said


def _logged(spec: ModelSpec, lost: Callable[[str], bool]) -> Iterator[Contradiction]:
    """The gateway's log knows when each label came: it must be believed."""
    source, label = spec.__dict__.get("source"), spec.__dict__.get("label")
    if source is None or label is None or lost("source") or lost("label.arrival") or source.kind != "gateway":
        return
    if label.arrival != LABELLED_AT:
        said = f"must be {LABELLED_AT} where the source is the gateway's log, which knows when each label came"
        yield "label.arrival", repr(label.arrival) if label.arrival else "none", said


def recorded_columns(of: Recorded, events: Sequence[str] | None, table: Sequence[str] | None) -> list[Contradiction]:
    """The columns that the events or the table of predictions do not have, as far as theirs are known."""
    asked = [("predictions.on", name) for name in of.on.values()]
    asked += [("predictions.time", of.time), ("predictions.score", of.score)]
    asked += [] if of.version is None else [("predictions.version", of.version)]
    sides = ((events, "the events", [("predictions.on", name) for name in of.on]), (table, "the table", asked))
    return [
        (field, repr(name), f"must be a column of {whose}, which has {', '.join(there)}{did_you_mean(name, there)}")
        for there, whose, names in sides
        if there is not None
        for field, name in names
        if name not in there
    ]

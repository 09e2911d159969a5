"""The drill: every model shows that it can go back, and how long that takes, without moving any traffic."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from retrain_platform.dataset.record import Record
from retrain_platform.release.base import Entry, ReleaseState
from retrain_platform.release.split import Split
from retrain_platform.steps.lines import DRILLED
from retrain_platform.steps.release.fitness import newest_rows, return_target
from retrain_platform.steps.release.live_time import moved_at
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.base import Fitted

EVERY = timedelta(days=30)
"""How long a drill proves anything."""
_ALIKE = 1e-9


class Drilled(Record):
    """What a drill showed of `target`, the version that a rollback of `champion` would return to.

    Seconds to load it anew, to score `rows` of the newest rows, and to publish the switch to a place apart; None where
    it did not come so far. `smoke` of its stored requests were answered as when it was registered. `problem` says what
    stood in the way, '' nothing did.
    """

    champion: str
    target: str
    loaded: float | None = None
    rows: int = 0
    scored: float | None = None
    smoke: int = 0
    switched: float | None = None
    problem: str = ""

    @property
    def sentence(self) -> str:
        """The drill in words."""
        if self.problem:
            return f"version {self.champion} cannot go back to version {self.target}: {self.problem}"
        switched = "" if self.switched is None else f", published the switch in {self.switched:.2f} s"
        return (
            f"version {self.champion} can go back to version {self.target}: loaded in {self.loaded or 0:.2f} s, scored "
            f"{self.rows:,} of the newest rows in {self.scored or 0:.3f} s, {self.smoke} stored requests answered as "
            f"ever{switched}"
        )


def drill(
    shop: Workshop, *, actor: str, smoke: Callable[[str], Path | None], dry: Callable[[Split], None] | None
) -> Drilled | None:
    """Try the way back of the model and put what came of it on record; None where there is no version to go back to.

    `smoke` finds a version's stored requests; `dry` publishes a split apart from all traffic.
    """
    state = shop.state()
    target = return_target(state)
    if state.champion is None or target is None or shop.is_outside(target):
        return None
    found = Drilled(champion=state.champion, target=target)
    try:
        found = _tried(shop, found, smoke(target), dry)
    except (LookupError, ValueError, OSError, RuntimeError) as error:
        found = found.model_copy(update={"problem": " ".join(str(error).split())})
    entries = shop.entries()
    shop.ledger.append(
        shop.model,
        DRILLED,
        f"{DRILLED}:{len(entries) + 1}",
        moved_at(shop.spec, entries, shop.now()),
        body={"version": target, "drill": found.model_dump(mode="json")},
        actor=actor,
        why=found.sentence,
    )
    return found


def drill_due(entries: Sequence[Entry], state: ReleaseState, now: datetime) -> str:
    """Why a drill is due, in a sentence; empty where there is no way back to prove, or it was proven lately."""
    target = return_target(state)
    if target is None:
        return ""
    told = [entry for entry in entries if entry.kind == DRILLED and entry.body["version"] == target]
    if not told:
        return f"the way back to version {target} was never drilled"
    if told[-1].body["drill"]["problem"]:
        return str(told[-1].why)
    late = now - told[-1].at
    return f"the way back to version {target} was drilled {late.days} days ago" if late > EVERY else ""


def _tried(shop: Workshop, found: Drilled, smoke: Path | None, dry: Callable[[Split], None] | None) -> Drilled:
    """The drill's steps one after the other.

    Raises:
        ValueError: or another error of the version, its package or its rows: what stands in the way.
    """
    began = shop.stopwatch()
    fitted = shop.load(shop.registry.package(shop.model, found.target))
    loaded, frame = shop.stopwatch() - began, newest_rows(shop)
    began = shop.stopwatch()
    _must_score(fitted, frame)
    scored = shop.stopwatch() - began
    update = {"loaded": loaded, "rows": len(frame), "scored": scored, "smoke": _smoke(fitted, smoke)}
    if dry is None:
        return found.model_copy(update=update)
    began = shop.stopwatch()
    dry(_switched(shop, found))
    return found.model_copy(update={**update, "switched": shop.stopwatch() - began})


def _switched(shop: Workshop, found: Drilled) -> Split:
    """The split as it would be after the rollback; of a line that the ledger does not have."""
    split = shop.split()
    nobody = {"canary": None, "share": 0, "beside": (), "warm": (), "stage": None}
    return split.model_copy(update={**nobody, "seq": split.seq + 1, "champion": found.target, "why": "drill"})


def _must_score(fitted: Fitted, frame: pd.DataFrame) -> None:
    if len(frame) and not np.isfinite(fitted.score(frame)).all():
        raise ValueError("its scores of the newest rows == nan in places, must be finite")


def _smoke(fitted: Fitted, place: Path | None) -> int:
    """How many stored requests it answered as ever.

    Raises:
        ValueError: one that it did not.
    """
    if place is None or not place.is_file():
        return 0
    kept = json.loads(place.read_text(encoding="utf-8"))
    rows = pd.DataFrame(kept["rows"], columns=kept["features"])
    found, expected = fitted.score(rows), np.asarray(kept["answers"], dtype=np.float64)
    gap = float(np.abs(found - expected).max(initial=0.0)) if found.shape == expected.shape else np.inf
    if gap > _ALIKE:
        raise ValueError(f"stored requests are answered apart by {gap:.3g}, must be <= {_ALIKE}")
    return len(rows)

"""Whoever may turn a candidate away by a spec: its gates at the exam, and its release's comparison afterwards."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retrain_platform.monitoring.reading import MISSING_SEGMENT
from retrain_platform.release.evidence import gather
from retrain_platform.replay.ground import Ground
from retrain_platform.replay.matrix import Strategy
from retrain_platform.replay.rules import Beside, Ruling
from retrain_platform.replay.spec_past import SpecPast
from retrain_platform.replay.verdicts import Verdicts
from retrain_platform.steps.answers import Answers, Judged, columns_to_judge, judged, together
from retrain_platform.steps.known import days_of, segments_of
from retrain_platform.validation.fairness import Segments
from retrain_platform.validation.gate import GateBase
from retrain_platform.validation.judge import judge
from retrain_platform.validation.margin import Standing, weigh
from retrain_platform.validation.measure import measure
from retrain_platform.validation.performance import AgainstChampion, Catastrophic, Floor

ASKED = (Floor, AgainstChampion, Catastrophic, Segments)
"""The gates that the answers of two models are enough for."""

_KEPT = 512
_AMOUNTS_TO: dict[str, Standing] = {"passed": "not worse", "failed": "worse", "cannot judge": "cannot tell"}
"""What an exam's verdict says of a candidate."""


class Scored(NamedTuple):
    """Labelled rows of several periods as both models scored them, the candidate first."""

    rows: Judged
    days: NDArray[np.integer]
    segments: dict[str, NDArray[np.object_]]


class _Labelled(NamedTuple):
    """A period's labelled rows: their labels and lists, their days, and their segments by column."""

    told: pd.DataFrame
    days: NDArray[np.integer]
    segments: dict[str, NDArray[np.object_]]

    def segment(self, column: str) -> NDArray[np.object_]:
        """The segments of a column; a period that lacks it has none but the missing one."""
        missing = np.full(len(self.days), MISSING_SEGMENT, dtype=object)
        return self.segments.get(column, missing)


class Answered:
    """The labelled rows of periods with what trainings, by strategy and cut, answered about them."""

    def __init__(self, ground: Ground, past: SpecPast, strategies: tuple[Strategy, ...]) -> None:
        self._ground, self._past, self._strategies = ground, past, strategies
        self._of = lru_cache(maxsize=_KEPT)(self._read)
        self._rows = lru_cache(maxsize=_KEPT)(self._labelled)

    def by_both(self, beside: Beside) -> Scored | None:
        """All rows of the periods; None where one of the two could not answer one of them."""
        champion, candidate = beside.of
        sides = [self._through(training, beside.periods) for training in (candidate, champion)]
        if not all(sides):
            return None
        parts = [self._rows(place) for place in beside.periods]
        rows = pd.concat([each.told for each in parts], ignore_index=True)
        told = judged(self._ground.shop.spec, rows, *(together(each) for each in sides))
        names = dict.fromkeys(name for each in parts for name in each.segments)
        segments = {name: np.concatenate([each.segment(name) for each in parts]) for name in names}
        return Scored(told, np.concatenate([each.days for each in parts]), segments)

    def _through(self, training: tuple[int, int], places: tuple[int, ...]) -> list[Answers]:
        """The training's answers about every one of the periods; none where one is missing."""
        found = [self._of(training, place) for place in places]
        return [each for each in found if each is not None] if None not in found else []

    def _read(self, training: tuple[int, int], place: int) -> Answers | None:
        strategy, cut = training
        found = self._past.answers(self._strategies[strategy].first(cut), cut, place)
        if found is None:
            return None
        rows = self._ground.rows_at(place, self._when(place), ["_label", "_arrived"])
        return found._replace(scores=found.scores[rows["_label"].notna().to_numpy()])

    def _labelled(self, place: int) -> _Labelled:
        spec, key = self._ground.shop.spec, self._ground.periods[place].key
        shape = self._ground.taken[key].shape.columns
        columns = dict.fromkeys(["_label", "_arrived", *columns_to_judge(spec), *spec.segments])
        frame = self._ground.rows_at(place, self._when(place), [c for c in columns if c.startswith("_") or c in shape])
        rows = frame[frame["_label"].notna().to_numpy()]
        named = [name for name in ("_label", spec.label.query) if name is not None]
        return _Labelled(rows[named], days_of(rows, spec.period.timezone), segments_of(self._ground.shop, rows))

    def _when(self, place: int) -> datetime:
        """The labels that count had come when the period became ripe."""
        key = self._ground.periods[place].key
        return self._ground.ripe[key].as_of if key in self._ground.ripe else self._ground.until


class GatesOfSpec:
    """The spec's gates that two models' answers are enough for, on as many periods as its exam takes.

    Where the champion has learned from one of them nothing can be examined: the shadow decides, as it does live. The
    exam is taken as the first on these rows.
    """

    def __init__(self, ground: Ground, answered: Answered, verdicts: Verdicts, holdout: int) -> None:
        self._ground, self._answered, self._verdicts, self._holdout = ground, answered, verdicts, holdout
        self._gates = [each for each in ground.shop.spec.validation.gates if isinstance(each, ASKED)]

    def ruling(self, beside: Beside) -> Ruling:
        """'worse' where the exam fails the candidate."""
        if len(beside.periods) < self._holdout:
            return Ruling("cannot tell", "the champion has learned from a part of the exam's rows: the shadow decides")
        return self._verdicts.of("exam", beside, self._examined)

    def _examined(self, beside: Beside) -> Ruling:
        scored, spec = self._answered.by_both(beside), self._ground.shop.spec
        if scored is None:
            return Ruling("cannot tell", "one of the two cannot score the rows of the exam")
        measured = measure(
            "replayed",
            scored.rows.labels,
            scored.rows.scores[0],
            scored.rows.scores[1],
            scored.days,
            basis="holdout",
            start=self._ground.periods[beside.periods[0]].start,
            end=self._ground.periods[beside.periods[-1]].end,
            metrics=tuple(dict.fromkeys(name for gate in self._gates for name in gate.needs())),
            segments=scored.segments if any(isinstance(each, Segments) for each in self._gates) else {},
            confidence=spec.monitoring.confidence,
            min_segment=spec.monitoring.min_segment,
            queries=scored.rows.queries,
            classes=scored.rows.names,
        )
        gates: list[GateBase] = list(self._gates)
        report = judge(gates, measured, self._ground.periods[beside.periods[-1]].end, spec.validation.level)
        return Ruling(_AMOUNTS_TO[report.verdict], report.sentence)


class ReleaseOfSpec:
    """The comparison by which the spec's release keeps the champion, or returns to it: on all rows of both models."""

    def __init__(self, ground: Ground, answered: Answered, verdicts: Verdicts) -> None:
        self._ground, self._answered, self._verdicts = ground, answered, verdicts

    def ruling(self, beside: Beside) -> Ruling:
        """How the difference stands to the margin of the release."""
        return self._verdicts.of("release", beside, self._compared)

    def _compared(self, beside: Beside) -> Ruling:
        scored, spec = self._answered.by_both(beside), self._ground.shop.spec
        if scored is None:
            return Ruling("cannot tell", "one of the two cannot score the rows")
        candidate, champion = scored.rows.scores
        evidence = gather(
            scored.rows.labels,
            candidate,
            champion,
            scored.days,
            version="candidate",
            other="champion",
            periods=[self._ground.periods[each].key for each in beside.periods],
            metric=spec.primary,
            plan=spec.plan,
            looks=len(beside.periods),
            queries=scored.rows.queries,
        )
        standing = weigh(evidence.difference, evidence.low, evidence.high, spec.release.not_worse_by)
        if evidence.difference is None:
            return Ruling(standing, f"no comparison: {evidence.why}")
        interval = f"{evidence.difference:+.4f} [{evidence.low:+.4f}, {evidence.high:+.4f}]"
        return Ruling(standing, f"{spec.primary} {interval} against the champion, margin {spec.release.not_worse_by:g}")

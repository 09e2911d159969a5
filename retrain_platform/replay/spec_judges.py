"""Whoever may turn a candidate away by a spec: its gates at the exam, and its release's comparison afterwards."""

from __future__ import annotations

from typing import Any

from retrain_platform.dataset.record import finite
from retrain_platform.release.base import Evidence
from retrain_platform.release.evidence import gather, told
from retrain_platform.replay.ground import Ground
from retrain_platform.replay.rules import Beside, Ruling
from retrain_platform.replay.spec_answered import Answered
from retrain_platform.replay.verdicts import Verdicts
from retrain_platform.stats.intervals import apart
from retrain_platform.stats.metrics import metric
from retrain_platform.stats.sequential import look_confidence
from retrain_platform.validation.base import Measurements
from retrain_platform.validation.fairness import Segments
from retrain_platform.validation.gate import GateBase
from retrain_platform.validation.judge import judge
from retrain_platform.validation.margin import Standing, weigh
from retrain_platform.validation.performance import AgainstChampion, Catastrophic, Floor
from retrain_platform.validation.sides import ALL, compared

ASKED = (Floor, AgainstChampion, Catastrophic, Segments)
"""The gates that the answers of two models are enough for."""

_AMOUNTS_TO: dict[str, Standing] = {"passed": "not worse", "failed": "worse", "cannot judge": "cannot tell"}
"""What an exam's verdict says of a candidate."""


class GatesOfSpec:
    """The spec's gates that two models' answers are enough for, on as many periods as its exam takes.

    Where the champion has learned from one of them nothing can be examined: the shadow decides, as it does live. The
    exam is taken as the first on these rows.
    """

    def __init__(self, ground: Ground, answered: Answered, verdicts: Verdicts, holdout: int) -> None:
        self._ground, self._answered, self._verdicts, self._holdout = ground, answered, verdicts, holdout
        self._gates = [each for each in ground.shop.spec.validation.gates if isinstance(each, ASKED)]
        self._by_segment = any(isinstance(each, Segments) for each in self._gates)

    def ruling(self, beside: Beside) -> Ruling:
        """'worse' where the exam fails the candidate."""
        if len(beside.periods) < self._holdout:
            return Ruling("cannot tell", "the champion has learned from a part of the exam's rows: the shadow decides")
        return self._verdicts.of("exam", beside, self._examined)

    def _examined(self, beside: Beside) -> Ruling:
        candidate, champion = self._answered.sides(beside, by_segment=self._by_segment)
        if candidate is None or champion is None:
            return Ruling("cannot tell", "one of the two cannot score the rows of the exam")
        spec, whole, periods = self._ground.shop.spec, candidate[ALL], self._ground.periods
        metrics = tuple(metric(name) for name in dict.fromkeys(name for gate in self._gates for name in gate.needs()))
        measured = Measurements(
            decision_id="replayed",
            basis="holdout",
            holdout_start=periods[beside.periods[0]].start,
            holdout_end=periods[beside.periods[-1]].end,
            rows=whole.rows,
            days=whole.days,
            candidate={each.name: finite(whole.sides[each.name].value) for each in metrics},
            scores=self._answered.looks(beside),
            **compared(candidate, champion, metrics, spec.monitoring.confidence),
        )
        gates: list[GateBase] = list(self._gates)
        report = judge(gates, measured, periods[beside.periods[-1]].end, spec.validation.level)
        return Ruling(_AMOUNTS_TO[report.verdict], report.sentence)


class ReleaseOfSpec:
    """The comparison by which the spec's release keeps the champion, or returns to it: on all rows of both models."""

    def __init__(self, ground: Ground, answered: Answered, verdicts: Verdicts) -> None:
        self._ground, self._answered, self._verdicts = ground, answered, verdicts

    def ruling(self, beside: Beside) -> Ruling:
        """How the difference stands to the margin of the release."""
        return self._verdicts.of("release", beside, self._compared)

    def _compared(self, beside: Beside) -> Ruling:
        candidate, champion = self._answered.sides(beside)
        if candidate is None or champion is None:
            return Ruling("cannot tell", "one of the two cannot score the rows")
        spec, mine, theirs = self._ground.shop.spec, candidate[ALL], champion[ALL]
        if mine.not_finite or theirs.not_finite:
            evidence = self._by_rows(beside)
        else:
            sure, name = look_confidence(spec.plan.confidence, len(beside.periods)), spec.primary
            found = apart(mine.sides[name], theirs.sides[name], metric(name), mine.rows, sure)
            evidence = told(found.interval, **self._named(beside))
        standing = weigh(evidence.difference, evidence.low, evidence.high, spec.release.not_worse_by)
        if evidence.difference is None:
            return Ruling(standing, f"no comparison: {evidence.why}")
        interval = f"{evidence.difference:+.4f} [{evidence.low:+.4f}, {evidence.high:+.4f}]"
        return Ruling(standing, f"{spec.primary} {interval} against the champion, margin {spec.release.not_worse_by:g}")

    def _by_rows(self, beside: Beside) -> Evidence:
        """Row by row, where one of the two left some unanswered: those that both answered count."""
        rows, spec = self._answered.rows(beside.periods), self._ground.shop.spec
        champion, candidate = (self._answered.scores(each, beside) for each in beside.of)
        looks = len(beside.periods)
        return gather(
            self._answered.numbers(beside), candidate, champion, rows.days, looks=looks, plan=spec.plan,
            queries=rows.queries, **self._named(beside),
        )  # fmt: skip

    def _named(self, beside: Beside) -> dict[str, Any]:
        periods = [self._ground.periods[each].key for each in beside.periods]
        primary = self._ground.shop.spec.primary
        return {"version": "candidate", "other": "champion", "periods": periods, "metric": primary}

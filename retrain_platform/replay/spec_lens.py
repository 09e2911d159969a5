"""What a spec's steps would have measured of a walk's models: readings, drift, concept, gaps; each made once."""

from __future__ import annotations

from retrain_platform.monitoring.gap import GapReading
from retrain_platform.monitoring.performance import measure
from retrain_platform.monitoring.reports import DriftReport, PeriodPerformance
from retrain_platform.policy.compose import Policy
from retrain_platform.policy.reads import reads, segments_read
from retrain_platform.replay.ripening import Ripening
from retrain_platform.replay.road import Retrain
from retrain_platform.replay.spec_drift import Answering, SpecDrift
from retrain_platform.replay.spec_errors import SpecErrors
from retrain_platform.replay.trainings import Trainings
from retrain_platform.steps.answers import columns_to_judge, judged
from retrain_platform.steps.known import days_of, segments_of
from retrain_platform.steps.training.challenger import challenge


class SpecLens:
    """A spec's ground as it is seen with its labels late, or at once."""

    def __init__(self, ripening: Ripening, trainings: Trainings) -> None:
        self.ripening, self.trainings = ripening, trainings
        self.errors = SpecErrors(ripening, trainings)
        self._ground, self._drift = ripening.ground, SpecDrift(ripening.ground)
        self._read: dict[tuple[Retrain, int], PeriodPerformance | None] = {}
        self._drifts: dict[tuple[tuple[str, ...], bool, Retrain, str, int], DriftReport | None] = {}
        self._gaps: dict[tuple[Retrain, str, int], GapReading | None] = {}

    def reading(self, made: Retrain, place: int) -> PeriodPerformance | None:
        """How the model did in a ripe period, as champion, when that was ripe; None where it could not answer."""
        if (made, place) not in self._read:
            self._read[made, place] = self._reading(made, place)
        return self._read[made, place]

    def _reading(self, made: Retrain, place: int) -> PeriodPerformance | None:
        answers = self.trainings.answers(made, place)
        if answers is None:
            return None
        shop, period = self._ground.shop, self._ground.periods[place]
        columns = dict.fromkeys(["_label", "_arrived", *columns_to_judge(shop.spec), *shop.spec.segments])
        frame = self._ground.rows_at(place, self.ripening.labels(place), [c for c in columns if self._has(place, c)])
        there = frame["_label"].notna().to_numpy()
        labelled = frame[there]
        rows = judged(shop.spec, labelled, answers._replace(scores=answers.scores[there]))
        return measure(
            rows.labels,
            rows.scores[0],
            days_of(labelled, shop.spec.period.timezone),
            queries=rows.queries,
            period=period.key,
            version="",
            role="champion",
            as_of=self.ripening.when(place),
            metrics=shop.spec.metrics,
            rows=len(frame),
            segments=segments_of(shop, labelled),
            confidence=shop.spec.monitoring.confidence,
            min_segment=shop.spec.monitoring.min_segment,
        )

    def _has(self, place: int, name: str) -> bool:
        """Whether the source had the column then; the platform's own are always there."""
        return name.startswith("_") or name in self._ground.taken[self._ground.periods[place].key].shape.columns

    def drift(self, policy: Policy, made: Retrain, version: str, place: int) -> DriftReport | None:
        """The period's drift from what its champion, `made`, learned from, and of that one's scores where read."""
        scores = reads(policy, "scores")
        key = (tuple(sorted(segments_read(policy))), scores, made, version, place)
        if key not in self._drifts:
            found = self._drift.report(policy, Answering(version, made, self.trainings.made(made)), place)
            if found is not None and scores:
                found = found.model_copy(update={"predictions": self.errors.predictions(made, version, place)})
            self._drifts[key] = found
        return self._drifts[key]

    def gap(self, policy: Policy, made: Retrain, version: str, place: int) -> GapReading | None:
        """What two challengers say at the period's end of how far its champion, `made`, is behind; None: not due."""
        key = (made, version, place)
        if key not in self._gaps:
            shop = self._drift.beside(policy, Answering(version, made, self.trainings.made(made)))
            self._gaps[key] = challenge(shop, self._ground.periods[place])
        return self._gaps[key]

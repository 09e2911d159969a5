"""What a spec's steps would have measured of a walk's models: readings, drift, concept, gaps; each made once."""

from __future__ import annotations

from retrain_platform.monitoring.gap import GapReading
from retrain_platform.monitoring.performance import measure
from retrain_platform.monitoring.reports import DriftReport, PeriodPerformance
from retrain_platform.policy.compose import Policy
from retrain_platform.policy.reads import reads, segments_read
from retrain_platform.replay.measured import Measured
from retrain_platform.replay.ripening import Ripening
from retrain_platform.replay.road import Retrain
from retrain_platform.replay.spec_drift import Answering, SpecDrift
from retrain_platform.replay.spec_errors import SpecErrors
from retrain_platform.replay.spec_estimates import SpecEstimates
from retrain_platform.replay.spec_rows import LabelledRows
from retrain_platform.replay.trainings import Trainings
from retrain_platform.steps.answers import judged
from retrain_platform.steps.training.challenger import challenge


class SpecLens:
    """A spec's ground as it is seen with its labels late, or at once."""

    def __init__(self, ripening: Ripening, trainings: Trainings, kept: Measured) -> None:
        self.ripening, self.trainings = ripening, trainings
        self.errors = SpecErrors(ripening, trainings)
        self.estimates = SpecEstimates(ripening, trainings, self.errors, self.reading)
        self._ground, self._kept = ripening.ground, kept
        self._drift = SpecDrift(ripening.ground, kept)
        self._rows = LabelledRows(ripening.ground, ripening.labels)
        self._read: dict[tuple[Retrain, int], PeriodPerformance | None] = {}
        self._drifts: dict[tuple[tuple[str, ...], bool, Retrain, str, int], DriftReport | None] = {}
        self._gaps: dict[tuple[Retrain, str, int], GapReading | None] = {}

    def reading(self, made: Retrain, place: int) -> PeriodPerformance | None:
        """How the model did in a ripe period, as champion, when that was ripe; None where it could not answer."""
        if (made, place) not in self._read:
            training, at_once = self.trainings.key(made), self.ripening.at_once
            told = self._kept.reading(training, place, at_once, lambda: self._reading(made, place))
            self._read[made, place] = told
        return self._read[made, place]

    def _reading(self, made: Retrain, place: int) -> PeriodPerformance | None:
        answers = self.trainings.answers(made, place)
        if answers is None:
            return None
        shop, period, labelled = self._ground.shop, self._ground.periods[place], self._rows.of(place)
        rows = judged(shop.spec, labelled.told, answers._replace(scores=answers.scores[labelled.there]))
        return measure(
            rows.labels,
            rows.scores[0],
            labelled.days,
            queries=rows.queries,
            period=period.key,
            version="",
            role="champion",
            as_of=self.ripening.when(place),
            metrics=shop.spec.metrics,
            rows=len(labelled.there),
            segments=labelled.segments,
            confidence=shop.spec.monitoring.confidence,
            min_segment=shop.spec.monitoring.min_segment,
        )

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

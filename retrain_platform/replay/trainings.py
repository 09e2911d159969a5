"""The retrains of a walk as trainings of a spec's past: what each was made of, and what it answers."""

from __future__ import annotations

from retrain_platform.replay.cells import Made
from retrain_platform.replay.matrix import Strategy, training_key
from retrain_platform.replay.road import Retrain
from retrain_platform.replay.spec_past import SpecPast
from retrain_platform.steps.answers import Answers


class Trainings:
    """Retrains by when they were decided, as a road with labels `delay` periods late has them."""

    def __init__(self, past: SpecPast, strategies: tuple[Strategy, ...], delay: int) -> None:
        self._past, self._strategies, self._delay = past, strategies, delay
        self._made: dict[Retrain, Made] = {}

    def made(self, retrain: Retrain) -> Made:
        """What the retrain's model was made of."""
        if retrain not in self._made:
            self._made[retrain] = self._past.made(*self._span(retrain))
        return self._made[retrain]

    def key(self, retrain: Retrain) -> str:
        """Equal for trainings of equal rows by an equal recipe."""
        return training_key(self._past, *self._span(retrain))

    def answers(self, retrain: Retrain, place: int) -> Answers | None:
        """What its model answers about the period's rows; None where it cannot read them."""
        return self._past.answers(*self._span(retrain), place)

    def _span(self, retrain: Retrain) -> tuple[int, int]:
        cut = retrain.at - self._delay
        return self._strategies[retrain.strategy].first(cut), cut

"""A spec's history as a past: every training by its own recipe, scored on every later period by its own metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np

from retrain_platform.dataset.checks import GateReport
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.preparation import MissingColumns, UnfitColumn
from retrain_platform.dataset.record import fingerprint
from retrain_platform.dataset.snapshot import DatasetSnapshot, NoRows
from retrain_platform.policy.base import Action, ChosenWindow, Finding, RetrainDecision
from retrain_platform.replay.cells import Cells, Made
from retrain_platform.replay.ground import Ground
from retrain_platform.replay.losses import Loss
from retrain_platform.replay.matrix import PastPeriod, Scorer, Strategy, Untrainable, training_key
from retrain_platform.replay.wording import newest
from retrain_platform.stats.metrics import metric
from retrain_platform.steps.answers import Answers, asked, judged
from retrain_platform.steps.training.dataset import check, snapshot
from retrain_platform.steps.training.fitting import fit, refit
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.base import Fitted, OneClass
from retrain_platform.training.search import SearchFailed
from retrain_platform.validation.exam import TooLittleHistory

_HELD = 4
"""So many models that are made once more are held: walks ask a few of them about period after period."""
_UNFIT = (MissingColumns, NoRows, OneClass, SearchFailed, TooLittleHistory, UnfitColumn)
"""What the steps raise where a training comes to nothing."""


class SpecPast:
    """`Past` of a spec's ground. A training of the periods up to t is that of a retrain decided when t's labels are in.

    It goes the steps' own way, the checks of its dataset included: rows chosen, an exam's fit that is stopped early,
    and once more on all rows where the recipe says so. What it answered about each later period is kept.
    """

    def __init__(self, ground: Ground, loss: Loss, cells: Cells) -> None:
        self.ground, self._loss, self._cells = ground, loss, cells
        self.periods = tuple(
            PastPeriod(period, ground.judged.get(period.key, 0), ground.digest(place))
            for place, period in enumerate(ground.periods)
        )
        self.recipe = f"{_recipe(ground)}/{loss!r}"
        self._again = lru_cache(maxsize=_HELD)(self._trained)

    def train(self, first: int, last: int) -> Scorer:
        """The model of the ripe, sound periods from `first` to `last`.

        Raises:
            Untrainable: its dataset's checks refuse it, or nothing can be learned of it.
        """
        key = training_key(self, first, last)
        fitted = self._trained(key, first, last)

        def score(place: int) -> float:
            answers = self._asked(fitted, place)
            if answers is None:
                return float("nan")
            self._cells.keep_answers(key, self.periods[place].digest, answers)
            return self._lost(place, answers)

        return score

    def made(self, first: int, last: int) -> Made:
        """What the training was made of."""
        key = training_key(self, first, last)
        if self._cells.made(key) is None:
            self._trained(key, first, last)
        found = self._cells.made(key)
        if found is None:
            raise Untrainable(f"the training up to {self.periods[last].period.key} is not kept")
        return found

    def answers(self, first: int, last: int, place: int) -> Answers | None:
        """What the training answers about the period's rows; made once more where it is not kept any more.

        None where it cannot read them.
        """
        key, digest = training_key(self, first, last), self.periods[place].digest
        found = self._cells.answers(key, digest)
        if found is None:
            found = self._asked(self._again(key, first, last), place)
            if found is not None:
                self._cells.keep_answers(key, digest, found)
        return found

    def _asked(self, fitted: Fitted, place: int) -> Answers | None:
        try:
            return asked(fitted, self.ground.rows(place))
        except (MissingColumns, UnfitColumn):  # live it could not have answered there
            return None

    def _lost(self, place: int, answers: Answers) -> float:
        """The loss over the labelled rows."""
        spec = self.ground.shop.spec
        columns = ["_label", "_arrived", *([spec.label.query] if spec.label.query else [])]
        frame = self.ground.rows(place, columns)
        there = frame["_label"].notna().to_numpy()
        rows = judged(spec, frame[there], answers._replace(scores=answers.scores[there]))
        return self._loss.of(metric(self._loss.metric).compute(rows.labels, rows.scores[0], queries=rows.queries))

    def _trained(self, key: str, first: int, last: int) -> Fitted:
        ground = self.ground
        period = ground.shop.spec.period.at(ground.shop.spec.period.index(ground.periods[last].key) + ground.delay)
        shop = _windowed(ground.beside(), ground.periods[first].start if first else None, period.end)
        try:
            fitted, made = _made(shop, period)
        except _UNFIT as error:
            raise Untrainable(str(error)) from error
        seen = _seen_until(shop, made)
        self._cells.keep_made(key, Made(snapshot=made, seen_until=seen, importance=dict(fitted.report.importance)))
        return fitted


def _recipe(ground: Ground) -> str:
    """Equal for equal ways to choose rows and to learn from them."""
    shop = ground.shop
    spec = shop.spec
    said = {
        "model": spec.name,
        "task": spec.task,
        "period": spec.period.model_dump(mode="json"),
        "label": spec.label.model_dump(mode="json"),
        "features": spec.features.model_dump(mode="json"),
        "checks": spec.checks.model_dump(mode="json"),
        "training": spec.training.model_dump(mode="json", exclude={"window"}),
        "code": shop.code,
    }
    if spec.training.history:  # rows are drawn of periods that no window holds
        said["older"] = [ground.digest(place) for place in range(len(ground.periods))]
    return fingerprint(said)


def strategies(
    ground: Ground, windows: tuple[int | None, ...] = (), chosen: Sequence[ChosenWindow] = ()
) -> tuple[Strategy, ...]:
    """The spec's own window, or the `windows` that are asked for: numbers of periods, None is all the past.

    After it come the windows that policies choose among, those of `chosen`.
    """
    own = ground.shop.spec.training.window
    asked = windows or (_count(ground, own if isinstance(own, timedelta) else "all"),)
    every = dict.fromkeys([*asked, *(_count(ground, each) for each in chosen)])
    return tuple(Strategy(name=newest(each), window=each) for each in every)


def _count(ground: Ground, window: ChosenWindow) -> int | None:
    """The periods that a window holds: it reaches back from the decision, and the newest have no labels yet."""
    return None if window == "all" else max(1, round(window / ground.shop.spec.period.length()) - ground.delay)


def _windowed(shop: Workshop, since: datetime | None, as_of: datetime) -> Workshop:
    """The workshop with a recipe whose window begins `since`; None is all the past."""
    window = "all" if since is None else as_of - since
    changed = {"window": window} | ({"history": 0.0} if since is None else {})
    training = shop.spec.training.model_copy(update=changed)
    return replace(shop, spec=shop.spec.model_copy(update={"training": training}))


def _made(shop: Workshop, period: Period) -> tuple[Fitted, DatasetSnapshot]:
    """What a retrain decided at the period's end comes to, and its dataset.

    Raises:
        Untrainable: the checks of its dataset refuse it.
    """
    decision = _decision(shop, period)
    shop.values.put(shop.model, "retrain_decision", period.key, decision.id, decision)
    made = snapshot(shop, period, decision)
    _must_pass(check(shop, period, made))
    candidate = fit(shop, period, decision, made)
    folder = shop.values.folder(shop.model, "candidate_model", decision.id)
    exam = shop.load(folder / "exam")
    if not shop.spec.training.refit:
        return exam, made
    refit(shop, made, candidate, exam, folder / "final")
    return shop.load(folder / "final"), made


def _must_pass(report: GateReport) -> None:
    if not report.passed:
        failed = "; ".join(each.sentence for each in report.results if each.verdict != "passed")
        raise Untrainable(f"its data was refused: {failed}")


def _decision(shop: Workshop, period: Period) -> RetrainDecision:
    said = "a training of a replay"
    return RetrainDecision(
        id=fingerprint({"replayed": shop.model, "period": period.key}),
        model=shop.model,
        period=period.key,
        as_of=period.end,
        policy="replay",
        action=Action.RETRAIN,
        automatic=False,
        reason=said,
        finding=Finding(trigger="replay", verdict="fired", action=Action.RETRAIN, sentence=said),
    )


def _seen_until(shop: Workshop, made: DatasetSnapshot) -> datetime:
    """No row at or after it entered the model: refitted, it saw the newest period whole."""
    newest = shop.spec.period.holding(made.newest)
    return newest.end if shop.spec.training.refit and newest is not None else made.holdout_from


def first_labels(ground: Ground, start: int) -> np.ndarray:
    """The labels of the first `start` periods, as numbers; of names none."""
    found = []
    for place in range(min(start, len(ground.periods))):
        if ground.periods[place].key in ground.judged:
            labels = ground.rows(place, ["_label", "_arrived"])["_label"].dropna()
            found.append(labels.to_numpy(np.float64) if labels.dtype.kind == "f" else np.empty(0))
    return np.concatenate(found) if found else np.empty(0)

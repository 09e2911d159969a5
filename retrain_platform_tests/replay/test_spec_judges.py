"""Who turns a candidate away by a spec: its gates and its release, on models before and after the rows turned round."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from retrain_platform.adapters.kept_texts import MemoryTexts
from retrain_platform.release.evidence import gather
from retrain_platform.replay.cells import Cells
from retrain_platform.replay.ground import Ground
from retrain_platform.replay.matrix import training_key
from retrain_platform.replay.of_spec import SpecReplay, set_up
from retrain_platform.replay.rules import Beside, Ruling
from retrain_platform.replay.spec_answered import Answered
from retrain_platform.replay.spec_judges import GatesOfSpec, ReleaseOfSpec
from retrain_platform.replay.spec_past import SpecPast, strategies
from retrain_platform.replay.verdicts import Verdicts
from retrain_platform.steps.answers import Answers
from retrain_platform.steps.known import days_of, segments_of
from retrain_platform.validation.judge import judge
from retrain_platform.validation.measure import measure
from retrain_platform_tests.replay.spec_shops import DAYS, TURN, ground_of, shop_of, stores

OLD, NEW = (0, TURN - 2), (0, TURN + 2)
"""Models of four days before the turn, and of four most of which are after it."""
LATER = tuple(range(TURN + 3, DAYS))


@pytest.fixture(scope="module")
def ground() -> Ground:
    gates = [{"kind": "floor", "metric": "auc", "at_least": 0.6}, {"kind": "segments", "metric": "auc"}]
    return ground_of(shop_of(validation={"gates": gates}, monitoring={"min_segment": 5}))


@pytest.fixture(scope="module")
def past(ground: Ground) -> SpecPast:
    kept, scores = stores()
    setting = set_up(ground, SpecReplay(windows=(4,)), kept, scores, lambda done, of: None).setting
    return SpecPast(ground, setting.loss, Cells(kept, scores))


@pytest.fixture(scope="module")
def answered(ground: Ground, past: SpecPast) -> Answered:
    return Answered(ground, past, strategies(ground, (4,)))


def beside(champion: tuple[int, int], candidate: tuple[int, int], *places: int) -> Beside:
    nothing = np.full(len(places), np.nan)
    return Beside(nothing, nothing, places, (champion, candidate))


def verdicts(kept: Any = None) -> Verdicts:
    return Verdicts(kept or MemoryTexts(), "key")


def test_a_release_keeps_whoever_reads_the_rows_as_they_are_now(ground: Ground, answered: Answered) -> None:
    judge = ReleaseOfSpec(ground, answered, verdicts())
    worse = judge.ruling(beside(NEW, OLD, *LATER))
    assert worse.standing == "worse"
    assert worse.why.startswith("auc -0.")
    assert judge.ruling(beside(OLD, NEW, *LATER)).standing == "not worse"
    assert judge.ruling(beside(NEW, NEW, *LATER)).standing == "not worse"


def test_one_day_is_too_few_for_an_interval(ground: Ground, answered: Answered) -> None:
    ruling = ReleaseOfSpec(ground, answered, verdicts()).ruling(beside(NEW, OLD, LATER[0]))
    assert ruling.standing == "cannot tell"
    assert "days == 1" in ruling.why


def test_an_exam_fails_by_the_spec_s_gates_on_all_of_its_periods(ground: Ground, answered: Answered) -> None:
    judge = GatesOfSpec(ground, answered, verdicts(), 2)
    failed = judge.ruling(beside(NEW, OLD, *LATER))
    assert failed.standing == "worse"
    assert "auc" in failed.why
    assert judge.ruling(beside(OLD, NEW, *LATER)).standing == "not worse"
    assert judge.ruling(beside(NEW, OLD, LATER[0])).standing == "cannot tell"


def test_who_was_held_against_others_is_judged_as_by_all_rows_of_the_two(ground: Ground, past: SpecPast) -> None:
    """Each model's part of a comparison is worked out once; the road's own functions take both models' rows."""
    ways, spec = strategies(ground, (4,)), ground.shop.spec
    exam = GatesOfSpec(ground, Answered(ground, past, ways), verdicts(), 2)
    release = ReleaseOfSpec(ground, Answered(ground, past, ways), verdicts())
    rows = {place: ground.rows(place) for place in LATER}
    for champion, candidate in ((NEW, OLD), (OLD, NEW), (NEW, NEW), (OLD, OLD)):
        told = pd.concat([rows[place] for place in LATER])
        labels, days = told["_label"].to_numpy(float), days_of(told, spec.period.timezone)
        mine, theirs = (
            np.concatenate([known(past.answers(max(0, cut - 3), cut, place)) for place in LATER])
            for _, cut in (candidate, champion)
        )
        measured = measure(
            "any", labels, mine, theirs, days, basis="holdout", start=None, end=None, metrics=("auc",),
            segments=segments_of(ground.shop, told), min_segment=spec.monitoring.min_segment,
        )  # fmt: skip
        whole = judge(list(spec.validation.gates), measured, ground.until, spec.validation.level)
        assert measured.segments
        assert exam.ruling(beside(champion, candidate, *LATER)).why == whole.sentence
        evidence = gather(
            labels, mine, theirs, days, version="1", other="2", periods=[""], metric="auc", plan=spec.plan,
            looks=len(LATER),
        )  # fmt: skip
        assert release.ruling(beside(champion, candidate, *LATER)).why.startswith(f"auc {evidence.difference:+.4f} [")
        assert f"{evidence.low:+.4f}, {evidence.high:+.4f}" in release.ruling(beside(champion, candidate, *LATER)).why


def known(answers: Answers | None) -> np.ndarray:
    assert answers is not None
    return answers.scores


def test_a_row_that_one_of_two_left_unanswered_counts_for_neither(ground: Ground) -> None:
    kept, scores = stores()
    setting = set_up(ground, SpecReplay(windows=(4,)), kept, scores, lambda done, of: None).setting
    past = SpecPast(ground, setting.loss, Cells(kept, scores))
    torn = known(past.answers(NEW[1] - 3, NEW[1], LATER[0])).copy()
    torn[0] = np.nan
    scores.put(training_key(past, NEW[1] - 3, NEW[1]), past.periods[LATER[0]].digest.partition(" ")[0], Answers(torn))
    judge = ReleaseOfSpec(ground, Answered(ground, past, strategies(ground, (4,))), verdicts())
    assert judge.ruling(beside(OLD, NEW, *LATER)).standing == "not worse"
    assert judge.ruling(beside(NEW, OLD, *LATER)).standing == "worse"


def test_what_was_held_against_a_candidate_is_asked_once_and_kept() -> None:
    kept, asked = MemoryTexts(), list[Beside]()

    def judge(of: Beside) -> Ruling:
        asked.append(of)
        return Ruling("worse", "it is")

    first = verdicts(kept)
    pairs = (beside(NEW, OLD, 12), beside(OLD, NEW, 12), beside(NEW, OLD, 13), beside(NEW, OLD, 12))
    assert [first.of("exam", each, judge) for each in pairs] == [Ruling("worse", "it is")] * 4
    first.of("release", pairs[0], judge)
    assert len(asked) == 4
    first.save()
    again = verdicts(kept)
    assert again.of("exam", pairs[0], judge) == Ruling("worse", "it is")
    assert len(asked) == 4
    kept.put("key", "no JSON")
    verdicts(kept).of("exam", pairs[0], judge)
    assert len(asked) == 5

"""What models that are only measured cost a policy."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from retrain_platform.monitoring.gap import ChallengerSpec, GapReading, Side
from retrain_platform.policy.gain import CostSpec
from retrain_platform.replay.challenges import challenges
from retrain_platform.replay.policies_table import challengers
from retrain_platform.replay.results import Challenged, ReplayedPolicy
from retrain_platform.replay.road import Challenge, Retrain, Way
from retrain_platform.training.ensemble import Ensemble
from retrain_platform.training.lightgbm import LightGBM
from retrain_platform.training.sklearn import Sklearn

NOW = datetime(2024, 1, 1, tzinfo=UTC)
PLACES = {f"week {place}": place for place in range(20)}
TREES = LightGBM(rounds=300)
ASKED = ChallengerSpec(trees=60)


def gap(place: int, version: str = "1", stale: int = 1000, fresh: int = 2000, share: float = 1.0) -> GapReading:
    """A reading of so many rows on both sides."""
    return GapReading(
        period=f"week {place}",
        as_of=NOW,
        version=version,
        metric="auc",
        share=share,
        stale=Side(until=NOW, rows=stale),
        fresh=Side(until=NOW, rows=fresh),
    )


def shares(*gaps: GapReading, recipe: object = TREES, cost: CostSpec | None = None) -> list[float]:
    return [each.share for each in challenges(gaps, PLACES, recipe, ASKED, cost)]  # type: ignore[arg-type]


def test_it_costs_by_its_rows_and_trees_beside_those_of_a_retrain() -> None:
    # Both sides of the first, the fresh one of the second: 60 trees of 300, 1000 and 2000 rows of 2000.
    assert shares(gap(3), gap(5)) == pytest.approx([0.2 * 1.5, 0.2])


def test_a_new_champion_has_a_stale_side_of_its_own_and_so_has_another_share() -> None:
    assert shares(gap(3), gap(5, version="2")) == pytest.approx([0.3, 0.3])
    assert shares(gap(3), gap(5, share=0.5)) == pytest.approx([0.3, 0.15])


def test_a_reading_that_waits_has_fitted_nothing() -> None:
    waits = GapReading(period="week 1", as_of=NOW, version="1", metric="auc", why="it waits for 1 more ripe period")
    assert challenges([waits, gap(2)], PLACES, TREES, ASKED, None) == (Challenge(2, pytest.approx(0.3)),)


def test_nobody_looks_at_a_challenger_so_that_the_review_is_not_paid() -> None:
    cost = CostSpec(currency="EUR", retrain=30, review=90, per_point=1)
    assert shares(gap(3), cost=cost) == pytest.approx([0.3 * 0.25])


def test_a_learner_that_is_taken_as_it_is_costs_by_its_rows_alone() -> None:
    assert shares(gap(3), recipe=Sklearn(estimator="sklearn.linear_model.LogisticRegression")) == [1.5]


def test_the_members_of_an_ensemble_count_together() -> None:
    both = Ensemble(by="shop", member=LightGBM(rounds=40), members={"a": LightGBM(rounds=160)})
    assert shares(gap(3), recipe=both) == pytest.approx([1.5 * (40 + 60) / (40 + 160)])


def test_a_way_comes_to_its_losses_its_retrains_and_its_challengers() -> None:
    way = Way((Retrain(2),), np.array([np.nan, 0.3, 0.2, 0.1]), 0.5, challenges=(Challenge(1, 0.2), Challenge(3, 0.1)))
    assert way.spent.tolist() == pytest.approx([0, 0.3 + 0.1, 0.2 + 0.5, 0.1 + 0.05])
    assert way.total == pytest.approx(way.spent.sum())


def test_what_challengers_came_to_is_shown_beside_the_retrains_and_explained() -> None:
    plain = ReplayedPolicy(name="p", kind="policy", cost=0.1, loss=1, retrains=3, total=1.3, regret=0, metric=0.9)
    asking = plain.model_copy(
        update={"challenged": (Challenged(period="w", share=0.5), Challenged(period="v", share=0.3))}
    )
    assert (plain.paid, asking.paid) == ("3", "3 + 0.8")
    assert challengers([plain]) == []
    assert len(challengers([plain, asking])) == 1

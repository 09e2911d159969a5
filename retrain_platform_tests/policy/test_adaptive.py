"""The table of cadences: how much changes to how often."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from pydantic import ValidationError

from retrain_platform.policy import AdaptivePolicy
from retrain_platform.policy.base import Action
from retrain_platform.policy.history import History
from retrain_platform.policy.waiting import served, shortest_cadence
from retrain_platform_tests.policy.drawn import histories
from retrain_platform_tests.policy.histories import drifted, history, readings, retrained

DAY = timedelta(days=1)


class TestAdaptive:
    SHIPPED = AdaptivePolicy(metric="auc")

    @pytest.mark.parametrize(
        ("psi", "newest", "row", "limit", "action"),
        [
            (0.0, 0.8, "every 4w", 28, Action.RETRAIN),
            (0.2, 0.8, "every 1w, lifted to 2w: a new period takes 1w to close and 1w to ripen", 14, Action.RETRAIN),
            (0.3, 0.75, "every 1d, lifted to 2w", 14, Action.RETRAIN),
            (0.0, 0.6, "at once, lifted to 2w", 14, Action.RETRAIN_NOW),
        ],
    )
    def test_the_cadence_follows_the_change(
        self, psi: float, newest: float, row: str, limit: int, action: Action
    ) -> None:
        found = self.SHIPPED.decide(drifted(psi=psi, performance=readings(0.8, 0.8, 0.8, newest)))
        assert found.sentence.startswith(row)
        assert (found.limit, found.action) == (limit, action)

    def test_counts_from_the_last_attempt(self) -> None:
        known = drifted(performance=readings(0.8, 0.8, 0.8, 0.8))
        tried = {
            week: self.SHIPPED.decide(known.model_copy(update={"retrained": (retrained(week),)})) for week in (7, 8)
        }
        assert {week: found.verdict for week, found in tried.items()} == {7: "fired", 8: "quiet"}
        assert (tried[8].held, tried[8].needed) == (3, 4)

    def test_a_row_that_is_not_known_does_not_apply_and_is_named(self) -> None:
        found = self.SHIPPED.decide(history())
        assert found.limit == 28
        assert "psi is not known" in found.sentence
        assert "auc waits for" in found.sentence

    def test_has_nothing_to_count_from_before_the_first_training(self) -> None:
        assert self.SHIPPED.decide(history(champion=None)).verdict == "cannot tell"

    def test_ends_in_the_cadence_of_a_stable_model(self) -> None:
        with pytest.raises(ValidationError, match=r"rows\[0\] must have no condition"):
            AdaptivePolicy(rows=[{"drift": "psi", "over": 0.1, "every": "1w"}])
        with pytest.raises(ValidationError, match="every == None and at_once == False, must be one of them"):
            AdaptivePolicy(rows=[{}])

    def test_where_labels_come_at_once_a_day_is_a_day(self) -> None:
        prompt = drifted(psi=0.3, performance=readings(0.8, 0.8, 0.8, 0.75))
        daily = prompt.model_copy(update={"label_delay": timedelta(0), "period_length": DAY})
        assert self.SHIPPED.decide(daily).limit == 1

    @settings(max_examples=60, deadline=None)
    @given(known=histories())
    def test_never_asks_faster_than_labels_ripen(self, known: History) -> None:
        found = self.SHIPPED.decide(known)
        least = shortest_cadence(known.period_length, known.label_delay)
        attempts = [each.as_of for each in known.retrained]
        attempts += [known.champion.trained_as_of] if known.champion else []
        assert (found.limit or 0) >= least / DAY
        if found.fired:
            assert served(known, max(attempts), least)

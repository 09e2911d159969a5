"""What retrains of a walked road were worth, scored afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import pandas as pd
import pytest

from retrain_platform.adapters.scratch import ScratchValues, V
from retrain_platform.dataset.period import Period
from retrain_platform.policy.worth import RetrainValue
from retrain_platform.replay.walk import walk
from retrain_platform.stats.intervals import paired
from retrain_platform.stats.metrics import metric
from retrain_platform.steps.known import days_of, labelled
from retrain_platform.steps.papers.story import log_lines
from retrain_platform.steps.policy.valuing import ASSET, kept_values, refitted, value_retrains, values_so_far
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.tiny import START, Places, Rows, attributes, tiny_spec

CHANGED_ON = START + timedelta(days=6)
COST = {"currency": "EUR", "retrain": 40, "per_point": 2}
RELEASE = {"shadow": "0d", "canary": [100], "bake": "1d", "not_worse_by": 0.5, "patience": 6}
EVERY = {"kind": "any_of", "policies": [{"kind": "schedule", "every": "6d"}]}


def turned(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    """From the change on, what was a reason for the label speaks against it."""
    return frame.assign(bad=1 - frame["bad"]) if period.start >= CHANGED_ON else frame


def new_shop(days: int) -> Workshop:
    training = {**attributes()["training"], "window": "4d"}
    spec = tiny_spec(policy=EVERY, cost=COST, release=RELEASE, training=training)
    return Places().shop(spec, Rows(days, turned))


class Walked(NamedTuple):
    """A road, and what was kept on its way."""

    shop: Workshop
    early: dict[str, RetrainValue]


@pytest.fixture(scope="module")
def walked() -> Walked:
    shop = new_shop(24)
    early = shop.spec.period.at(20)
    list(walk(shop, until=early.key))
    kept = kept_values(shop, early.end)
    list(walk(shop))
    return Walked(shop, kept)


@pytest.fixture
def shop(walked: Walked) -> Workshop:
    return walked.shop


def test_a_retrain_after_a_change_was_worth_it_and_says_so_in_money(shop: Workshop) -> None:
    lines = [line for line in log_lines(shop, shop.spec.period.at(23).end) if line.value is not None]
    best = max(lines, key=lambda line: line.value.value or 0.0)  # type: ignore[union-attr]
    value = best.value
    assert value is not None
    assert value.verdict == "worth it"
    assert value.closed
    assert value.value is not None
    assert value.worth == pytest.approx(value.value * 100 * 2 * len(value.periods))
    assert value.cost == 40
    assert best.shown()["worth it"] == value.sentence
    assert value.sentence.startswith("worth it: ")


def test_it_is_the_paired_difference_on_the_periods_that_it_answered(shop: Workshop) -> None:
    until = shop.spec.period.at(23).end
    value = next(iter(kept_values(shop, until).values()))
    frames = [labelled(shop, key, until) for key in value.periods]
    rows = pd.concat(frames, ignore_index=True)
    new, old = (shop.fitted(version).score(rows) for version in (value.version, value.instead))
    labels, days = rows["_label"].to_numpy(float), days_of(rows, shop.spec.period.timezone)
    expected = paired(labels, new, old, days, metric("auc"))
    found = (value.value, value.low, value.high, value.rows, value.days)
    assert found == pytest.approx((expected.value, expected.low, expected.high, expected.rows, expected.groups))


def test_what_is_kept_is_closed_and_never_changes(shop: Workshop) -> None:
    until = shop.spec.period.at(23).end
    kept = kept_values(shop, until)
    assert kept
    assert all(value.closed and value.why == "" for value in kept.values())
    value_retrains(shop, until)
    assert kept_values(shop, until) == kept


def test_a_version_that_still_answers_is_valued_so_far_and_not_kept(shop: Workshop) -> None:
    until = shop.spec.period.at(23).end
    before = shop.values.all(shop.model, ASSET, RetrainValue)
    open_ones = {k: v for k, v in values_so_far(shop, until).items() if k not in kept_values(shop, until)}
    assert [value.closed for value in open_ones.values()] == [False]
    assert all(" so far: " in value.sentence for value in open_ones.values())
    assert shop.values.all(shop.model, ASSET, RetrainValue) == before


def test_the_first_model_replaced_nobody_and_has_no_value(shop: Workshop) -> None:
    until = shop.spec.period.at(23).end
    assert log_lines(shop, until, so_far=True)[0].value is None


def test_later_rows_change_no_value_that_was_kept(walked: Walked) -> None:
    late = kept_values(walked.shop, walked.shop.spec.period.at(23).end)
    assert walked.early
    assert {key: late[key] for key in walked.early} == walked.early


def test_a_package_that_is_gone_is_told(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    until = shop.spec.period.at(23).end
    kept = kept_values(shop, until)

    def gone(*_: Any) -> Any:
        raise LookupError("its package is gone")

    monkeypatch.setattr(shop.registry, "package", gone)
    values = values_so_far(replace(shop, loaded={}), until)
    assert {key: values[key] for key in kept} == kept
    (told,) = (value for key, value in values.items() if key not in kept)
    assert "cannot tell: the two cannot be compared: " in told.sentence
    assert "its package is gone" in told.why


def test_a_registry_that_is_away_is_not_the_last_word(walked: Walked, monkeypatch: pytest.MonkeyPatch) -> None:
    until = walked.shop.spec.period.at(23).end
    kept = kept_values(walked.shop, until)
    anew = replace(walked.shop, loaded={}, values=Forgetful(walked.shop.values))
    with monkeypatch.context() as away:
        away.setattr(anew.registry, "package", _away)
        value_retrains(anew, until)
        assert kept_values(anew, until) == {}
    value_retrains(anew, until)
    assert kept_values(anew, until) == kept


def _away(*_: Any) -> Any:
    raise OSError("the registry is away")


class Forgetful(ScratchValues):
    """All that stands but what retrains were worth."""

    def get(self, model: str, asset: str, period: str, id: str, as_type: type[V]) -> V | None:
        own = self._own.get(model, asset, period, id, as_type)
        return own if own is not None or asset == ASSET else super().get(model, asset, period, id, as_type)


def test_limits_are_refitted_from_all_that_is_known(shop: Workshop) -> None:
    (found,) = refitted(shop, shop.spec.period.at(23).end)
    assert found.trigger == "schedule"
    assert found.retrains == len(values_so_far(shop, shop.spec.period.at(23).end))

"""Rolling features: made once where rows are read, the same for training, for scoring, and whenever read again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retrain_platform.dataset.events import BadEvents
from retrain_platform.dataset.histories import Asked, rolled
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.replay.walk import walk
from retrain_platform.spec import ModelSpec, SpecErrors
from retrain_platform.steps.dataset.ingesting import ingest
from retrain_platform.steps.training.dataset import rows_of
from retrain_platform.steps.values import Ingested
from retrain_platform_tests.steps.tiny import Places, Rows, tiny_spec

ROLLING: list[dict[str, Any]] = [
    {"of": ["bad"], "over": ["2d"], "stats": ["mean", "count", "share"]},
    {"of": ["x"], "by": ["shop"], "over": ["12h", "3d"], "stats": ["mean", "std", "trend"], "known_after": "1h"},
]
SPEC = tiny_spec(features={"rolling": ROLLING})
MADE = list(SPEC.features.made)


def days(count: int) -> list[Period]:
    return [SPEC.period.at(day) for day in range(count)]


def taken(shop: Any, period: Period) -> Ingested:
    found = shop.values.newest("tiny", "events", period.key, Ingested)
    assert found is not None
    return found


def loaded(count: int, spec: ModelSpec = SPEC) -> Any:
    """A shop that read so many days as history."""
    shop = Places().shop(spec, Rows(count))
    for period in days(count):
        ingest(shop, period)
    return shop


def features(shop: Any, period: Period) -> pd.DataFrame:
    return shop.lake.read(shop.events, [period.key])[MADE]


def test_each_row_has_what_was_known_of_its_past() -> None:
    shop = loaded(5)
    whole = shop.lake.read(shop.events, [period.key for period in days(5)])
    asked = Asked(SPEC.source.entity, SPEC.label)
    pd.testing.assert_frame_equal(whole[MADE], rolled(whole, [whole], SPEC.features.rolling, asked), rtol=1e-9)
    assert whole[MADE].notna().mean().min() > 0.5
    first = whole.iloc[0]
    assert first["bad_count_2d"] == 0
    assert np.isnan(first["bad_mean_2d"])


def test_a_live_road_sees_what_one_that_was_loaded_sees() -> None:
    """Labels come half a day after their event; each day is read an hour after its end."""
    places = Places()

    def as_it_is(now: datetime) -> Rows:
        late = pd.Timestamp(now) - timedelta(hours=12)
        return Rows(6, lambda frame, period: frame.assign(bad=frame["bad"].where(frame["at"] <= late)))

    for period in days(6):
        now = period.end + timedelta(hours=1)
        ingest(replace(places.shop(SPEC, as_it_is(now)), now=lambda now=now: now), period)
    shop, history = places.shop(SPEC, Rows(6)), loaded(6)
    for period in days(6):
        pd.testing.assert_frame_equal(features(shop, period), features(history, period))


def test_a_period_read_again_keeps_its_features_whatever_became_of_the_rows_before() -> None:
    places = Places()
    shop = places.shop(SPEC, Rows(4))
    for period in days(4):
        ingest(shop, period)
    before, at = features(shop, days(4)[2]), taken(shop, days(4)[2]).rolled_at
    other = places.shop(SPEC, Rows(4, lambda frame, period: frame.assign(x=frame["x"] + 1, bad=1 - frame["bad"])))
    for period in days(2):
        ingest(other, period)
    assert not features(other, days(4)[1]).equals(features(shop, days(4)[3]))
    ingest(other, days(4)[2])
    pd.testing.assert_frame_equal(features(other, days(4)[2]), before)
    assert taken(other, days(4)[2]).rolled_at == at


def test_rows_of_earlier_periods_that_are_not_there_are_told() -> None:
    shop = Places().shop(SPEC, Rows(5))
    for place in (0, 3):
        ingest(shop, days(5)[place])
    (said,) = taken(shop, days(5)[3]).notes
    assert said == ("the rolling features of 2024-01-04 lack earlier rows: the lake had none of 2024-01-02, 2024-01-03")
    assert taken(shop, days(5)[0]).notes == ()
    assert taken(shop, days(5)[3]).problems == ()


def test_what_is_learned_from_and_scored_are_the_same_rows_with_the_same_features() -> None:
    shop = Places().shop(SPEC, Rows(9))
    for _ in walk(shop):
        pass
    made = list(shop.values.all("tiny", "training_dataset", DatasetSnapshot).values())
    assert made
    assert set(MADE) <= set(made[-1].features)
    learned = rows_of(shop, made[-1])
    lake = shop.lake.read(shop.events, list(made[-1].periods))
    lake = lake[lake["_label"].notna()].reset_index(drop=True)
    pd.testing.assert_frame_equal(learned[MADE], lake[MADE], check_index_type=False)
    versions = [version.version for version in shop.registry.versions("tiny")]
    assert MADE[0] in shop.fitted(versions[-1]).report.features
    assert all(taken(shop, period).problems == () for period in days(9))


def test_only_the_periods_within_reach_are_read() -> None:
    shop, asked = loaded(8), []
    read = shop.lake.read

    class Watched:
        def __getattr__(self, name: str) -> Any:
            return getattr(shop.lake, name)

        def read(self, table: str, periods: Any, **more: Any) -> pd.DataFrame:
            asked.extend(periods)
            return read(table, periods, **more)

    ingest(replace(shop, lake=Watched(), reader=Rows(9)), SPEC.period.at(8))
    assert asked == ["2024-01-06", "2024-01-07", "2024-01-08"]


@pytest.mark.parametrize(
    ("rolling", "change", "said"),
    [
        ([{"of": ["shop"], "over": ["2d"], "known_after": "0h"}], {}, "of == 'shop', must be a column of numbers"),
        ([{"of": ["bad"], "over": ["2d"]}], {"bad_mean_2d": 1.0}, "makes bad_mean_2d, must be no column of the source"),
        ([{"of": ["y"], "over": ["2d"], "known_after": "0h"}], {}, r"of\[0\] == 'y', must be a column of the source"),
        ([{"of": ["bad"], "by": ["town"], "over": ["2d"]}], {}, r"by\[0\] == 'town', must be a column of the source"),
    ],
)
def test_columns_that_cannot_do_are_refused(rolling: Any, change: dict[str, Any], said: str) -> None:
    spec = tiny_spec(features={"rolling": rolling})
    shop = Places().shop(spec, Rows(2, lambda frame, period: frame.assign(**change)))
    with pytest.raises(BadEvents, match=said):
        ingest(shop, days(1)[0])


def test_numbers_that_turn_to_texts_are_told_and_do_not_stop_the_road() -> None:
    spoiled = Rows(3, lambda frame, period: frame.assign(x="?") if period.key == "2024-01-02" else frame)
    shop = Places().shop(SPEC, spoiled)
    for period in days(3):
        ingest(shop, period)
    assert any("'x' changed from numbers to texts" in said for said in taken(shop, days(3)[1]).problems)
    assert features(shop, days(3)[2])["bad_mean_2d"].notna().any()


def test_rolling_features_can_be_excluded_and_need_no_mention_in_include() -> None:
    spec = tiny_spec(features={"include": ["x"], "exclude": ["*_share_*"], "rolling": ROLLING[:1]})
    shop = Places().shop(spec, Rows(9))
    for _ in walk(shop):
        pass
    made = list(shop.values.all("tiny", "training_dataset", DatasetSnapshot).values())
    assert list(made[-1].features) == ["x", "bad_mean_2d", "bad_count_2d"]


def test_a_value_that_is_known_later_must_say_when() -> None:
    with pytest.raises(SpecErrors, match=r"rolling\[0\].known_after: must be given for x") as caught:
        tiny_spec(features={"rolling": [{"of": ["bad", "x"], "by": ["bad"], "over": ["2d"]}]})
    assert "rolling[0].by[0] == 'bad', must be known at the event" in str(caught.value)
    with pytest.raises(SpecErrors, match=r"rolling == bad_mean_2d by two rules, must make each feature once"):
        tiny_spec(features={"rolling": [{"of": ["bad"], "over": ["2d"], "stats": ["mean"]}] * 2})

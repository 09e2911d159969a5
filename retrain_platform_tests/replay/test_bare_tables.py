"""A bare table as a past: its columns, its periods, its losses."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrain_platform.replay.doubts import lasting, one_sided, undivided
from retrain_platform.replay.entities import GROUPS
from retrain_platform.replay.losses import Loss, loss_of
from retrain_platform.replay.reading import CannotReplay, read
from retrain_platform.replay.table import by_calendar, first_training, in_batches, usual_cut


def frame(**columns: Any) -> pd.DataFrame:
    rows = {"at": pd.date_range("2024-01-01", periods=4, freq="D"), "x": [1.0, 2, 3, 4], "y": [0, 1, 0, 1]}
    return pd.DataFrame({**rows, **columns})


class TestReading:
    def test_rows_go_by_time_and_rows_of_one_time_stay_as_they_stood(self) -> None:
        days = pd.to_datetime(["2024-01-02", "2024-01-01", "2024-01-02", "2024-01-01"])
        found = read(frame(at=days), "at", "y")
        assert found.table.features["x"].tolist() == [2, 4, 1, 3]
        assert found.table.labels.tolist() == [1, 1, 0, 0]

    def test_time_and_label_are_no_features_nor_times_lists_and_what_is_excluded(self) -> None:
        table = frame(
            other=pd.Timestamp("2024-01-01"), many=[[1], [2], [3], [4]], text=list("abab"), delay_a=0.0, delay_b=0.0
        )
        found = read(table, "at", "y", exclude=["delay_*"])
        assert list(found.table.features.columns) == ["x", "text"]
        assert found.notes == (
            "other left out: times are no features",
            "many left out: lists and structures are no features",
        )

    def test_rows_without_a_time_or_label_are_left_out_and_told(self) -> None:
        found = read(
            frame(y=[0, None, 1, 1], at=pd.to_datetime(["2024-01-01", "2024-01-02", None, "2024-01-04"])), "at", "y"
        )
        assert found.table.labels.tolist() == [0, 1]
        assert found.notes == ("2 rows without a time or a label are left out",)

    @pytest.mark.parametrize(
        ("labels", "task"),
        [
            ([0, 1, 0, 1], "binary"),
            ([True, False, True, True], "binary"),
            ([0.0, 1.0, 1.0, 1.0], "binary"),
            (["a", "b", "a", "c"], "multiclass"),
            (["0", "1", "0", "1"], "multiclass"),
            ([3, 1, 2, 3], "multiclass"),
            ([0.5, 1.25, 7.0, 0.0], "regression"),
        ],
    )
    def test_the_task_is_found_from_the_labels(self, labels: list[Any], task: str) -> None:
        assert read(frame(y=labels), "at", "y").task == task

    def test_a_table_of_codes_reads_as_its_values(self) -> None:
        table = frame(at=["2024-01-02", "2024-01-01", "2024-01-04", "2024-01-03"], y=["n", "y", "n", "y"])
        found = read(table.astype({"at": "category", "y": "category"}), "at", "y")
        assert found.table.labels.tolist() == ["y", "n", "y", "n"]
        assert found.table.times is not None

    def test_numbers_only_order(self) -> None:
        found = read(frame(at=[4, 3, 2, 1]), "at", "y")
        assert found.table.times is None
        assert found.table.features["x"].tolist() == [4, 3, 2, 1]

    @pytest.mark.parametrize(
        ("table", "asked", "message"),
        [
            (frame(), {"time": "when"}, r"--time == 'when', must be a column of the table: at, x, y"),
            (frame(), {"label": "late"}, r"--label == 'late', must be a column of the table"),
            (frame(), {"label": "at"}, r"--label == 'at', must be another column than --time"),
            (frame(y=None), {}, r"no row has both a time \(at\) and a label \(y\)"),
            (frame(), {"exclude": ["x"]}, r"no column is left to learn from"),
            (frame(at=["soon", "late", "b", "c"]), {}, r"at == 'soon', must be a time"),
            (frame(y=[0, 1, 2, 1]), {"task": "binary"}, r"y == 2, must be 0 or 1 for task binary"),
            (frame(y=list("abab")), {"task": "regression"}, r"y == 'a' in 4 rows, must be finite numbers for task"),
            (frame(y=[1.0, float("inf"), 2, 3]), {"task": "regression"}, r"y == inf in 1 rows, must be finite"),
            (frame(y=1), {}, r"y == 1 in all 4 rows, must have two values at least"),
            (
                frame(),
                {"time": "att", "label": "z", "entity": "w"},
                r"(?s)--time == 'att'.*mean at\?.*--label.*--entity",
            ),
            (frame(), {"entity": "y"}, r"--entity == 'y', must be another column than --time and --label"),
            (frame(), {"exclude": ["xx"]}, r"--exclude == 'xx', must match a column of the table: at, x, y"),
        ],
    )
    def test_what_cannot_be_replayed_is_told(self, table: pd.DataFrame, asked: dict[str, Any], message: str) -> None:
        with pytest.raises(CannotReplay, match=message):
            read(table, **{"time": "at", "label": "y", **asked})

    def test_a_label_of_many_names_is_none_unless_it_is_said(self) -> None:
        many = pd.DataFrame({"at": range(300), "x": 1.0, "y": [f"id {place}" for place in range(300)]})
        with pytest.raises(
            CannotReplay, match=r"y == 'id 0', 'id 1', ... \(300 different in 300 rows\), must be at most"
        ):
            read(many, "at", "y")
        assert read(many, "at", "y", task="multiclass").task == "multiclass"

    def test_an_entity_is_no_feature_and_has_one_group_whatever_its_row(self) -> None:
        found = read(frame(who=["b", "a", "b", None], at=[4, 3, 2, 1]), "at", "y", entity="who")
        assert list(found.table.features.columns) == ["x"]
        assert found.table.groups is not None
        nameless, second, third, fourth = found.table.groups
        assert second == fourth
        assert len({nameless, second, third}) == 3
        assert ((found.table.groups >= 0) & (found.table.groups < GROUPS)).all()


class TestDoubts:
    """What a person should look at; 400 rows, of which every other one is learned from."""

    def notes(self, **columns: Any) -> str:
        rng = np.random.default_rng(1)
        rows = {"at": pd.date_range("2024-01-01", periods=400, freq="h"), "x": rng.normal(size=400)}
        rows["y"] = (rows["x"] + rng.normal(size=400) > 0).astype(int)
        table = pd.DataFrame({**rows, **{name: made(rows) for name, made in columns.items()}})
        return " | ".join(read(table.sample(frac=1, random_state=2), "at", "y").notes)

    def test_a_sound_table_raises_none(self) -> None:
        assert self.notes(half=lambda rows: rows["y"] + (np.arange(400) % 3 == 0)) == ""

    @pytest.mark.parametrize(
        "leak",
        [
            lambda rows: np.where(rows["y"] == 1, "L", "O"),
            lambda rows: rows["y"] * 10.0 + np.linspace(0, 1, 400),
            lambda rows: np.where(rows["y"] == 1, 3.5, np.nan),
        ],
    )
    def test_a_column_that_tells_the_label_alone_is_named(self, leak: Any) -> None:
        assert "leak alone nearly tells y: was that known when the row happened?" in self.notes(leak=leak)

    def test_so_is_a_number_that_is_the_label_in_another_unit(self) -> None:
        told = self.notes(y=lambda rows: rows["x"] * 7.25, x=lambda rows: rows["x"] * 2 + 1)
        assert "x alone nearly tells y" in told

    def test_row_numbers_of_pandas_are_left_out_for_they_tell_the_time(self) -> None:
        told = self.notes(__index_level_0__=lambda rows: np.arange(400))
        assert told == "'__index_level_0__' left out: row numbers that were written with it"

    def test_what_differs_in_every_row_is_named(self) -> None:
        told = self.notes(
            session=lambda rows: [f"{max(place, 9):x}" for place in range(400)], id=lambda rows: np.arange(400)
        )
        assert "session, id: another value in nearly every row" in told

    def test_numbers_as_text_are_named_and_codes_are_not(self) -> None:
        told = self.notes(
            amount=lambda rows: [f"{place % 250 / 4:.2f}" for place in range(400)],
            branch=lambda rows: [f"{place % 20:04}" for place in range(400)],
        )
        assert told == "amount: numbers as text, learned as names; write them as numbers (else --exclude)"

    @pytest.mark.filterwarnings("error")
    def test_infinite_numbers_and_missing_halves_are_looked_at_in_silence(self) -> None:
        told = self.notes(
            far=lambda rows: np.where(np.arange(400) % 9 == 0, np.inf, rows["x"]),
            half=lambda rows: np.where(np.arange(400) % 2 == 0, np.nan, rows["x"] ** 3),
        )
        assert told == ""

    def test_decimal_numbers_are_numbers(self) -> None:
        assert self.notes(price=lambda rows: [Decimal(f"{place * 37 % 400}.25") for place in range(400)]) == ""

    def test_a_class_that_is_nearly_all_rows_is_told(self) -> None:
        rare = (np.arange(400) % 100 == 0).astype(np.float64)
        [told] = one_sided(rare, "y")
        assert told.startswith("99.0% of the rows have y 0: a model that always says so has that accuracy")
        assert "99.0% of the rows have y 1" in next(one_sided(1 - rare, "y"))
        assert list(one_sided(np.arange(400) % 2, "y")) == []

    def test_how_long_a_batch_lasts_is_told_beside_the_day_that_it_stands_for(self) -> None:
        times = pd.date_range("2024-01-01", periods=81, freq="D")
        table = read(frame_of(times), "at", "y").table
        assert lasting(table, in_batches(81, 8)).endswith("(1d): here one lasts 10 days in the mean")
        assert lasting(table._replace(times=None), in_batches(81, 8)).endswith("(1d)")

    def test_batches_whose_border_is_within_one_time_are_told(self) -> None:
        table = pd.DataFrame({"at": np.repeat([1, 2, 3], 4), "x": 1.0, "y": [0, 1] * 6})
        found = read(table, "at", "y").table
        assert list(undivided(found, in_batches(12, 3))) == []
        assert "3 of the 5 borders between batches" in next(undivided(found, in_batches(12, 6)))


class TestCutting:
    @pytest.mark.parametrize(
        ("labels", "task", "start"), [("0100", "binary", 1), ("0001", "binary", 2), ("0001", "regression", 1)]
    )
    def test_the_first_model_learns_from_as_many_periods_as_hold_two_classes(
        self, labels: str, task: Any, start: int
    ) -> None:
        found = read(frame(y=list(map(float, labels))), "at", "y", task=task)
        assert first_training(found.table, in_batches(4, 2), task) == start

    @given(rows=st.integers(2, 400), count=st.integers(2, 60))
    def test_batches_are_those_of_array_split(self, rows: int, count: int) -> None:
        if count > rows:
            with pytest.raises(ValueError, match=r"batches == \d+, must be at least 2 and at most the number of rows"):
                in_batches(rows, count)
            return
        places = in_batches(rows, count).places
        parts = [np.arange(rows)[begin:end].tolist() for begin, end in pairwise(places)]
        assert parts == [part.tolist() for part in np.array_split(np.arange(rows), count)]

    def test_a_calendar_keeps_its_gaps(self) -> None:
        times = pd.Series(
            pd.to_datetime(["2024-01-01 05:00", "2024-01-01 23:59", "2024-01-03 00:00"]).tz_localize("UTC")
        )
        cut = by_calendar(times, "day")
        assert [period.key for period in cut.periods] == ["2024-01-01", "2024-01-02", "2024-01-03"]
        assert cut.places == (0, 2, 2, 3)

    def test_months_begin_on_the_first(self) -> None:
        times = pd.Series(pd.to_datetime(["2024-01-15", "2024-03-01"]).tz_localize("UTC"))
        assert [period.key for period in by_calendar(times, "month").periods] == [
            "2024-01-01",
            "2024-02-01",
            "2024-03-01",
        ]
        assert by_calendar(times, "month").places == (0, 1, 1, 2)

    def test_hours_begin_with_the_first_row(self) -> None:
        times = pd.Series(pd.to_datetime(["2024-01-01 22:10", "2024-01-02 01:00"]).tz_localize("UTC"))
        cut = by_calendar(times, "hour")
        assert [period.key for period in cut.periods][:2] == ["2024-01-01-22:00", "2024-01-01-23:00"]
        assert cut.places == (0, 1, 1, 1, 2)

    @pytest.mark.parametrize(
        ("days", "every"), [(365, "week"), (60, "day"), (3 * 365, "month"), (4, "hour"), (0.2, None), (10_000, None)]
    )
    def test_the_longest_unit_that_gives_enough_periods_is_taken_by_itself(
        self, days: float, every: str | None
    ) -> None:
        moments = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.linspace(0, days, 3000), "D")
        found = read(frame_of(moments), "at", "y")
        cut = usual_cut(found.table, 40)
        assert cut.every == every
        assert every is not None or len(cut.periods) == 40

    def test_a_calendar_of_gaps_is_not_taken_by_itself(self) -> None:
        moments = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.repeat([0, 360], 500), "D")
        assert usual_cut(read(frame_of(moments), "at", "y").table, 40).every is None


def frame_of(moments: pd.DatetimeIndex) -> pd.DataFrame:
    return pd.DataFrame({"at": moments, "x": 1.0, "y": np.arange(len(moments)) % 2})


class TestLosses:
    def test_a_metric_that_should_be_great_loses_what_it_lacks(self) -> None:
        loss = loss_of("auc", "binary", np.array([0.0, 1.0]))
        assert (loss.of(0.7), loss.value(0.25)) == (pytest.approx(0.3), 0.75)

    def test_an_error_is_counted_in_that_of_the_median(self) -> None:
        loss = loss_of("mae", "regression", np.array([10.0, 20, 30, 60]))
        assert loss.scale == 15
        assert (loss.of(30.0), loss.value(2.0)) == (2.0, 30.0)

    def test_constant_first_labels_scale_nothing(self) -> None:
        assert loss_of("rmse", "regression", np.array([3.0, 3.0])) == Loss("rmse", False)

    @pytest.mark.parametrize(
        ("name", "task", "message"),
        [
            ("mae", "binary", "must be one for task binary"),
            ("luck", "binary", "metric == 'luck', must be one for task binary: auc, log_loss, brier, accuracy"),
            ("r2_", "regression", "rmse, mae, r2; did you mean r2"),
            ("acuracy", "multiclass", "did you mean accuracy"),
        ],
    )
    def test_a_metric_of_another_task_is_refused(self, name: str, task: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            loss_of(name, task, np.array([0.0]))

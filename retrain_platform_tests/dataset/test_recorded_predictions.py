"""Each event gets the last prediction that was recorded of it, and what does not fit is told."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from retrain_platform.dataset.recorded import RECORDED, Recorded
from retrain_platform.dataset.recording import BY, SCORE, BadPredictions, with_predictions

AT = pd.Timestamp("2024-01-01 12:00", tz="UTC")


def table_of(**changed: Any) -> Recorded:
    said = {"kind": "python", "call": "elsewhere:answers", "time": "t", "on": {"id": "order"}, "score": "p"}
    return TypeAdapter(Recorded).validate_python({**said, **changed})


def predictions(orders: list[Any], scores: list[Any], minutes: list[int] | None = None, **more: Any) -> pd.DataFrame:
    after = range(len(orders)) if minutes is None else minutes
    return pd.DataFrame({"order": orders, "p": scores, "t": [AT + pd.Timedelta(minutes=m) for m in after], **more})


def matched(events: list[Any], table: pd.DataFrame, *, binary: bool = True, **changed: Any) -> Any:
    return with_predictions(pd.DataFrame({"id": events}), table, table_of(**changed), "UTC", binary=binary)


def test_an_event_gets_its_own_prediction_whatever_the_order() -> None:
    found = matched([3, 1, 2], predictions([1.0, 2.0, 3.0], [0.1, 0.2, 0.3]))
    assert found.frame[SCORE].tolist() == [0.3, 0.1, 0.2]
    assert found.frame[BY].tolist() == [None] * 3
    assert found.notes == ()


def test_of_several_the_last_by_time_counts_and_it_is_told() -> None:
    found = matched([1], predictions([1, 1, 1], [0.1, 0.9, 0.2], minutes=[5, 9, 7]), version=None)
    assert found.frame[SCORE].tolist() == [0.9]
    assert found.notes == (
        "2 predictions in function elsewhere:answers are of a row that was answered again: the last counts",
    )


def test_who_answered_is_told_as_the_registry_writes_it() -> None:
    found = matched([1, 2], predictions([1, 2], [0.1, 0.2], by=[3.0, None]), version="by")
    assert found.frame[BY].tolist() == ["3", None]


def test_a_time_is_a_key_by_the_moment_that_it_is() -> None:
    events = pd.DataFrame({"at": [AT, AT + pd.Timedelta(hours=1)]})
    table = pd.DataFrame({"t": ["2024-01-01 14:00:00+01:00", "2024-01-01T12:00:00Z"], "p": [0.7, 0.3]})
    found = with_predictions(events, table, table_of(on={"at": "t"}), "UTC", binary=True)
    assert found.frame[SCORE].tolist() == [0.3, 0.7]


def test_nothing_recorded_is_no_mistake() -> None:
    found = matched([1, 2], pd.DataFrame())
    assert found.frame[SCORE].isna().all()
    assert found.notes == ("2 of 2 rows have no prediction in function elsewhere:answers",)


def test_keys_that_never_fit_are_pointed_at() -> None:
    found = matched([1, 2], predictions(["A1", "A2"], [0.1, 0.2]))
    assert found.notes[1] == (
        "2 predictions in function elsewhere:answers are of no row: do the columns of predictions.on fit?"
    )


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (predictions([1], [1.5]), "predictions.score: p == 1.5, must be a chance between 0 and 1"),
        (predictions([1], ["high"]), "predictions.score: p == 'high', must be a chance between 0 and 1"),
        (predictions([1], [0.5]).drop(columns="order"), "predictions names 'order', must be a column of the table"),
    ],
)
def test_what_is_no_prediction_is_refused(table: pd.DataFrame, said: str) -> None:
    with pytest.raises(BadPredictions) as told:
        matched([1], table)
    assert said in str(told.value)


def test_a_number_outside_of_chances_is_one_of_a_regression() -> None:
    assert matched([1], predictions([1], [150]), binary=False).frame[SCORE].tolist() == [150.0]
    with pytest.raises(BadPredictions, match="must be a finite number"):
        matched([1], predictions([1], [float("inf")]), binary=False)


@given(
    events=st.lists(st.integers(0, 5), max_size=12),
    recorded=st.lists(st.tuples(st.integers(0, 8), st.floats(0, 1), st.integers(0, 50)), max_size=12),
)
def test_it_is_the_loop_that_anyone_would_write(events: list[int], recorded: list[tuple[int, float, int]]) -> None:
    expected: dict[int, float] = {}
    for order, score, _ in sorted(recorded, key=lambda each: each[2]):  # stable: of one moment the later in the table
        expected[order] = score
    orders, scores, minutes = ([each[place] for each in recorded] for place in range(3))
    found = matched(events, predictions(orders, scores, minutes)).frame[SCORE]
    assert [None if pd.isna(value) else value for value in found] == [expected.get(order) for order in events]


def test_every_place_is_one_of_a_source() -> None:
    kinds = [each.model_fields["kind"].default for each in RECORDED]
    assert kinds == ["files", "delta", "sql", "asset", "python", "gateway"]
    for place in ({"kind": "files", "path": "a.parquet"}, {"kind": "delta", "uri": "a"}):
        said = {"time": "t", "on": ["id"], "score": "p", **place}
        source = TypeAdapter(Recorded).validate_python(said).source()
        assert (source.kind, source.event_time) == (place["kind"], "t")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"model": "7"}, "model == '7', must be a name: numbers are the registry's versions"),
        ({"score": "order"}, "score == 'order', must be another column than time and those of on"),
        ({"version": "p"}, "version == 'p', must be another column than score, time and those of on"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        table_of(**changed)

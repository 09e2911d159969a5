"""What became of the columns: each change is told, and ordinary periods never are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from retrain_platform.dataset.schema import changes
from retrain_platform.dataset.soundness import Shape, shape_of

TABLE = {
    "distance": [1, 2, 3, 4],
    "temp": [1.5, np.nan, 2.5, 3.5],
    "carrier": ["UA", "AA", None, "UA"],
    "at": pd.to_datetime(["2013-01-01"] * 4),
}
Floats = np.ndarray


def shape(rows: int = 1, **columns: object) -> Shape:
    table = {name: column for name, column in {**TABLE, **columns}.items() if column is not None}
    return shape_of(pd.concat([pd.DataFrame(table)] * rows))


USUAL = [shape(10), shape(11), shape(9)]


def test_a_vanished_a_changed_and_an_emptied_column_are_told_together() -> None:
    now = shape(10, carrier=None, distance=["far", "near", "far", "near"], temp=[np.nan] * 4)
    assert changes(now, USUAL) == [
        "column 'distance' changed from numbers to texts",
        "column 'temp' turned all null",
        "column 'carrier' vanished",
    ]


def test_a_whole_number_beside_a_missing_one_is_no_change_of_type() -> None:
    assert changes(shape(10, distance=[1, np.nan, 3, 4]), USUAL) == []


def test_columns_that_are_filled_later_may_be_empty_but_not_vanish() -> None:
    labelled = [shape(10, late=[1.0, 0, 0, 1]), shape(10, late=[1.0, 0, 0, 1])]
    assert changes(shape(10, late=[np.nan] * 4), labelled, filled_later=["la*"]) == []
    assert changes(shape(10, late=[np.nan] * 4), labelled) == ["column 'late' turned all null"]
    assert changes(shape(10), labelled, filled_later=["la*"]) == ["column 'late' vanished"]


def test_of_a_column_that_is_told_elsewhere_nothing_is_said() -> None:
    assert changes(shape(10, carrier=None, temp=None), USUAL, told=["carrier"]) == ["column 'temp' vanished"]


def test_a_new_column_is_told_of_features_only_and_one_that_was_always_empty_may_be_filled() -> None:
    now = shape(10, gate=["A", "B", "C", "D"])
    assert changes(now, USUAL) == []
    assert changes(now, USUAL, features=["gate", "distance"]) == ["column 'gate' is new"]
    assert changes(now, [*USUAL, now], features=["gate"]) == []
    empty = [shape(10, gate=[None] * 4)] * 3
    assert changes(shape(10, gate=[1.0, 2.0, 3.0, 4.0]), empty) == []


def period(seed: int, made: Callable[[Floats], Floats] = lambda values: values, spread: float = 1.0) -> Shape:
    values = np.random.default_rng(seed).normal(20, spread, 400)
    return shape_of(pd.DataFrame({"x": made(values)}))


ORDINARY = [period(seed) for seed in range(8)]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda x: x * 100, "was rescaled"),
        (lambda x: x / 60, "was rescaled"),
        (lambda x: (x - 20) * 3 + 20, "was rescaled"),
        (lambda x: x + 273, "was moved: its middle is 293, 1"),
        (lambda x: -x, "was moved"),
        (lambda x: (x - x.mean()) / x.std(), "was moved"),
    ],
)
def test_a_rescaled_or_moved_feature_is_told(made: Callable[[Floats], Floats], said: str) -> None:
    (told,) = changes(period(99, made), ORDINARY, features=["x"])
    assert told.startswith("column 'x' ")
    assert said in told


def test_the_sentence_of_a_rescaled_column_gives_its_numbers() -> None:
    (told,) = changes(period(99, lambda x: x * 100), ORDINARY, features=["x"])
    factor = float(told.split(", ")[1].split(" times")[0])
    assert factor == pytest.approx(100, rel=0.15)


@pytest.mark.parametrize(
    "made", [lambda x: x * 1.3, lambda x: x + 2, lambda x: np.full_like(x, 20.0), lambda x: x * 1.0]
)
def test_a_shift_that_could_be_the_world_is_left_to_drift(made: Callable[[Floats], Floats]) -> None:
    assert changes(period(99, made), ORDINARY, features=["x"]) == []


def test_what_is_no_feature_and_what_has_too_few_earlier_periods_is_not_judged() -> None:
    rescaled = period(99, lambda x: x * 100)
    assert changes(rescaled, ORDINARY) == []
    assert changes(rescaled, ORDINARY[:5], features=["x"]) == []
    assert changes(rescaled, ORDINARY[:6], features=["x"]) != []


def test_a_column_that_varies_by_itself_is_held_against_its_own_variation() -> None:
    wild = [period(seed, spread=3.0 ** (seed % 3)) for seed in range(8)]
    assert changes(period(99, spread=40.0), wild, features=["x"]) == []
    assert changes(period(99, spread=40.0), ORDINARY, features=["x"]) != []


def test_a_column_that_stands_still_within_its_periods_may_step() -> None:
    years = [shape_of(pd.DataFrame({"x": [2013] * 40})) for _ in range(8)]
    assert changes(shape_of(pd.DataFrame({"x": [2014] * 40})), years, features=["x"]) == []


def test_ordinary_periods_alarm_as_rarely_as_is_stated() -> None:
    """20,000 normal walks of the spread: 3e-5 to 6e-5 are stated for spreads over the factor, none is expected."""
    rng, alarms = np.random.default_rng(7), 0
    for number in range(20_000):
        steps = rng.normal(0, 0.5, 9)
        spreads = np.exp(steps.cumsum() if number % 2 else steps)
        shapes = [
            Shape.model_validate(
                {"rows": 100, "columns": {"x": {"kind": "numeric", "missing": 0, "tenths": (-s, 0.0, s)}}}
            )
            for s in spreads
        ]
        alarms += bool(changes(shapes[8], shapes[:8], features=["x"]))
    assert alarms <= 5

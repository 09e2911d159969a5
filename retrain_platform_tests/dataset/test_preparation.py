import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrain_platform.dataset.preparation import MissingColumns, Preparation, UnfitColumn, fit_preparation

TRAIN = pd.DataFrame(
    {
        "carrier": ["UA", "AA", "UA", None],
        "distance": [100, 200, 300, 400],
        "temp": [1.5, np.nan, 2.5, 3.5],
        "cargo": [True, False, True, True],
    }
)
FITTED = fit_preparation(TRAIN, list(TRAIN.columns))


def test_texts_become_codes_numbers_stay_and_missing_is_nan() -> None:
    assert FITTED.categorical == (0,)
    np.testing.assert_array_equal(
        FITTED.transform(TRAIN),
        [[1, 100, 1.5, 1], [0, 200, np.nan, 0], [1, 300, 2.5, 1], [np.nan, 400, 3.5, 1]],
    )


def test_an_unseen_category_is_missing_and_other_columns_do_not_matter() -> None:
    later = pd.DataFrame({"extra": [1], "cargo": [False], "temp": [0], "distance": [7], "carrier": ["ZZ"]})
    np.testing.assert_array_equal(FITTED.transform(later), [[np.nan, 7, 0, 0]])


def test_it_learns_nothing_after_it_was_fitted_and_travels_as_json() -> None:
    again = Preparation.model_validate_json(FITTED.model_dump_json())
    assert again == FITTED
    np.testing.assert_array_equal(again.transform(TRAIN.iloc[::-1])[::-1], FITTED.transform(TRAIN))


def test_only_the_most_frequent_categories_are_told_apart_ties_by_name() -> None:
    frame = pd.DataFrame({"dest": ["C", "C", "B", "A", "D", "D"]})
    assert fit_preparation(frame, ["dest"], most_categories=3).categories == {"dest": ("A", "C", "D")}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from("ABCDE"), min_size=1), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(values: list[str], random: object) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (fit_preparation(pd.DataFrame({"x": each}), ["x"]) for each in (values, shuffled))
    assert one == other


def test_a_category_s_name_survives_a_change_of_dtype() -> None:
    fitted = fit_preparation(pd.DataFrame({"flight": pd.Series([12, 7], dtype=object).astype(str)}), ["flight"])
    np.testing.assert_array_equal(
        fitted.transform(pd.DataFrame({"flight": [12.0, np.nan, 7.0]})).ravel(), [0.0, np.nan, 1.0]
    )


def test_all_missing_columns_are_named() -> None:
    with pytest.raises(MissingColumns, match="columns carrier, temp are missing"):
        FITTED.transform(TRAIN[["cargo", "distance"]])
    with pytest.raises(MissingColumns, match="features seat are not among the columns"):
        fit_preparation(TRAIN, ["carrier", "seat"])


def test_times_are_refused_with_what_to_do() -> None:
    with pytest.raises(UnfitColumn, match="features at are times: exclude them, or derive numbers"):
        fit_preparation(pd.DataFrame({"at": pd.to_datetime(["2013-01-01"])}), ["at"])


def test_numbers_may_come_as_texts_but_texts_are_no_numbers() -> None:
    numeric = TRAIN.assign(distance=["1", "2", None, "4"])
    np.testing.assert_array_equal(FITTED.transform(numeric)[:, 1], [1, 2, np.nan, 4])
    with pytest.raises(UnfitColumn, match="distance == 'far', must be a number"):
        FITTED.transform(TRAIN.assign(distance=["far", "1", "2", "3"]))


@pytest.mark.parametrize("coded", [False, True])
def test_the_columns_are_the_matrix_s_and_numbers_are_not_copied(coded: bool) -> None:
    frame = TRAIN.astype({"carrier": "category"}) if coded else TRAIN
    later = pd.concat([frame, frame.assign(carrier="ZZ")], ignore_index=True)
    columns = FITTED.columns(later)
    whole = np.column_stack([np.where(columns[0] < 0, np.nan, columns[0]), *columns[1:]])
    np.testing.assert_array_equal(whole, FITTED.transform(later))
    assert np.shares_memory(columns[2], later["temp"].to_numpy())


def test_categoricals_are_the_texts_that_they_stand_for_unused_ones_aside() -> None:
    values = pd.Series(["B", "A", None, "B", "C"])
    coded = values.astype(pd.CategoricalDtype(["Z", "C", "B", "A"]))
    for most in (1, 2, 250):
        plain, other = (
            fit_preparation(pd.DataFrame({"x": each}), ["x"], most_categories=most) for each in (values, coded)
        )
        assert plain == other
        np.testing.assert_array_equal(plain.transform(coded.to_frame("x")), plain.transform(values.to_frame("x")))


def test_numbers_may_come_as_categoricals_of_texts_too() -> None:
    numeric = TRAIN.assign(distance=pd.Series(["1", "2", None, "4"], dtype="category"))
    np.testing.assert_array_equal(FITTED.transform(numeric)[:, 1], [1, 2, np.nan, 4])
    np.testing.assert_array_equal(FITTED.columns(numeric)[1], [1, 2, np.nan, 4])

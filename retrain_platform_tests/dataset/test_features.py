import pytest

from retrain_platform.dataset.features import BadFeatures, select_features

COLUMNS = ["at", "tail", "carrier", "origin", "dep_time", "arr_delay", "late", "_label", "_entity"]
FORBIDDEN = ("late", "at", "tail", None)


def test_a_glob_takes_all_but_what_is_forbidden_or_the_platform_s() -> None:
    assert select_features(COLUMNS, forbidden=FORBIDDEN) == ["carrier", "origin", "dep_time", "arr_delay"]


def test_exclude_wins_and_the_columns_keep_their_order() -> None:
    chosen = select_features(
        COLUMNS, include=["origin", "*_*", "carrier"], exclude=["arr_*", "dep_time"], forbidden=FORBIDDEN
    )
    assert chosen == ["carrier", "origin"]


def test_case_matters() -> None:
    with pytest.raises(BadFeatures, match="'Carrier' matches no column"):
        select_features(COLUMNS, include=["Carrier"])


def test_every_pattern_that_does_not_fit_is_told_at_once() -> None:
    with pytest.raises(BadFeatures) as caught:
        select_features(COLUMNS, include=["carrier", "late", "seat*"], exclude=["arr_delya"], forbidden=FORBIDDEN)
    has = "there are at, tail, carrier, origin, dep_time, arr_delay, late"
    assert caught.value.problems == (
        f"features.include == 'seat*' matches no column; {has}",
        f"features.exclude == 'arr_delya' matches no column; {has}",
        "features.include == 'late', must not be the label, a time, the entity or an internal column",
    )


def test_nothing_left_is_an_error() -> None:
    with pytest.raises(BadFeatures, match="leave no column"):
        select_features(COLUMNS, exclude=["*"])

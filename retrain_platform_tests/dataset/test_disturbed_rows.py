"""Rows with something wrong in them: only what is asked for changes, and always alike."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pandas as pd
import pytest

from retrain_platform.dataset.disturbing import Disturbance, disturbed, touched

FEATURES = ["wind", "seats", "fast", "origin", "carrier"]
KINDS: tuple[Disturbance, ...] = get_args(Disturbance)


def frame(rows: int = 2000) -> pd.DataFrame:
    random = np.random.default_rng(3)
    wind = random.normal(10, 4, rows)
    wind[::10] = np.nan
    return pd.DataFrame(
        {
            "wind": wind,
            "seats": random.integers(50, 300, rows),
            "fast": random.random(rows) < 0.5,
            "origin": random.choice(["EWR", "JFK", "LGA"], rows),
            "carrier": pd.Categorical(random.choice(["UA", "DL"], rows)),
            "other": random.normal(size=rows),
        }
    )


def test_each_disturbance_touches_its_kind_of_feature() -> None:
    found = {how: touched(frame(), FEATURES, how) for how in KINDS}
    assert found == {
        "noise": ["wind", "seats"],
        "missing": FEATURES,
        "shuffled": ["origin", "carrier"],
        "out_of_range": ["wind", "seats"],
    }


@pytest.mark.parametrize("how", KINDS)
def test_other_columns_and_the_frame_itself_stay_as_they_are(how: Disturbance) -> None:
    rows, before = frame(), frame()
    found = disturbed(rows, FEATURES, how, 0.3, 7)
    pd.testing.assert_frame_equal(rows, before)
    untouched = [name for name in rows.columns if name not in touched(rows, FEATURES, how)]
    pd.testing.assert_frame_equal(found[untouched], before[untouched])
    assert list(found.columns) == list(rows.columns)


@pytest.mark.parametrize("how", KINDS)
def test_the_same_seed_disturbs_alike_one_by_one_or_together(how: Disturbance) -> None:
    together = disturbed(frame(), FEATURES, how, 0.3, 7)
    for name in touched(frame(), FEATURES, how):
        alone = disturbed(frame(), [name], how, 0.3, 7)
        pd.testing.assert_series_equal(alone[name], together[name])
    again = disturbed(frame(), FEATURES, how, 0.3, 7)
    other = disturbed(frame(), FEATURES, how, 0.3, 8)
    pd.testing.assert_frame_equal(again, together)
    assert not other.equals(together)


def test_noise_has_the_asked_share_of_the_spread() -> None:
    found = disturbed(frame(), FEATURES, "noise", 0.5, 7)
    added = (found["wind"] - frame()["wind"]).dropna()
    assert added.std() == pytest.approx(0.5 * frame()["wind"].std(), rel=0.1)
    assert found["wind"].isna().sum() == 200


def test_the_asked_share_goes_missing_or_leaves_the_range() -> None:
    gone = disturbed(frame(), FEATURES, "missing", 0.25, 7)
    for name in ("seats", "fast", "origin", "carrier"):
        assert gone[name].isna().mean() == pytest.approx(0.25, abs=0.04)
    seats = frame()["seats"]
    far = disturbed(frame(), FEATURES, "out_of_range", 0.1, 7)["seats"]
    width = seats.max() - seats.min()
    changed = far[far != seats]
    assert set(changed) == {seats.min() - width, seats.max() + width}
    assert len(changed) == pytest.approx(200, abs=60)


def test_shuffling_keeps_the_counts() -> None:
    found = disturbed(frame(), FEATURES, "shuffled", 0.5, 7)
    for name in ("origin", "carrier"):
        assert found[name].value_counts().to_dict() == frame()[name].value_counts().to_dict()
        assert 0.1 < (found[name].astype(str) != frame()[name].astype(str)).mean() < 0.5


def test_columns_without_spread_or_values() -> None:
    bare = pd.DataFrame({"constant": [2.0, 2.0], "nothing": [np.nan, np.nan]})
    found = disturbed(bare, ["constant", "nothing"], "noise", 1.0, 7)
    assert found["constant"].tolist() == [2.0, 2.0]
    far = disturbed(bare, ["constant", "nothing"], "out_of_range", 1.0, 7)
    assert not set(far["constant"]) & {2.0}
    assert far["nothing"].isna().all()


def test_of_a_ranking_a_category_is_another_row_s_of_its_own_list() -> None:
    lists = np.random.default_rng(5).permutation(np.arange(2000) // 10)
    own = pd.DataFrame({"origin": [f"{each} {place % 7}" for place, each in enumerate(lists)]})
    found = disturbed(own, ["origin"], "shuffled", 0.3, 7, lists=lists)
    assert [text.split()[0] for text in found["origin"]] == [str(each) for each in lists]
    assert 0.2 < (found["origin"] != own["origin"]).mean() < 0.3
    one_each = disturbed(own, ["origin"], "shuffled", 1.0, 7, lists=np.arange(2000))
    pd.testing.assert_frame_equal(one_each, own)
    # What has no lists to keep is the same with and without them.
    for how in ("noise", "missing", "out_of_range"):
        pd.testing.assert_frame_equal(
            disturbed(frame(), FEATURES, how, 0.3, 7, lists=lists), disturbed(frame(), FEATURES, how, 0.3, 7)
        )

"""Drift: nothing for what did not change, over the noise for what did, and every gap explained by None."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from retrain_platform.monitoring.drift import Reference, compare
from retrain_platform.monitoring.frames import choose_grids, profile
from retrain_platform.monitoring.profile import DatasetProfile
from retrain_platform.monitoring.reports import DRIFT_METHODS, DriftReport, FeatureDrift
from retrain_platform.monitoring.ruler import MEASURES
from retrain_platform.stats import distances
from retrain_platform.stats.counters import TextCounter

AS_OF = datetime(2013, 3, 1, tzinfo=UTC)


def week(seed: int, rows: int = 1500) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "wind": draw.normal(10, 4, rows),
            "hour": draw.integers(5, 24, rows),
            "dest": draw.choice(["ATL", "BOS", "LAX"], rows, p=[0.5, 0.3, 0.2]),
        }
    )
    frame.loc[draw.random(rows) < 0.1, "wind"] = np.nan
    return frame


GRIDS = choose_grids(week(0), ["wind", "hour", "dest"])


def profiled(frame: pd.DataFrame) -> DatasetProfile:
    return profile(frame, GRIDS, ["dest"])


PAST = {str(seed): profiled(week(seed)) for seed in range(8)}


def report(now: DatasetProfile, past: dict[str, DatasetProfile] = PAST, segments: bool = True) -> DriftReport:
    return compare(past, now, period="8", as_of=AS_OF, segments=segments)


def feature(of: DriftReport, name: str) -> FeatureDrift:
    return next(each for each in of.features if each.feature == name)


def test_every_measure_of_the_report_is_measured():
    found = report(profiled(week(9)))
    assert (found.period, found.as_of, found.reference) == ("8", AS_OF, tuple(PAST))
    assert [each.feature for each in found.features] == ["dest", "hour", "wind"]
    assert set(DRIFT_METHODS) < set(MEASURES)
    for each in found.features:
        assert set(each.scores) == set(each.noise) == set(MEASURES)
        assert (each.rows_reference, each.rows_current) == (12_000, 1500)
    assert DriftReport.model_validate_json(found.model_dump_json()) == found


def test_what_does_not_apply_is_none():
    found = report(profiled(week(9)))
    gaps = {each.feature: {name for name, score in each.scores.items() if score is None} for each in found.features}
    assert gaps == {"dest": {"ks", "wasserstein"}, "hour": {"new_category_share"}, "wind": {"new_category_share"}}


def test_the_same_rows_score_nothing():
    for past in ({"a": PAST["0"]}, dict.fromkeys("abc", PAST["0"])):
        for each in report(PAST["0"], past).features:
            assert max(score for score in each.scores.values() if score is not None) < 1e-3
    assert (
        max(score or 0 for each in report(PAST["0"], {"a": PAST["0"]}).features for score in each.scores.values()) == 0
    )


def test_scores_are_the_distances_of_the_rows():
    now = week(9).assign(wind=lambda frame: frame["wind"] + 3)
    before = pd.concat([week(seed) for seed in range(8)])
    hour, wind = (feature(report(profiled(now)), name).scores for name in ("hour", "wind"))
    assert hour["ks"] == pytest.approx(stats.ks_2samp(before["hour"], now["hour"]).statistic, abs=1e-9)
    moved = stats.wasserstein_distance(before["hour"], now["hour"]) / before["hour"].std(ddof=0)
    assert hour["wasserstein"] == pytest.approx(moved, abs=1e-9)
    exact = stats.wasserstein_distance(before["wind"].dropna(), now["wind"].dropna()) / before["wind"].std(ddof=0)
    assert wind["wasserstein"] == pytest.approx(exact, rel=0.01)
    shares = [frame["hour"].value_counts().reindex(range(5, 24), fill_value=0) for frame in (before, now)]
    assert shares[0].min() > 0
    assert 0 < hour["psi"] <= distances.psi(*shares)  # merging bins loses
    assert wind["missing_share"] == pytest.approx(abs(now["wind"].isna().mean() - before["wind"].isna().mean()))


def test_an_ordinary_week_passes_the_noise_as_often_as_one_more_week_is_the_largest_of_nine():
    draw = np.random.default_rng(14)
    over: dict[str, list[bool]] = {method: [] for method in DRIFT_METHODS}
    grids = {"wind": GRIDS["wind"]}
    for _ in range(40):
        weeks = [profile(pd.DataFrame({"wind": draw.normal(10, 4, 500)}), grids) for _ in range(12)]
        past = Reference.of({str(number): each for number, each in enumerate(weeks[:8])})
        for now in weeks[8:]:
            found = compare(past, now, period="8", as_of=AS_OF).features[0]
            for method in DRIFT_METHODS:
                over[method].append(found.scores[method] > found.noise[method])
    for method in DRIFT_METHODS:
        assert 0.04 < np.mean(over[method]) < 0.2, method


def test_a_changed_week_is_far_beyond_the_noise():
    changed = feature(report(profiled(week(9).assign(wind=lambda frame: frame["wind"] + 3))), "wind")
    for method in DRIFT_METHODS:
        assert changed.scores[method] > 3 * changed.noise[method]


def test_the_noise_is_leave_one_period_out():
    noise = {name: level.by_measure for name, level in Reference.of(PAST).levels.items()}
    for name in ("dest", "wind"):
        scores = []
        for key, alone in PAST.items():
            rest = {other: kept for other, kept in PAST.items() if other != key}
            scores.append(feature(report(alone, rest), name).scores["psi"])
        assert noise[name]["psi"] == pytest.approx(max(scores), abs=1e-12)
    assert feature(report(PAST["0"]), "dest").noise == noise["dest"]


def test_one_period_has_no_noise():
    assert set(Reference.of({"a": PAST["0"]}).levels["wind"].by_measure.values()) == {None}


def test_a_kept_reference_gives_the_same_report():
    now = profiled(week(9))
    kept = Reference.of(PAST)
    assert compare(kept, now, period="8", as_of=AS_OF) == report(now)


def test_new_categories_are_named_the_most_frequent_first():
    now = week(9)
    now.loc[:29, "dest"] = "SFO"
    now.loc[30:39, "dest"] = "BUR"
    found = feature(report(profiled(now)), "dest")
    assert found.new_categories == ("SFO", "BUR")
    assert found.scores["new_category_share"] == pytest.approx(40 / 1500)
    assert found.noise["new_category_share"] == 0
    many = profiled(week(9).assign(dest=[f"D{number}" for number in range(1500)]))
    assert len(feature(report(many), "dest").new_categories) == 20


@pytest.mark.parametrize("bucketed_side", [0, 1])
def test_new_categories_cannot_be_told_once_either_side_is_in_buckets(bucketed_side: int):
    sides = []
    for side in range(2):
        counter = TextCounter(most=2 if side == bucketed_side else 100)
        counter.add(np.repeat(np.arange(4), 50), ["a", "b", "c", "d" if side else "e"])
        sides.append(DatasetProfile({"dest": counter.profile()}, 200))
    assert {side.columns["dest"].grid.buckets > 0 for side in sides} == {True, False}
    found = feature(report(sides[1], {"a": sides[0]}), "dest")
    assert found.scores["new_category_share"] is found.sampling["new_category_share"] is None
    assert found.new_categories == ()
    assert found.scores["psi"] > 1


def test_the_move_is_in_the_features_own_unit_even_where_the_reference_does_not_vary():
    found = feature(report(profiled(week(2).assign(hour=15)), {"a": profiled(week(0).assign(hour=12))}), "hour")
    assert (found.moved, found.scores["wasserstein"]) == (3, None)
    wind = feature(report(profiled(week(9).assign(wind=lambda frame: frame["wind"] + 3))), "wind")
    assert wind.moved == pytest.approx(3, rel=0.05)
    assert feature(report(profiled(week(9))), "dest").moved is None


def test_a_vanished_column_is_all_missing():
    found = feature(report(profile(week(9).drop(columns="wind"), GRIDS)), "wind")
    assert found.scores["missing_share"] == pytest.approx(0.9, abs=0.01)
    assert found.scores["psi"] > 5
    assert found.scores["ks"] is None
    assert found.scores["wasserstein"] is None
    without = profile(week(9), {name: grid for name, grid in GRIDS.items() if name != "wind"})
    assert feature(report(without), "wind") == found


def test_a_constant_reference_has_no_unit_of_length():
    past = {"a": profiled(week(0).assign(hour=12)), "b": profiled(week(1).assign(hour=12))}
    found = feature(report(profiled(week(2)), past), "hour")
    assert found.scores["wasserstein"] is None
    assert found.scores["ks"] > 0.3
    assert found.scores["psi"] > 0.3


def test_segments_are_compared_with_themselves():
    now = week(9)
    now.loc[now["dest"] == "BOS", "wind"] += 6
    found = report(profiled(now)).segments["dest"]
    assert list(found) == ["ATL", "BOS", "LAX"]
    psi = {value: next(each for each in features if each.feature == "wind") for value, features in found.items()}
    assert psi["BOS"].scores["psi"] > 1 > 10 * psi["ATL"].scores["psi"]
    assert set(psi["BOS"].noise.values()) == {None}
    assert psi["BOS"].rows_current == (now["dest"] == "BOS").sum()
    alone = compare(
        {key: DatasetProfile(each.segments["dest"]["LAX"], 0) for key, each in PAST.items()},
        DatasetProfile(profiled(now).segments["dest"]["LAX"], 0),
        period="8",
        as_of=AS_OF,
    )
    assert psi["LAX"].scores["ks"] == feature(alone, "wind").scores["ks"]


def test_a_segment_of_one_side_only_is_left_out():
    now = week(9).replace({"dest": {"BOS": "SFO"}})
    assert list(report(profiled(now)).segments["dest"]) == ["ATL", "LAX"]
    assert report(profiled(now), segments=False).segments == {}
    assert report(profiled(week(9).assign(dest="SFO"))).segments == {}


def test_no_reference_is_wrong_use():
    with pytest.raises(ValueError, match="must hold at least one period's profile"):
        report(PAST["0"], {})
    other = profile(week(3), GRIDS | {"wind": GRIDS["hour"]})
    with pytest.raises(ValueError, match="grid =="):
        report(other)

"""What a candidate learns from, on a road that is walked: windows, history, cleaning, balance, shares, draws."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retrain_platform.dataset.checks import GateReport
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.snapshot import DatasetSnapshot, content_fingerprint
from retrain_platform.dataset.split import with_columns
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.replay.walk import walk
from retrain_platform.steps.lines import DATA_REFUSED, RETRAINED
from retrain_platform.steps.training.dataset import parts, reported_periods, rows_of
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.adjusted import Adjusted
from retrain_platform.validation.base import ValidationReport
from retrain_platform_tests.steps.tiny import START, Places, Rows, attributes, quick_gate, tiny_spec

RELEASE = {"shadow": "1d", "canary": [100], "bake": "1d", "not_worse_by": 0.2}


def walked(days: int, places: Places | None = None, reader: Any = None, **training: Any) -> Workshop:
    """A road that retrains every other day; `training` replaces fields of the section, None leaves one out."""
    given = {**attributes()["training"], **training}
    fields = {name: value for name, value in given.items() if value is not None}
    policy = {"kind": "any_of", "policies": [{"kind": "schedule", "every": "2d"}]}
    spec = tiny_spec(policy=policy, release=RELEASE, training=fields, checks={"min_rows": 200})
    shop = (places or Places()).shop(spec, reader or Rows(days))
    for _ in walk(shop):
        pass
    return shop


def snapshots(shop: Workshop) -> list[DatasetSnapshot]:
    return list(shop.values.all(shop.model, "training_dataset", DatasetSnapshot).values())


def read_again(shop: Workshop, made: DatasetSnapshot) -> pd.DataFrame:
    """The rows as another process finds them."""
    shop.frames.clear()
    return rows_of(shop, made)


def is_itself(shop: Workshop, made: DatasetSnapshot) -> bool:
    """Whether the rows that are read again are those that the snapshot is named by, in the parts that it reports."""
    rows = read_again(shop, made)
    split = parts(shop, made)
    sizes = {name: len(getattr(split, name)) for name in made.parts}
    same = content_fingerprint(with_columns(rows, ["_event_time", "_entity", "_label", *made.features])) == made.id
    return same and len(rows) == made.rows and sizes == {name: part.rows for name, part in made.parts.items()}


def test_a_model_that_asks_for_nothing_has_every_labelled_row_and_no_adjustment() -> None:
    shop = walked(6)
    made = snapshots(shop)[-1]
    assert made.selection.model_dump(exclude_defaults=True) == {}
    assert made.dropped == {}
    assert is_itself(shop, made)
    assert not any(isinstance(shop.fitted(one.version), Adjusted) for one in shop.registry.versions(shop.model))


def test_since_the_last_training_with_a_share_of_history() -> None:
    shop = walked(14, window="since_last_training", history=0.3)
    first, *later = snapshots(shop)
    assert "no model was trained before, so all ripe periods" in first.selection.said[0]
    learned = [made for made in later if not made.selection.refused and made.selection.older]
    assert learned
    for made in learned:
        assert made.selection.older[-1] < made.periods[0]
        older = read_again(shop, made)["_event_time"] < made.selection.since
        assert older.mean() == pytest.approx(
            0.3 * len(made.selection.older) / (0.3 * len(made.selection.older) + len(made.periods)), abs=0.05
        )
        assert is_itself(shop, made)
        assert f"{older.sum():,} rows drawn of {len(made.selection.older)} older" in " ".join(made.selection.said)
        assert [each.period for each in reported_periods(shop, made)] == list(made.read_periods)
        assert made.basis == "holdout"


def test_a_window_with_too_little_in_it_is_refused_on_record_and_says_how_much() -> None:
    """Retrained every other day, a window since the last training holds two ripe days: an exam takes three."""
    shop = walked(9, window="since_last_training")
    ended = [entry for entry in shop.entries() if entry.kind == RETRAINED]
    assert [entry.body["verdict"] for entry in ended][:2] == ["passed", DATA_REFUSED]
    assert "ripe periods in it, must be >= 3: 1 to examine, 1 to stop early by, 1 to learn from" in ended[1].why
    refused = [made for made in snapshots(shop) if made.selection.refused]
    assert refused
    assert all(len(made.periods) == 3 for made in refused)


def test_a_policy_that_chooses_the_window_is_obeyed_in_place_of_the_recipe() -> None:
    """The label turns round on day 8; all the past is the recipe's window, the newest five days are the policy's."""

    def turned(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
        return frame if (period.start - START).days < 8 else frame.assign(x=-frame["x"])

    policy = {"kind": "staleness", "metric": "auc", "windows": ["5d", "all"]}
    cost = {"currency": "EUR", "retrain": 5, "per_point": 1}
    spec = tiny_spec(policy=policy, cost=cost, release=RELEASE, checks={"min_rows": 200})
    shop = Places().shop(spec, Rows(16, turned))
    for _ in walk(shop):
        pass
    made = {each.decision_id: each for each in snapshots(shop)}
    decided = shop.values.all(shop.model, "retrain_decision", RetrainDecision).values()
    chosen = [each for each in decided if each.window is not None]
    assert chosen
    assert {each.window for each in chosen} <= {timedelta(days=5), "all"}
    assert any(each.window == timedelta(days=5) for each in chosen)
    for each in chosen:
        begun = made[each.id]
        assert "it learns from" in each.reason
        assert (len(begun.periods) <= 5) == (each.window == timedelta(days=5))
        assert ("window of 5d" in " ".join(begun.selection.said)) == (each.window == timedelta(days=5))


def spoiled(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Every tenth `x` is a thousandfold, and the first twenty rows come twice with another note."""
    far = frame.assign(x=frame["x"].where(frame.index % 10 != 0, frame["x"] * 1000), note="one")
    return pd.concat([far, far.head(20).assign(note="two")], ignore_index=True)


def test_doubled_rows_and_outliers_are_counted_and_rows_read_again_are_the_same() -> None:
    rule = {"features": ["x"], "method": "iqr", "beyond": 3.0}
    cleaning = {"duplicates": {"on": ["at", "who", "x"]}, "outliers": rule}
    shop = walked(6, reader=Rows(6, spoiled), rows=cleaning)
    made = snapshots(shop)[-1]
    ripe = len(made.periods)
    assert made.dropped["duplicates"] == pytest.approx(20 * ripe, abs=2)
    learned = made.parts["train"].columns["x"]
    low, high = made.selection.limits["x"]
    assert low <= learned.low <= learned.high <= high  # type: ignore[operator]
    assert made.parts["holdout"].columns["x"].high > high  # type: ignore[operator]
    assert 0 < made.dropped["outliers"] < 0.1 * 300 * ripe
    assert is_itself(shop, made)
    gate = shop.values.all(shop.model, "gate", GateReport)
    assert all(report.passed for report in gate.values())


def test_limits_that_clip_travel_with_the_model() -> None:
    rule = {"features": ["x"], "method": "quantiles", "beyond": 0.1, "action": "clip"}
    shop = walked(6, rows={"outliers": rule})
    made, (version, *_) = snapshots(shop)[0], shop.registry.versions(shop.model)
    fitted = shop.fitted(version.version)
    assert isinstance(fitted, Adjusted)
    assert fitted.adjustment.limits == made.selection.limits
    low, high = fitted.adjustment.limits["x"]
    beyond = pd.DataFrame({"x": [low - 50, low, high, high + 50], "shop": ["north"] * 4, "note": ["one"] * 4})
    scores = fitted.score(beyond)
    assert scores[0] == scores[1]
    assert scores[2] == scores[3]
    assert made.dropped == {}


def test_the_gate_sees_the_entities_where_their_number_is_asked_for() -> None:
    def columns(**checks: int) -> set[str]:
        seen: set[str] = set()

        def gate(frame: pd.DataFrame, spec: Any, **told: Any) -> GateReport:
            seen.update(frame.columns)
            return quick_gate(frame, spec, **told)

        shop = replace(Places().shop(tiny_spec(checks={"min_rows": 600, **checks}), Rows(6)), gate=gate)
        for _ in walk(shop):
            pass
        return seen

    assert "_entity" in columns(min_entities=10)
    assert "_entity" not in columns()


def test_outliers_that_would_take_most_of_the_rows_are_refused_by_the_gate() -> None:
    shop = walked(6, rows={"outliers": {"features": ["x"], "method": "quantiles", "beyond": 0.3}})
    (ended, *_) = [entry for entry in shop.entries() if entry.kind == RETRAINED]
    assert ended.body["verdict"] == DATA_REFUSED
    assert "outliers, must be at least half of" in ended.why


@pytest.mark.parametrize("balance", ["weights", "undersample"])
def test_balanced_classes_leave_the_scores_calibrated(balance: str) -> None:
    def rare(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
        """One row in ten has the label."""
        return frame.assign(bad=(frame["x"] + np.random.default_rng(period.start.day).normal(size=300) > 1.9) * 1.0)

    shop = walked(9, reader=Rows(9, rare), balance=balance)
    version, made = shop.registry.versions(shop.model)[0].version, snapshots(shop)[0]
    fitted = shop.fitted(version)
    assert isinstance(fitted, Adjusted)
    rows = read_again(shop, snapshots(shop)[-1])
    rate = rows["_label"].mean()
    assert rate < 0.15
    assert fitted.score(rows).mean() == pytest.approx(rate, abs=0.03)
    assert fitted.inner.score(rows).mean() > 2 * rate
    assert f"balance {balance}: " in made.selection.said[-1]
    assert "scores are put back to the true shares (0: " in made.selection.said[-1]


def test_weights_by_age_make_another_model_of_the_same_rows() -> None:
    plain, aged = walked(6), walked(6, half_life="12h")
    assert snapshots(plain)[0].id == snapshots(aged)[0].id
    assert (
        plain.registry.versions("tiny")[0].tags["fingerprint"] != aged.registry.versions("tiny")[0].tags["fingerprint"]
    )
    assert "half_life 12h: " in snapshots(aged)[0].selection.said[0]


def test_shares_are_cut_at_periods_and_rows_before_a_cut_are_left_out() -> None:
    shop = walked(12, holdout=None, early_stop_on=None, split={"shares": [0.6, 0.2, 0.2], "embargo": "2h"})
    made = snapshots(shop)[-1]
    count = len(made.periods)
    held = [key for key in made.periods if shop.spec.period.period(key).start >= made.holdout_from]
    if made.basis == "holdout":
        assert len(held) == round(0.2 * count)
    first = snapshots(shop)[0]
    assert first.basis == "alone"
    assert first.dropped["embargo"] == pytest.approx(2 * 300 * 2 / 24, abs=20)
    assert sum(part.rows for part in first.parts.values()) + first.dropped["embargo"] == first.rows
    assert is_itself(shop, made)
    for earlier, later in zip(snapshots(shop), snapshots(shop)[1:], strict=False):
        if later.basis == "holdout":
            assert later.holdout_from >= earlier.holdout_from


@pytest.mark.parametrize("by", ["random", "stratified"])
def test_drawn_rows_are_examined_on_what_neither_model_saw(by: str) -> None:
    split = {"shares": [0.6, 0.2, 0.2], "by": by}
    shop = walked(8, holdout=None, early_stop_on=None, split=split, iid=True, refit=False)
    made = snapshots(shop)
    reports = list(shop.values.all(shop.model, "validation_report", ValidationReport).values())
    assert [each.basis for each in made[:2]] == ["alone", "holdout"]
    assert [report.measurements.basis for report in reports] == [each.basis for each in made]
    saw: set[tuple[Any, Any]] = set()
    for each in made:
        assert is_itself(shop, each)
        found = parts(shop, each)
        examined = set(zip(found.holdout["_event_time"], found.holdout["_entity"], strict=True))
        assert not examined & saw
        for part in (found.train, found.valid):
            saw |= set(zip(part["_event_time"], part["_entity"], strict=True))
    assert len(examined) == pytest.approx(0.2 * made[-1].rows, rel=0.15 if by == "random" else 0.5)


def test_a_champion_of_another_split_cannot_be_compared_on_draws() -> None:
    places = Places()
    walked(5, places)
    split = {"shares": [0.6, 0.2, 0.2], "by": "random"}
    shop = walked(8, places, holdout=None, early_stop_on=None, split=split, iid=True, refit=False)
    found = [made for made in snapshots(shop) if made.selection.drawn is not None]
    assert found[0].basis == "recipes"
    assert "which rows the champion saw is not known by their draws" in found[0].basis_why

"""The plots of the assets' pages: what they show, and that they are whole pictures."""

import base64
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrain_platform import drawing
from retrain_platform.dataset.snapshot import ColumnReport, DatasetSnapshot, PartReport
from retrain_platform.defs.dataset_pages import rows_chosen
from retrain_platform.defs.decision_pages import leaves, triggers
from retrain_platform.defs.picture import picture
from retrain_platform.defs.plots import ESTIMATED, bars, quality
from retrain_platform.defs.release_pages import answering
from retrain_platform.drawing import Sheet, round_values
from retrain_platform.policy.base import Action, Finding, FindingVerdict, RetrainDecision
from retrain_platform.steps.values import Scored

_SVG = "{http://www.w3.org/2000/svg}"


def drawn(shown: dg.MarkdownMetadataValue) -> ElementTree.Element:
    """The picture inside the Markdown, as a tree."""
    value = shown.value
    assert value is not None
    head, _, data = value.partition("(data:image/svg+xml;base64,")
    assert head.startswith("![")
    assert data.endswith(")")
    return ElementTree.fromstring(base64.b64decode(data[:-1]))


def words(shown: dg.MarkdownMetadataValue) -> list[str]:
    return [each.text or "" for each in drawn(shown).iter(f"{_SVG}text")]


def colours(shown: dg.MarkdownMetadataValue, shape: str) -> list[str]:
    return [each.get("fill") or "" for each in drawn(shown).iter(f"{_SVG}{shape}")]


@given(
    st.floats(-1e9, 1e9).flatmap(lambda low: st.tuples(st.just(low), st.floats(1e-6, 1e9).map(lambda more: low + more)))
)
def test_round_values_lie_within_and_are_few(span: tuple[float, float]) -> None:
    low, high = span
    found = round_values(low, high, 5)
    assert len(found) <= 7
    slack = (high - low) * 1e-3 + abs(high) * 1e-9
    assert all(low - slack <= value <= high + slack for value in found)


def test_round_values_are_round() -> None:
    assert round_values(0.0, 1.0, 5) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert round_values(3.0, 3.0, 5) == [3.0]
    assert round_values(math.nan, 1.0, 5) == []


def test_a_sheet_keeps_what_is_beyond_on_its_edges() -> None:
    sheet = Sheet(10, 20, 100, 50, 4, 0.0, 2.0)
    assert [sheet.y(value) for value in (0.0, 1.0, 2.0, 9.0, -9.0)] == [70, 45, 20, 20, 70]
    assert [sheet.x(place) for place in (0, 3)] == [22.5, 97.5]
    assert math.isnan(sheet.y(math.nan))


def test_text_cannot_break_the_picture() -> None:
    shown = picture([drawing.text(0, 0, "a < b & 'c'")], height=30, title="<svg>")
    assert words(shown) == ["<svg>", "a < b & 'c'"]


def test_bars_show_the_largest_first_with_their_numbers() -> None:
    said = words(bars({"low": 1.0, "high": 12345.0}, title="Gain"))
    assert said == ["Gain", "high", "12.3k", "low", "1"]


def test_quality_marks_what_is_only_estimated() -> None:
    course = [("2013-01-01", 0.7, 0.6, 0.8), ("2013-01-15", 0.72, None, None)]
    shown = quality(
        {"champion": course, ESTIMATED: [("2013-01-22", 0.69, 0.5, 0.9)]}, title="auc", limits={"floor 0.6": 0.6}
    )
    assert {"auc", "champion", ESTIMATED, "floor 0.6", "2013-01-01", "2013-01-22"} <= set(words(shown))
    assert "#ffffff" in colours(shown, "circle")  # hollow
    assert len(list(drawn(shown).iter(f"{_SVG}polygon"))) == 1


def leaf(trigger: str, verdict: FindingVerdict = "quiet", value: float | None = None, limit: float = 1.0) -> Finding:
    return Finding(trigger=trigger, verdict=verdict, value=value, limit=limit, sentence="so it is")


def decision(period: str, *parts: Finding, action: Action = Action.NONE) -> RetrainDecision:
    whole = Finding(trigger="any_of", verdict="quiet", sentence="", parts=parts)
    return RetrainDecision(
        id=period,
        model="m",
        period=period,
        as_of=datetime(2013, 2, 1, tzinfo=UTC),
        policy="p",
        action=action,
        automatic=True,
        reason="",
        finding=whole,
    )


def test_a_decision_shows_each_trigger_that_ever_had_something_to_say() -> None:
    course = [
        decision("2013-01-01", leaf("volume", value=10, limit=50), leaf("event", value=0), leaf("cost", "cannot tell")),
        decision(
            "2013-01-08",
            leaf("volume", "fired", 60, 50),
            leaf("event", value=0),
            leaf("cost", "cannot tell"),
            action=Action.RETRAIN,
        ),
    ]
    said = words(triggers(course))
    assert {"volume", "60", "limit 50", "fired", "retrain"} <= set(said)
    assert not {"event", "cost"} & set(said)


def test_a_changed_policy_leaves_the_other_triggers_past_alone() -> None:
    before, now = decision("2013-01-01", leaf("floor", value=0.5)), decision("2013-01-08", leaf("volume", value=7.0))
    marks = colours(triggers([before, now]), "circle")
    assert marks.count(drawing.GREY) == 2  # one point, and the key's


def test_segments_of_a_trigger_are_no_triggers() -> None:
    parted = leaf("performance", value=0.1).model_copy(update={"parts": (leaf("performance origin = JFK"),)})
    assert [found.trigger for _, found in leaves(decision("2013-01-01", parted).finding)] == ["performance"]


@pytest.mark.parametrize(
    ("versions", "used", "said"),
    [
        ({"champion": "1", "shadow": "2"}, {"champion": 100}, {"version 1", "version 2", "shadow"}),
        ({"champion": "2", "canary": "3"}, {"champion": 60, "canary": 40}, {"version 2", "version 3"}),
        ({}, {}, {"nobody"}),
    ],
)
def test_who_answered(versions: Mapping[str, str], used: Mapping[str, int], said: set[str]) -> None:
    scored = Scored.model_validate({"period": "2013-01-01", "rows": 100, "versions": versions, "used": used})
    shown = words(answering([scored]))
    assert said <= set(shown)
    assert ("nobody" in shown) == ("nobody" in said)
    assert ("shadow" in shown) == ("shadow" in said)


def snapshot(**more: Any) -> DatasetSnapshot:
    """300 rows, a quarter of them with the label, and a feature that is wider in the holdout."""
    moment = datetime(2024, 1, 20, tzinfo=UTC)
    label = ColumnReport(missing=0, low=0, high=1, mean=0.25)
    parts = {
        name: PartReport(
            rows=100,
            first=moment,
            last=moment,
            classes={"0": 75, "1": 25},
            label=label,
            columns={"x": ColumnReport(missing=0, low=0, high=high, mean=1), "shop": ColumnReport(missing=0)},
        )
        for name, high in (("train", 3.0), ("valid", 2.0), ("holdout", 8.0))
    }
    return DatasetSnapshot.model_validate(
        {
            "id": "s", "decision_id": "d", "model": "tiny", "as_of": moment, "tables": {}, "periods": ["p"],
            "task": "binary", "features": ["x", "shop"], "label": "bad", "seed": 7,
            "valid_from": moment, "holdout_from": moment,
            "newest": moment, "basis": "alone", "rows": 300, "parts": parts, **more,
        }
    )  # fmt: skip


def test_a_dataset_s_page_shows_classes_and_ranges_by_part() -> None:
    shown = rows_chosen(snapshot(), half_life=None, balance="none", starts=[])
    assert set(shown) == {"classes", "ranges"}
    said = words(shown["classes"])
    assert [word for word in said if word.endswith("%")] == ["75.0%", "25.0%"] * 3
    assert {"train", "valid", "holdout", "bad 0", "bad 1"} <= set(said)
    assert {"x", "0 to 8"} <= set(words(shown["ranges"]))
    assert "shop" not in words(shown["ranges"])


def test_a_dataset_s_page_shows_what_was_left_out_and_how_much_rows_count() -> None:
    chosen = {"limits": {"x": [0.5, 4.0]}, "said": ["window of 4d", "balance weights"]}
    made = snapshot(dropped={"duplicates": 12, "outliers": 3}, selection=chosen)
    days = [(f"d{day}", datetime(2024, 1, day, tzinfo=UTC)) for day in (10, 15, 20)]
    shown = rows_chosen(made, half_life=timedelta(days=5), balance="weights", starts=days)
    assert shown["which rows"].value == "- window of 4d\n- balance weights"
    assert {"duplicates", "outliers", "12", "3"} <= set(words(shown["left out"]))
    assert [word for word in words(shown["classes"]) if word.endswith("%")][:2] == ["50.0%", "50.0%"]
    limits = [each for each in drawn(shown["ranges"]).iter(f"{_SVG}path") if each.get("stroke") == drawing.RED]
    assert len(limits) == 2
    bars = [float(each.get("height") or 0) for each in list(drawn(shown["weights"]).iter(f"{_SVG}rect"))[1:]]
    assert bars[0] == pytest.approx(bars[2] / 4, abs=0.2)
    assert bars[1] == pytest.approx(bars[2] / 2, abs=0.2)

"""How a label is judged is read from what is published, as it stands at the moment."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from retrain_platform.adapters.bin_store import SqlBins
from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.gateway.lines import AnswerLine, BesideLine, FeedbackLine, Line
from retrain_platform.gateway.log.collecting import Models
from retrain_platform.gateway.log.evidence import Evidence
from retrain_platform.release.live.bins import Bin
from retrain_platform.release.serving import About, GatewaySpec
from retrain_platform.release.split import Split
from retrain_platform_tests.gateway.traffic import EVER, SECOND, START, reads


@pytest.fixture
def home(tmp_path: Path) -> GatewayHome:
    return GatewayHome(tmp_path)


def publish(home: GatewayHome, about: About, split: Split | None = None, **classes: list[str]) -> None:
    home.model(about.model).mkdir(parents=True, exist_ok=True)
    home.about(about.model).write_text(about.model_dump_json(), encoding="utf-8")
    if split is not None:
        home.split(about.model).write_text(split.model_dump_json(), encoding="utf-8")
    for version, names in classes.items():
        place = home.package(about.model, version.removeprefix("v"))
        place.mkdir(parents=True)
        (place / "smoke.json").write_text(json.dumps({"rows": [], "answers": [], "classes": names}), encoding="utf-8")


def bins_of(home: GatewayHome, *lines: Line) -> list[Bin]:
    url = f"sqlite:///{home.root / 'evidence.db'}"
    evidence = Evidence(url, Models(home).judged)
    found = reads(lines)
    evidence.fold(found, {found[-1].segment: found[-1].end}, START)
    return SqlBins(url).bins("m", *EVER)


def label(value: float | str) -> FeedbackLine:
    return FeedbackLine("m", "label", START + SECOND, "r1", value=value, version="1", answered_at=START)


def answered(score: float | list[float], other: float | list[float]) -> tuple[Line, Line]:
    return (
        AnswerLine("m", "r1", START, "1", "champion", score=score),
        BesideLine("m", "r1", START, "2", score=other),
    )


def test_each_version_s_chances_are_of_its_own_classes(home: GatewayHome) -> None:
    about = About(model="m", task="multiclass", metric="accuracy", label="kind")
    publish(home, about, v1=["early", "late"], v2=["cancelled", "late", "early"])
    found = bins_of(home, *answered([0.2, 0.8], [0.1, 0.2, 0.7]), label("late"))
    assert [(each.version, each.labels, each.loss, each.against) for each in found] == [
        ("1", 1, 0.0, {"2": {100: 1}}),
        ("2", 1, 1.0, {"1": {-100: 1}}),
    ]


def test_a_class_that_a_version_never_saw_costs_it_all(home: GatewayHome) -> None:
    publish(
        home, About(model="m", task="multiclass", metric="log_loss", label="kind"), v1=["a", "b"], v2=["a", "b", "c"]
    )
    found = bins_of(home, *answered([1.0, 0.0], [0.0, 0.0, 1.0]), label("c"))
    assert [each.loss for each in found] == [1.0, 0.0]


def test_classes_that_cannot_be_read_are_asked_for_again(home: GatewayHome) -> None:
    publish(home, About(model="m", task="multiclass", metric="accuracy", label="kind"), v1=["early", "late"])
    smoke = home.package("m", "1") / "smoke.json"
    told = smoke.read_bytes()
    judged = Models(home).judged("m")
    assert judged is not None
    smoke.write_bytes(told[:10])
    assert judged.classes("1") == ()
    smoke.write_bytes(told)
    assert judged.classes("1") == ("early", "late")


def test_of_a_regression_the_nearer_one_wins(home: GatewayHome) -> None:
    publish(home, About(model="m", task="regression", metric="rmse", label="minutes"))
    found = bins_of(home, *answered(100.0, 12.0), label(10.0))
    assert [(each.labels, each.against) for each in found] == [(0, {"2": {-100: 1}}), (0, {"1": {100: 1}})]


def test_a_model_that_is_not_published_is_counted_without_losses(home: GatewayHome) -> None:
    found = bins_of(home, *answered(0.5, 0.5), label(1.0))
    assert [(each.rows, each.labels) for each in found] == [(1, 0), (1, 0)]


def test_what_is_published_anew_is_read_anew_and_what_is_broken_is_not_known(home: GatewayHome) -> None:
    models = Models(home)
    about = About(model="m", task="binary", label="late", gateway=GatewaySpec(events=("click",), keep="7d"))
    publish(home, about, Split(model="m", seq=3, champion="1"))
    first = models.judged("m")
    assert first is not None
    assert (first.events, first.split.seq if first.split else None) == (("click",), 3)
    assert models.keep() == {"m": timedelta(days=7)}
    publish(home, about, Split(model="m", seq=14, champion="1", canary="2", share=5))
    second = models.judged("m")
    assert second is not None
    assert second.split == Split(model="m", seq=14, champion="1", canary="2", share=5)
    home.about("m").write_text("{", encoding="utf-8")
    assert (models.judged("m"), models.keep()) == (None, {})

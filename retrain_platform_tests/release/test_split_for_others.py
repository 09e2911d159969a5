"""A split as an HTTPRoute's weights: a pure function, its names those that Kubernetes takes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from retrain_platform.release.base import Stage
from retrain_platform.release.exporting import Export, HttpRouteExport, http_route
from retrain_platform.release.split import Split

TO = HttpRouteExport(path="routes", gateways=("public",), hostnames=("models.example.org",), prefix="/flights")
CANARY = Split(
    model="flight_delay",
    seq=7,
    champion="2",
    canary="3",
    share=5,
    beside=("2", "3"),
    stage=Stage.CANARY,
    by="ana",
    why="ok",
)


def read(split: Split, to: HttpRouteExport = TO) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(http_route(split, to))
    return found


def weights(split: Split, to: HttpRouteExport = TO) -> dict[str, int]:
    (rule,) = read(split, to)["spec"]["rules"]
    return {backend["name"]: backend["weight"] for backend in rule["backendRefs"]}


def test_a_canary_s_share_is_its_weight() -> None:
    document = read(CANARY)
    assert (document["apiVersion"], document["kind"]) == ("gateway.networking.k8s.io/v1", "HTTPRoute")
    assert (document["metadata"]["name"], document["metadata"]["namespace"]) == ("flight-delay", "default")
    assert document["metadata"]["annotations"] == {"retrain/seq": "7", "retrain/by": "ana", "retrain/why": "ok"}
    assert document["spec"]["parentRefs"] == [{"name": "public"}]
    assert document["spec"]["hostnames"] == ["models.example.org"]
    (rule,) = document["spec"]["rules"]
    assert rule["matches"] == [{"path": {"type": "PathPrefix", "value": "/flights"}}]
    assert rule["backendRefs"] == [
        {"name": "flight-delay-2", "port": 80, "weight": 95},
        {"name": "flight-delay-3", "port": 80, "weight": 5},
    ]


def test_who_has_no_share_has_no_weight() -> None:
    assert weights(CANARY.model_copy(update={"share": 0})) == {"flight-delay-2": 95 + 5}
    assert weights(CANARY.model_copy(update={"share": 100})) == {"flight-delay-3": 100}
    assert weights(Split(model="m", champion="1", beside=("2",))) == {"m-1": 100}
    assert http_route(Split(model="m"), TO) == ""


def test_what_scores_beside_is_mirrored_where_asked_and_never_who_answers() -> None:
    shadow = Split(model="m", champion="1", beside=("2",), stage=Stage.SHADOW)
    mirroring = TO.model_copy(update={"mirror": True})
    assert "filters" not in read(shadow)["spec"]["rules"][0]
    (filter_,) = read(shadow, mirroring)["spec"]["rules"][0]["filters"]
    assert filter_ == {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "m-2", "port": 80}}}
    assert "filters" not in read(CANARY, mirroring)["spec"]["rules"][0]


def test_it_says_what_weights_are_not() -> None:
    assert http_route(CANARY, TO).startswith("# Weights share out requests, not entities")


def test_a_reason_of_a_person_s_stays_a_text() -> None:
    odd = 'a "quote": {yes}\n- and: a line'
    assert read(CANARY.model_copy(update={"why": odd}))["metadata"]["annotations"]["retrain/why"] == odd


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "http_route", "path": "x", "gateways": []},
        {"kind": "http_route", "path": "x", "gateways": ["Public Gateway"]},
        {"kind": "http_route", "path": "x", "gateways": ["g"], "service": "always"},
        {"kind": "http_route", "path": "x", "gateways": ["g"], "service": "{model}_{version}"},
        {"kind": "http_route", "path": "x", "gateways": ["g"], "prefix": "models"},
        {"kind": "python", "call": "nowhere"},
        {"kind": "folder", "path": ""},
        {"kind": "mesh"},
    ],
)
def test_what_kubernetes_would_refuse_is_refused_at_load(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Export).validate_python(fields)

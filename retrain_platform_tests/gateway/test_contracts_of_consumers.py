"""A consumer's contract: read whole or refused with every mistake, and held against what a gateway answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from retrain_platform.gateway.staging.asking import Reply
from retrain_platform.gateway.staging.contracts import BadContract, keeps, read_contract

EXPECTS = [
    {
        "name": "a score",
        "send": {"x": 1},
        "answer": {"required": ["prediction"], "properties": {"prediction": {"type": "number", "maximum": 1}}},
    },
    {"name": "no field", "send": {}, "status": 422},
]


class Answers:
    def __init__(self, *replies: Reply) -> None:
        self.replies, self.asked = list(replies), []

    def post(self, path: str, value: Any) -> Reply:
        self.asked.append((path, value))
        return self.replies.pop(0)


def written(place: Path, value: Any) -> Path:
    path = place / "checkout.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def test_a_contract_that_is_kept(tmp_path: Path) -> None:
    contract = read_contract(written(tmp_path, {"consumer": "checkout", "expects": EXPECTS}))
    client = Answers(Reply(200, {"prediction": 0.5}), Reply(422, {"error": {}}))
    found = keeps(contract, "tiny", client)
    assert (found.name, found.requests, found.broke) == ("contract of checkout", 2, ())
    assert client.asked == [("/models/tiny/predict", {"x": 1}), ("/models/tiny/predict", {})]


def test_each_expectation_that_broke_is_named(tmp_path: Path) -> None:
    contract = read_contract(written(tmp_path, {"consumer": "checkout", "expects": EXPECTS}))
    found = keeps(contract, "tiny", Answers(Reply(200, {"prediction": 7}), Reply(200, {})))
    assert found.broke == (
        "a score: prediction: 7 is greater than the maximum of 1",
        "no field: status == 200, must be 422 ({})",
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"consumer": "", "expects": []}, "consumer.*expects"),
        ({"consumer": "a", "expects": [{**EXPECTS[0], "answer": {"type": "nothing"}}]}, "'a score' is no JSON Schema"),
        ({"consumer": "a", "expects": [{**EXPECTS[0], "door": "cellar"}]}, "door"),
    ],
)
def test_what_is_no_contract_is_refused_with_its_mistakes(tmp_path: Path, value: Any, said: str) -> None:
    with pytest.raises(BadContract, match=said):
        read_contract(written(tmp_path, value))

"""What a staging instance is asked of every model: its stored requests, and each door with good and bad requests."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from retrain_platform.gateway.staging.asking import Client, Reply
from retrain_platform.release.staging import Asked

_APART = 1e-9


def smoke(model: str, stored: Path | None, client: Client, most: int) -> tuple[Asked, list[dict[str, Any]]]:
    """The version's stored requests, one by one and together: their answers must be those of training. And the rows.

    One request takes at most `most` records.
    """
    if stored is None:
        return Asked(name="smoke", requests=0), []
    kept = json.loads(stored.read_text(encoding="utf-8"))
    rows, wanted, classes = kept["rows"], kept["answers"], kept.get("classes", ())
    path = f"/models/{model}/predict"
    broke = []
    for place, row in enumerate(rows):
        told = _unlike(client.post(path, row), wanted[place], classes)
        broke += [f"request {place + 1}: {told}"] if told else []
    together = rows[:most]
    found = client.post(path, {"records": together})
    several = found.body.get("predictions", []) if found.status == 200 else []
    if len(several) != len(together):
        broke.append(f"{len(together)} records at once: status {found.status}, {len(several)} answers")
    else:
        each = [_apart(one, score, classes) for one, score in zip(several, wanted[:most], strict=True)]
        broke += [f"record {place + 1} of all at once: {said}" for place, said in enumerate(each) if said]
    return Asked(name="smoke", requests=len(rows) + 1, broke=tuple(broke)), rows


def _unlike(found: Reply, wanted: Any, classes: Sequence[str]) -> str:
    if found.status != 200 or not isinstance(found.body, dict):
        return f"status == {found.status}, must be 200 ({found.said})"
    return _apart(found.body, wanted, classes)


def _apart(answer: Mapping[str, Any], wanted: Any, classes: Sequence[str]) -> str:
    chances = answer.get("chances")
    given = [chances.get(name) for name in classes] if isinstance(chances, dict) else [answer.get("prediction")]
    right = wanted if isinstance(wanted, list) else [wanted]
    same = len(given) == len(right) and all(
        isinstance(one, int | float) and math.isclose(one, other, rel_tol=_APART, abs_tol=_APART)
        for one, other in zip(given, right, strict=True)
    )
    return "" if same else f"{given}, must be {right}"


def doors(model: str, version: str, rows: Sequence[dict[str, Any]], client: Client, stranger: Client) -> Asked:
    """Every door once with what it must take and once with what it must refuse; `stranger` has no token."""
    told = list(_each_door(model, version, rows, client, stranger))
    stranger.close()
    return Asked(name="doors", requests=len(told), broke=tuple(each for each in told if each))


def _each_door(
    model: str, version: str, rows: Sequence[dict[str, Any]], client: Client, stranger: Client
) -> Iterator[str]:
    path = f"/models/{model}"
    yield _must(200, stranger.get("/health"), "health")
    yield _must(200, stranger.get("/ready"), "ready")
    yield _must(200, client.get(path), "who serves")
    yield _must(200, client.get("/openapi.json"), "openapi.json")
    yield _must(403, client.post("/models/another_model/predict", {}), "a token for another model")
    yield _must(400, client.post(f"{path}/predict", b'{"x": '), "JSON that breaks off")
    yield _must(422, client.post(f"{path}/predict", {"records": []}), "no records")
    if not rows:
        return
    yield _must(401, stranger.post(f"{path}/predict", rows[0]), "no token")
    yield _must(422, client.post(f"{path}/predict", {name: {"a": 1} for name in rows[0]}), "fields of no type")
    answer = client.post(f"{path}/predict", rows[0])
    yield _must(200, answer, "a prediction")
    if answer.status == 200:
        served = answer.body.get("version")
        yield "" if served == version else f"a prediction: version == {served!r}, must be {version!r}"
        yield _must(202, client.post(f"{path}/feedback", {"id": answer.body["id"], "kind": "click"}), "feedback")
    yield _must(200, client.post(f"{path}/invocations", {"dataframe_records": list(rows)}), "MLflow's invocations")


def _must(status: int, found: Reply, what: str) -> str:
    return "" if found.status == status else f"{what}: status == {found.status}, must be {status} ({found.said})"

"""The gateway's OpenAPI document, typed from each model's own fields. Version 3.0, which the bundled page reads."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from retrain_platform.gateway.base import Models, NotServed, Serving
from retrain_platform.gateway.doors.feedback import MOST_ENTITY, MOST_ID, MOST_TEXT, kinds_of
from retrain_platform.gateway.doors.replies import error_schema
from retrain_platform.release.serving import About

_ASKING = (400, 401, 403, 404, 408, 413, 415, 422, 429, 500, 503)
_READING = (401, 403, 404, 503)


def document(models: Models) -> dict[str, Any]:
    """The document of what is served now; a model of which nothing is known yet is left out until it is."""
    served: dict[str, Any] = {}
    for name in models.names():
        with suppress(NotServed):
            served |= _paths(name, models.serving(name))
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Retrain gateway",
            "version": "1",
            "description": "Predictions of the served models, and what came of them.",
        },
        "paths": {**served, **_of_all()},
        "components": {
            "schemas": {"Error": error_schema()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _paths(name: str, serving: Serving) -> dict[str, Any]:
    about, tags = serving.about, [name]
    return {
        f"/models/{name}": {
            "get": _get("Who serves what share, since when and why", tags, {"type": "object"}, _READING)
        },
        f"/models/{name}/predict": {
            "post": _post(
                "Predict one record or several",
                tags,
                _several(serving.schema(), about.gateway.most_records),
                {200: _answers(about)},
            )
        },
        f"/models/{name}/feedback": {
            "post": _post(
                "Tell what came of an answer: a label, a click, a rating, a complaint",
                tags,
                _several({"oneOf": list(_feedbacks(about))}, about.gateway.most_records),
                {202: _object(taken={"type": "integer"}, unknown={"type": "integer"})},
            )
        },
        f"/models/{name}/invocations": {"post": _invocations(tags, serving)},
    }


def _of_all() -> dict[str, Any]:
    health = _object(status={"type": "string"})
    ready = _object(ready={"type": "boolean"}, degraded={"type": "boolean"})
    paths = {
        "/models": {"get": _get("The models that are served here", ["gateway"], {"type": "object"}, (401, 403, 503))},
        "/health": {"get": _get("Whether the process lives", ["gateway"], health, ())},
        "/ready": {"get": _get("Whether every model answers, and what is degraded", ["gateway"], ready, (), (503,))},
    }
    return {path: _open(path, each) for path, each in paths.items()}


def _open(path: str, item: dict[str, Any]) -> dict[str, Any]:
    return item if path == "/models" else {method: {**told, "security": []} for method, told in item.items()}


def _several(schema: dict[str, Any], most: int) -> dict[str, Any]:
    """One record, or {"records": [...]} of at most `most`."""
    records = {"type": "array", "minItems": 1, "maxItems": most, "items": schema}
    return {"anyOf": [schema, {**_object(records=records), "additionalProperties": False}]}


def _answers(about: About) -> dict[str, Any]:
    """What a record is answered, and a batch of them."""
    text: dict[str, Any] = {"type": "string"}
    told: dict[str, Any] = {"id": text, "version": text, "prediction": {"type": "number"}}
    if about.task == "multiclass":
        told |= {"prediction": text, "chances": {"type": "object", "additionalProperties": {"type": "number"}}}
    failed = _object(id=text, version=text, prediction={"nullable": True}, error=text)
    each = {"anyOf": [_object(**told), failed]}
    return {
        "anyOf": [
            _object(model=text, **told),
            _object(model=text, id=text, predictions={"type": "array", "items": each}),
        ]
    }


def _feedbacks(about: About) -> Iterable[dict[str, Any]]:
    """One shape for each way to say whom it is about and what it is."""
    number = _either({"type": "number"}, {"type": "boolean"})
    labels = {
        "binary": _either({"type": "number", "enum": [0, 1]}, {"type": "boolean"}),
        "multiclass": _name(),
        "ranking": _either({"type": "number", "minimum": 0}, {"type": "boolean"}),
    }
    others = [kind for kind in kinds_of(about) if kind not in ("label", "rating")]
    for whom in ("id", "entity"):
        yield _feedback(whom, ["label"], labels.get(about.task, number), needed=True)
        yield _feedback(whom, ["rating"], number, needed=True)
        yield _feedback(whom, others, _either({"type": "number", "nullable": True}, {"type": "boolean"}), needed=False)


def _feedback(whom: str, kinds: list[str], value: dict[str, Any], *, needed: bool) -> dict[str, Any]:
    whoms = {"id": {"type": "string", "minLength": 1, "maxLength": MOST_ID}, "entity": _name()}
    nothing = {"type": "string", "nullable": True, "enum": [None]}
    known_at = {"type": "string", "format": "date-time", "nullable": True}
    told = {
        **{name: shape if name == whom else nothing for name, shape in whoms.items()},
        "kind": {"type": "string", "enum": kinds},
        "value": value,
        "text": {"type": "string", "maxLength": MOST_TEXT, "nullable": True},
        "known_at": {**known_at, "description": "when it was known; now if left out"},
    }
    required = [whom, "kind", *(["value"] if needed else [])]
    return {"type": "object", "required": required, "properties": told, "additionalProperties": False}


def _name() -> dict[str, Any]:
    """A text, or a whole number."""
    return _either({"type": "string", "minLength": 1, "maxLength": MOST_ENTITY}, {"type": "integer"})


def _either(*shapes: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": list(shapes)}


def _invocations(tags: list[str], serving: Serving) -> dict[str, Any]:
    """As MLflow documents it."""
    # As there, what the model does not know is left aside.
    record = {**serving.schema(), "additionalProperties": True}
    records = {"type": "array", "minItems": 1, "items": record}
    either = {"anyOf": [records, {"type": "object", "additionalProperties": {"type": "array", "items": {}}}]}
    split = _object(
        columns={"type": "array", "items": {"type": "string"}},
        data={"type": "array", "items": {"type": "array", "items": {}}},
    )
    forms = [
        _object(dataframe_records=records),
        _object(dataframe_split=split),
        _object(instances=either),
        _object(inputs=either),
    ]
    answer = _object(predictions={"type": "array", "items": {}})
    return _post("Predict as MLflow's scoring server does", tags, {"anyOf": forms}, {200: answer})


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    """An object that has all of these."""
    return {"type": "object", "required": list(properties), "properties": properties}


def _get(
    summary: str, tags: list[str], answer: dict[str, Any], refused: Iterable[int], also: Iterable[int] = ()
) -> dict[str, Any]:
    same = {str(status): _told("As said", answer) for status in also}
    return {
        "summary": summary,
        "tags": tags,
        "responses": {"200": _told("As said", answer), **same, **_refusals(refused)},
    }


def _post(summary: str, tags: list[str], body: dict[str, Any], answers: dict[int, dict[str, Any]]) -> dict[str, Any]:
    good = {str(status): _told("As said", schema) for status, schema in answers.items()}
    content = {"application/json": {"schema": body}}
    return {
        "summary": summary,
        "tags": tags,
        "requestBody": {"required": True, "content": content},
        "responses": {**good, **_refusals(_ASKING)},
    }


def _refusals(statuses: Iterable[int]) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Error"}
    return {str(status): _told("What is wrong, and its cure", schema) for status in statuses}


def _told(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}

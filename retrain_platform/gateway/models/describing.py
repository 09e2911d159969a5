"""What a record must be, as JSON schema of OpenAPI 3.0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from retrain_platform.gateway.models.fields import Field, What
from retrain_platform.release.serving import About

_NUMBER: dict[str, Any] = {"anyOf": [{"type": "number", "nullable": True}, {"type": "boolean"}]}
_SCALAR: dict[str, Any] = {"anyOf": [{"type": "string", "nullable": True}, {"type": "number"}, {"type": "boolean"}]}
_TYPES: dict[What, dict[str, Any]] = {
    "number": _NUMBER,
    "category": _SCALAR,
    "any": _SCALAR,
    "name": _SCALAR,
    "time": {"type": "string", "format": "date-time", "nullable": True},
}


def schema_of(fields: Sequence[Field], about: About) -> dict[str, Any]:
    """The schema of one record. Names and types only: which values a category had is told to nobody."""
    return {
        "type": "object",
        "description": f"One record for {about.model}. A feature that is not known is null; none may be left out.",
        "properties": {field.name: {**_TYPES[field.what], "description": _told(field, about)} for field in fields},
        "required": [field.name for field in fields if field.required],
        "additionalProperties": about.gateway.extra == "ignore",
    }


def _told(field: Field, about: About) -> str:
    if field.name == about.routed_by:
        return "Who it is about: the same one is answered by the same version while the shares stand."
    if field.name == about.entity:
        return "Who it is about."
    if field.what == "time":
        return "When it happened; a time without a zone is on the model's calendar."
    kind = {"number": "A number", "category": "A category"}.get(field.what, "A feature")
    return kind if field.required else f"{kind} that only another version than the champion was fitted on"

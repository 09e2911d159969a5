"""JSON of a request's body, in which every name of an object stands once."""

from __future__ import annotations

import json
from typing import Any

from retrain_platform.gateway.base import BadRequest

_MOST_SHOWN = 60


def read_json(body: bytes, **hooks: Any) -> Any:
    """What the body says; `hooks` are those of `json.loads`, a ValueError of theirs says what is wrong.

    Raises:
        BadRequest: no UTF-8, no JSON, nested too deeply, or a name twice in one object; status 400.
    """
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_once, **hooks)
    except UnicodeDecodeError as error:
        raise BadRequest([f"the body is no UTF-8 at byte {error.start}"], 400) from None
    except RecursionError:
        raise BadRequest(["the body is nested too deeply: send records of plain values"], 400) from None
    except ValueError as error:
        raise BadRequest([f"the body is no JSON: {error}"], 400) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice[:_MOST_SHOWN]!r} stands twice in one object, must stand once")
    return found

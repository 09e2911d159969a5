"""Bytes as the spec writes them: a whole number and MiB, GiB or TiB."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_MEMORY = {"TiB": 2**40, "GiB": 2**30, "MiB": 2**20}


def parse_memory(value: object) -> int:
    """Read '512MiB' or '8GiB' as bytes.

    Raises:
        ValueError: naming the value and the form that is asked for.

    >>> parse_memory("8GiB")
    8589934592
    """
    if isinstance(value, int) and not isinstance(value, bool) and value > 0 and not value % _MEMORY["MiB"]:
        return value
    match = re.fullmatch(rf"(\d+)\s*({'|'.join(_MEMORY)})", value.strip()) if isinstance(value, str) else None
    if match is None or not int(match[1]):
        raise ValueError(
            f"memory == {value!r}, must be a whole number >= 1 and MiB, GiB or TiB, as in '512MiB', '8GiB'"
        )
    return int(match[1]) * _MEMORY[match[2]]


def memory_text(value: int) -> str:
    """The shortest text that `parse_memory` reads back.

    >>> memory_text(3 * 2**29)
    '1536MiB'
    """
    unit = next(name for name, size in _MEMORY.items() if not value % size)
    return f"{value // _MEMORY[unit]}{unit}"


Memory = Annotated[int, BeforeValidator(parse_memory), PlainSerializer(memory_text, return_type=str)]
"""Bytes that a spec writes as '512MiB' or '8GiB'."""

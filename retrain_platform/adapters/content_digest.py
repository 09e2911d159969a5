"""A digest of what a fitted object holds, the same in every process."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np


def digest(value: object) -> str:
    """The SHA-256 of `value`'s content: numbers, texts, arrays, and objects by class and state.

    Memory addresses, padding bytes and the order of dictionaries do not count. An object that is
    met again counts as the number of its first meeting, so shared parts and cycles are fine.
    """
    found = hashlib.sha256()
    for piece in _pieces(value, {}, []):
        found.update(len(piece).to_bytes(8, "big"))
        found.update(piece)
    return found.hexdigest()


def _pieces(value: Any, met: dict[int, int], alive: list[object]) -> Iterator[bytes]:
    """The content as bytes, depth first. `alive` keeps temporary states, or their ids would be given out again."""
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | type | np.dtype):
        yield f"{type(value).__name__}:{value!r}".encode()
    elif isinstance(value, np.ndarray | np.generic):
        yield from _array(np.asarray(value), met, alive)
    elif id(value) in met:
        yield f"met:{met[id(value)]}".encode()
    else:
        met[id(value)] = len(met)
        alive.append(value)
        yield from _object(value, met, alive)


def _object(value: Any, met: dict[int, int], alive: list[object]) -> Iterator[bytes]:
    yield type(value).__qualname__.encode()
    if isinstance(value, dict):
        for key in sorted(value, key=repr):
            yield from _pieces(key, met, alive)
            yield from _pieces(value[key], met, alive)
    elif isinstance(value, list | tuple):
        yield str(len(value)).encode()
        for item in value:
            yield from _pieces(item, met, alive)
    elif isinstance(value, set | frozenset):
        yield from _pieces(sorted(value, key=repr), met, alive)
    elif callable(value) and hasattr(value, "__qualname__"):
        yield f"{value.__module__}.{value.__qualname__}".encode()
    else:
        reduced = value.__reduce_ex__(4)
        yield from _pieces(reduced if isinstance(reduced, str) else tuple(reduced[1:3]), met, alive)


def _array(array: np.ndarray[Any, Any], met: dict[int, int], alive: list[object]) -> Iterator[bytes]:
    yield f"{array.dtype.str}:{array.shape}".encode()
    if array.dtype.names is not None:
        for name in array.dtype.names:  # field by field: what lies between the fields is not theirs
            yield from _array(array[name], met, alive)
    elif array.dtype.hasobject:
        for item in array.ravel():
            yield from _pieces(item, met, alive)
    else:
        yield np.ascontiguousarray(array).tobytes()

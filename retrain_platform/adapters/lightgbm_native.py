"""LightGBM's own library without its Python package, which imports pandas and scikit-learn: 160 MB that answer nobody.

The library is found by the package's own `libpath.py`, which is loaded alone. Only what scoring needs is declared; the
declarations are those of LightGBM's `c_api.h`.
"""

from __future__ import annotations

import ctypes
import importlib.util
import weakref
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

_FLOAT64, _ROW_MAJOR, _NORMAL = 1, 1, 0
_PARAMETERS = b"num_threads=1 verbosity=-1"
"""One thread: a gateway has a worker a core, and many requests."""


class NativeError(RuntimeError):
    """LightGBM refused; its own words."""


class _Library(NamedTuple):
    """The library twice: `waiting` lets other threads run during a call, `holding` does not.

    Holding Python's lock is what makes the fast path safe: it writes on a buffer of its own, one for each model. A
    call takes microseconds, less than to give the lock away and fetch it again.
    """

    waiting: ctypes.CDLL
    holding: ctypes.PyDLL


class NativeBooster:
    """A model in LightGBM's memory. Rows are float64 in C order, packed as bytes; missing is nan.

    `width` numbers come back for each row: 1, or a chance for each class.
    """

    def __init__(self, text: str) -> None:
        """Read a model's text, as `Booster.model_to_string` wrote it.

        Raises:
            NativeError: it is none.
        """
        self._library = _library()
        handle, rounds = ctypes.c_void_p(), ctypes.c_int()
        waiting = self._library.waiting
        _done(waiting.LGBM_BoosterLoadModelFromString(text.encode(), ctypes.byref(rounds), ctypes.byref(handle)))
        self._handle = handle
        weakref.finalize(self, _free, waiting, handle, fast := ctypes.c_void_p())
        self.width, self.features = self._told("LGBM_BoosterGetNumClasses"), self._told("LGBM_BoosterGetNumFeature")
        columns = ctypes.c_int32(self.features)
        _done(
            waiting.LGBM_BoosterPredictForMatSingleRowFastInit(
                handle, _NORMAL, 0, -1, _FLOAT64, columns, _PARAMETERS, ctypes.byref(fast)
            )
        )
        self._fast = fast
        self._ask, self._row = (
            self._library.holding.LGBM_BoosterPredictForMatSingleRowFast,
            ctypes.c_double * self.width,
        )
        self._length = ctypes.byref(ctypes.c_int64())

    def one(self, row: bytes) -> list[float]:
        """The `width` numbers of one row of `features` numbers."""
        found = self._row()
        if self._ask(self._fast, row, self._length, found):
            raise NativeError(_last_error())
        return found[:]

    def many(self, rows: bytes, count: int) -> list[list[float]]:
        """The same for `count` rows one after the other, while other threads run."""
        found, length = (ctypes.c_double * (count * self.width))(), ctypes.c_int64()
        _done(
            self._library.waiting.LGBM_BoosterPredictForMat(
                self._handle,
                rows,
                _FLOAT64,
                ctypes.c_int32(count),
                ctypes.c_int32(self.features),
                _ROW_MAJOR,
                _NORMAL,
                0,
                -1,
                _PARAMETERS,
                ctypes.byref(length),
                found,
            )
        )
        numbers = found[:]
        return [numbers[at : at + self.width] for at in range(0, len(numbers), self.width)]

    def _told(self, what: str) -> int:
        found = ctypes.c_int()
        _done(getattr(self._library.waiting, what)(self._handle, ctypes.byref(found)))
        return found.value


@lru_cache(maxsize=1)
def _library() -> _Library:
    found = _libpath()
    waiting = found._LIB
    holding = ctypes.PyDLL(waiting._name, handle=waiting._handle)
    waiting.LGBM_GetLastError.restype = ctypes.c_char_p
    pointer = ctypes.c_void_p
    # Without its types ctypes takes an argument of bytes for a text, and looks at each argument anew.
    holding.LGBM_BoosterPredictForMatSingleRowFast.argtypes = [pointer, ctypes.c_char_p, pointer, pointer]
    return _Library(waiting, holding)


def _libpath() -> ModuleType | Any:
    """LightGBM's module that loads its library; where a later LightGBM has none, the whole package's."""
    package = importlib.util.find_spec("lightgbm")
    if package is None or package.origin is None:
        raise NativeError("lightgbm is not installed")
    place = Path(package.origin).with_name("libpath.py")
    spec = importlib.util.spec_from_file_location("lightgbm_libpath", place) if place.exists() else None
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        if hasattr(module, "_LIB"):
            return module
    import lightgbm.basic

    return lightgbm.basic


def _free(library: ctypes.CDLL, booster: ctypes.c_void_p, fast: ctypes.c_void_p) -> None:
    """Give the memory back, that of the fast path first: it points into the other."""
    if fast.value is not None:
        library.LGBM_FastConfigFree(fast)
    library.LGBM_BoosterFree(booster)


def _done(code: int) -> None:
    if code:
        raise NativeError(_last_error())


def _last_error() -> str:
    return str(_library().waiting.LGBM_GetLastError().decode(errors="replace"))

"""What a version answers: LightGBM by its own library, without pandas; every other family as batch scoring asks it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from retrain_platform.adapters.lightgbm_native import NativeBooster
from retrain_platform.adapters.package_files import BOOSTER, BadPackage, Package
from retrain_platform.dataset.weights import Factors
from retrain_platform.gateway.models.encoding import Encoder, Unreadable, picker
from retrain_platform.gateway.models.signature import Signature
from retrain_platform.training.adjusted import Adjustment, adjustment_in
from retrain_platform.training.base import Fitted

if TYPE_CHECKING:
    import pandas as pd

Fields = Mapping[str, Any]
Score = float | list[float]
_ONE_BY_ONE = 64
"""Up to so many rows the fast path, a row at a time, is quicker than a matrix."""


class Scorer(Protocol):
    """Scores rows by their fields, as `Fitted.score` of the same package does. Safe to ask from several threads."""

    def score(self, rows: Sequence[Fields]) -> list[Score | Unreadable]:
        """A score a row, of several classes their chances in order; or why the version could not read it."""


class NativeScorer:
    """Trees in LightGBM's own memory, with the adjustment that the package keeps."""

    def __init__(self, folder: Path, package: Package, adjustment: Adjustment) -> None:
        self._booster = NativeBooster((folder / BOOSTER).read_text(encoding="utf-8"))
        known = len(package.preparation.features)
        if self._booster.features != known:  # it would read beyond the row
            raise BadPackage(f"features == {known} of {folder}, must be {self._booster.features} as its trees have")
        self._encode = Encoder(package.preparation, adjustment.limits).encode
        self._corrected = correction(adjustment.factors, package.report.classes)
        self._several = bool(package.report.classes)

    def score(self, rows: Sequence[Fields]) -> list[Score | Unreadable]:
        """See `Scorer`."""
        encoded = [self._encoded(row) for row in rows]
        readable = [row for row in encoded if isinstance(row, bytes)]
        if len(readable) <= _ONE_BY_ONE:
            raw = iter([self._booster.one(row) for row in readable])
        else:
            raw = iter(self._booster.many(b"".join(readable), len(readable)))
        return [self._shaped(next(raw)) if isinstance(row, bytes) else row for row in encoded]

    def _encoded(self, row: Fields) -> bytes | Unreadable:
        try:
            return self._encode(row)
        except Unreadable as error:
            return error

    def _shaped(self, raw: list[float]) -> Score:
        scores = raw if self._corrected is None else self._corrected(raw)
        return scores if self._several else scores[0]


class FrameScorer:
    """Any other fitted model: rows become a frame, as batch scoring has them. One call at a time.

    A user's own model, or scikit-learn's, is not known to bear several threads.
    """

    def __init__(self, fitted: Fitted, signature: Signature) -> None:
        self._fitted, self._signature = fitted, signature
        self._pick = picker(signature.features)
        self._turn = Lock()

    def score(self, rows: Sequence[Fields]) -> list[Score | Unreadable]:
        """See `Scorer`. Where the rows fail together each is asked alone, so that one spoils no other."""
        try:
            with self._turn:
                found: list[Any] = self._fitted.score(self._frame(rows)).tolist()
        except Exception as error:  # a library, or the user's own model, may fail in any way on strange rows
            if len(rows) > 1:
                return [self.score([row])[0] for row in rows]
            said = f"{error} is missing" if isinstance(error, KeyError) else " ".join(str(error).split())
            return [Unreadable(f"{type(error).__name__}: {said}"[:300])]
        return list(found)

    def _frame(self, rows: Sequence[Fields]) -> pd.DataFrame:
        """A column of numbers is float64, every other as its values are, but of missing numbers where it has none."""
        import pandas as pd

        columns = zip(*(self._pick(row) for row in rows), strict=True)
        made = {}
        for (name, kind), values in zip(self._signature.kinds.items(), columns, strict=True):
            empty = all(value is None for value in values)
            made[name] = pd.Series(values, dtype="float64" if kind == "number" or empty else None)
        return pd.DataFrame(made)


def scorer_of(folder: Path, package: Package, signature: Signature, load: Callable[[Path], Fitted]) -> Scorer:
    """The quickest scorer of the package in the folder; `load` reads those that have no fast path.

    Raises:
        BadPackage: its trees are of other columns than its preparation.
    """
    if package.kind == "lightgbm":
        return NativeScorer(folder, package, adjustment_in(folder))
    return FrameScorer(load(folder), signature)


def correction(factors: Factors, classes: Sequence[str]) -> Callable[[list[float]], list[float]] | None:
    """Scores under the true shares of the classes, as `weights.corrected` gives them; None where nothing is to be done.

    p_c = (q_c / f_c) / sum_k (q_k / f_k): Bayes' rule with the priors put back (Elkan 2001, theorem 2).
    """
    if not factors:
        return None
    shares = [1 / factors.get(name, 1.0) for name in (classes or ("0", "1"))]
    if classes:

        def of_several(chances: list[float]) -> list[float]:
            weighed = [chance * share for chance, share in zip(chances, shares, strict=True)]
            total = math.fsum(weighed)
            return [each / total for each in weighed]

        return of_several
    negative, positive = shares

    def of_two(chance: list[float]) -> list[float]:
        weighed = chance[0] * positive
        return [weighed / (weighed + (1 - chance[0]) * negative)]

    return of_two

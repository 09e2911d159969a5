"""From rows to the matrix that a learner sees: fitted on the training part, travelling with the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from retrain_platform.dataset.record import Record
from retrain_platform.dataset.soundness import kind_of
from retrain_platform.dataset.texts import shown, value_text

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


class MissingColumns(ValueError):
    """A frame lacks columns that the fitted preparation needs."""


class UnfitColumn(ValueError):
    """A column that cannot be made a number: a time, or texts where there were numbers."""


class Preparation(Record):
    """The features in order, and for each category column the values that it knows.

    A category becomes its position among the known values, which are sorted; an unseen, rare or
    missing one becomes nan, as does a missing number.
    """

    features: tuple[str, ...]
    categories: dict[str, tuple[str, ...]] = {}

    @property
    def categorical(self) -> tuple[int, ...]:
        """The positions of the category columns."""
        return tuple(position for position, name in enumerate(self.features) if name in self.categories)

    def transform(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """The matrix (rows, features), C order, of any frame that has the feature columns.

        Raises:
            MissingColumns: naming all that are missing.
            UnfitColumn: a column of numbers now holds something else.
        """
        must_have(frame, self.features)
        matrix = np.empty((len(frame), len(self.features)))
        for position, name in enumerate(self.features):
            known = self.categories.get(name)
            matrix[:, position] = _numbers(frame[name]) if known is None else _codes(frame[name], known)
        return matrix

    def columns(self, frame: pd.DataFrame) -> list[NDArray[Any]]:
        """The matrix of `transform` column by column: numbers in their own type, where possible without a copy.

        A category column is int32, and -1 stands for nan.

        Raises:
            As `transform`.
        """
        must_have(frame, self.features)
        known = self.categories
        return [
            _places(frame[name], known[name]) if name in known else _own_numbers(frame[name]) for name in self.features
        ]


def must_have(frame: pd.DataFrame, features: Sequence[str]) -> None:
    """Refuse a frame without the columns that a model was fitted on.

    Raises:
        MissingColumns: naming them.
    """
    missing = [name for name in features if name not in frame.columns]
    if missing:
        raise MissingColumns(f"columns {', '.join(missing)} are missing: the model was fitted on them")


def fit_preparation(frame: pd.DataFrame, features: Sequence[str], *, most_categories: int = 250) -> Preparation:
    """Learn the `most_categories` most frequent values of each category column of `frame`.

    Raises:
        MissingColumns: `frame` lacks a feature.
        UnfitColumn: a feature is a time.
    """
    missing = [name for name in features if name not in frame.columns]
    if missing:
        raise MissingColumns(f"features {', '.join(missing)} are not among the columns")
    kinds = {name: kind_of(frame[name]) for name in features}
    times = [name for name, kind in kinds.items() if kind == "time"]
    if times:
        raise UnfitColumn(f"features {', '.join(times)} are times: exclude them, or derive numbers such as the hour")
    return Preparation(
        features=tuple(features),
        categories={
            name: _frequent(frame[name], most_categories) for name, kind in kinds.items() if kind == "category"
        },
    )


def _frequent(values: pd.Series[Any], most: int) -> tuple[str, ...]:
    codes, names = _coded(values)
    counts: Counter[str] = Counter()
    for name, count in zip(names, np.bincount(codes[codes >= 0], minlength=len(names)), strict=True):
        counts[name] += int(count)
    ranked = sorted((-count, name) for name, count in counts.items() if count)
    return tuple(sorted(name for _, name in ranked[:most]))


def _places(values: pd.Series[Any], known: tuple[str, ...]) -> NDArray[np.int32]:
    position = {name: place for place, name in enumerate(known)}
    codes, names = _coded(values)
    found: NDArray[np.int32] = np.array([*(position.get(name, -1) for name in names), -1], dtype=np.int32)[codes]
    return found


def _codes(values: pd.Series[Any], known: tuple[str, ...]) -> NDArray[np.float64]:
    places = _places(values, known)
    return np.where(places < 0, np.nan, places)


def _coded(values: pd.Series[Any]) -> tuple[NDArray[Any], list[str]]:
    """A number for each value, -1 for a missing one, and what each number is called: a name may come twice."""
    import pandas as pd

    if isinstance(values.dtype, pd.CategoricalDtype):
        codes, uniques = values.cat.codes.to_numpy(), values.cat.categories
    else:
        codes, uniques = pd.factorize(values)
    return codes, [value_text(value) for value in uniques]


def _own_numbers(values: pd.Series[Any]) -> NDArray[Any]:
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "biuf":
        numbers = values.to_numpy()
        return numbers.view(np.uint8) if numbers.dtype.kind == "b" else numbers
    return _numbers(values)


def _numbers(values: pd.Series[Any]) -> NDArray[np.float64]:
    import pandas as pd

    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.to_numpy(dtype="float64", na_value=np.nan)
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    wrong = values[np.isnan(numbers) & values.notna().to_numpy()]
    if len(wrong):
        raise UnfitColumn(f"{values.name} == {shown(wrong.iloc[0])}, must be a number: the model was fitted on numbers")
    return np.asarray(numbers, dtype="float64")

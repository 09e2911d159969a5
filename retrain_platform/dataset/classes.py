"""The classes of a label by name: their order, their places, and two models that know different ones side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


def class_names(labels: pd.Series[Any] | NDArray[Any]) -> tuple[str, ...]:
    """The different names among `labels`, missing ones aside, in the order of `ordered`."""
    import pandas as pd

    return ordered(str(name) for name in pd.unique(np.asarray(labels, dtype=object)) if not pd.isna(name))


def ordered(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once: whole numbers by size, then the others by text.

    >>> ordered(["late", "10", "9", "cancelled", "9"])
    ('9', '10', 'cancelled', 'late')
    """
    return tuple(sorted(set(names), key=lambda name: (0, int(name), name) if _whole(name) else (1, 0, name)))


def class_places(labels: pd.Series[Any] | NDArray[Any], classes: Sequence[str]) -> NDArray[np.float64]:
    """Each label's place among `classes`, shape (rows,); nan where it is missing or none of them."""
    import pandas as pd

    codes, names = pd.factorize(np.asarray(labels, dtype=object))
    place = {name: float(position) for position, name in enumerate(classes)}
    found: NDArray[np.float64] = np.array([*(place.get(str(name), np.nan) for name in names), np.nan])[codes]
    return found


def among(scores: NDArray[np.float64], own: Sequence[str], classes: Sequence[str]) -> NDArray[np.float64]:
    """The scores of a model that knows `own`, shape (rows, own), among `classes`: shape (rows, classes).

    `classes` hold all of `own`, and the others have 0: a class that the model never saw gets no chance, its rows are
    missed.
    """
    place = {name: position for position, name in enumerate(classes)}
    wide = np.zeros((len(scores), len(classes)))
    wide[:, [place[name] for name in own]] = scores
    return wide


def top_class(scores: NDArray[np.float64], classes: Sequence[str]) -> NDArray[np.object_]:
    """The name of each row's likeliest class, shape (rows,), the first of equal ones; None where a score is nan."""
    named = np.array([*classes, None], dtype=object)
    if not len(scores):
        return named[:0]
    return named[np.where(np.isnan(scores).any(axis=1), len(classes), scores.argmax(axis=1))]


def _whole(name: str) -> bool:
    return name.removeprefix("-").isdecimal() and name.isascii()

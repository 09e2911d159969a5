"""What the team's own sources and checks promise, asked of one: for tests and for `retrain check --plugin` alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from retrain_platform.dataset.calling import CannotCall, function_named
from retrain_platform.dataset.checks import PythonCheck
from retrain_platform.dataset.own_checks import ask

if TYPE_CHECKING:
    import pandas as pd


def unmet_by_check(check: PythonCheck, frame: pd.DataFrame | None = None) -> list[str]:
    """What the check does not keep, a sentence each; `frame` is what it is asked of beside no rows at all."""
    rows = made_up() if frame is None else frame
    return list(dict.fromkeys(said for each in (rows, rows.iloc[:0]) for said in _of_check(check, each)))


def made_up() -> pd.DataFrame:
    """A hundred labelled rows with a number, a text, and missing values in both."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(7)
    frame = pd.DataFrame({"number": random.normal(size=100), "text": random.choice(["a", "b"], 100)})
    frame.loc[::9, "number"] = np.nan
    frame.loc[::7, "text"] = None
    start = datetime(2024, 1, 1, tzinfo=UTC)
    times = pd.DatetimeIndex([start + timedelta(hours=hour) for hour in range(100)])
    return frame.assign(_label=random.integers(0, 2, 100).astype(float), _event_time=times)


def _of_check(check: PythonCheck, frame: pd.DataFrame) -> Iterator[str]:
    try:
        first, again = ask(check, frame), ask(check, frame)
    except CannotCall as error:
        yield f"must answer of {len(frame)} rows: {error}"
        return
    if first != again:
        yield f"must say the same of the same rows: of {len(frame)} rows, it said two things"
    if not first.sentence.strip() or "\n" in first.sentence:
        yield f"must give its reason in one line: sentence == {first.sentence!r}"


def unmet_by_source(call: str, columns: tuple[str, ...], span: tuple[datetime, datetime]) -> list[str]:
    """What the function of a source does not keep in [start, end): `columns` are those that it must have."""
    try:
        function = function_named(call, "source.call")
        first, again = function(*span), function(*span)
    except CannotCall as error:
        return [str(error)]
    except Exception as error:  # the user's own code may fail in any way
        return [f"must answer of {span[0]:%Y-%m-%d} to {span[1]:%Y-%m-%d}: {type(error).__name__}: {error}"]
    return list(_of_source(function, first, again, columns))


def _of_source(function: Any, first: Any, again: Any, columns: tuple[str, ...]) -> Iterator[str]:
    import pandas as pd

    if not isinstance(first, pd.DataFrame):
        yield f"must return a DataFrame: it returned {type(first).__name__}"
        return
    absent = [name for name in columns if name not in first.columns]
    if absent:
        yield f"must have the columns {', '.join(absent)}: it has {', '.join(map(str, first.columns))}"
    if not first.equals(again):
        yield "must give the same rows of the same span: it gave others the second time"
    watermark = getattr(function, "watermark", None)
    moment = watermark() if callable(watermark) else None
    if moment is not None and (not isinstance(moment, datetime) or moment.tzinfo is None):
        yield f"must have a watermark that is a datetime with a zone, or None: it is {moment!r}"

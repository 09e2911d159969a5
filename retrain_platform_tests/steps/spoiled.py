"""Rows of the tiny model spoiled in one way or another, and what the road says of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.preparation import MissingColumns
from retrain_platform.replay.walk import walk
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.tiny import Places, Rows, tiny_spec

SPEC = tiny_spec()

BAD_DAY = "2024-01-05"

Change = Callable[[pd.DataFrame, Period], pd.DataFrame]


def on(key: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Change:
    """Spoil the rows of one period."""
    return lambda frame, period: change(frame) if period.key == key else frame


def walked(places: Places, reader: Rows, until: str | None = None) -> Workshop:
    shop = places.shop(SPEC, reader)
    for _ in walk(shop, until):
        pass
    return shop


def incidents(shop: Workshop) -> list[tuple[str, str]]:
    return [(e.body["kind"], e.why) for e in shop.entries() if e.kind == "incident"]


def watched(shop: Workshop) -> list[str]:
    return [entry.body["period"] for entry in shop.entries() if entry.kind == "watched"]


def vanished(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="x")


def changed_type(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(x=frame["x"].map("{:.1f} km".format))


def mixed_types(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(x=frame["x"].astype(object).where(frame.index > 9, "unknown"))


def all_null(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(x=np.nan)


def no_rows(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.head(0)


def thrice(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame, frame])


def text_labels(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(bad=frame["bad"].map({0.0: "no", 1.0: "yes"}))


def third_class(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(bad=frame["bad"].where(frame.index > 9, 2.0))


def no_labels(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="bad")


class Particular:
    """A fitted model that asks for a column that nobody has."""

    report: Any = None

    def score(self, frame: pd.DataFrame) -> np.ndarray:
        raise MissingColumns("columns mood are missing: the model was fitted on them")

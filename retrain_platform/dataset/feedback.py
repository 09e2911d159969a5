"""Logged propensities: the probability with which each row was answered as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def misfit_propensities(frame: pd.DataFrame, column: str | None) -> list[str]:
    """What is wrong with the propensities of the rows, in a sentence; empty where none are asked for.

    A row that was answered had a chance to be: 0 is as wrong as 1.2 or nothing.
    """
    if column is None or not len(frame) or column not in frame.columns:
        return []
    import pandas as pd

    from retrain_platform.dataset.texts import shown

    numbers = pd.to_numeric(frame[column], errors="coerce")
    wrong = frame[column][~((numbers > 0) & (numbers <= 1))]
    if not len(wrong):
        return []
    first = "missing" if pd.isna(wrong.iloc[0]) else shown(wrong.iloc[0])
    return [f"{column} == {first} in {len(wrong)} rows, must be a probability over 0 and at most 1"]

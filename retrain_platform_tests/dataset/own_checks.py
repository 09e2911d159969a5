"""Checks of a team's own: some sound, some not."""

from __future__ import annotations

from typing import Any

import pandas as pd

from retrain_platform.dataset.checks import CheckAnswer

asked: list[int] = []


def few_holes(frame: pd.DataFrame) -> CheckAnswer:
    share = float(frame.drop(columns=["_label"]).isna().mean().max()) if len(frame) else 0.0
    verdict: Any = "passed" if share <= 0.5 else "failed"
    return CheckAnswer(verdict=verdict, value=share, limit=0.5, sentence=f"most missing == {share:.2f}, must be <= 0.5")


def refuses(frame: pd.DataFrame) -> dict[str, Any]:
    frame["_label"] = 7.0  # a copy: nobody else's
    return {"verdict": "failed", "sentence": "shop 12 was closed", "examples": ["12"]}


def texts(frame: pd.DataFrame) -> dict[str, Any]:
    coded = [str(name) for name in frame if isinstance(frame[name].dtype, pd.CategoricalDtype)]
    return {"verdict": "failed" if coded else "passed", "sentence": f"coded == {coded}"}


def breaks(frame: pd.DataFrame) -> CheckAnswer:
    raise LookupError("no such\ntable")


def bare(frame: pd.DataFrame) -> bool:
    return True


def moody(frame: pd.DataFrame) -> dict[str, Any]:
    asked.append(len(frame))
    return {"verdict": "passed", "sentence": f"asked {len(asked)} times"}

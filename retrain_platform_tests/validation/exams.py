"""Holdouts of two made-up models, and the measurements of them."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from retrain_platform.validation.base import Basis, Comparison, Measurements
from retrain_platform.validation.calibrating import calibrate
from retrain_platform.validation.disparity import Ask, Scored, disparities
from retrain_platform.validation.measure import measure

AS_OF = datetime(2013, 6, 3, tzinfo=UTC)
DAYS = 14


class Rows(NamedTuple):
    """Arrays of shape (rows,): labels of a rare event, two models' scores, days, two columns."""

    labels: np.ndarray
    candidate: np.ndarray
    champion: np.ndarray
    days: np.ndarray
    origin: np.ndarray
    carrier: np.ndarray


def rows(seed: int = 0, *, a_day: int = 100, days: int = DAYS, candidate: float = 1.0, champion: float = 1.0) -> Rows:
    """`candidate` and `champion` are how strongly the two follow the truth; equal ones are equally good."""
    random = np.random.default_rng(seed)
    count = a_day * days
    weather = np.repeat(random.normal(0, 0.5, days), a_day)
    truth = random.normal(size=count) + weather
    labels = (truth + random.normal(size=count) > 1).astype(float)

    def scores(strength: float) -> np.ndarray:
        return 1 / (1 + np.exp(-(strength * truth + random.normal(0, 0.7, count))))

    origin = random.choice(np.array(["EWR", "JFK", "LGA"], dtype=object), count)
    carrier = random.choice(np.array(["UA", "DL", "OO", "HA"], dtype=object), count, p=[0.6, 0.37, 0.015, 0.015])
    return Rows(labels, scores(candidate), scores(champion), np.repeat(np.arange(days), a_day), origin, carrier)


def measured(arrays: Rows, *, basis: Basis = "holdout", **options: Any) -> Measurements:
    """What `measure` says of the rows; no champion where the basis is 'alone'."""
    return measure(
        "d1",
        arrays.labels,
        arrays.candidate,
        None if basis == "alone" else arrays.champion,
        arrays.days,
        basis=basis,
        start=AS_OF,
        end=AS_OF,
        **{"metrics": ["auc", "log_loss"], "segments": {"origin": arrays.origin, "carrier": arrays.carrier}} | options,
    )


def with_suites(arrays: Rows, *asks: Ask, basis: Basis = "holdout", **options: Any) -> Measurements:
    """`measured`, with the calibration and the disparities that gates may ask for."""
    scored = Scored(arrays.labels, arrays.candidate, None if basis == "alone" else arrays.champion, arrays.days)
    asks = asks or (Ask(by="origin", measure="selection_rate"), Ask(by="origin", measure="mae"))
    columns = {"origin": arrays.origin, "carrier": arrays.carrier}
    suites = {
        "calibration": calibrate(*scored, binary=True),
        "disparities": disparities(scored, columns, asks, 50),
    }
    return measured(arrays, basis=basis, **options).model_copy(update=suites)


def comparison(difference: float | None, error: float = 0.002, **options: Any) -> Comparison:
    """A comparison with just this difference and standard error, on 14 days."""
    fields: dict[str, Any] = {
        "metric": "auc",
        "candidate": 0.7 if difference is None else 0.7 + difference,
        "champion": 0.7,
        "difference": difference,
        "low": None,
        "high": None,
        "standard_error": None if difference is None else error,
        "confidence": 0.95,
        "rows": 20_000,
        "days": DAYS,
    }
    return Comparison(**fields | options)


def known(metrics: dict[str, Comparison] | None = None, **options: Any) -> Measurements:
    """Measurements written by hand."""
    fields: dict[str, Any] = {
        "decision_id": "d1",
        "basis": "holdout",
        "holdout_start": AS_OF,
        "holdout_end": AS_OF,
        "rows": 20_000,
        "days": DAYS,
        "candidate": {name: each.candidate for name, each in (metrics or {}).items()},
        "comparisons": metrics or {},
    }
    return Measurements(**fields | options)

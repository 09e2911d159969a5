"""Live evidence in words: what every transition and standing of a live release says was seen."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from retrain_platform.dataset.duration import span_of_clock_text
from retrain_platform.release.live.evidence import LiveEvidence, Reading, Window
from retrain_platform.release.live.triggers import AccuracyUnder, ErrorRateOver, LatencyOver, Trigger

_UNITS = (
    (timedelta(days=2), timedelta(hours=1)),
    (timedelta(minutes=10), timedelta(minutes=1)),
    (timedelta.min, timedelta(seconds=1)),
)
_MOST = 700.0
"""Beyond it an e-value has no float."""


def spoken(span: timedelta) -> str:
    """A span as a spec writes it: whole seconds, of long ones whole minutes, of very long ones whole hours."""
    unit = next(unit for least, unit in _UNITS if span >= least)
    return span_of_clock_text(span // unit * unit)


def e_value(logarithm: float) -> str:
    """The e-value itself, in three digits."""
    return f"{math.exp(logarithm):.3g}" if logarithm < _MOST else f"e^{logarithm:.0f}"


def amount(measure: str, value: float | None) -> str:
    """A measure's value in its own unit: milliseconds, percent, or a mean loss."""
    if value is None:
        return "nothing"
    if measure.startswith("latency"):
        return f"{value:.3g} ms"
    return f"{value:.4f}" if measure == "labels" else f"{value:.2%}"


def compared(reading: Reading, other: str) -> str:
    """Both values, on how much, in which time."""
    name = reading.measure
    unit = "labels" if name == "labels" else "feedback" if name.startswith("feedback") else "calls"
    counts = f"{reading.n:,} and {reading.n_other:,} {unit}"
    span = spoken(reading.until - reading.since)
    bounds = ""
    if reading.low is not None and reading.high is not None:
        bounds = f", difference within [{reading.low:+.4f}, {reading.high:+.4f}]"
    return (
        f"{name} {amount(name, reading.value)} against {amount(name, reading.other)} of version {other} "
        f"on {counts} in {span}{bounds}"
    )


def crossed(trigger: Trigger, window: Window, other: str) -> str:
    """A fixed limit and the value that passed it."""
    span = spoken(timedelta(seconds=window.seconds))
    value, of = window.value, window.other
    if isinstance(trigger, LatencyOver):
        seen, limit = f"{trigger.quantile} {_ms(value)}", f"at most {trigger.milliseconds:g} ms"
        beside = _ms(of)
    elif isinstance(trigger, ErrorRateOver):
        seen, limit, beside = f"error rate {_share(value)}", f"at most {trigger.limit:.2%}", _share(of)
    elif isinstance(trigger, AccuracyUnder):
        seen, limit, beside = f"accuracy {_share(value)}", f"at least {trigger.limit:.2%}", _share(of)
    else:
        seen, limit = f"quality {_share(value)}", f"no more than {trigger.by:.2%} under version {other}"
        beside = _share(of)
    return f"{seen} over {span}, must be {limit}; version {other} had {beside}; n {window.n:,}"


def beside(evidence: LiveEvidence, now: datetime) -> str:
    """On how much all of it stands, and how old it is."""
    late = spoken(max(now - evidence.until, timedelta()))
    return f"{evidence.calls:,} calls against {evidence.calls_other:,} of version {evidence.other}, {late} ago"


def _ms(value: float | None) -> str:
    return amount("latency", value)


def _share(value: float | None) -> str:
    return amount("share", value)

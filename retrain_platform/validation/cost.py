"""The gate on what an answer costs: time, memory and size beside the champion's."""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import Field, model_validator

from retrain_platform.stats.intervals import t_quantile
from retrain_platform.validation.base import GateResult, GateVerdict, Measurements
from retrain_platform.validation.gate import NO_CHAMPION, Confidence, GateBase
from retrain_platform.validation.suites import Costs, Ratio


class Cost(GateBase):
    """At most so many times the champion's latency (one row, a batch), memory and package size; None does not ask.

    The two are timed in turn, round by round, and the interval is over the rounds: only a ratio that is surely over the
    limit fails, so noise alone does not. Memory is the most that a clean process held to load the model and answer a
    batch, interpreter and libraries included; asking for it costs two such processes.
    """

    kind: Literal["cost"] = "cost"
    latency_times: float | None = Field(default=2.0, gt=0)
    size_times: float | None = Field(default=2.0, gt=0)
    memory_times: float | None = Field(default=None, gt=0)
    batch: int = Field(default=1000, ge=2, le=100_000)
    rounds: int = Field(default=15, ge=5, le=200)
    confidence: Confidence = 0.99

    @model_validator(mode="after")
    def _something(self) -> Cost:
        if self.latency_times is None and self.size_times is None and self.memory_times is None:
            raise ValueError("latency_times, size_times and memory_times == none, must be given in one of them")
        return self

    def describe(self) -> str:
        """The gate in one plain sentence."""
        limits = {"latency": self.latency_times, "size": self.size_times, "memory": self.memory_times}
        said = ", ".join(f"{name} at most {times:g} times" for name, times in limits.items() if times is not None)
        return f"{said} the champion's"

    def needs(self) -> tuple[str, ...]:
        """The metrics that must be measured for it: none."""
        return ()

    def judge(self, measurements: Measurements) -> tuple[GateResult, ...]:
        """One result for a row, a batch, the size and the memory; one in all where there is nothing to compare."""
        if measurements.basis == "alone":
            return (self._result("", "passed", f"{NO_CHAMPION}{_own(measurements.suites.cost)}"),)
        found = measurements.suites.cost
        if found is None or found.candidate is None or found.champion is None:
            why = (measurements.why if found is None else found.problem) or "it was not measured beside the champion"
            return (self._result("", "cannot tell", why),)
        return tuple(self._all(found))

    def _all(self, found: Costs) -> list[GateResult]:
        results = []
        if self.latency_times is not None:
            results.append(self._time("row", found.row_times, self.latency_times, found))
            results.append(self._time("batch", found.batch_times, self.latency_times, found))
        if self.size_times is not None:
            sizes = (_bytes_of(found, "package_bytes", "candidate"), _bytes_of(found, "package_bytes", "champion"))
            results.append(self._bytes("size", *sizes, self.size_times))
        if self.memory_times is not None:
            peaks = (_bytes_of(found, "peak_bytes", "candidate"), _bytes_of(found, "peak_bytes", "champion"))
            results.append(self._bytes("memory", *peaks, self.memory_times))
        return results

    def _time(self, what: str, ratio: Ratio | None, limit: float, found: Costs) -> GateResult:
        if ratio is None or found.candidate is None or found.champion is None:
            return self._result(what, "cannot tell", f"{what}: the times of the two could not be compared")
        reach = t_quantile((1 + self.confidence) / 2, ratio.rounds - 1) * ratio.log_error
        low, high = ratio.value * math.exp(-reach), ratio.value * math.exp(reach)
        verdict: GateVerdict = "passed" if high <= limit else "failed" if low > limit else "cannot tell"
        mine, other = found.candidate, found.champion
        times = (mine.row_p50, mine.row_p95, other.row_p50, other.row_p95)
        if what == "batch":
            times = (mine.batch_p50, mine.batch_p95, other.batch_p50, other.batch_p95)
        p50, p95, champion_p50, champion_p95 = map(_ms, times)
        of = "one row" if what == "row" else f"{found.batch} rows"
        said = (
            f"{of} {p50} ms at the median, {p95} at the 95th percentile, the champion {champion_p50} and "
            f"{champion_p95}: {ratio.value:.2f} [{low:.2f}, {high:.2f}] times (confidence {self.confidence:g}; "
            f"{ratio.rounds} rounds in turn), must be at most {limit:g}"
        )
        more = {"value": ratio.value, "limit": limit, "low": low, "high": high}
        return self._result(what, verdict, said, **more)

    def _bytes(self, what: str, mine: int | None, other: int | None, limit: float) -> GateResult:
        if not mine or not other:
            return self._result(what, "cannot tell", f"{what}: not known of both models")
        times = mine / other
        sizes = f"{mine / 2**20:.2f} MiB, the champion {other / 2**20:.2f}"
        said = f"{what} {sizes}: {times:.2f} times, must be at most {limit:g}"
        more = {"value": times, "limit": limit}
        return self._result(what, "passed" if times <= limit else "failed", said, **more)

    def _result(self, name: str, verdict: GateVerdict, sentence: str, **more: Any) -> GateResult:
        return self.answer(f"cost {name}", verdict, sentence, **more)


def _ms(seconds: float) -> str:
    """Milliseconds in three digits, never as a power of ten.

    >>> _ms(0.01234), _ms(1.2)
    ('12.3', '1,200')
    """
    return f"{1000 * seconds:.3g}" if seconds < 0.9995 else f"{1000 * seconds:,.0f}"


def _bytes_of(found: Costs, what: str, whose: str) -> int | None:
    value: int | None = getattr(getattr(found, whose), what)
    return value


def _own(found: Costs | None) -> str:
    """What the candidate costs by itself, where it was measured."""
    if found is None or found.candidate is None:
        return ""
    mine = found.candidate
    return (
        f"; one row {_ms(mine.row_p50)} ms, {found.batch} rows {_ms(mine.batch_p50)} ms, "
        f"package {mine.package_bytes / 2**20:.2f} MiB"
    )

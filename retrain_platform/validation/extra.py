"""The gate on a named set of its own: rows from elsewhere, hard ones, made up ones, with a floor."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from retrain_platform.validation.base import GateResult, GateVerdict, Measurements
from retrain_platform.validation.gate import GateBase, Limit, MetricName, limit_of
from retrain_platform.validation.golden import one_table


class ExtraSet(GateBase):
    """The metric on the labelled rows of one file: the point against a fixed limit, for the set itself is the question.

    `name` is what the report calls it, as in out_of_domain or adversarial. The file has the source's columns, the
    label's among them; `path` is absolute or from the project's root.
    """

    kind: Literal["extra_set"] = "extra_set"
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)
    path: str = Field(min_length=1)
    metric: MetricName
    at_least: float | None = None
    at_most: float | None = None

    @field_validator("path")
    @classmethod
    def _table(cls, value: str) -> str:
        return one_table("path", value)

    @model_validator(mode="after")
    def _one_limit(self) -> ExtraSet:
        self._limit()
        return self

    @property
    def key(self) -> str:
        """The name that its measurement has."""
        return f"{self.name} {self.metric} {self.path}"

    def describe(self) -> str:
        """The gate in one plain sentence."""
        return f"{self.metric} on {self.name} ({self.path}) must be {self._limit()}"

    def needs(self) -> tuple[str, ...]:
        """The metrics that must be measured for it on the exam's own rows: none."""
        return ()

    def judge(self, measurements: Measurements) -> tuple[GateResult, ...]:
        """Passed at the limit itself; cannot tell where the metric has no value there."""
        found = measurements.suites.extra.get(self.key)
        limit = self._limit()
        if found is None or found.value is None:
            why = (measurements.why if found is None else found.why) or "it was not measured"
            return (self._result("cannot tell", f"{self.name}: {why}"),)
        interval = "" if found.low is None else f" [{found.low:.4f}, {found.high:.4f}]"
        said = (
            f"{self.metric} {found.value:.4f}{interval} on the {found.rows} rows of {self.name} "
            f"(content {found.digest}), must be {limit}"
        )
        more = {"value": found.value, "limit": limit.value, "low": found.low, "high": found.high}
        return (self._result("passed" if limit.holds(found.value) else "failed", said, **more),)

    def _limit(self) -> Limit:
        return limit_of(self.metric, self.at_least, self.at_most)

    def _result(self, verdict: GateVerdict, sentence: str, **more: Any) -> GateResult:
        return self.answer(f"extra_set {self.name} {self.metric}", verdict, sentence, **more)

"""The gate on a regression pack: named cases whose answers must not break."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from retrain_platform.validation.base import GateResult, GateVerdict, Measurements
from retrain_platform.validation.gate import GateBase
from retrain_platform.validation.suites import told

ENDINGS = (".parquet", ".csv", ".csv.gz", ".jsonl")


def one_table(field: str, value: str) -> str:
    """`value`, refused where it is not one file of a known format."""
    if not value.endswith(ENDINGS) or any(sign in value for sign in "*?["):
        raise ValueError(f"{field} == {value!r}, must be one file that ends in {', '.join(ENDINGS)}")
    return value


class Golden(GateBase):
    """Every case of the file must be answered as it says; `path` is absolute or from the project's root.

    A row is a case: its `name`, the features, and what is expected in one or more of the columns `at_least`, `at_most`
    (of the score) and `label` (of a binary task the class, a score of .5 or more being 1; else the number, to within
    `tolerance`). Of several classes `label` is the name of the one that must be the likeliest; beside a limit, the one
    whose chance is limited. Of a ranking `top` says how far down in its list a row may stand; one without it is
    there to be ranked against. `may_break` cases may be answered otherwise.
    """

    kind: Literal["golden"] = "golden"
    path: str = Field(min_length=1)
    tolerance: float = Field(default=1e-9, ge=0)
    may_break: int = Field(default=0, ge=0)

    @field_validator("path")
    @classmethod
    def _table(cls, value: str) -> str:
        return one_table("path", value)

    @property
    def name(self) -> str:
        """The name that its measurement has."""
        return f"{self.path} to {self.tolerance:g}"

    def describe(self) -> str:
        """The gate in one plain sentence."""
        return f"at most {self.may_break} of the cases of {self.path} may break"

    def needs(self) -> tuple[str, ...]:
        """The metrics that must be measured for it: none."""
        return ()

    def judge(self, measurements: Measurements) -> tuple[GateResult, ...]:
        """One result: broken cases fail; cases that cannot be asked are 'cannot tell'."""
        found = measurements.suites.golden.get(self.name)
        if found is None or found.problem:
            why = (measurements.why if found is None else found.problem) or "it was not asked"
            return (self._result("cannot tell", f"{self.path}: {why}"),)
        changed = f"; {len(found.unasked)} cannot be asked{told(found.unasked)}" if found.unasked else ""
        unused = f"; columns that the model does not read: {', '.join(found.unused)}" if found.unused else ""
        said = (
            f"{len(found.broken)} of {found.cases} cases of {self.path} (content {found.digest}) broke, "
            f"must be at most {self.may_break}{told(found.broken)}{changed}{unused}"
        )
        verdict: GateVerdict = "cannot tell" if found.unasked else "passed"
        if len(found.broken) > self.may_break:
            verdict = "failed"
        more = {"value": float(len(found.broken)), "limit": float(self.may_break)}
        cases = (*found.broken, *found.unasked)
        return (self._result(verdict, said, cases=cases, **more),)

    def _result(self, verdict: GateVerdict, sentence: str, **more: Any) -> GateResult:
        return self.answer(f"golden {self.path}", verdict, sentence, **more)

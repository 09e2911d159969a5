"""What a training dataset must be like before anything learns from it, and what was found. Pure: an adapter runs it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import ConfigDict, Field

from retrain_platform.dataset.duration import Duration
from retrain_platform.dataset.period import Share
from retrain_platform.dataset.places import Call
from retrain_platform.dataset.record import Record

CheckName = Literal[
    "schema",
    "types",
    "missing",
    "ranges",
    "freshness",
    "label_availability",
    "row_minimum",
    "class_balance",
    "expectations",
]
CHECK_NAMES: tuple[CheckName, ...] = get_args(CheckName)
"""Every check of the gate, in the order of the report; each is one Dagster asset check."""

CheckVerdict = Literal["passed", "failed", "could not run"]


class Expectation(Record):
    """One Great Expectations expectation: the name of its class, and its arguments beside it.

    >>> Expectation(type="ExpectColumnValuesToBeInSet", column="origin", value_set=["EWR", "JFK"]).arguments
    {'column': 'origin', 'value_set': ['EWR', 'JFK']}
    """

    model_config = ConfigDict(extra="allow")

    type: str = Field(pattern=r"^Expect[A-Z]\w*$")

    @property
    def arguments(self) -> dict[str, Any]:
        """What the expectation's class is called with."""
        return dict(self.model_extra or {})


class PythonCheck(Record):
    """A function `(frame: DataFrame) -> CheckAnswer` of the team's own, named as 'package.module:function'.

    `frame` holds the labelled rows: the features, '_label' (float64, or the class's name) and '_event_time' (UTC).
    """

    kind: Literal["python"] = "python"
    call: Call


class ChecksSpec(Record):
    """The limits of the training gate.

    `min_rows`: labelled rows at least. `min_entities`: different entities among them at least; `min_span`: from the
    first of them to the last at least; both are told with the rows, as `row_minimum`. `max_missing`: largest share
    of a feature's values that may be missing. `fresh_within`: the newest labelled row is at most this much older than
    `as_of`; None is 4 weeks. `min_label_share`: labelled rows among all rows at least. `min_class_share`: each class
    of a label of classes at least, among those that there are. `expectations` are the team's own, and so are the
    functions of `own`; they answer under one name.
    """

    min_rows: int = Field(default=1000, ge=1)
    min_entities: int = Field(default=1, ge=1)
    min_span: Duration | None = None
    max_missing: Share = 0.5
    fresh_within: Duration | None = None
    min_label_share: Share = 0.5
    min_class_share: Annotated[float, Field(ge=0, le=0.5)] = 0.01
    expectations: tuple[Expectation, ...] = ()
    own: tuple[PythonCheck, ...] = ()


class CheckResult(Record):
    """One check's answer. `value` against `limit` is that of the worst column, None where no number tells it.

    `could not run`: the check itself broke, so nothing is known; it blocks as a failure does.
    `examples` are values that fail, as texts, a handful.
    """

    name: CheckName
    verdict: CheckVerdict
    value: float | None = None
    limit: float | None = None
    sentence: str
    examples: tuple[str, ...] = ()


class CheckAnswer(Record):
    """What a check of the team's own answers; the fields of `CheckResult` without its name."""

    verdict: CheckVerdict
    sentence: str = Field(min_length=1)
    value: float | None = None
    limit: float | None = None
    examples: tuple[str, ...] = ()


class GateReport(Record):
    """Every check of one snapshot, in the order of `CHECK_NAMES`. `passed` when each of them passed."""

    snapshot_id: str
    passed: bool
    results: tuple[CheckResult, ...]

    def with_result(self, result: CheckResult) -> GateReport:
        """The report with this result, at its end, in place of any of the same name; what failed has failed."""
        others = tuple(each for each in self.results if each.name != result.name)
        passed = self.passed and result.verdict == "passed"
        return self.model_copy(update={"passed": passed, "results": (*others, result)})

"""The gate on the package: does it answer in a clean process as the trained model did, and are its bytes the same?"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from retrain_platform.validation.base import GateResult, GateVerdict, Measurements
from retrain_platform.validation.gate import GateBase
from retrain_platform.validation.suites import Answered, told


class Integration(GateBase):
    """The package, loaded in a process that has nothing else loaded, must answer stored requests as the trained model.

    `requests` rows of the exam are kept as JSON beside the package. Answers may differ by `differs_by` at most,
    absolute. A process that is not done after `timeout_seconds` says nothing of the package.
    """

    kind: Literal["integration"] = "integration"
    requests: int = Field(default=20, ge=1, le=1000)
    differs_by: float = Field(default=1e-12, ge=0)
    timeout_seconds: int = Field(default=120, ge=1)

    def describe(self) -> str:
        """The gate in one plain sentence."""
        return (
            f"the package must answer {self.requests} requests in a clean process as the trained model did, "
            f"by {self.differs_by:g} at most, and its bytes must be those of the fit"
        )

    def needs(self) -> tuple[str, ...]:
        """The metrics that must be measured for it: none."""
        return ()

    def judge(self, measurements: Measurements) -> tuple[GateResult, ...]:
        """Two results: the answers, and the bytes."""
        found = measurements.suites.integration
        if found is None:
            why = measurements.why or "no clean process was asked"
            return (self._result("answers", "cannot tell", why),)
        return (self._answers(found), *self._bytes(found))

    def _answers(self, found: Answered) -> GateResult:
        if found.outcome == "unknown":
            return self._result("answers", "cannot tell", f"no answer from a clean process: {found.said}")
        if found.outcome == "broke" or found.apart is None:
            said = f"0 of {found.requests} requests answered in a clean process: {found.said}"
            return self._result("answers", "failed", said, value=float(found.requests), limit=0.0, cases=found.worst)
        alike = found.apart <= self.differs_by
        said = (
            f"{found.requests} requests answered in a clean process, apart by {found.apart:.3g}, "
            f"must be at most {self.differs_by:g}{'' if alike else told(found.worst)}"
        )
        more = {"value": found.apart, "limit": self.differs_by, "cases": () if alike else found.worst}
        return self._result("answers", "passed" if alike else "failed", said, **more)

    def _bytes(self, found: Answered) -> tuple[GateResult, ...]:
        if not found.kept:
            return ()
        same = found.kept == found.found
        said = f"the package's bytes are {found.found[:12]}, must be those of the fit, {found.kept[:12]}"
        more = {"value": 0.0 if same else 1.0, "limit": 0.0}
        return (self._result("bytes", "passed" if same else "failed", said, **more),)

    def _result(self, name: str, verdict: GateVerdict, sentence: str, **more: Any) -> GateResult:
        return self.answer(f"integration {name}", verdict, sentence, **more)

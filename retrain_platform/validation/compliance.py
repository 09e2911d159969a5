"""The gate on what the model is made of and what is declared of it: no number of the exam can excuse these."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import Field

from retrain_platform.validation.base import GateResult, GateVerdict, Measurements
from retrain_platform.validation.gate import GateBase
from retrain_platform.validation.suites import Case, MadeOf, told

Declared = Literal["owners", "description", "purpose", "intended_use", "limits", "licence", "documentation", "contact"]
"""What a spec can declare of its model: `owners` and `description` at its top, the rest in `card`."""


class Compliance(GateBase):
    """No forbidden feature, none that is known only after the event, none that gives the label away; all declared.

    `forbidden` and `known_only_after` are glob patterns of features. `leaks_over` is how well one feature alone may
    tell the label, whichever way it points: of classes its AUC, of numbers its rank correlation, of a ranking the share
    of the pairs of a list that it puts in order. None does not ask. `declares` names the fields of the spec that must
    be filled in.
    """

    kind: Literal["compliance"] = "compliance"
    forbidden: tuple[str, ...] = ()
    known_only_after: tuple[str, ...] = ()
    leaks_over: float | None = Field(default=0.99, gt=0.5, le=1)
    declares: tuple[Declared, ...] = ("owners", "licence", "documentation")

    def describe(self) -> str:
        """The gate in one plain sentence."""
        parts = [
            f"no feature may match {', '.join(self.forbidden)}" if self.forbidden else "",
            f"none may match {', '.join(self.known_only_after)}, known only after the event"
            if self.known_only_after
            else "",
            f"none may tell the label alone (AUC, rank correlation or share of pairs in order over {self.leaks_over:g})"
            if self.leaks_over is not None
            else "",
            f"the spec must declare {', '.join(self.declares)}" if self.declares else "",
        ]
        return "; ".join(part for part in parts if part) or "nothing is asked"

    def needs(self) -> tuple[str, ...]:
        """The metrics that must be measured for it: none."""
        return ()

    def judge(self, measurements: Measurements) -> tuple[GateResult, ...]:
        """One result a rule; one in all where nothing was looked at."""
        found = measurements.suites.compliance
        if found is None:
            return (self._result("", "cannot tell", measurements.why or "the features were not looked at"),)
        results = [
            self._patterns("forbidden", self.forbidden, found.features, "forbidden"),
            self._patterns("known_only_after", self.known_only_after, found.features, "known only after the event"),
            *([self._leaks(found, self.leaks_over)] if self.leaks_over is not None else []),
            *([self._declared(found)] if self.declares else []),
        ]
        return tuple(result for result in results if result is not None) or (
            self._counted("", 0, f"{len(found.features)} features; nothing is asked", ()),
        )

    def _patterns(self, name: str, patterns: Sequence[str], features: Sequence[str], what: str) -> GateResult | None:
        if not patterns:
            return None
        matches = [(feature, [one for one in patterns if fnmatchcase(feature, one)]) for feature in features]
        cases = tuple(Case(id=feature, said=f"matches {by[0]}") for feature, by in matches if by)
        said = f"{len(cases)} of {len(features)} features are {what}, must be 0{told(cases)}"
        return self._counted(name, len(cases), said, cases)

    def _leaks(self, found: MadeOf, limit: float) -> GateResult:
        if not found.tells:
            return self._result("leaks", "cannot tell", found.why or "no feature was held against the label")
        ranked = sorted(found.tells.items(), key=lambda item: (-item[1], item[0]))
        cases = tuple(Case(id=name, said=f"{value:.4f}") for name, value in ranked if value > limit)
        best = f"; the most telling is {ranked[0][0]} ({ranked[0][1]:.4f})" if not cases else told(cases)
        said = (
            f"{len(cases)} of {len(found.tells)} features tell the label alone (over {limit:g}) on {found.rows} rows, "
            f"must be 0{best}"
        )
        return self._counted("leaks", len(cases), said, cases)

    def _declared(self, found: MadeOf) -> GateResult:
        empty = tuple(
            Case(id=name, said="is empty") for name in self.declares if not found.declared.get(name, "").strip()
        )
        said = f"{len(empty)} of {len(self.declares)} declared fields are empty, must be 0{told(empty)}"
        return self._counted("declared", len(empty), said, empty)

    def _counted(self, name: str, count: int, said: str, cases: tuple[Case, ...]) -> GateResult:
        return self._result(name, "failed" if count else "passed", said, value=float(count), limit=0.0, cases=cases)

    def _result(self, name: str, verdict: GateVerdict, sentence: str, **more: Any) -> GateResult:
        return self.answer(f"compliance {name}", verdict, sentence, **more)

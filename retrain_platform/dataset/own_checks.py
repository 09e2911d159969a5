"""The team's own functions as checks of a training dataset, beside their expectations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import ValidationError

from retrain_platform.dataset.calling import CannotCall, answer_of, handed
from retrain_platform.dataset.checks import CheckAnswer, CheckName, CheckResult, CheckVerdict, GateReport, PythonCheck

if TYPE_CHECKING:
    import pandas as pd

_NAME: CheckName = "expectations"
_WORST: tuple[CheckVerdict, ...] = ("failed", "could not run", "passed")
_NOTHING = "nothing to check"


def ask(check: PythonCheck, frame: pd.DataFrame) -> CheckAnswer:
    """What the function itself answers of a copy of the frame; a mapping of the fields is taken too.

    Raises:
        CannotCall: it is not there, raised, or answered something else.
    """
    found = answer_of(check.call, handed(frame))
    try:
        return found if isinstance(found, CheckAnswer) else CheckAnswer.model_validate(found)
    except ValidationError:
        shown = repr(found) if isinstance(found, bool | dict) else type(found).__name__
        said = f"{check.call} returned {shown}, must return a CheckAnswer, with a verdict and a sentence"
        raise CannotCall(said) from None


def answered(check: PythonCheck, frame: pd.DataFrame) -> CheckAnswer:
    """The function's answer; one that breaks could not run, which blocks as a failure does."""
    try:
        return ask(check, frame)
    except CannotCall as error:
        return CheckAnswer(verdict="could not run", sentence=str(error))


def with_own(report: GateReport, checks: Sequence[PythonCheck], frame: pd.DataFrame) -> GateReport:
    """The report, its `expectations` answered by the team's functions too: the worst verdict, with who gave it."""
    if not checks:
        return report
    before = [result for result in report.results if result.name == _NAME]
    answers: list[CheckResult | CheckAnswer] = [*before, *(answered(check, frame) for check in checks)]
    verdict = min((each.verdict for each in answers), key=_WORST.index)
    deciding = [each for each in answers if each.verdict == verdict]
    said = [each.sentence for each in deciding if each.sentence != _NOTHING]
    result = CheckResult(
        name=_NAME,
        verdict=verdict,
        value=deciding[0].value,
        limit=deciding[0].limit,
        sentence="; ".join(said),
        examples=tuple(example for each in deciding for example in each.examples),
    )
    return report.with_result(result)

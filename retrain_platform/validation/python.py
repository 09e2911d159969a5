"""The user's own function as a gate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from retrain_platform.dataset.calling import CannotCall, answer_of
from retrain_platform.dataset.places import Call
from retrain_platform.validation.base import GateResult, Measurements
from retrain_platform.validation.gate import GateBase, MetricName


class PythonGate(GateBase):
    """A function `(measurements: Measurements) -> GateResult`, or several, named as 'package.module:function'.

    `metrics` are those that must be measured for it. One that cannot be called, raises, or answers something else
    is 'cannot tell', with its error: a first model fails by it, of a later one the shadow decides.
    """

    kind: Literal["python"] = "python"
    call: Call
    metrics: tuple[MetricName, ...] = ()

    def describe(self) -> str:
        """The gate in one plain sentence."""
        return f"what {self.call} says" + (f" of {', '.join(self.metrics)}" if self.metrics else "")

    def needs(self) -> tuple[str, ...]:
        """The metrics that must be measured for it."""
        return self.metrics

    def judge(self, measurements: Measurements) -> tuple[GateResult, ...]:
        """The function's results under this gate's name."""
        try:
            results = self.ask(measurements)
        except CannotCall as error:
            broken = GateResult(gate=self.call, verdict="cannot tell", value=None, limit=None, sentence=str(error))
            results = (broken,)
        return tuple(
            result.model_copy(
                update={"gate": f"python {result.gate}".strip(), "blocking": self.required and result.blocking}
            )
            for result in results
        )

    def ask(self, measurements: Measurements) -> tuple[GateResult, ...]:
        """What the function itself answers, one result at least.

        Raises:
            CannotCall: it is not there, raised, or answered something else than results of different names.
        """
        found = answer_of(self.call, measurements)
        results = tuple(found) if isinstance(found, list | tuple) else (found,)
        wrong = next((each for each in results if not isinstance(each, GateResult)), None)
        if wrong is not None or not results:
            said = "nothing" if not results else type(wrong).__name__
            raise CannotCall(f"{self.call} returned {said}, must return a GateResult or several")
        if _twice(results):
            raise CannotCall(f"{self.call} returned two results named {_twice(results)}, must name each another way")
        return results


def _twice(results: Sequence[GateResult]) -> str:
    names = [result.gate for result in results]
    return next((name for name in names if names.count(name) > 1), "")

"""A cadence that follows how much changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, NamedTuple

from pydantic import Field, model_validator

from retrain_platform.dataset.duration import duration_text
from retrain_platform.policy.base import Action, Finding, FindingVerdict, asks
from retrain_platform.policy.baseline import Untold
from retrain_platform.policy.conditions import Condition, Evidence, Evidenced, met
from retrain_platform.policy.fields import Span
from retrain_platform.policy.history import History
from retrain_platform.policy.screening import Screen
from retrain_platform.policy.waiting import last_attempt, served, shortest_cadence, waited

_DAY = timedelta(days=1)


class CadenceRow(Condition):
    """A condition, and the cadence that holds while it is met: `every`, or `at_once`."""

    every: Span | None = None
    at_once: bool = False

    @model_validator(mode="after")
    def _one_cadence(self) -> CadenceRow:
        if (self.every is None) != self.at_once:
            raise ValueError(f"every == {self.every} and at_once == {self.at_once}, must be one of them given")
        return self

    def describe(self, metric: str | None) -> str:
        """The row in words."""
        return f"{self.text(metric)}: {'at once' if self.every is None else f'every {duration_text(self.every)}'}"


SHIPPED = (
    CadenceRow(falls_by_share=0.2, at_once=True),
    CadenceRow.model_validate({"falls_by_share": 0.05, "drift": "psi", "over": 0.25, "every": "1d"}),
    CadenceRow.model_validate({"drift": "psi", "over": 0.1, "every": "1w"}),
    CadenceRow.model_validate({"every": "4w"}),
)
"""Critical, much change and decline, some drift, stable."""


class InForce(NamedTuple):
    """The cadence of the row that applies, what it was lifted to, and why it applies."""

    row: CadenceRow
    every: timedelta
    said: str


class AdaptivePolicy(Evidenced):
    """Fires when the cadence of the first row that applies has passed since a retrain was last attempted.

    A row whose evidence is not known does not apply, nor one that speaks of a fall which a fault of the data in the
    same period, or a measure beyond a screen, explains. A cadence that labels cannot follow is lifted to the shortest
    that they can: one period to close and to ripen. At once asks for retrain now, and means that shortest one too.
    The finding's `value` and `limit` are days.
    """

    kind: Literal["adaptive"] = "adaptive"
    rows: tuple[CadenceRow, ...] = Field(default=SHIPPED, min_length=1)
    action: Literal[Action.RETRAIN, Action.SCHEDULE, Action.INVESTIGATE, Action.WATCH] = Action.RETRAIN

    @model_validator(mode="after")
    def _rows_in_order(self) -> AdaptivePolicy:
        self.checked(self.rows)
        if self.rows[-1].limits:
            raise ValueError(f"rows[{len(self.rows) - 1}] must have no condition: it is the cadence of a stable model")
        return self

    def decide(self, history: History) -> Finding:
        """Choose the cadence by the newest evidence, and judge the time since the last attempt by it."""
        return self.judged_within(history, ())

    def judged_within(self, history: History, screens: tuple[Screen, ...]) -> Finding:
        """As `decide`, with the screens of the compositions around it."""
        force = self._in_force(history, screens)
        since, limit = last_attempt(history), force.every / _DAY
        needed = history.periods_in(force.every)
        if since is None:
            said = f"{force.said}; it counts from the first training, which is still to come"
            return Finding(trigger=self.kind, verdict="cannot tell", limit=limit, needed=needed, sentence=said)
        verdict: FindingVerdict = "fired" if served(history, since, force.every) else "quiet"
        past = waited(history, since)
        return Finding(
            trigger=self.kind,
            verdict=verdict,
            action=asks(verdict, Action.RETRAIN_NOW if force.row.at_once else self.action),
            value=round(past / _DAY, 1),
            limit=limit,
            held=round(past / history.period_length),
            needed=needed,
            sentence=f"{force.said}; last training {since.date()}, {past / _DAY:.3g} days ago; "
            f"due on {(since + force.every).date()}",
        )

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        rows = "; ".join(row.describe(self.metric) for row in self.rows)
        return f"{self.action} by the first of [{rows}], counted from the last training, as fast as labels ripen"

    def _in_force(self, history: History, screens: tuple[Screen, ...]) -> InForce:
        evidence = Evidence(self, history, screens)
        passed: dict[str, None] = {}
        for row in self.rows[:-1]:
            seen = evidence.judge(row)
            said = [each.said for each in seen]
            if met(seen):
                if not (fault := _explained(row, evidence)):
                    return self._lifted(row, history, said)
                passed[f"{' and '.join(said)}, explained by a fault in the same period ({fault})"] = None
            passed |= dict.fromkeys(each.said for each in seen if each.met is None)
        return self._lifted(self.rows[-1], history, [*passed, "no row before it applies"])

    def _lifted(self, row: CadenceRow, history: History, why: list[str]) -> InForce:
        least = shortest_cadence(history.period_length, history.label_delay)
        wanted = row.every or timedelta(0)
        called = "at once" if row.at_once else f"every {duration_text(wanted)}"
        if wanted < least:
            close, ripen = duration_text(history.period_length), duration_text(least - history.period_length)
            called += f", lifted to {duration_text(least)}: a new period takes {close} to close and {ripen} to ripen"
        return InForce(row, max(wanted, least), f"{called} ({'; '.join(why)})")


def _explained(row: CadenceRow, evidence: Evidence) -> str:
    """The fault that explains the fall of which the row speaks; empty where it speaks of none, or nothing does."""
    newest = None if row.falls_by_share is None else evidence.fall(row.falls_by_share, 1)
    return "" if newest is None or isinstance(newest, Untold) else evidence.explained(newest.newest, 1)

"""One table from how bad it is to what is done, and within which time."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from retrain_platform.dataset.duration import duration_text
from retrain_platform.policy.base import Action, Finding, FindingVerdict
from retrain_platform.policy.baseline import Untold
from retrain_platform.policy.conditions import Condition, Evidence, Evidenced, Seen, met
from retrain_platform.policy.fields import Span
from retrain_platform.policy.history import History
from retrain_platform.policy.screening import Screen
from retrain_platform.policy.wording import number, periods

_STAYED = 2
"""For how many periods a fall has stayed, where `after` does not say."""
_MET: tuple[FindingVerdict, ...] = ("fired", "holding", "held back")
"""The verdicts of a row whose condition is met."""


class EscalationRow(Condition):
    """A condition, the action that it asks for, and the time that is left for it.

    A fall that has stayed for `after` (two periods unless said) is answered by `then`.
    """

    action: Action
    within: Span | None = None
    then: Action | None = None
    after: Span | None = None

    @model_validator(mode="after")
    def _then_of_a_fall(self) -> EscalationRow:
        if self.then is None and self.after is not None:
            raise ValueError("then == None, must say what is asked for after that time")
        if self.then is not None and self.falls_by_share is None:
            raise ValueError(f"then == {self.then.value!r}, must stand in a row with falls_by_share: a fall can stay")
        return self

    def needed(self, history: History) -> int:
        """For how many periods the fall must stay before `then`."""
        return _STAYED if self.after is None else history.periods_in(self.after)

    def describe(self, metric: str | None) -> str:
        """The row in words."""
        said = f"{self.text(metric)}: {self.action}"
        said += "" if self.within is None else f" within {duration_text(self.within)}"
        if self.then is None:
            return said
        stays = f"{_STAYED} periods" if self.after is None else duration_text(self.after)
        return f"{said}, {self.then} if it stays for {stays} unexplained"


SHIPPED = (
    EscalationRow(falls_by_share=0.2, action=Action.RETRAIN_NOW),
    EscalationRow.model_validate({"falls_by_share": 0.1, "action": "retrain", "within": "24h"}),
    EscalationRow(falls_by_share=0.05, action=Action.INVESTIGATE, then=Action.RETRAIN),
    EscalationRow.model_validate({"drift": "kl", "over": 0.5, "action": "retrain", "within": "1w"}),
    EscalationRow(drift="kl", over=0.1, action=Action.SCHEDULE),
    EscalationRow(drift="kl", over=0, action=Action.WATCH),
)
"""The table that a spec gets which writes no rows."""


class EscalationPolicy(Evidenced):
    """Asks for what the first row says whose condition is met.

    A fall that asks for a retrain must be confirmed: the one-sided lower bound of the mean fall is over 0.
    A row that asks for retrain now skips that; its retrain passes cooldown, cap and blackout, and goes through every
    gate. A fall beside a fault of the data in the same periods, or a measure beyond a screen of the compositions
    around the table, is explained: its row is held back, it is looked into, and no more. Drift is a hard trigger.
    The finding has a part for each row; its own value and limit are those of the row that decides.
    """

    kind: Literal["escalation"] = "escalation"
    rows: tuple[EscalationRow, ...] = Field(default=SHIPPED, min_length=1)

    @model_validator(mode="after")
    def _rows_in_order(self) -> EscalationPolicy:
        self.checked(self.rows)
        return self

    def decide(self, history: History) -> Finding:
        """Judge every row by the newest evidence; the first that is met decides."""
        return self.judged_within(history, ())

    def judged_within(self, history: History, screens: tuple[Screen, ...]) -> Finding:
        """As `decide`, with the screens of the compositions around it."""
        evidence = Evidence(self, history, screens)
        found = [self._row(row, evidence, history) for row in self.rows]
        first = next((place for place, part in enumerate(found) if part.verdict in _MET), None)
        parts = tuple(
            _hidden(part, found[first]) if first is not None and place > first else part
            for place, part in enumerate(found)
        )
        if first is not None:
            return parts[first].model_copy(update={"trigger": self.kind, "parts": parts})
        unknown = [part for part in parts if part.verdict == "cannot tell"]
        nearest = max(unknown or parts, key=lambda part: (part.value or 0.0) / (part.limit or 1.0))
        said = "; ".join(dict.fromkeys(part.sentence for part in unknown)) or nearest.sentence
        return nearest.model_copy(
            update={"trigger": self.kind, "parts": parts, "sentence": f"no row of the table applies: {said}"}
        )

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        return "the first of [" + "; ".join(row.describe(self.metric) for row in self.rows) + "]"

    def _row(self, row: EscalationRow, evidence: Evidence, history: History) -> Finding:
        seen = evidence.judge(row)
        is_met = met(seen)
        finding = self._finding(row, seen, 1 if row.then is None else row.needed(history))
        if is_met is None:
            return finding.model_copy(update={"verdict": "cannot tell"})
        if not is_met:
            return finding
        dwell = ""
        told: dict[str, object] = {"verdict": "fired", "action": row.action, "within": row.within}
        if row.falls_by_share is not None:
            told, dwell = self._fallen(row, evidence, history)
        return finding.model_copy(update={**told, "sentence": finding.sentence + dwell})

    def _finding(self, row: EscalationRow, seen: list[Seen], needed: int) -> Finding:
        """The row's finding while it is not met; of several conditions the first that is not says how far it is."""
        decisive = next((each for each in seen if not each.met), seen[0] if seen else None)
        said = " and ".join(each.said for each in seen) or "otherwise"
        return Finding(
            trigger=f"{self.kind}: {row.asks_of(self.metric)}",
            verdict="quiet",
            value=None if decisive is None else decisive.value,
            limit=None if decisive is None else decisive.limit,
            needed=needed,
            sentence=said,
        )

    def _fallen(self, row: EscalationRow, evidence: Evidence, history: History) -> tuple[dict[str, object], str]:
        """What a row asks for whose fall is there: more if it has stayed, less if it is explained or unconfirmed."""
        share, needed = row.falls_by_share or 0.0, row.needed(history)
        newest, stayed = evidence.fall(share, 1), evidence.fall(share, needed)
        if isinstance(newest, Untold):
            return {"verdict": "cannot tell"}, f"; {newest.why}"
        held = {"held": newest.held}
        asks, judged = row.action, 1
        if row.then is not None and newest.held >= needed and not isinstance(stayed, Untold):
            asks, judged, newest = row.then, needed, stayed
        if fault := evidence.explained(newest.newest, judged):
            why = f"a fault in the same period{'s' if judged > 1 else ''} ({fault})"
            told = {"verdict": "held back", "action": Action.INVESTIGATE, "held_by": (why,), **held}
            return told, f"; explained by {why}"
        lower = newest.lower(self.confidence)
        if Action.SCHEDULE.rank <= asks.rank < Action.RETRAIN_NOW.rank and (lower is None or lower <= 0):
            bound = (
                "no interval" if lower is None else f"at least {number(lower)} with {self.confidence:.0%} confidence"
            )
            return {"verdict": "holding", "action": Action.INVESTIGATE, **held}, f"; not confirmed: {bound}"
        stays = f"; there for {newest.held} of {periods(needed)} after which to {row.then}" if row.then else ""
        blind = evidence.unscreened(newest.newest, judged)
        return {"verdict": "fired", "action": asks, "within": row.within, **held}, stays + blind


def _hidden(part: Finding, first: Finding) -> Finding:
    """A row that is met, or would be, after the one that decides already."""
    verdict: FindingVerdict = "held back"
    if part.verdict not in _MET:
        return part
    told = {
        "verdict": verdict,
        "action": Action.WATCH,
        "within": None,
        "held_by": (f"the row before it ({first.sentence})",),
    }
    return part.model_copy(update={**told, "sentence": f"{part.sentence}; an earlier row decides"})

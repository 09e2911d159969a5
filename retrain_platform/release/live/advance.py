"""How live evidence and the clock move a release: asked at every tick, it mostly says 'not yet'."""

from __future__ import annotations

from datetime import datetime, timedelta

from retrain_platform.release.advance import next_in_line, unjudged
from retrain_platform.release.base import Release, ReleasePlan, ReleaseState, Stage, Transition
from retrain_platform.release.fold import apply
from retrain_platform.release.live.bins import WIDTH
from retrain_platform.release.live.evidence import LiveEvidence, StageClock, Verdict
from retrain_platform.release.live.freeze import frozen
from retrain_platform.release.live.plan import LivePlan, Then
from retrain_platform.release.live.verdict import inconclusive_ends, lacking, sent_back
from retrain_platform.release.live.words import beside, compared, spoken
from retrain_platform.release.table import Event, transition


def advance_live(
    state: ReleaseState,
    evidence: LiveEvidence | None,
    plan: ReleasePlan,
    now: datetime,
    *,
    clock: StageClock | None,
    as_of: datetime,
    timezone: str,
    staged: Verdict | None = None,
) -> tuple[Transition, ...]:
    """The moves that evidence and time allow now; empty for 'not yet' (see `live_standing`).

    `now` is the wall clock, `as_of` the data's time that the moves will be recorded at, `timezone` that of freeze
    windows, `staged` what the staging instance showed. The waiting version, if any, follows the one that ends.

    Raises:
        ValueError: the plan has no `live`, or the evidence or verdict is of another version or stage.
    """
    live, opened = plan.live, state.open
    if live is None:
        raise ValueError("plan.live == None, must be given: this release moves by periods")
    if opened is None or opened.stage is Stage.APPROVAL or clock is None:
        return next_in_line(state)
    if opened.stage is Stage.STAGING:
        moved = _staged(state, opened, staged, live, now - clock.stage)
    else:
        _must_fit(state, opened, evidence)
        moved = _Tick(opened, evidence, live, now, clock, timezone).judged()
    return () if moved is None else (moved, *next_in_line(apply(state, moved, as_of)))


def _must_fit(state: ReleaseState, opened: Release, evidence: LiveEvidence | None) -> None:
    if evidence is None:
        return
    seen = (evidence.version, evidence.other, evidence.stage, evidence.share)
    must = (opened.version, state.control, opened.stage.value, opened.share)
    if seen != must:
        raise ValueError(f"evidence == {seen}, must be of {must}")


def _staged(
    state: ReleaseState, opened: Release, staged: Verdict | None, live: LivePlan, waited: timedelta
) -> Transition | None:
    """From the staging instance into the shadow, or as the first model to the traffic."""
    version = opened.version
    if staged is not None and staged.version != version:
        raise ValueError(f"staged.version == {staged.version!r}, must be {version!r}, the version under way")
    if staged is not None and staged.outcome == "failed":
        return transition(opened.stage, Event.WORSE, version, f"failed in staging: {staged.sentence}")
    if staged is not None and staged.outcome == "passed":
        event, place = Event.STAGED, "goes into shadow"
        if state.champion is None:
            event, place = Event.STAGED_FIRST, "answers as the first model"
        return transition(opened.stage, event, version, f"staging held, version {version} {place}: {staged.sentence}")
    longest = timedelta.max if live.staging is None else live.staging.longest
    if waited < longest:
        return None
    said = "no verdict" if staged is None else staged.sentence
    sentence = f"staging did not end within {spoken(longest)}: {said}"
    return transition(opened.stage, Event.PATIENCE_OVER, version, sentence)


class _Tick:
    """One look at a release in shadow, canary or bake.

    A version goes back at any time, on whatever `sent_back` says. It goes up when the evidence covers the stage's least
    time, all that is demanded is shown, and no freeze holds. Without evidence nothing goes up; a stage's longest time
    ends it all the same. In bake the champion before is the control; the version is proven when the bake is over.
    """

    def __init__(
        self,
        opened: Release,
        evidence: LiveEvidence | None,
        live: LivePlan,
        now: datetime,
        clock: StageClock,
        timezone: str,
    ) -> None:
        self.opened, self.evidence, self.live = opened, evidence, live
        self.now, self.clock, self.timezone = now, clock, timezone
        self.road = live.road(urgent=opened.urgent)

    def judged(self) -> Transition | None:
        """The move, if any."""
        if self.evidence is not None and (why := sent_back(self.evidence, self.live, self.road)):
            return self._back(why)
        if self.opened.stage is Stage.BAKE:
            return self._proven()
        held, _, _ = self.times()
        if self.evidence is None or self.evidence.until - self.clock.stage < held:
            return self._over()
        still = self.missing()
        if not still:
            return None if self.frozen() else self._up("all shown")
        if inconclusive_ends(self.road, self.opened.stage):
            return self._end(f"inconclusive after {spoken(held)}, the champion stays: {'; '.join(still)}")
        return self._over()

    def times(self) -> tuple[timedelta, timedelta, Then]:
        """The least and the longest time of a stage or step before the promotion, and what then."""
        shadow, rollout = self.road.shadow, self.road.rollout
        if self.opened.stage is Stage.SHADOW:
            return shadow.time, self.live.undecided(shadow.time, shadow.longest), shadow.then
        longest = rollout.longest
        if inconclusive_ends(self.road, self.opened.stage):
            longest = max(rollout.hold * 2, longest)
        return rollout.hold, self.live.undecided(rollout.hold, longest), rollout.then

    def missing(self) -> list[str]:
        """What the stage still asks for; the shadow also a number of requests."""
        if self.evidence is None:
            return ["no evidence could be read"]
        found = lacking(self.evidence, self.live, self.road)
        requests = self.road.shadow.requests
        if self.opened.stage is Stage.SHADOW and self.evidence.calls < requests:
            found.append(f"{self.evidence.calls:,} of {requests:,} requests scored beside")
        return found

    def frozen(self) -> str | None:
        """The freeze window that holds the release, if any."""
        return None if self.road.through_freeze else frozen(self.live.freeze, self.now, self.timezone)

    def _over(self) -> Transition | None:
        """What the plan says of a stage whose longest time is over: never before evidence can cover the least."""
        held, longest, then = self.times()
        waited, covered = self.now - self.clock.stage, held + self.live.settle + WIDTH
        if waited < max(longest, covered) or then == "wait":
            return None
        still = "; ".join(self.missing()) or self.frozen() or "the evidence does not reach so far"
        if then == "abort":
            return self._end(f"undecided after {spoken(waited)}, the champion stays: {still}")
        if self.evidence is None or self.evidence.until - self.clock.stage < held or self.frozen():
            return None
        return self._up(
            f"undecided after {spoken(waited)}, and the plan goes on where nothing was found worse: {still}"
        )

    def _back(self, why: str) -> Transition:
        version, stage = self.opened.version, self.opened.stage
        back = self.opened.previous if stage is Stage.BAKE else None
        place = "the champion stays" if back is None else f"back to version {back}"
        return transition(stage, Event.WORSE, version, f"{place}: {why}", to=back, live=self.evidence)

    def _end(self, sentence: str) -> Transition:
        return transition(self.opened.stage, Event.PATIENCE_OVER, self.opened.version, sentence, live=self.evidence)

    def _up(self, why: str) -> Transition:
        """The next larger share; by share, not by number, so that a plan changed on the way takes no traffic back."""
        version, stage = self.opened.version, self.opened.stage
        step, share = next((n, each) for n, each in enumerate(self.road.rollout.shares) if each > self.opened.share)
        place = "takes over" if share == 100 else f"answers {share}% of entities"
        sentence = f"version {version} {place}, {why}: {self._seen()}"
        event = Event.PROMOTED if share == 100 else Event.NOT_WORSE
        return transition(stage, event, version, sentence, share=share, step=step, live=self.evidence)

    def _proven(self) -> Transition | None:
        """Proven by time and traffic; what the labels could not yet tell is said, not waited for."""
        if self.evidence is None or self.evidence.until - self.clock.stage < self.live.bake:
            return None
        if self.evidence.calls < self.live.traffic.calls:
            return None
        sentence = f"proven, not found worse in {spoken(self.live.bake)}: {self._seen()}"
        return transition(self.opened.stage, Event.PROVEN, self.opened.version, sentence, live=self.evidence)

    def _seen(self) -> str:
        if self.evidence is None:
            return "nothing"
        told = [compared(each, self.evidence.other) for each in self.evidence.readings if each.value is not None]
        return "; ".join(told) or beside(self.evidence, self.now)


def live_standing(
    state: ReleaseState,
    evidence: LiveEvidence | None,
    plan: ReleasePlan,
    now: datetime,
    *,
    clock: StageClock | None,
    timezone: str,
) -> str:
    """One sentence on where the release stands and, while it does not move, what it waits for."""
    opened, live = state.open, plan.live
    if opened is None or live is None or clock is None or opened.stage is Stage.APPROVAL:
        return unjudged(state)
    age = spoken(now - clock.stage)
    if opened.stage is Stage.STAGING:
        return f"{unjudged(state)}, for {age}"
    tick = _Tick(opened, evidence, live, now, clock, timezone)
    if opened.stage is Stage.BAKE:
        return f"version {opened.version} answers, for {age} of {spoken(live.bake)} until it is proven"
    held, longest, _ = tick.times()
    share = f" at {opened.share}%" if opened.stage is Stage.CANARY else ""
    waits = tick.missing() or [f"frozen: {freeze}" if (freeze := tick.frozen()) else f"its time of {spoken(held)}"]
    where = f"version {opened.version} in {opened.stage}{share} for {age} ({spoken(held)} to {spoken(longest)})"
    return f"{where}: waits for {'; '.join(waits)}"

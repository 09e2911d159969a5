"""decide --as-of, why, log: what is on record, and what the policy would say."""

from __future__ import annotations

import shlex
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from retrain_platform.cli.app import AsJson, ModelName, app, fail, not_played, shop_of, spec_of
from retrain_platform.cli.screen import answer, say, show
from retrain_platform.dataset.period import Period
from retrain_platform.policy.base import Finding, RetrainDecision
from retrain_platform.spec import ModelSpec
from retrain_platform.steps.release.live_time import data_time

_ALWAYS_THERE = ("requested", "event", "no_champion", "broken_data")


def period_at(spec: ModelSpec, key: str, option: str) -> Period:
    """The period named `key`; leaves with 2 where it names none."""
    try:
        return spec.period.period(key)
    except ValueError as error:
        fail(f"{option}: {error}{_holding(spec, key)}")


def _holding(spec: ModelSpec, key: str) -> str:
    """A hint at the period that a date lies in."""
    try:
        moment = datetime.fromisoformat(key)
    except ValueError:
        return ""
    period = spec.period.holding(moment.replace(tzinfo=moment.tzinfo or ZoneInfo(spec.period.timezone)))
    if period is not None and not spec.period.within(period):
        return f"; the calendar ends at {spec.period.end}"
    return f"; did you mean {period.key}?" if period else ""


def watched_periods(entries: list[Any]) -> list[str]:
    """The keys of the periods whose watch run ended, oldest first."""
    return sorted({entry.body["period"] for entry in entries if entry.kind == "watched"})


def finding_lines(finding: Finding, depth: int = 0) -> list[str]:
    """A finding and its parts, indented; a whole that only repeats a part's sentence leaves it to the part."""
    held = f", held {finding.held} of {finding.needed}" if finding.needed > 1 else ""
    repeated = any(finding.sentence == part.sentence for part in finding.parts)
    line = f"{'  ' * depth}- {finding.trigger}: {finding.verdict}{held}{'' if repeated else f'. {finding.sentence}'}"
    parts = [part for part in finding.parts if part.trigger not in _ALWAYS_THERE or part.verdict != "quiet"]
    return [line, *(deeper for part in parts for deeper in finding_lines(part, depth + 1))]


def gain_line(decision: RetrainDecision) -> list[str]:
    """What a retrain would gain: a decision's first line, where it is measured."""
    return [decision.expected_gain.sentence] if decision.expected_gain else []


def urgency_lines(decision: RetrainDecision) -> list[str]:
    """How soon it is to be done, and what would have turned the answer; decisions of old have neither."""
    by = f", by {decision.by:%Y-%m-%d %H:%M}" if decision.by else ""
    soon = [f"Urgency: {decision.urgency}{by}."] if decision.urgency != "none" else []
    return soon + ([f"The opposite: {decision.opposite}."] if decision.opposite else [])


@app.command()
def decide(
    model: ModelName,
    as_of: Annotated[str, typer.Option("--as-of", help="The period, as in 2013-06-04.")],
    as_json: AsJson = False,
) -> None:
    """What today's policy says of a past period. Nothing is recorded and nothing follows. Exit 1: no retrain.

    Example: [bold]retrain decide flight_delay --as-of 2013-06-04[/bold]
    """
    from retrain_platform.policy.decide import decide as judge
    from retrain_platform.steps.policy.history import history

    spec = spec_of(model)
    period = period_at(spec, as_of, "--as-of")
    shop = shop_of(spec)
    watched = watched_periods(shop.entries())
    if period.key not in watched:
        if not watched:
            fail(not_played(spec, model))
        told = f"{watched[0]} to {watched[-1]} are"
        fail(f"--as-of == {as_of!r}, must be a period that was watched; {told}")
    decision = judge(spec.policy, history(shop, period))
    if not answer(decision, as_json):
        say([*gain_line(decision), decision.reason, *urgency_lines(decision), *finding_lines(decision.finding)])
    raise typer.Exit(0 if decision.action.retrains else 1)


@app.command()
def log(
    model: ModelName,
    worth: Annotated[
        bool, typer.Option("--worth", help="Tell of versions that still answer, too, if it pays.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """The retraining log: every retrain with its trigger, data, metrics, what became of it, and if it was worth it.

    Whether it was is told by scoring its version and the one that it replaced on the same rows, those that it answered:
    once it was replaced, or after eight periods. With --worth now, of all that is ripe; that may take a while.

    Example: [bold]retrain log flight_delay --worth[/bold]
    """
    from retrain_platform.steps.papers.story import log_lines, missed_since, moves_of

    spec = spec_of(model)
    shop = shop_of(spec)
    entries = shop.entries()
    lines = log_lines(shop, data_time(spec, entries), so_far=worth)
    by_hand = [[e for e in moves_of(entries, line.decision_id) if e.actor != "platform"] for line in lines]
    if answer(
        [{**line.model_dump(mode="json"), "by_hand": moves} for line, moves in zip(lines, by_hand, strict=True)],
        as_json,
    ):
        return
    unseen = ("notes", "snapshot", "decision")
    rows = [
        {
            **{name: value for name, value in line.shown().items() if name not in unseen},
            "by hand": "; ".join(f"{e.kind} by {e.actor}: {e.why}" for e in moves),
        }
        for line, moves in zip(lines, by_hand, strict=True)
    ]
    show(rows, empty=f"{spec.name} was never retrained" if watched_periods(entries) else not_played(spec, model))
    say(f"deadline missed: {why}" for why in missed_since(entries))


@app.command()
def why(
    model: ModelName,
    at: Annotated[str | None, typer.Option(help="A period; without it, the newest retrain.")] = None,
    as_json: AsJson = False,
) -> None:
    """Why was this model replaced, or why not: decision, data, gates, people, traffic and outcome on one page.

    Example: [bold]retrain why flight_delay[/bold]

    Example: [bold]retrain why flight_delay --at 2013-06-04[/bold]
    """
    spec = spec_of(model)
    if at is not None:
        period_at(spec, at, "--at")
    page = _page(spec, at, model)
    if not answer(page, as_json):
        _print_page(page)


def _page(spec: ModelSpec, at: str | None, typed: str) -> dict[str, Any]:
    """All that is on record of the newest retrain, or of the decision in `at`; `typed` is how the user calls it."""
    from retrain_platform.steps.papers.story import log_lines, moves_of
    from retrain_platform.steps.policy.deciding import decision_of
    from retrain_platform.validation.base import ValidationReport

    shop = shop_of(spec)
    entries = shop.entries()
    lines = [line for line in log_lines(shop, data_time(spec, entries)) if at in (None, line.period)]
    if at is None and not lines:
        fail(_never(spec, typed, watched_periods(entries)), 1)
    decision = decision_of(shop, at or lines[-1].period, lines[-1].decision_id if lines else None)
    if decision is None:
        fail(f"no decision of {spec.name} in {at} is on record; see: retrain status {shlex.quote(typed)}", 1)
    traffic = moves_of(entries, decision.id)
    return {
        "decision": decision,
        "retrain": lines[-1] if lines else None,
        "validation": shop.values.get(spec.name, "validation_report", decision.period, decision.id, ValidationReport),
        "traffic": traffic,
        "people": [_did(entry) for entry in traffic if entry.actor != "platform"],
    }


_DID = {"advanced": "approved", "promoted": "approved", "opened": "opened", "aborted": "ended by a rollback"}


def _did(entry: Any) -> dict[str, Any]:
    """Who did what to the version, and when: from the token or the environment, else unattributed."""
    did = _DID.get(entry.kind, entry.kind.replace("_", " "))
    return {"did": did, "who": entry.actor or "unattributed", "when": entry.at, "why": entry.why}


def _never(spec: ModelSpec, typed: str, watched: list[str]) -> str:
    if not watched:
        return not_played(spec, typed)
    ask = f"retrain why {shlex.quote(typed)} --at {watched[-1]}"
    return f"{spec.name} was never retrained. Why not, in its newest period: {ask}"


def _print_page(page: dict[str, Any]) -> None:
    decision, line, report = page["decision"], page["retrain"], page["validation"]
    out = [*gain_line(decision), f"{decision.model}, {decision.period}: {decision.reason}"]
    out += [*urgency_lines(decision), "", "What was seen:"]
    out += finding_lines(decision.finding)
    if line is not None:
        out += ["", f"Data: {line.rows:,} rows, snapshot {line.snapshot}.", f"Outcome: {line.status}. {line.notes}"]
        out += [] if line.cost is None else [f"Cost: {line.cost:,.2f} {line.currency}, with its review."]
    if report is not None:
        said = report.sentence.removeprefix(report.verdict).removeprefix(",").strip()
        out += ["", f"Exam ({report.measurements.basis}): {report.verdict}. {said}"]
        out += [_gate_line(result) for result in report.results]
    if page["people"]:
        out += ["", "People:"]
        out += [
            f"- {each['did']} by {each['who']} on {each['when']:%Y-%m-%d %H:%M} UTC: {each['why']}"
            for each in page["people"]
        ]
    if page["traffic"]:
        out += ["", "Traffic:"]
        out += [f"- {e.as_of:%Y-%m-%d} {e.kind} by {e.actor}: {e.why}" for e in page["traffic"]]
    say(out)


def _gate_line(result: Any) -> str:
    """One gate's answer; a sentence that begins with the gate's own words does not say them twice."""
    sentence = result.sentence
    for said in (f"{result.gate.split()[-1]}: ", f"{result.verdict}: "):
        sentence = sentence.removeprefix(said)
    return f"- {result.gate}: {result.verdict}. {sentence}"

"""decide --as-of, why, log: what is on record, and what the policy would say."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from retrain_platform.cli.app import AsJson, ModelName, answer, app, console, fail, shop_of, show, spec_of
from retrain_platform.cli.people import data_time
from retrain_platform.dataset.period import Period
from retrain_platform.policy.base import Finding
from retrain_platform.spec import ModelSpec


def period_at(spec: ModelSpec, as_of: str) -> Period:
    """The period named `as_of`; leaves with 2 where it names none."""
    try:
        return spec.period.period(as_of)
    except ValueError as error:
        fail(str(error))


def finding_lines(finding: Finding, depth: int = 0) -> list[str]:
    """A finding and its parts, indented."""
    held = f", held {finding.held} of {finding.needed}" if finding.needed > 1 else ""
    line = f"{'  ' * depth}- {finding.trigger}: {finding.verdict}{held}. {finding.sentence}"
    return [line, *(deeper for part in finding.parts for deeper in finding_lines(part, depth + 1))]


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
    from retrain_platform.steps.deciding import history
    from retrain_platform.steps.values import Ingested

    spec = spec_of(model)
    shop, period = shop_of(spec), period_at(spec, as_of)
    if shop.values.newest(spec.name, "events", period.key, Ingested) is None:
        fail(f"--as-of == {as_of}, must be a period that was watched; see: retrain status {spec.name}")
    decision = judge(spec.policy, history(shop, period))
    if not answer(decision, as_json):
        console.print(f"{decision.action.value}: {decision.reason}", markup=False)
        console.print("\n".join(finding_lines(decision.finding)), markup=False)
    raise typer.Exit(0 if decision.action.retrains else 1)


@app.command()
def log(model: ModelName, as_json: AsJson = False) -> None:
    """The retraining log: every retrain with its trigger, data, metrics, and what became of it.

    Example: [bold]retrain log flight_delay[/bold]
    """
    from retrain_platform.steps.story import log_lines

    spec = spec_of(model)
    shop = shop_of(spec)
    lines = log_lines(shop, data_time(spec, shop.entries()))
    if not answer(lines, as_json):
        show(
            [
                {name: value for name, value in line.shown().items() if name not in ("notes", "snapshot", "decision")}
                for line in lines
            ]
        )


@app.command()
def why(
    model: ModelName,
    at: Annotated[str | None, typer.Option(help="A period; without it, the newest retrain.")] = None,
    as_json: AsJson = False,
) -> None:
    """Why was this model replaced: from decision to data, gates, people, traffic and outcome, on one page.

    Examples: [bold]retrain why flight_delay[/bold] · [bold]retrain why flight_delay --at 2013-06-04[/bold]
    """
    from retrain_platform.steps.deciding import decision_of
    from retrain_platform.steps.story import log_lines, moves_of
    from retrain_platform.validation.base import ValidationReport

    spec = spec_of(model)
    shop = shop_of(spec)
    entries = shop.entries()
    lines = [line for line in log_lines(shop, data_time(spec, entries)) if at in (None, line.period)]
    decision = decision_of(shop, at or (lines[-1].period if lines else ""), lines[-1].decision_id if lines else None)
    if decision is None:
        fail(f"no decision of {spec.name}{f' in {at}' if at else ''} on record; see: retrain status {spec.name}", 1)
    report = shop.values.get(spec.name, "validation_report", decision.period, decision.id, ValidationReport)
    page: dict[str, Any] = {
        "decision": decision,
        "retrain": lines[-1] if lines else None,
        "validation": report,
        "traffic": moves_of(entries, decision.id),
    }
    if not answer(page, as_json):
        _print_page(page)


def _print_page(page: dict[str, Any]) -> None:
    decision, line, report = page["decision"], page["retrain"], page["validation"]
    out = [f"{decision.model}, {decision.period}: {decision.action.value}. {decision.reason}", "", "What was seen:"]
    out += finding_lines(decision.finding)
    if line is not None:
        out += ["", f"Data: {line.rows} rows, snapshot {line.snapshot}.", f"Outcome: {line.status}. {line.notes}"]
    if report is not None:
        out += ["", f"Exam ({report.measurements.basis}): {report.verdict}. {report.sentence}"]
        out += [f"- {result.gate}: {result.verdict}. {result.sentence}" for result in report.results]
    if page["traffic"]:
        out += ["", "Traffic:"]
        out += [f"- {e.as_of:%Y-%m-%d} {e.kind} (by {e.actor}): {e.why}" for e in page["traffic"]]
    console.print("\n".join(out), markup=False)

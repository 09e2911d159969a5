"""What `retrain replay` says on the screen: a table for each cost, and what to take from them."""

from __future__ import annotations

from typing import Any

from retrain_platform.cli.screen import say, show

_SPARE = ("beside best fixed", "loss", "regret", "beside present")
"""Columns that a narrow terminal goes without, in this order."""
_BESIDE = (
    "beside: its total less that of another, with half of an interval of 95% (what other periods of the same world, "
    "other entities, or other seeds would have given: the widest); a difference below its half is not told from none"
)


_LIMITS = 12
"""So many of the limits that were tried are shown at each cost."""


def tell(report: Any, *, limits: bool) -> None:
    """Tell people the report, with the `limits` that were tried; what they decide by comes last."""
    from retrain_platform.replay.policies_table import challengers

    judged = [each for each in report.periods if each.judged]
    say(
        f"{report.table}: {len(report.periods)} periods, each a {report.period}; {len(judged)} judged, from "
        f"{judged[0].key} to {judged[-1].key}; a loss of a {report.period} is {report.loss_of_a_period}"
    )
    say(f"trainings: {report.trainings}, of which {report.fits} were made now")
    say(report.notes)
    for cost in report.costs:
        say("")
        show([_row(report, each) for each in report.shown(cost)], _priced(report, cost), spare=_SPARE)
        if limits:
            _limits(report, cost)
    say(["", "* the fixed period, or never, that was best in hindsight", *challengers(report.policies), _BESIDE])
    if report.budgeted:
        say("")
        rows = [_budgeted(report, each) for each in report.budgeted]
        show(rows, "with at most so many retrains", spare=(report.metric, "its retrains"))
    say(["", report.worth, *(text for each in report.recommended for text in _advice(each))])
    say(_effects(report))
    _cadences(report)
    _snippets(report)


def _advice(each: Any) -> list[str]:
    """What is recommended at one cost, in sentences."""
    guard = "" if each.guard is None else each.guard.sentence
    return [text for text in (each.sentence, each.instead, guard) if text]


def _limits(report: Any, cost: float) -> None:
    """The cheapest of the limits that were tried, and what they are held against; the JSON and the page have all."""
    from retrain_platform.replay.limits_table import best_limits

    total = _total(report)
    rows = [
        {
            "policy": _called(each),
            "tuned: retrains": each.one.tuned_retrains,
            f"tuned: {total}": _sum(report, each.one.tuned_total),
            "after it: retrains": each.one.retrains,
            f"after it: {total}": _sum(report, each.one.total),
        }
        for each in best_limits(report, cost, _LIMITS)
    ]
    tried = sum(each.tried and each.cost == cost for each in report.limits)
    say("")
    show(rows, f"of {tried} limits tried, the cheapest on the first half", empty="no limit was tried")


def _called(each: Any) -> str:
    more = f" (and {each.more} more)" if each.more else ""
    return f"{each.one.name}{more}" if each.one.tried else f"{each.one.name} (to be beaten)"


def _row(report: Any, each: Any) -> dict[str, Any]:
    from retrain_platform.replay.policies_table import beside

    return {
        "policy": each.name + "*" * each.best_in_hindsight,
        "retrains": each.paid,
        "loss": f"{each.loss:.3f}",
        report.metric: each.metric,
        _total(report): _sum(report, each.total),
        **beside(report, each),
        "regret": _sum(report, each.regret),
    }


def _total(report: Any) -> str:
    """What a column of losses and costs together is called."""
    return "total" if report.money is None else "in all"


def _sum(report: Any, loss: float) -> str:
    """A loss, in money where it has a price."""
    return f"{loss:.3f}" if report.money is None else str(report.money.said(loss))


def _priced(report: Any, cost: float) -> str:
    """What a retrain costs in a table, and by whom."""
    if report.money is None:
        return f"at a cost of {cost:g} a retrain"
    whose = ", as the spec says" if cost == report.money.own else ""
    return f"at {report.money.said(cost)} a retrain{whose} (a loss of {cost:.3g})"


def _budgeted(report: Any, each: Any) -> dict[str, Any]:
    return {
        "retrains": each.retrains,
        "least loss": _sum(report, each.loss),
        report.metric: each.metric,
        "nearest fixed period": each.fixed,
        "its loss": _sum(report, each.fixed_loss),
        "staleness": _sum(report, each.ours_loss),
        "its retrains": each.ours_retrains,
    }


def _effects(report: Any) -> list[str]:
    """What the effects cost the policy that is recommended at each cost; else the best fixed period."""
    from retrain_platform.replay.effects import BEST_FIXED, told

    found = [
        told(report.effects, each.name, each.cost, report.money)
        or told(report.effects, BEST_FIXED, each.cost, report.money)
        for each in report.recommended
    ]
    return [text for text in found if text]


def _cadences(report: Any) -> None:
    """How often to retrain by how fast models fall behind, with its line of a spec."""
    import yaml

    for each in report.cadences:
        policy = {"policy": each.policy} if each.policy is not None else None
        line = "" if policy is None else yaml.safe_dump(policy, default_flow_style=True, sort_keys=False).strip()
        say(["", each.sentence, *([line[1:-1]] if line else [])])


def _snippets(report: Any) -> None:
    """What was recommended, as lines of a spec; of what did not beat never where it was judged, that."""
    import yaml

    from retrain_platform.replay.advice import NOW

    # The spec has its present policy, though by which window it is to train it need not have.
    others = [each for each in report.recommended if each.window is not None or not each.name.startswith(NOW)]
    told = {each.name: each.lines for each in others if each.lines}
    for name, lines in told.items():
        paid = any(_paid(each) for each in report.recommended if each.name == name)
        but = "" if paid else ", though where it was judged it is not told to have been cheaper than never"
        say(["", f"{name}, as the spec writes it{but}:", *yaml.safe_dump(lines, sort_keys=False).splitlines()])
    guards = {each.guard.name: each.guard.lines for each in report.recommended if each.guard is not None}
    for name, lines in guards.items():
        say(["", f"{name}, as the spec writes it:", *yaml.safe_dump(lines, sort_keys=False).splitlines()])


def _paid(each: Any) -> bool:
    """Whether it is told to have been cheaper than never in the periods that it was not chosen by."""
    return any(one.to.startswith("never") and one.told and one.value < 0 for one in each.apart)

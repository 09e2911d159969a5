"""Assets of the room `policy`: the decision, and the log of all retrains."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from retrain_platform.defs.decision_pages import triggers
from retrain_platform.defs.names import Named
from retrain_platform.defs.plots import table
from retrain_platform.defs.resource import Platform
from retrain_platform.policy.base import RetrainDecision


def retrain_decision(of: Named) -> dg.AssetsDefinition:
    """Yes or no, every period, with all evidence."""

    @of.asset(
        "retrain_decision",
        room="policy",
        kinds={"python"},
        deps=of.keys(
            "drift_report",
            "performance_report",
            "release",
            *(["measures"] if of.spec.monitoring.measures else []),
            *(["challenger_gap"] if of.spec.monitoring.challenger else []),
        ),
        description="Whether to retrain, and why: each trigger's value, limit, progress and verdict, over the periods.",
    )
    def _decision(context: dg.AssetExecutionContext, retrain: Platform) -> dg.MaterializeResult:
        from retrain_platform.steps.policy.deciding import decide, known_decisions

        shop, period = retrain.workshop(of.spec), of.period(context)
        decision = decide(shop, period)
        context.log.info(decision.reason)
        return dg.MaterializeResult(metadata=_told(decision, known_decisions(shop, period)))

    return _decision


def _told(decision: RetrainDecision, known: Sequence[RetrainDecision]) -> dict[str, Any]:
    """The decision with all of its evidence, and the course of its triggers over the periods known."""
    gain = decision.expected_gain
    return {
        "action": decision.action.value,
        "reason": decision.reason,
        **({} if gain is None else {"expected gain": gain.sentence, "gain": gain.value}),
        "opposite": decision.opposite,
        "triggers over time": triggers(known),
        "evidence": table(evidence_rows(decision.finding)),
        "urgency": decision.urgency,
        **({"by": f"{decision.by:%Y-%m-%d %H:%M}"} if decision.by else {}),
        "automatic": decision.automatic,
        "decision": decision.id,
    }


def evidence_rows(finding: Any, depth: int = 0) -> list[dict[str, Any]]:
    """A finding and its parts as table rows, indented by depth."""
    row = {
        "trigger": "· " * depth + finding.trigger,
        "verdict": finding.verdict,
        "asks for": finding.action.value,
        "value": finding.value,
        "limit": finding.limit,
        "held": f"{finding.held}/{finding.needed}",
        "in words": finding.sentence,
    }
    return [row, *(line for part in finding.parts for line in evidence_rows(part, depth + 1))]


def retraining_log(of: Named) -> dg.AssetsDefinition:
    """One line a retrain, from the ledger."""

    @of.asset(
        "retraining_log",
        room="policy",
        kinds={"sqlite"},
        deps=of.keys("retrain_decision", "release"),
        description="Every retrain until the period's end: trigger, data, version, metrics, what became of it.",
    )
    def _log(context: dg.AssetExecutionContext, retrain: Platform) -> dg.MaterializeResult:
        from retrain_platform.steps.papers.story import log_lines
        from retrain_platform.steps.policy.valuing import value_retrains

        shop, until = retrain.workshop(of.spec), of.period(context).end
        value_retrains(shop, until)
        lines = [line.shown() for line in log_lines(shop, until)]
        return dg.MaterializeResult(metadata={"retrains": len(lines), **_log_tables(lines)})

    return _log


_IN_WORDS = ("decision", "snapshot", "why", "notes", "worth it")


def _log_tables(lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The log in two tables, each narrow enough for the page: numbers and verdicts, then words and ids."""
    numbers = [{name: value for name, value in line.items() if name not in _IN_WORDS} for line in lines]
    words = [{"period": line["period"], **{name: line[name] for name in _IN_WORDS}} for line in lines]
    return {"log": table(numbers), "in words": table(words)}

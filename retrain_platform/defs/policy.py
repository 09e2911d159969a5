"""Assets of the room `policy`: the decision, and the log of all retrains."""

from typing import Any

import dagster as dg

from retrain_platform.defs.names import Named
from retrain_platform.defs.plots import table
from retrain_platform.defs.resource import Platform


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
        description="What the policy says of the period: every trigger's value, limit, progress and verdict.",
    )
    def _decision(context: dg.AssetExecutionContext, retrain: Platform) -> dg.MaterializeResult:
        from retrain_platform.steps.deciding import decide

        decision = decide(retrain.workshop(of.spec), of.period(context))
        context.log.info(decision.reason)
        gain = decision.expected_gain
        return dg.MaterializeResult(
            metadata={
                **({} if gain is None else {"expected gain": gain.sentence, "gain": gain.value}),
                "action": decision.action.value,
                "reason": decision.reason,
                "decision": decision.id,
                "automatic": decision.automatic,
                "urgency": decision.urgency,
                **({"by": f"{decision.by:%Y-%m-%d %H:%M}"} if decision.by else {}),
                "opposite": decision.opposite,
                "evidence": table(evidence_rows(decision.finding)),
            }
        )

    return _decision


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
        from retrain_platform.steps.story import log_lines

        lines = log_lines(retrain.workshop(of.spec), of.period(context).end)
        return dg.MaterializeResult(metadata={"retrains": len(lines), "log": table([line.shown() for line in lines])})

    return _log

"""The asset of the room `replay`: which policy would have paid on the model's own history."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field

from retrain_platform.defs.names import Named
from retrain_platform.defs.picture import drawn
from retrain_platform.defs.plots import listed, table
from retrain_platform.defs.resource import Platform

if TYPE_CHECKING:
    from retrain_platform.replay.money import Money
    from retrain_platform.replay.of_spec import SpecReplay
    from retrain_platform.replay.results import ReplayReport

_TOLD = 10
"""So often a replay says how many of its trainings are done."""
_LIMITS = 12
"""So many of the limits that were tried are shown; the JSON and the page have all."""


class ReplayConfig(dg.Config):
    """What to ask of a replay, in the launchpad; nothing need be said."""

    costs: list[float] = Field(
        default=[],
        description="What one retrain costs, in losses of a period; unless said, around the spec's own cost.",
    )
    currency: str = Field(default="", description="The spec's currency, where the costs are in it and not in losses.")
    policies: dict[str, Any] = Field(
        default={}, description="Policies to walk beside the present one, by name, as the spec writes them."
    )
    windows: list[int] = Field(
        default=[], description="Windows to try, in periods, 0 for all the past; the recipe's own where none is said."
    )
    start: int | None = Field(
        default=None, description="Periods that the first model learns from; as many as the spec asks for unless said."
    )
    limits: bool = Field(default=True, description="Try other limits of the present policy, and triggers beside it.")
    presets: bool = Field(default=False, description="Walk the presets by domain and risk that fit, too.")
    seeds: int = Field(default=1, ge=1, description="Do all with so many seeds of the learner, for what seeds change.")


def policy_replay(of: Named) -> dg.AssetsDefinition:
    """Every policy on the model's own candidates, with the page of it."""

    @of.asset(
        "policy_replay",
        room="replay",
        kinds={"python", "lightgbm"} if of.spec.training.kind == "lightgbm" else {"python"},
        deps=of.keys("events"),
        partitioned=False,
        description="Which policy would have paid: every model that a policy could have trained, trained once and "
        "scored on all that came later; the present policy, fixed periods, others and the optimum walked through it. "
        "Materialised by hand: it trains for minutes, moves nothing, and keeps its trainings for the next one.",
    )
    def _replay(context: dg.AssetExecutionContext, config: ReplayConfig, retrain: Platform) -> dg.MaterializeResult:
        from retrain_platform.replaying import replayed

        at = retrain.settings()
        try:
            report = replayed(of.spec, _asked(config), _counted(context.log.info), context.log.info, at)
        except ValueError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        files = _files(report, at.home / "replayed" / of.spec.name, context.run_id)
        return dg.MaterializeResult(metadata={**_told(report), **files})

    return _replay


def _asked(config: ReplayConfig) -> "SpecReplay":
    """What was said in the launchpad.

    Raises:
        ValueError: a cost, a window or a policy that is none.
    """
    from pydantic import TypeAdapter

    from retrain_platform.policy import Policy
    from retrain_platform.replay.of_spec import SpecReplay
    from retrain_platform.replay.walked import Named as NamedPolicy

    wrong = [cost for cost in config.costs if not 0 <= cost < float("inf")]
    wrong += [each for each in [*config.windows, *([] if config.start is None else [config.start - 1])] if each < 0]
    if wrong:
        raise ValueError(f"costs, windows or start == {wrong[0]}, must be costs >= 0, windows >= 0, a start >= 1")
    family: TypeAdapter[Any] = TypeAdapter(Policy)
    return SpecReplay(
        policies=[NamedPolicy(name, family.validate_python(policy)) for name, policy in config.policies.items()],
        costs=tuple(dict.fromkeys(config.costs)),
        windows=tuple(dict.fromkeys(each or None for each in config.windows)),
        start=config.start,
        seeds=config.seeds,
        limits=config.limits,
        presets=config.presets,
        currency=config.currency,
    )


def _counted(say: Callable[[str], None]) -> Callable[[int, int], None]:
    """Tells the log of every tenth part of the trainings."""

    def trained(done: int, of: int) -> None:
        if of and done * _TOLD // of != (done - 1) * _TOLD // of:
            say(f"{done} of {of} trainings are done")

    return trained


def _files(report: "ReplayReport", folder: Path, run: str) -> dict[str, Any]:
    """The page and the JSON, kept by run."""
    from retrain_platform.adapters.atomic import write_where_absent
    from retrain_platform.replay.page import page

    texts = {"page": (".html", page(report)), "json": (".json", report.model_dump_json(indent=2))}
    found = {}
    for name, (suffix, text) in texts.items():
        target = folder / f"{report.periods[-1].key}-{run[:8]}{suffix}"
        write_where_absent(target, text.encode(), mode=0o644)
        found[name] = dg.MetadataValue.path(str(target))
    return found


def _told(report: "ReplayReport") -> dict[str, Any]:
    """What a person wants to see of it; plots and tables of one cost, the middle one."""
    from retrain_platform.replay.course_plot import course_plot
    from retrain_platform.replay.frontier_plot import frontier_plot
    from retrain_platform.replay.money import price
    from retrain_platform.replay.wording import sentence

    cost = report.costs[len(report.costs) // 2]
    at = price(cost, report.money)
    advice = next(each for each in report.recommended if each.cost == cost)
    return {
        "retraining": sentence(report.worth),
        f"advice at {at}": sentence(advice.instead or advice.sentence),
        **({"in a spec": _as_yaml(advice.lines)} if advice.lines else {}),
        **({} if advice.guard is None else {"to notice a fall": sentence(advice.guard.sentence)}),
        "how often": listed([sentence(each.sentence) for each in report.cadences]),
        **_behind(report),
        "recommended": table([_advised(each, report.money) for each in report.recommended]),
        "what retrains buy": drawn(frontier_plot(report), "Loss against retrains"),
        f"over time, at {at}": drawn(course_plot(report, cost, alive=False), "Over time"),
        f"policies at {at}": table([_policy(report, each) for each in report.shown(cost)]),
        f"limits tried at {at}": table(_limits(report, cost), none="no limit was tried"),
        f"when and why, at {at}": table(_why(report, cost), none="no policy retrained"),
        "notes": listed(report.notes),
        "trainings": report.trainings,
        "trained now": report.fits,
    }


def _limits(report: "ReplayReport", cost: float) -> list[dict[str, Any]]:
    """The cheapest of the limits that were tried, and what they are held against."""
    from retrain_platform.replay.limits_table import best_limits

    return [
        {
            "policy": each.one.name + ("" if each.one.tried else " (to be beaten)"),
            "alike": each.more,
            "tuned: retrains": each.one.tuned_retrains,
            "tuned: in all": _sum(each.one.tuned_total, report.money),
            "after it: retrains": each.one.retrains,
            "after it: in all": _sum(each.one.total, report.money),
        }
        for each in best_limits(report, cost, _LIMITS)
    ]


def _behind(report: "ReplayReport") -> dict[str, Any]:
    """How far models fall behind a fresh one by their age, a plot for each window that was replayed."""
    from retrain_platform.replay.drift_plot import drift_plot

    said = "how far models fall behind"
    measured = [each for each in report.cadences if each.drift.behind]
    names = [said if len(report.cadences) == 1 else f"{said}, {each.strategy}" for each in measured]
    return {name: drawn(drift_plot(report, each), said) for name, each in zip(names, measured, strict=True)}


def _advised(each: Any, money: "Money | None") -> dict[str, Any]:
    """One recommendation as a row."""
    return {
        "cost": _sum(each.cost, money),
        "policy": each.name,
        "retrains": each.retrains,
        "metric": each.metric,
        "in all": _sum(each.total, money),
        "present policy in all": _sum(each.present_total, money),
        "never in all": _sum(each.never_total, money),
    }


def _as_yaml(lines: dict[str, Any]) -> dg.MarkdownMetadataValue:
    """Lines of a spec as they stand there."""
    import yaml

    return dg.MetadataValue.md(f"```yaml\n{yaml.safe_dump(lines, sort_keys=False)}```")


def _policy(report: "ReplayReport", each: Any) -> dict[str, Any]:
    """One policy as a row; how sure a difference is, it says by half of the widest interval."""
    from retrain_platform.replay.policies_table import beside

    money = report.money
    others = beside(report, each)
    return {
        "policy": each.name + (" (best fixed in hindsight)" if each.best_in_hindsight else ""),
        "retrains": each.paid,
        "loss": each.loss,
        "metric": each.metric,
        "total": _sum(each.total, money),
        "regret": _sum(each.regret, money),
        **others,
    }


def _sum(loss: float | None, money: "Money | None") -> Any:
    """A sum of losses, in money where it has a price."""
    return loss if loss is None or money is None else money.said(loss)


def _why(report: "ReplayReport", cost: float) -> list[dict[str, Any]]:
    """Each retrain of each policy with its reason."""
    return [
        {"policy": each.name, f"after {report.period}": one.period, "why": one.reason}
        for each in report.shown(cost)
        for one in each.decisions
        if each.kind == "policy"
    ]

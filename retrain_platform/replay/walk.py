"""The same steps that Dagster runs, in the same order, one call after the other."""

from __future__ import annotations

from collections.abc import Iterator

from retrain_platform.dataset.period import Period
from retrain_platform.steps.dataset.ingesting import ingest
from retrain_platform.steps.due import Step, due
from retrain_platform.steps.monitoring.drifting import drift, make_profile
from retrain_platform.steps.monitoring.measuring import measure_period
from retrain_platform.steps.monitoring.reference import reference_periods
from retrain_platform.steps.monitoring.ripening import perform
from retrain_platform.steps.papers.card import write_card
from retrain_platform.steps.policy.deciding import decide
from retrain_platform.steps.policy.valuing import value_retrains
from retrain_platform.steps.release.releasing import move
from retrain_platform.steps.release.scoring import score
from retrain_platform.steps.training.challenger import challenge
from retrain_platform.steps.training.dataset import check, decided, snapshot
from retrain_platform.steps.training.fitting import fit
from retrain_platform.steps.training.registering import close, register
from retrain_platform.steps.validation.examining import examine
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.search import SearchFailed


def walk(shop: Workshop, until: str | None = None) -> Iterator[Step]:
    """Take every step that is due, up to and including the period `until`; gives each once it is done."""
    watermark = shop.reader.watermark()
    while True:
        step = due(shop.spec, shop.ledger.entries(shop.model), watermark, by_hand=True, until=until).step
        if step is None:
            return
        take(shop, step)
        yield step


def take(shop: Workshop, step: Step) -> None:
    """Carry out one step."""
    if step.kind == "watch":
        watch(shop, step.period)
    elif step.kind == "decide":
        decide(shop, step.period)
    else:
        retrain(shop, step.period, step.decision_id)


def watch(shop: Workshop, period: Period) -> None:
    """A period's watch run."""
    ingest(shop, period)
    score(shop, period)
    make_profile(shop, period)
    drift(shop, period, reference_periods(shop, period))
    measure_period(shop, period)
    perform(shop, period)
    move(shop, period)
    challenge(shop, period)
    decide(shop, period)
    value_retrains(shop, period.end)


def retrain(shop: Workshop, period: Period, decision_id: str | None) -> None:
    """A decision's retrain run; a dataset that its gate refuses, or a search that fails, ends it, on record."""
    decision = decided(shop, period, decision_id)
    made = snapshot(shop, period, decision)
    if not check(shop, period, made).passed:
        return
    try:
        fit(shop, period, decision, made)
    except SearchFailed:  # on record, as the retrain's end
        return
    report = examine(shop, period, decision, made)
    register(shop, period, decision, made, report)
    write_card(shop, period, decision, made)
    close(shop, period, decision)

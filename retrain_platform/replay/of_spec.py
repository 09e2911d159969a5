"""The replay of a spec: its own recipe, metric, label delay, limits and policy, on its own history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from statistics import fmean
from typing import NamedTuple

from retrain_platform.dataset.record import fingerprint
from retrain_platform.policy.reads import windows_read
from retrain_platform.replay.advice import NOW
from retrain_platform.replay.cells import Cells, KeptScores
from retrain_platform.replay.effects import Effects
from retrain_platform.replay.ground import CannotReplay, Ground
from retrain_platform.replay.losses import Loss, loss_of
from retrain_platform.replay.matrix import Kept, Strategy, Told, build
from retrain_platform.replay.measured import Measured
from retrain_platform.replay.money import Money, money_of, usual_costs
from retrain_platform.replay.ours import ours
from retrain_platform.replay.prefix import Setting
from retrain_platform.replay.presets import presets
from retrain_platform.replay.report import replay
from retrain_platform.replay.results import ReplayReport
from retrain_platform.replay.road import Road, TooShort, road
from retrain_platform.replay.spec_answered import Answered
from retrain_platform.replay.spec_entities import SpecEntities
from retrain_platform.replay.spec_history import SpecWatched
from retrain_platform.replay.spec_judges import ASKED
from retrain_platform.replay.spec_past import SpecPast, first_labels, strategies
from retrain_platform.replay.spec_rules import rules_of
from retrain_platform.replay.trainings import Trainings
from retrain_platform.replay.verdicts import Verdicts
from retrain_platform.replay.walked import Named
from retrain_platform.replay.wording import listed
from retrain_platform.spec.model import ModelSpec
from retrain_platform.stats.loss_alarms import Detector
from retrain_platform.steps.workshop import Workshop


class SpecReplay(NamedTuple):
    """What a replay of a spec is asked for, beside its history.

    `windows` are numbers of periods, None is all the past; without any it is the recipe's own. `start` are the periods
    that the first model learns from; None: as many as the spec's limits of a first training ask for. `detectors` are
    walked beside the policies. With more `seeds` than one all is trained and walked so often, each time with the next
    seed of the recipe. Without `costs` those are taken that lie around the spec's own;
    with a `currency` they are in it, the spec's, else in losses of a period. With `limits` those of the present policy
    are moved one at a time, and others tried (`replay.limits`); with `presets` those that fit are walked.
    """

    policies: Sequence[Named] = ()
    costs: Sequence[float] = ()
    windows: tuple[int | None, ...] = ()
    start: int | None = None
    at_once: int = 1
    effects: Effects | None = None
    detectors: tuple[Detector, ...] = ()
    seeds: int = 1
    currency: str = ""
    batches: int | None = None
    limits: bool = False
    presets: bool = False


def replay_spec(
    ground: Ground,
    asked: SpecReplay,
    kept: Kept,
    scores: KeptScores,
    trained: Told = lambda done, of: None,
    walked: Callable[[str], None] = lambda text: None,
) -> ReplayReport:
    """Walk every baseline, the spec's present policy, ours and those asked for over the spec's own candidates.

    Raises:
        CannotReplay: the spec's metric is no loss.
        TooShort: nothing is left to be judged on after a first training.
    """
    own, *again = [set_up(_seeded(ground, more), asked, kept, scores, trained) for more in range(asked.seeds)]
    spec = ground.shop.spec
    taken = {each.name for each in asked.policies} | {NOW}
    habits = presets(own.setting, taken) if asked.presets else []
    named = [Named(NOW, spec.policy), *ours(own.setting, taken), *habits, *asked.policies]
    others = [each.setting._replace(money=own.setting.money) for each in again]
    said, notes = _called(spec, asked, own.notes)
    costs = _costs(asked, own.setting.money)
    try:
        return replay(spec.name, own.setting, named, costs, said, notes, walked, asked.effects, others, asked.limits)
    finally:
        for each in (own, *again):
            each.verdicts.save()
            each.measured.save()


def _called(spec: ModelSpec, asked: SpecReplay, notes: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """What a period is called, and what is to be told: of batches whence they have their names."""
    if asked.batches is None:
        return spec.period.every, notes
    told = f"a batch is called by the {spec.period.every} in whose place it stands, whatever the times of its rows"
    return "batch", (told, *notes)


def _seeded(ground: Ground, more: int) -> Ground:
    """The same ground, its recipe's seed so many further on."""

    def reseeded(shop: Workshop) -> Workshop:
        training = shop.spec.training.model_copy(update={"seed": shop.spec.training.seed + more})
        return replace(shop, spec=shop.spec.model_copy(update={"training": training}))

    if not more:
        return ground
    return replace(ground, shop=reseeded(ground.shop), beside=lambda: reseeded(ground.beside()))


class SetUp(NamedTuple):
    """A spec's road before anybody walks it, what is to be told of it, and what its walks leave behind for the next:
    what was held against candidates, and what was measured.
    """

    setting: Setting
    notes: tuple[str, ...]
    verdicts: Verdicts
    measured: Measured


def set_up(ground: Ground, asked: SpecReplay, kept: Kept, scores: KeptScores, trained: Told) -> SetUp:
    """The road of the spec's candidates, trained where they are not kept.

    Raises:
        CannotReplay, TooShort: as `replay_spec`.
    """
    spec, count = ground.shop.spec, len(ground.periods)
    start = first_training(ground) if asked.start is None else asked.start
    loss = _loss(ground, start)
    chosen = [
        each for policy in (spec.policy, *(one.policy for one in asked.policies)) for each in windows_read(policy)
    ]
    ways = strategies(ground, asked.windows, chosen)
    past = SpecPast(ground, loss, Cells(kept, scores))
    verdicts = Verdicts(kept, _judged_as(past, ways))
    rules = rules_of(ground, Answered(ground, past, ways), verdicts)
    # The newest ones are asked for only where labels are taken to come at once.
    cuts = range(start - 1, count - 1) if start + ground.delay < count else range(0)
    matrix = build(past, ways, kept, cuts, at_once=asked.at_once, told=trained)
    measured, bake = Measured(past, kept), rules.with_labels(ground.delay).bake
    watched = SpecWatched(ground, lambda delay: Trainings(past, ways, delay), bake, measured)
    made = road(matrix, start=start, delay=ground.delay, rules=rules)
    entities = SpecEntities(ground, loss, past, ways)
    money = _money(ground, made, loss)
    setting = Setting(made, loss, spec.period.length(), spec.name, watched, asked.detectors, entities, money)
    return SetUp(setting, _notes(ground), verdicts, measured)


def _judged_as(past: SpecPast, ways: tuple[Strategy, ...]) -> str:
    """Under what its candidates' verdicts are kept: equal for equal rows, recipes, windows and judges."""
    spec = past.ground.shop.spec
    said = {
        "recipe": past.recipe,
        "rows": [each.digest for each in past.periods],
        "windows": [each.window for each in ways],
        "validation": spec.validation.model_dump(mode="json"),
        "release": spec.plan.model_dump(mode="json"),
        "segments": [spec.segments, spec.monitoring.confidence, spec.monitoring.min_segment],
    }
    return f"{fingerprint(said)}-verdicts"


def first_training(ground: Ground) -> int:
    """How many periods the first model learns from: as many as give the rows and periods that the spec asks for.

    Raises:
        TooShort: the history never has them.
    """
    needed, rows, periods = ground.needed, 0, 0
    for place, period in enumerate(ground.periods):
        found = ground.ripe.get(period.key)
        if found is not None and found.period.sound:
            rows, periods = rows + found.period.labelled, periods + 1
        if rows >= needed.rows_needed and periods >= max(1, needed.periods_needed):
            return place + 1
    raise TooShort(
        f"ripe, sound rows == {rows:,} of {periods} periods, must be at least {needed.rows_needed:,} of "
        f"{needed.periods_needed} for a first training (checks.min_rows, training.holdout, training.early_stop_on)"
    )


def _loss(ground: Ground, start: int) -> Loss:
    spec = ground.shop.spec
    try:
        return loss_of(spec.primary, spec.task, first_labels(ground, start))
    except ValueError as error:
        raise CannotReplay(str(error)) from error


def _costs(asked: SpecReplay, money: Money | None) -> tuple[float, ...]:
    """What is asked for, in losses of a period.

    Raises:
        CannotReplay: the costs are in another currency than the spec's.
    """
    if not asked.costs:
        return usual_costs(money)
    if not asked.currency:
        return tuple(asked.costs)
    if money is None or money.section.currency != asked.currency:
        cure = "left out: no section cost says what a loss is worth" if money is None else money.section.currency
        raise CannotReplay(f"currency of the costs == {asked.currency!r}, must be {cure}")
    return tuple(money.loss(each) for each in asked.costs)


def _money(ground: Ground, made: Road, loss: Loss) -> Money | None:
    """What a loss costs by the spec, in the mean period that is judged."""
    section = ground.shop.spec.cost
    rows = [made.matrix.periods[place].rows for place in made.scored if made.matrix.judged[place]]
    return None if section is None else money_of(section, loss, fmean(rows))


def _notes(ground: Ground) -> tuple[str, ...]:
    return (*_left_out(ground.shop.spec), *_uncounted(ground))


def _left_out(spec: ModelSpec) -> Iterator[str]:
    """What of the spec a replay takes otherwise than it is."""
    if spec.training.window == "since_last_training":
        yield "training.window: since_last_training is replayed as all the past"
    left = dict.fromkeys(each.kind for each in spec.validation.gates if not isinstance(each, ASKED) and each.required)
    if left:
        yield f"gates that no two models' answers are enough for are taken as passed: {', '.join(left)}"
    if spec.release.approval or spec.mode != "act":
        yield "a person's yes is taken to come at once"
    if spec.release.live is not None:
        yield "a release by live traffic is taken to be over within a period"


def _uncounted(ground: Ground) -> Iterator[str]:
    """Which periods do not count, or teach nothing."""
    broken = [key for key, taken in ground.taken.items() if taken.problems and taken.shape.rows]
    if broken:
        yield f"broken and not learned from: {listed(broken, 'period')} of {len(ground.periods)}"
    late = [each.key for each in ground.periods if each.key not in ground.judged]
    if late:
        yield f"without rows, or labels that are in, and counting for nobody: {listed(late, 'period')}"

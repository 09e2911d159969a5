"""What to take from a replay: which policy, tuned on one part and judged on another, and whether any pays."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any, NamedTuple

import numpy as np

from retrain_platform.dataset.record import Record, finite
from retrain_platform.replay.apart import Apart, Difference
from retrain_platform.replay.guarding import Guard, guard_of, lines_of
from retrain_platform.replay.losses import Loss
from retrain_platform.replay.money import Money, amount, price
from retrain_platform.replay.parts import Halves, Part, halves
from retrain_platform.replay.rivals import Rival, ahead, cheapest, lead
from retrain_platform.replay.road import Retrain, Road, Way
from retrain_platform.replay.wording import many, plural

NOW = "your present policy"
"""What the policy that a spec has now is called."""
HARDLY = 0.1
"""Where retraining after every period saves less than this share of the loss, it is called hardly worth buying."""


LARGE = 0.2
"""A first model of this share of the periods is one that more rows alone do not make much better."""


class Recommended(Record):
    """The policy that was cheapest up to the period `tuned_until`, and what it came to in the periods after it.

    `loss`, `retrains`, `total` and `metric` are of the later part, `never_total` and `best_fixed_total` beside it: of
    the first model alone, and of the fixed period that was cheapest there, in hindsight. `policy` are its lines of a
    spec, `window` that of its trainings where several were tried; None where the advice is to never retrain.
    `present_...` are of the policy that the spec has now, in the later part too, and `instead` compares both in one
    sentence; None and '' of a table without a spec. `guard` stands beside the advice to never retrain, where limits
    were tried. `money` holds the sums in the user's money, where the spec says what things cost.
    """

    name: str
    cost: float
    tuned_until: str
    loss: float
    retrains: int
    total: float
    metric: float | None
    never_total: float
    best_fixed: str
    best_fixed_total: float
    apart: tuple[Difference, ...] = ()
    policy: dict[str, Any] | None
    window: str | None = None
    sentence: str
    present_loss: float | None = None
    present_retrains: int | None = None
    present_total: float | None = None
    present_metric: float | None = None
    instead: str = ""
    guard: Guard | None = None
    money: dict[str, float] = {}

    @property
    def lines(self) -> dict[str, Any]:
        """What to write into a spec; nothing where the advice is to never retrain."""
        return {} if self.policy is None else lines_of(self.policy, self.window)


def recommend(
    road: Road,
    loss: Loss,
    rivals: Sequence[Rival],
    cost: float,
    said: str,
    apart: Apart | None = None,
    money: Money | None = None,
    tried: Sequence[Rival] = (),
) -> Recommended:
    """The rival that was cheapest on the first half of the served periods, judged on the second.

    Ties go to the policy that the spec has now, which then need not be changed, else to the first.

    One of those `tried`, which the replay made by itself, may stand in its place (`rivals.ahead`).
    """
    apart, picked, rest = apart or Apart(road), _picked(road, rivals, tried), halves(road).rest
    chosen, never, fixed = picked.chosen, picked.never, picked.fixed
    others = [each for each in (never, fixed) if each is not chosen]
    beside = [apart.of(chosen.way, each.way, each.name, rest.first, name=chosen.name) for each in others]
    key = road.matrix.periods[road.middle - 1].period.key
    until, kept = f"{said} {key}", chosen.fixed and not chosen.way.retrains
    found = Recommended(
        name=chosen.name,
        cost=cost,
        tuned_until=key,
        loss=rest.loss(chosen.way),
        retrains=rest.retrains(chosen.way),
        total=rest.total(chosen.way),
        metric=_metric(loss, rest, chosen.way),
        never_total=rest.total(never.way),
        best_fixed=fixed.name,
        best_fixed_total=rest.total(fixed.way),
        apart=tuple(beside),
        policy=None if chosen.spec is None else dict(chosen.spec),
        window=chosen.window,
        sentence=_sentence(picked, loss, f"at {price(cost, money)}", until, beside, money),
        guard=guard_of(tried, picked.parts, until, money, chosen.window) if kept else None,
    )
    now = next((each for each in rivals if each.name.startswith(NOW)), None)
    if now is None:
        return found
    more = apart.of(chosen.way, now.way, now.name, rest.first, name=chosen.name)
    return _beside(found, loss, rest, now, more, money)


class _Picked(NamedTuple):
    """Who is recommended, who would be without those `tried`, and what both are told beside."""

    chosen: Rival
    simple: Rival
    never: Rival
    fixed: Rival
    tried: Sequence[Rival]
    parts: Halves


def _picked(road: Road, rivals: Sequence[Rival], tried: Sequence[Rival]) -> _Picked:
    parts = halves(road)
    simple = cheapest(rivals, parts.tuned, NOW)
    never = next(each for each in rivals if each.fixed and not each.way.retrains)
    fixed = min((each for each in rivals if each.fixed), key=lambda each: parts.rest.total(each.way))
    return _Picked(ahead(tried, simple, parts.tuned) or simple, simple, never, fixed, tried, parts)


def _sentence(
    picked: _Picked, loss: Loss, at: str, until: str, beside: Sequence[Difference], money: Money | None
) -> str:
    chosen, never, rest = picked.chosen, picked.never, picked.parts.rest
    gave, without = _told(loss, _metric(loss, rest, chosen.way)), ""
    if chosen is not never:
        paid = amount(rest.total(never.way), money)
        without = f"; never retraining {_told(loss, _metric(loss, rest, never.way))}, in all {paid}: it "
        without += beside[0].said_in(money)
    return (
        f"{at}, {chosen.name} was cheapest until {until}; after it, on periods it was not chosen by, it gave {gave} "
        f"with {many(rest.retrains(chosen.way), 'retrain')}, in all {amount(rest.total(chosen.way), money)}{without}; "
        f"the best fixed period there, in hindsight, {amount(rest.total(picked.fixed.way), money)}"
        f"{_among(picked, money)}"
    )


def _among(picked: _Picked, money: Money | None) -> str:
    """How many limits were tried, and what came of it."""
    chosen, simple, tried, parts = picked.chosen, picked.simple, picked.tried, picked.parts
    if not tried:
        return ""
    count, best = many(len(tried), "limit"), cheapest(tried, parts.tuned)
    by = lead(best, simple, parts.tuned)
    if chosen is not simple:
        return f"; of {count} tried it was the cheapest on the first half, by {by:.1%} cheaper than {simple.name}"
    none = "none was cheaper there" if by <= 0 else "none was cheaper there by more than chance"
    after = amount(parts.rest.total(best.way), money)
    return f"; of {count} tried {none} (the cheapest on the first half, {best.name}, came to {after} after it)"


def _beside(
    found: Recommended, loss: Loss, rest: Part, now: Rival, more: Difference, money: Money | None
) -> Recommended:
    """The recommendation beside the policy that the spec has now, in the same later periods.

    Where several windows are tried that one trains by the first of them: by another it is other advice.
    """
    value, count, total = _metric(loss, rest, now.way), rest.retrains(now.way), rest.total(now.way)
    same = found.name == now.name
    mine = f"{_told(loss, found.metric)} with {many(found.retrains, 'retrain')}"
    told = f"{found.name} would have given {mine}; {now.name} {_told(loss, value)} with {many(count, 'retrain')}: "
    told += f"in all it {more.said_in(money)}"
    if same:
        told = f"{now.name} was the cheapest of all until {found.tuned_until}; after it, it gave {mine}"
    return found.model_copy(
        update={
            "present_loss": rest.loss(now.way),
            "present_retrains": count,
            "present_total": total,
            "present_metric": value,
            "instead": told,
            "apart": (*found.apart, *([] if same else [more])),
        }
    )


def _metric(loss: Loss, part: Part, way: Way) -> float | None:
    mine = way.losses[part.first : part.stop]
    return None if np.isnan(mine).all() else finite(loss.value(float(np.nanmean(mine))))


def _told(loss: Loss, value: float | None) -> str:
    return f"{loss.metric} undefined" if value is None else f"{loss.metric} {value:.3f}"


def _rows(loss: float, said: str) -> str:
    return f"{loss:.0%} of a {said}'s rows" if loss < 1 else f"all rows of {loss:.2g} {plural(said)}"


def worth_buying(road: Road, loss: Loss, said: str, money: Money | None = None) -> str:
    """One sentence: whether retraining earns anything to speak of, and up to which cost of a retrain it pays.

    The first by the model that is retrained after every period, which nobody chose in hindsight; the second by the
    fixed period that saved most for each retrain, so at best.
    """
    if not road.decisions:
        return (
            f"nothing can be said of retraining here: no model that is retrained answers before the last {said} is over"
        )
    never, (share, error) = road.every(0, 0.0), _saves(road)
    often = f"after every {said}" if road.lasting.before + road.lasting.bake <= 1 else "as often as its releases let it"
    told = f"retrained {often}, the model loses {share:.0%} less than never retrained (+- {error:.0%})"
    if hardly_worth(road):
        return f"retraining is hardly worth buying here: {told}"
    pays = _pays(road, never, loss, said, money)
    return f"retraining is worth something here: {told}; {_grown(road, share, said)}{pays}"


def _grown(road: Road, whole: float, said: str) -> str:
    """What is left of the share `whole` beside a larger first model: to one of few rows more rows are a gain, too.

    Empty where the first model is as large, or none could be.
    """
    count = ceil(LARGE * len(road.matrix.periods))
    later = road._replace(start=count)
    if road.start >= count or not later.decisions or not later.trained(Retrain(later.first, road.strategy)):
        return ""
    share, error = _saves(later)
    told = f"beside a first model of {many(count, said)} instead of {road.start} it loses {share:.0%} less"
    most = f"but {told} (+- {error:.0%}): most of that is a larger first model; "
    return most if share < whole / 2 else f"{told} (+- {error:.0%}); "


def hardly_worth(road: Road) -> bool:
    """Whether retraining after every period saves too little, or too little to be told from chance."""
    share, error = _saves(road)
    return share < max(HARDLY, 2 * error)


def _saves(road: Road) -> tuple[float, float]:
    """The share of never's loss that retraining after every period saves, and its standard error."""
    never, always = road.every(0, 0.0), road.every(1, 0.0)
    saved = (never.losses - always.losses)[~np.isnan(never.losses)]
    share = float(saved.sum()) / never.loss if never.loss else 0.0
    error = float(saved.std(ddof=1)) * len(saved) ** 0.5 / never.loss if len(saved) > 1 and never.loss else 0.0
    return share, error


def _pays(road: Road, never: Way, loss: Loss, said: str, money: Money | None) -> str:
    ways = [road.every(count, 0.0) for count in range(1, len(road.decisions) + 1)]
    most = max((never.loss - way.loss) / len(way.retrains) for way in ways)
    errors = f" of {loss.said}" if loss.metric != "accuracy" else f", {_rows(most, said)} called wrong"
    paid = "" if money is None else f": {money.said(most)}"
    return f"at best, a fixed period is cheaper than never where a retrain costs less than {most:.3g}{errors}{paid}"

"""By how much one way is dearer than another, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from retrain_platform.dataset.record import Record, finite
from retrain_platform.replay.entities import ByEntity, Entities
from retrain_platform.replay.money import Money, amount
from retrain_platform.replay.parts import Part
from retrain_platform.replay.road import Road, Way
from retrain_platform.stats.blocks import summed
from retrain_platform.stats.intervals import two_sided

Floats = NDArray[np.float64]

CONFIDENCE = 0.95
"""Of the intervals of a replay, two-sided."""


class Difference(Record):
    """A policy's total less that of `to`: below 0 it is cheaper. `low` and `high` bound it at `confidence`.

    The interval comes of resampling blocks of periods (`stats.blocks`), with the decisions as they were: what other
    periods of the same world would have given these two ways. None where there are too few periods for one.
    `entity_low` and `entity_high` are what other entities would have given (`replay.entities`); None where no spec
    names them. `seed_low` and `seed_high` are what one more seed of the learner would give, every model trained and
    every decision made anew; None where only one was tried. `saves` are the retrains that it makes fewer than `to`,
    less than 0 those that it makes more. `money` is each of these numbers in the user's money, where
    a spec says what things cost.
    """

    to: str
    value: float
    low: float | None
    high: float | None
    entity_low: float | None = None
    entity_high: float | None = None
    seed_low: float | None = None
    seed_high: float | None = None
    saves: int = 0
    confidence: float = CONFIDENCE
    money: dict[str, float] = {}

    @property
    def told(self) -> bool:
        """Whether there are intervals and none of them holds 0."""
        ends = [(self.low, self.high), (self.entity_low, self.entity_high), (self.seed_low, self.seed_high)]
        known = [(low, high) for low, high in ends if low is not None and high is not None]
        return self.low is not None and all(not low <= 0 <= high for low, high in known)

    @property
    def margin(self) -> float | None:
        """How far the farthest end of its intervals is from the value; None where there is no interval."""
        ends = (self.low, self.high, self.entity_low, self.entity_high, self.seed_low, self.seed_high)
        return None if self.low is None else max(abs(each - self.value) for each in ends if each is not None)

    def brief(self, money: Money | None) -> str:
        """The difference in a table's cell.

        >>> Difference(to="never", value=-17.31, low=-21.6, high=-13.02).brief(None)
        '-17.3 ± 4.29'
        """
        said = _bare(self.value, money)
        return said if self.margin is None else f"{said} ± {_bare(self.margin, money).lstrip('+')}"

    def said_in(self, money: Money | None) -> str:
        """In words, without what it is beside; in money, where there is a price.

        >>> Difference(to="never", value=-0.66, low=-0.9, high=-0.42).said_in(None)
        'saves 0.66 (0.42 to 0.9)'
        >>> Difference(to="never", value=0.1, low=-0.1, high=0.3, entity_low=0.04, entity_high=0.16).said_in(None)
        'costs 0.1 more (-0.1 to 0.3; by entity 0.04 to 0.16), not told from no difference'
        """
        saves, size = self.value < 0, amount(abs(self.value), money)
        word = f"saves {size}" if saves else f"costs {size} more"
        if self.low is None or self.high is None:
            return f"{word} (too few periods for an interval)"
        parts = [_ends(self.low, self.high, saves, money)]
        others = [("entity", self.entity_low, self.entity_high), ("seed", self.seed_low, self.seed_high)]
        parts += [
            f"by {by} {_ends(low, high, saves, money)}"
            for by, low, high in others
            if low is not None and high is not None
        ]
        return f"{word} ({'; '.join(parts)}){'' if self.told else ', not told from no difference'}"


def _ends(low: float, high: float, turned: bool, money: Money | None) -> str:
    first, last = (-high, -low) if turned else (low, high)
    low_said = amount(first, None) if money is None else money.bare(first)
    return f"{low_said} to {amount(last, money)}"


def _bare(loss: float, money: Money | None) -> str:
    return f"{loss:+.3g}" if money is None else f"{'' if money.of(loss) < 0 else '+'}{money.bare(loss)}"


class Apart:
    """Tells by how much ways are apart; by entity too where there are any, and by seed where several were tried.

    `again` are the ways of the same replay with other seeds of the learner, by name and cost.
    """

    def __init__(
        self, road: Road, entities: Entities | None = None, again: Sequence[Mapping[tuple[str, float], Way]] = ()
    ) -> None:
        self._by_entity = None if entities is None else ByEntity(road, entities)
        self._again = tuple(again)

    def of(self, way: Way, other: Way, to: str, first: int = 0, *, entities: bool = True, name: str = "") -> Difference:
        """The total of `way`, which is called `name`, less that of `other` in the periods from `first` on.

        Without `entities` those are not asked, who cost some time.
        """
        found = summed(_more(way, other)[first:][_counts(way, other)[first:]], CONFIDENCE)
        low = high = float("nan")
        if entities and self._by_entity is not None:
            error, groups = self._by_entity.error(way, other, first)
            low, high = two_sided(found.value, error, groups, CONFIDENCE)
        seed_low, seed_high = self._by_seed(found.value, (name, way.cost), (to, other.cost), first)
        return Difference(
            to=to,
            value=found.value,
            low=finite(found.low),
            high=finite(found.high),
            entity_low=finite(low),
            entity_high=finite(high),
            seed_low=finite(seed_low),
            seed_high=finite(seed_high),
            saves=_counted(other, first) - _counted(way, first),
        )

    def _by_seed(
        self, value: float, mine: tuple[str, float], theirs: tuple[str, float], first: int
    ) -> tuple[float, float]:
        """What one more seed would give (a prediction interval of Student's t); nan where one of the ways lacks."""
        pairs = [(each[mine], each[theirs]) for each in self._again if mine in each and theirs in each]
        if not pairs:
            return float("nan"), float("nan")
        drawn = np.array([value, *(float((way.spent - other.spent)[first:].sum()) for way, other in pairs)])
        error = float(drawn.std(ddof=1)) * (1 + 1 / len(drawn)) ** 0.5
        return two_sided(float(drawn.mean()), error, len(drawn), CONFIDENCE)


def _counted(way: Way, first: int) -> int:
    return sum(each.at >= first for each in way.retrains)


def surely_cheaper(way: Way, other: Way, part: Part, confidence: float = CONFIDENCE) -> bool:
    """Whether the total of `way` is less than that of `other` in these periods, told by its interval from chance."""
    within = slice(part.first, part.stop)
    found = summed(_more(way, other)[within][_counts(way, other)[within]], confidence)
    return bool(found.high < 0)  # nan, of too few periods, tells nothing


def _more(way: Way, other: Way) -> Floats:
    found: Floats = way.spent - other.spent
    return found


def _counts(way: Way, other: Way) -> NDArray[np.bool_]:
    """The judged periods; a retrain at a gap costs, too."""
    return np.asarray(~np.isnan(way.losses) | (_more(way, other) != 0), dtype=np.bool_)

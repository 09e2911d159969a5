"""How early trouble is seen: of an entity's spells of it, how many were flagged in time, and how long before.

A row is a day on which an entity is judged by what its next days will be. A *spell* begins on the first day whose
coming `ahead` days turn out bad, after a day whose coming days did not; what they were is plain only when they are
over. So a flag on the spell's first day is `ahead` days early, and one on the last day before it is plain a single day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class EarlyDetection(NamedTuple):
    """Spells seen and missed, and what a flag was worth.

    `lead_days` has one number for each spell that was flagged before it was plain, 1 to `ahead`. `flagged` counts
    flagged rows whose coming days are known, `right` those of them that turned out bad.
    """

    spells: int
    lead_days: tuple[int, ...]
    flagged: int
    right: int

    @property
    def recall(self) -> float:
        """The share of spells that were flagged before they were plain; nan without a spell."""
        return len(self.lead_days) / self.spells if self.spells else float("nan")

    @property
    def precision(self) -> float:
        """The share of flagged rows that turned out bad; nan without a flag."""
        return self.right / self.flagged if self.flagged else float("nan")

    @property
    def median_lead(self) -> float:
        """The median of `lead_days`; nan where no spell was flagged."""
        return float(np.median(self.lead_days)) if self.lead_days else float("nan")


def early_detection(
    entities: ArrayLike, days: ArrayLike, flags: ArrayLike, bad: ArrayLike, *, ahead: int
) -> EarlyDetection:
    """Count the spells of each entity and the flags that told of them; four arrays of one length, in any order.

    `days` are whole numbers, one row an entity and day; days without a row are passed over. `bad` says what the coming
    `ahead` days, the row's own the first, turned out: 1, 0, or nan where it is not known; such a row neither begins
    nor ends a spell, and its flag does not count. A spell that stands at an entity's first known row is left out: when
    it began is not known.

    Raises:
        ValueError: arrays of different lengths, or `ahead` under 1.
    """
    who, when = np.asarray(entities), np.asarray(days, dtype=np.int64)
    told, truth = np.asarray(flags, dtype=bool), np.asarray(bad, dtype=np.float64)
    if not len(who) == len(when) == len(told) == len(truth):
        raise ValueError(f"lengths == {len(who)}, {len(when)}, {len(told)}, {len(truth)}, must be the same")
    if ahead < 1:
        raise ValueError(f"ahead == {ahead}, must be >= 1")
    codes = np.unique(who, return_inverse=True)[1]
    order = np.lexsort((when, codes))
    order = order[~np.isnan(truth[order])]
    codes, when, told, truth = codes[order], when[order], told[order], truth[order]
    begins = _begins(codes, truth)
    leads = [_lead(codes, when, told, place, ahead) for place in begins]
    return EarlyDetection(
        spells=len(begins),
        lead_days=tuple(lead for lead in leads if lead),
        flagged=int(told.sum()),
        right=int((told & (truth == 1)).sum()),
    )


def _begins(codes: NDArray[np.intp], truth: NDArray[np.float64]) -> NDArray[np.intp]:
    """The places of rows that are bad after a row of the same entity that is not."""
    turned = (truth[1:] == 1) & (truth[:-1] == 0) & (codes[1:] == codes[:-1])
    return np.flatnonzero(turned) + 1


def _lead(codes: NDArray[np.intp], when: NDArray[np.int64], told: NDArray[np.bool_], begin: np.intp, ahead: int) -> int:
    """How many days before the spell was plain its first flag came; 0 for none."""
    plain = when[begin] + ahead
    end = int(begin)
    while end < len(codes) and codes[end] == codes[begin] and when[end] < plain:
        if told[end]:
            return int(plain - when[end])
        end += 1
    return 0

"""Which rows may examine a candidate: none that either model saw, early stopping included."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from retrain_platform.dataset.record import Record
from retrain_platform.dataset.snapshot import Basis
from retrain_platform.policy.wording import periods as counted

Ripe = tuple[str, datetime, datetime]
"""A ripe period: its key, its start, its end (exclusive)."""


class TooLittleHistory(ValueError):
    """Too few ripe periods to train and to examine."""


class Exam(Record):
    """The holdout of one candidate.

    `periods` are its keys, oldest first, [start, end) its span; both ends None where there is no
    holdout. No row at or after `cut` may enter the fit, its early stopping, or (basis 'recipes')
    the champion's recipe refitted for the comparison.
    """

    basis: Basis
    periods: tuple[str, ...]
    start: datetime | None
    end: datetime | None
    cut: datetime
    sentence: str


def choose_exam(
    as_of: datetime,
    ripe_periods: Sequence[Ripe],
    champion_seen_until: datetime | None,
    holdout_periods: int,
    min_periods: int = 1,
    *,
    recipe_changed: bool = False,
    stop_periods: int = 1,
) -> Exam:
    """The exam that the ripe periods (oldest first, all ended by `as_of`) allow.

    The last `holdout_periods` that begin at or after `champion_seen_until` are the holdout. Fewer
    than `min_periods` of them: both recipes are compared at the same cut if the recipe changed,
    else nothing can be examined, all ripe rows may train and the shadow decides. No champion
    (None): the candidate is examined alone. Before the cut stay `stop_periods` to stop early by and
    one more to train on.

    Raises:
        TooLittleHistory: fewer than `stop_periods` + 1 ripe periods would stay before the cut.
        ValueError: a count under 1, or a period that ends after `as_of`.
    """
    _must_be_sound(as_of, ripe_periods, holdout_periods, min_periods)
    last = list(ripe_periods[-holdout_periods:])
    if champion_seen_until is None:
        return _exam("alone", ripe_periods, last, "no champion to compare with", stop_periods)
    seen = f"the champion saw rows until {champion_seen_until:%Y-%m-%d %H:%M}"
    unseen = [period for period in last if period[1] >= champion_seen_until]
    if len(unseen) >= min_periods:
        return _exam("holdout", ripe_periods, unseen, f"{seen}, all before them", stop_periods)
    later = f"{len(unseen)} of the last {counted(len(last), 'ripe')} {'is' if len(unseen) == 1 else 'are'} later"
    short = f"{seen}: {later}, must be >= {min_periods}"
    if recipe_changed:
        why = f"{short}; so both recipes are fitted to the same cut"
        return _exam("recipes", ripe_periods, last, why, stop_periods)
    return _exam("too few rows", ripe_periods, [], f"{short}; so the shadow decides", stop_periods)


def choose_drawn_exam(ripe_periods: Sequence[Ripe], unseen: bool | None, *, recipe_changed: bool = False) -> Exam:
    """The exam where rows are parted by draws that each row keeps, over all ripe periods (oldest first).

    `unseen` says whether the rows drawn to examine are known to be new to the champion: its own were parted by the
    same draws, and it was not refitted. None: there is no champion. Else both recipes are compared if the recipe
    changed, or nothing can be examined and the shadow decides.

    Raises:
        TooLittleHistory: no ripe period.
    """
    if not ripe_periods:
        raise TooLittleHistory("ripe periods == 0, must be >= 1")
    basis: Basis = "recipes" if recipe_changed else "too few rows"
    why = "which rows the champion saw is not known by their draws; so "
    why += "both recipes are fitted to the same rows" if recipe_changed else "the shadow decides"
    if unseen is None:
        basis, why = "alone", "no champion to compare with"
    elif unseen:
        basis, why = "holdout", "the champion's rows were parted by the same draws, and it saw none of them"
    names = () if basis == "too few rows" else tuple(key for key, _, _ in ripe_periods)
    shown = f"examined on rows drawn from {counted(len(names), 'ripe')}" if names else "not examined"
    return Exam(
        basis=basis,
        periods=names,
        sentence=f"{shown}: {why}",
        start=ripe_periods[0][1] if names else None,
        end=ripe_periods[-1][2] if names else None,
        cut=ripe_periods[-1][2],
    )


def looks_at(periods: Iterable[str], earlier: Iterable[Iterable[str]]) -> int:
    """How many exams were held on any of these periods, this one included: the nth is stricter (V13).

    `periods` are the keys of this exam's, `earlier` those of each exam before it.
    """
    mine = set(periods)
    return 1 + sum(not mine.isdisjoint(other) for other in earlier)


def _must_be_sound(as_of: datetime, ripe: Sequence[Ripe], holdout_periods: int, min_periods: int) -> None:
    if not 1 <= min_periods <= holdout_periods:
        raise ValueError(f"min_periods == {min_periods}, must be >= 1 and <= holdout_periods == {holdout_periods}")
    late = [key for key, _, end in ripe if end > as_of]
    if late:
        raise ValueError(f"ripe_periods == {late}, must end by as_of == {as_of.isoformat()}")


def _exam(
    basis: Basis,
    ripe: Sequence[Ripe],
    held_out: list[Ripe],
    why: str,
    stop_periods: int,
) -> Exam:
    before = len(ripe) - len(held_out)
    if before < stop_periods + 1:
        raise TooLittleHistory(
            f"ripe periods == {len(ripe)}, must be >= {stop_periods + 1 + len(held_out)}: "
            f"{len(held_out)} to examine, {stop_periods} to stop early by, 1 to train on"
        )
    names = tuple(key for key, _, _ in held_out)
    shown = f"examined on {counted(len(names), 'ripe')}, {names[0]} to {names[-1]}" if names else "not examined"
    return Exam(
        basis=basis,
        periods=names,
        sentence=f"{shown}: {why}",
        start=held_out[0][1] if held_out else None,
        end=held_out[-1][2] if held_out else None,
        cut=held_out[0][1] if held_out else ripe[-1][2],
    )

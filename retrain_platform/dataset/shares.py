"""How the rows are parted: by time or, where the spec vouches that rows are alike over time, by draws."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from pydantic import model_validator

from retrain_platform.dataset.classes import ordered
from retrain_platform.dataset.draws import draws
from retrain_platform.dataset.duration import Duration, duration_text
from retrain_platform.dataset.record import Record

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from retrain_platform.dataset.split import Split

Shares = tuple[float, float, float]
"""Of the training part, of the part that stops the fit early, of the holdout."""


class SplitSpec(Record):
    """How the rows are parted into training part, early stopping and holdout.

    `shares` take the place of the durations `holdout` and `early_stop_on`. By `time` they are cut at period
    boundaries, as near to the shares of labelled rows as whole periods come. `random` and `stratified` draw each
    row by its entity and time, over all periods; `stratified` the same share of each class. `embargo` leaves out
    the rows of that long before each cut.
    """

    shares: Shares | None = None
    embargo: Duration = timedelta(0)
    by: Literal["time", "random", "stratified"] = "time"

    @model_validator(mode="after")
    def _whole(self) -> SplitSpec:
        shares = self.shares
        if shares is not None:
            said = f"shares == {list(shares)}, must"
            if abs(sum(shares) - 1) > 1e-6:
                raise ValueError(f"{said} sum to 1: they sum to {sum(shares):g}")
            if min(shares) < 0 or not shares[0] or not shares[2]:
                raise ValueError(f"{said} leave rows to learn from (the first) and a holdout (the last)")
        if self.by != "time" and shares is None:
            raise ValueError(f"by == {self.by!r}, must stand beside shares, as in [0.7, 0.15, 0.15]")
        if self.by != "time" and self.embargo:
            raise ValueError(
                f"embargo == {duration_text(self.embargo)}, must be left out where by == {self.by!r}: there is no cut"
            )
        return self


class Apart(NamedTuple):
    """How many of the last periods are kept from the fit: `stop` to stop it early, then `holdout`."""

    stop: int
    holdout: int


def apart(rows: Sequence[int], shares: Shares) -> Apart:
    """The cuts at period boundaries that come nearest to the shares; `rows` of each period, oldest first.

    Each part that has a share has at least one period, where there are enough; too few are told by the exam.
    """
    stops = 1 if shares[1] > 0 else 0
    if len(rows) < 2 + stops:
        return Apart(stops, 1)
    before = np.concatenate([[0.0], np.cumsum(np.asarray(rows, dtype=np.float64))])
    held = _nearest(before, (1 - shares[2]) * before[-1], 1 + stops, len(rows) - 1)
    learned = _nearest(before, shares[0] * before[-1], 1, held - 1) if stops else held
    return Apart(held - learned, len(rows) - held)


def _nearest(before: NDArray[np.float64], wanted: float, least: int, most: int) -> int:
    return least + int(np.argmin(np.abs(before[least : most + 1] - wanted)))


class Drawn(Record):
    """Where each row's draw places it: below the first edge it is learned from, from the second on it examines.

    `edges` by the label's value as text; those under '' are of rows of any label. `seed` is that of the draws,
    `shares` are those that the edges were made for.
    """

    seed: int
    shares: Shares
    edges: dict[str, tuple[float, float]]


def drawn_edges(frame: pd.DataFrame, seed: int, spec: SplitSpec, champion: Drawn | None) -> Drawn:
    """The edges for these rows; no holdout begins below the champion's, so that none of what it saw examines.

    Edges of a champion of the same shares go on: those of a growing class would move with every row.

    Raises:
        ValueError: the spec has no shares.
    """
    if spec.shares is None:
        raise ValueError("shares == None, must be given for a drawn split")
    first, second = spec.shares[0], spec.shares[0] + spec.shares[1]
    edges = {"": (first, second)}
    if spec.by == "stratified":
        drawn, labels = draws(frame, seed, "split"), _labels(frame)
        values = {name: np.sort(drawn[labels == name]) for name in ordered(labels)}
        edges = {name: (_edge(each, first), _edge(each, second)) for name, each in values.items()}
    if champion is not None:
        edges = {name: _beside(each, champion, name, spec.shares) for name, each in edges.items()}
    return Drawn(seed=seed, shares=spec.shares, edges=edges)


def _beside(mine: tuple[float, float], champion: Drawn, name: str, shares: Shares) -> tuple[float, float]:
    """The edges of one label beside those of a champion that was parted by the same draws."""
    if champion.shares == shares and name in champion.edges:
        return champion.edges[name]
    theirs = [edges for label, edges in champion.edges.items() if not name or label in (name, "")]
    return mine[0], max([mine[1], *(each[1] for each in theirs)])


def _labels(frame: pd.DataFrame) -> NDArray[np.object_]:
    """Each row's label by name: '0' and '1' of a binary one."""
    from retrain_platform.dataset.times import as_text

    names: NDArray[np.object_] = as_text(frame["_label"]).to_numpy(dtype=object)
    return names


def _edge(ranked: NDArray[np.float64], share: float) -> float:
    """The draw below which that share of the rows lies."""
    place = round(share * len(ranked))
    return float(ranked[place]) if place < len(ranked) else 1.0


def drawn_split(frame: pd.DataFrame, drawn: Drawn) -> Split:
    """The rows by their draws; row order is kept. A label that the edges do not know is learned from."""
    from retrain_platform.dataset.split import Split

    places = draws(frame, drawn.seed, "split")
    first, second = (np.full(len(frame), drawn.edges.get("", (1.0, 1.0))[side]) for side in (0, 1))
    if "" not in drawn.edges:
        labels = _labels(frame)
        for name, edges in drawn.edges.items():
            first[labels == name], second[labels == name] = edges
    train, holdout = places < first, places >= second
    return Split(frame[train], frame[~train & ~holdout], frame[holdout], embargoed=0)

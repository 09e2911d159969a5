"""label: which rows to label next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retrain_platform.cli.app import AsJson, ModelName, app, entries_of, fail, not_played, shop_of, spec_of
from retrain_platform.cli.reading import watched_periods
from retrain_platform.cli.screen import answer, say, show
from retrain_platform.spec import ModelSpec

if TYPE_CHECKING:
    import pandas as pd

    from retrain_platform.steps.dataset.labelling import LabelQueue

Budget = Annotated[int, typer.Option(help="How many labels there are to give.")]
Explore = Annotated[float, typer.Option(help="The share of them that is drawn evenly at random.")]
Limit = Annotated[
    float | None, typer.Option(help="Where a binary decision turns; without it, 0.5.", show_default=False)
]
Out = Annotated[Path | None, typer.Option(metavar="FILE.csv", help="Write the rows there, with the source's columns.")]
Again = Annotated[bool, typer.Option("--again", help="Also rows that were asked for before and have no label yet.")]


@app.command()
def label(
    model: ModelName,
    budget: Budget,
    explore: Explore = 0.2,
    limit: Limit = None,
    out: Out = None,
    again: Again = False,
    as_json: AsJson = False,
) -> None:
    """Which rows of watched periods are worth a label most, each with its reason. Exit 1: nothing to label.

    What is asked for goes on record, and the next queue asks for other rows. Labels come back as ever: in the label
    column of the source. Metrics on drawn rows are honest with their probability, those on the others are not.

    Example: [bold]retrain label flight_delay --budget 200 --out to_label.csv[/bold]
    """
    spec = spec_of(model)
    _must_fit(spec, budget, explore, limit, out)
    if not watched_periods(entries_of(spec)):
        fail(not_played(spec, model), 1)
    from retrain_platform.steps.dataset.labelling import NothingToLabel, queue_of, remember, source_rows

    shop = shop_of(spec)
    try:
        queue = queue_of(shop, budget=budget, explore=explore, limit=0.5 if limit is None else limit, again=again)
    except NothingToLabel as error:
        fail(str(error), 1)
    if out is not None:
        _write(out, _table(queue, source_rows(shop, queue)))
    remember(shop, queue)
    if not answer(queue, as_json):
        _show(spec, queue, out)


def _must_fit(spec: ModelSpec, budget: int, explore: float, limit: float | None, out: Path | None) -> None:
    """Leave with 2 where an option has no meaning."""
    if budget < 1:
        fail(f"--budget == {budget}, must be at least 1")
    if not 0 <= explore <= 1:
        fail(f"--explore == {explore:g}, must be a share from 0 to 1")
    if limit is not None and spec.task != "binary":
        fail(f"--limit == {limit:g}: {spec.name} is no binary task, so no score of it has a limit")
    if limit is not None and not 0 < limit < 1:
        fail(f"--limit == {limit:g}, must be a chance between 0 and 1")
    if out is not None and out.suffix != ".csv":
        fail(f"--out == '{out}', must end in .csv")


def _table(queue: LabelQueue, rows: pd.DataFrame) -> pd.DataFrame:
    """What a person labels from: no score, which would lead the answer; the source's columns as they are."""
    import pandas as pd

    own = pd.DataFrame(
        {
            "queue_period": [row.period for row in queue.rows],
            "queue_reason": [row.reason for row in queue.rows],
            "queue_probability": [row.probability for row in queue.rows],
        }
    )
    return pd.concat([rows, own], axis=1)


def _write(path: Path, rows: pd.DataFrame) -> None:
    try:
        rows.to_csv(path, index=False)
    except OSError as error:
        fail(f"--out == '{path}', must be a file that can be written: {error.strerror or error}")


def _show(spec: ModelSpec, queue: LabelQueue, out: Path | None) -> None:
    show(
        [
            {
                "event time": f"{spec.period.local(row.event_time):%Y-%m-%d %H:%M}",
                "entity": row.entity,
                "score": row.score,
                "answer": row.answer,
                "segments": ", ".join(f"{name} = {text}" for name, text in row.segments.items()),
                "reason": row.reason,
                "probability": row.probability,
            }
            for row in queue.rows
        ]
    )
    drawn = f", {queue.explored:,} of them drawn" if queue.explored else ""
    earlier = f" ({queue.earlier:,} were asked for before)" if queue.earlier else ""
    say(["", f"{len(queue.rows):,} of {queue.pool:,} rows without a label{drawn}{earlier}."])
    say(f"note: {note}" for note in queue.notes)
    say(
        f"Fill in {spec.label.column!r} where the source keeps it" + (f"; the rows stand in {out}" if out else "") + "."
    )

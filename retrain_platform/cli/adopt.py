"""adopt: a model that others registered becomes a version of ours."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from retrain_platform.cli.app import AsJson, ModelName, Why, actor, app, fail, shop_of, spec_of
from retrain_platform.cli.refusing import refuse
from retrain_platform.cli.screen import answer, say
from retrain_platform.spec import ModelSpec

if TYPE_CHECKING:
    from retrain_platform.steps.by_hand.adopting import Adopted


@app.command()
def adopt(
    model: ModelName,
    uri: Annotated[str, typer.Argument(metavar="MODEL_URI", help="models:/NAME@ALIAS or models:/NAME/VERSION.")],
    why: Why,
    seen_until: Annotated[
        str | None, typer.Option("--seen-until", help="It learned from no row at or after this day, as in 2013-06-04.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Copy a model that others registered in the same MLflow as a version of ours. The first one answers at once.

    Its columns are held against the spec and the newest rows, and the copy must answer as it does. No alias of others
    is moved, nothing of theirs is changed, and none of their code is run. Exit 1: it does not fit, and why.

    Example: [bold]retrain adopt flight_delay models:/delays@production --why "ours since May"[/bold]
    """
    from retrain_platform.steps.by_hand.acting import Act, NotNow, WrongUse
    from retrain_platform.steps.by_hand.adopting import adopt as take
    from retrain_platform.training.foreign import CannotAdopt

    spec = spec_of(model)
    until = None if seen_until is None else _day(spec, seen_until)
    try:
        adopted = take(shop_of(spec), Act(actor=actor(), why=why), uri, until)
    except CannotAdopt as error:
        fail(str(error), 1)
    except (NotNow, WrongUse) as error:
        refuse(error)
    if not answer(adopted, as_json):
        _tell(adopted)


def _day(spec: ModelSpec, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        fail(f"--seen-until == {text!r}, must be a day or a time, as in 2013-06-04 or 2013-06-04T12:00")
    return spec.period.local(found) if found.tzinfo else found.replace(tzinfo=ZoneInfo(spec.period.timezone))


def _tell(adopted: Adopted) -> None:
    say(f"{adopted.source} ({adopted.flavour}) is version {adopted.version} of {adopted.model}")
    say(f"the copy answered {adopted.rows:,} of the newest rows as it does (apart by {adopted.apart:.2g})")
    say(f"known: {fact}" for fact in adopted.facts)
    say(f"missing: {fact}" for fact in adopted.missing)
    say(move.sentence for move in adopted.moves)

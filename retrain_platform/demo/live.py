"""`make demo-live`: flights as HTTP traffic; a good model takes over by evidence, a bad one goes back by itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from retrain_platform.cli.app import shop_of
from retrain_platform.cli.playing import play_with_progress
from retrain_platform.cli.screen import console, say, show
from retrain_platform.demo.gateway import Gateway
from retrain_platform.demo.live_spec import write_live_spec
from retrain_platform.demo.traffic import FLIGHT_LASTS, Seen, Traffic
from retrain_platform.demo.turned import register_turned
from retrain_platform.release.base import ReleaseState, Stage
from retrain_platform.resources import settings
from retrain_platform.spec import read_spec
from retrain_platform.steps.by_hand.acting import Act
from retrain_platform.steps.by_hand.opening import open_by_hand
from retrain_platform.steps.workshop import Workshop

if TYPE_CHECKING:
    import pandas as pd

_FIRST, _SECOND = "2013-03-26", "2013-04-09"
"""The weeks played before the traffic begins, and while it flows: in the second the policy asks for a retrain."""
_WEEKS = 10
"""So many weeks of flights after those are the traffic."""
_REQUESTS_A_SECOND = 200.0
_LONGEST = 300.0
"""Seconds that one act may take."""
_MARK = ".made-by-demo-live"
_STORY = ("opened", "advanced", "promoted", "proven", "aborted", "rolled_back", "superseded", "rejected")


def main() -> int:
    """Play both acts and tell them; 1 where one did not end as it should."""
    home = _fresh_home()
    file = write_live_spec(home)
    shop = shop_of(read_spec(file))
    say("A first model is trained on the flights of the first weeks of 2013 ...")
    _, why = play_with_progress(shop.spec, _FIRST, quiet=False)
    if why:
        return _stopped(why)
    began = shop.now()
    with Gateway(file, home / "gateway.log") as gateway, _flights_to(gateway.url, shop) as seen:
        say(
            f"The gateway serves at {gateway.url} (its documents: {gateway.url}/docs); {_REQUESTS_A_SECOND:g} flights a"
        )
        say(f"second ask it how late they will be, each tells {FLIGHT_LASTS:g} seconds later how late it was.")
        ended = _good(shop, file, seen) and _bad(shop)
    _tell(shop, began, seen)
    return 0 if ended and not seen.failed else 1


def _good(shop: Workshop, file: Path, seen: Seen) -> bool:
    """The road goes on until the policy asks for a retrain; its candidate is released by what live traffic shows."""
    say("\nAct 1: the road goes on; the policy sees half as many new flights and asks for a retrain.")
    before = shop.state().champion
    road = [sys.executable, "-m", "retrain_platform.cli", "run", str(file), "--until", _SECOND]
    played = subprocess.run(road, check=False, capture_output=True, text=True)
    if played.returncode:
        _stopped(played.stdout + played.stderr)
        return False
    if not seen.answered:
        _stopped(f"no request was answered: {seen.failed.most_common(1)}")
        return False
    return _until(shop, lambda state: state.champion != before and state.open is None)


def _bad(shop: Workshop) -> bool:
    """A version that learned late as punctual, sent to all of the traffic by somebody in a hurry."""
    say("\nAct 2: somebody in a hurry sends a version that learned from turned labels straight to all of the traffic.")
    good = shop.state().champion
    version = register_turned(shop)
    open_by_hand(shop, Act(actor="somebody in a hurry", why="surely better"), version, expedited=True)
    return _until(shop, lambda state: state.open is None) and shop.state().champion == good


def _until(shop: Workshop, over: Callable[[ReleaseState], bool]) -> bool:
    """Tell each move of the release as it comes, until the act is over."""
    told, until = len(shop.entries()), monotonic() + _LONGEST
    while monotonic() < until:
        entries = shop.entries()
        for entry in entries[told:]:
            if entry.kind in _STORY:
                say(f"  {entry.at.astimezone():%H:%M:%S} {entry.kind.replace('_', ' ')}: {entry.why}")
        told = len(entries)
        if over(shop.state()):
            return True
        sleep(0.5)
    _stopped(f"nothing more happened for {_LONGEST:g} seconds")
    return False


@contextmanager
def _flights_to(url: str, shop: Workshop) -> Iterator[Seen]:
    traffic = Traffic(url, shop.model, _flights(shop), _REQUESTS_A_SECOND)
    traffic.start()
    try:
        yield traffic.seen
    finally:
        traffic.stop()


def _flights(shop: Workshop) -> pd.DataFrame:
    """The flights of the weeks that no model here has learned from, drawn at random.

    In their own order a day would be over in seconds: whoever is better would be a question of that day's weather.
    """
    from retrain_platform.defs.models.flight_delay.flights import events

    after = shop.spec.period.period(_SECOND)
    until = shop.spec.period.at(shop.spec.period.index(_SECOND) + _WEEKS)
    return events(after.end, until.end).sample(frac=1.0, random_state=7)


def _tell(shop: Workshop, began: datetime, seen: Seen) -> None:
    """The time line, and what the senders saw."""
    entries = [entry for entry in shop.entries() if entry.at >= began and entry.kind in _STORY]
    console.print()
    show([_line(entry, began) for entry in entries], "the time line")
    answered = ", ".join(f"{count:,} by version {version}" for version, count in sorted(seen.by_version.items()))
    console.print(f"\n{seen.answered:,} requests answered ({answered}), {seen.labelled:,} labels sent", markup=False)
    failed = "; ".join(f"{count} x {why}" for why, count in seen.failed.most_common(3))
    console.print(f"{sum(seen.failed.values())} failed{': ' + failed if failed else ''}", markup=False)
    champion = shop.state().champion
    bad = [each for each in shop.state().ended if each.stage in (Stage.ROLLED_BACK, Stage.ABORTED)]
    console.print(f"version {champion} answers; sent back: {', '.join(each.version for each in bad) or 'none'}")


def _line(entry: Any, began: datetime) -> dict[str, Any]:
    body = entry.body
    return {
        "after": f"{(entry.at - began).total_seconds():.0f} s",
        "version": body["version"],
        "move": entry.kind.replace("_", " "),
        "stage": f"{body['stage']} {body['share']}%" if body["share"] else body["stage"],
        "by": entry.actor,
        "why": entry.why,
    }


def _fresh_home() -> Path:
    """This demo's own home, made anew: what an earlier run left is forgotten, nothing else is ever touched."""
    home = settings().home
    if home.exists() and any(home.iterdir()) and not (home / _MARK).exists():
        raise SystemExit(f"RETRAIN_HOME == {home}, must be empty or of an earlier run: this demo begins anew each time")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / _MARK).touch()
    os.environ["DAGSTER_HOME"] = str(home / "dagster")
    return home


def _stopped(why: str) -> int:
    console.print(f"stopped: {why}", markup=False)
    return 1

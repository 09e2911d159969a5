"""fleet: all models side by side."""

from __future__ import annotations

from retrain_platform.cli.app import AsJson, app, ledger_here, specs_here, tell_wrong
from retrain_platform.cli.screen import answer, say, show
from retrain_platform.policy.fleet import held, ranked


@app.command()
def fleet(as_json: AsJson = False) -> None:
    """All models by what a retrain would gain: decision, expected gain, ripe labels, release, and what waits.

    At most RETRAIN_FLEET_BUDGET retrains begin at once by themselves; unset, all that were decided.

    Example: [bold]retrain fleet[/bold]
    """
    from retrain_platform.resources import settings, values_of
    from retrain_platform.steps.policy.fleet import standing

    sound, wrong = specs_here()
    at = settings()
    ledger, values = ledger_here(), values_of(at)
    found = ranked(standing(each.spec, ledger.entries(name), values) for name, each in sound.items())
    waits = held(found, at.retrains_at_once)
    rows = [{**one.model_dump(mode="json"), "held_back": waits.get(one.model)} for one in found]
    answered = answer({"retrains_at_once": at.retrains_at_once, "models": rows}, as_json)
    if not answered:
        show([one.shown(waits.get(one.model, "")) for one in found], empty="no model here")
        if at.retrains_at_once is not None:
            say(f"at most {at.retrains_at_once} at once begin by themselves (RETRAIN_FLEET_BUDGET)")
        say(f"{one.model}: {one.approve}" for one in found if one.approve)
    tell_wrong(wrong, answered=answered)

"""An outside event filed by hand, and what `why` and `decide` say of the other answer."""

from __future__ import annotations

import json

from typer.testing import Result

from retrain_platform.policy.event import EVENT_KINDS
from retrain_platform_tests.cli.commands import LAST, retrain


def test_a_kind_that_is_none_is_refused_with_those_that_are(played: Result) -> None:
    refused = retrain("event", "tiny", "competitors", "--why", "they cut prices")

    assert refused.exit_code == 2
    for told in ("KIND == 'competitors', must be one of", *EVENT_KINDS, "did you mean competitor?"):
        assert told in refused.output
    assert "due" not in json.loads(retrain("status", "--json").stdout)[0]["next"]


def test_help_names_every_kind() -> None:
    told = "".join(retrain("event", "--help").output.replace("│", "").split())
    assert all(kind in told for kind in EVENT_KINDS)


def test_why_and_decide_say_what_would_turn_the_answer(played: Result) -> None:
    said = "The opposite: a retrain would follow if "
    assert said in retrain("why", "tiny", "--at", LAST).output
    assert said in retrain("decide", "tiny", "--as-of", LAST).output
    first = retrain("why", "tiny").output
    assert "Urgency: planned." in first
    assert "The opposite: no retrain would follow if a version answered." in first


class TestAnEvent:
    """Last, for it moves the road."""

    def test_is_answered_by_an_investigation_that_names_who_and_why(self, played: Result) -> None:
        filed = retrain("event", "tiny", "competitor", "--why", "they cut prices", "--json")
        assert json.loads(filed.stdout)["body"] == {"kind": "competitor", "urgent": False}

        ran = json.loads(retrain("run", "tiny", "--until", LAST, "--json").stdout)

        assert [step["kind"] for step in ran["steps"]] == ["decide"]
        told = retrain("why", "tiny", "--at", LAST).output
        assert "investigate: ana filed an event (competitor): they cut prices (asks for: investigate)" in told
        assert retrain("run", "tiny", "--until", LAST).output.startswith("nothing was due")

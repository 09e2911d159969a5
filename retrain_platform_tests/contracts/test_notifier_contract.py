"""What every carrier of messages does: it says why one did not arrive, and never raises."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from retrain_platform.adapters.memory_notices import MemoryNotifier
from retrain_platform.adapters.notices import AppriseNotifier
from retrain_platform_tests.contracts.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


def test_a_message_arrives_by_apprise_as_it_was_written(receiver: Receiver) -> None:
    url = f"json://127.0.0.1:{receiver.server_port}/hooks/s3cretpath"
    text = "why <b>\n\n    retrain run tiny --why '...'"
    assert AppriseNotifier().send(url, "[critical] tiny: it broke", text, "critical") == ""
    (taken,) = receiver.taken
    assert (taken["title"], taken["message"], taken["type"]) == ("[critical] tiny: it broke", text, "failure")


def test_why_it_did_not_arrive_is_said_without_the_address(receiver: Receiver) -> None:
    receiver.status = 503
    url = f"json://ana:hunter22@127.0.0.1:{receiver.server_port}/hooks/s3cretpath"
    why = AppriseNotifier().send(url, "t", "x", "info")
    assert "503" in why
    assert not any(secret in why for secret in ("hunter22", "s3cretpath", "127.0.0.1"))


@pytest.mark.parametrize("url", ["json://127.0.0.1:9/abcdef", "nothing://abcdef", "slack://tooshort", "://"])
def test_an_address_that_is_away_or_none_is_told_and_raises_nothing(url: str) -> None:
    why = AppriseNotifier().send(url, "t", "x", "info")
    assert why
    assert "abcdef" not in why


def test_the_fake_keeps_what_it_is_given_unless_it_is_broken() -> None:
    fake = MemoryNotifier()
    assert fake.send("json://x", "t", "x", "info") == ""
    fake.broken = "away"
    assert fake.send("json://x", "t2", "x", "info") == "away"
    assert fake.sent == [("json://x", "t", "x", "info")]

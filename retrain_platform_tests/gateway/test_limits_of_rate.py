"""How often each may ask: one bucket for all workers."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrain_platform.gateway.doors.rates import Rates
from retrain_platform.release.split import Split
from retrain_platform_tests.gateway.fakes import FakeLoaded, FakeServing, Worker, about, ask


def passed(rates: Rates, number: int, rate: float, guest: str = "a", model: str = "m") -> int:
    return sum(rates.wait(guest, model, rate) == 0.0 for _ in range(number))


def test_a_seconds_worth_at_once_and_then_the_rate() -> None:
    now = [1_000.0]
    rates = Rates(seconds=lambda: now[0])
    assert passed(rates, 50, 10) == 10
    assert rates.wait("a", "m", 10) == pytest.approx(0.1)
    now[0] += 0.1
    assert passed(rates, 5, 10) == 1
    now[0] += 0.35
    assert passed(rates, 5, 10) == 3
    now[0] += 60
    assert passed(rates, 50, 10) == 10


def test_less_than_one_a_second() -> None:
    now = [0.0]
    rates = Rates(seconds=lambda: now[0])
    assert passed(rates, 3, 0.1) == 1
    now[0] += 9.9
    assert passed(rates, 1, 0.1) == 0
    now[0] += 0.1
    assert passed(rates, 1, 0.1) == 1


def test_each_token_and_model_has_its_own() -> None:
    rates = Rates(seconds=lambda: 5.0)
    assert passed(rates, 9, 3) == 3
    assert passed(rates, 9, 3, guest="b") == 3
    assert passed(rates, 9, 3, model="n") == 3


def test_workers_share_one_bucket(tmp_path: Path) -> None:
    one, other = (Rates(tmp_path / "status" / "rates", seconds=lambda: 5.0) for _ in range(2))
    assert passed(one, 4, 6) + passed(other, 9, 6) == 6


def test_a_machine_started_anew_locks_nobody_out(tmp_path: Path) -> None:
    before = Rates(tmp_path / "rates", seconds=lambda: 1e6)
    passed(before, 9, 2)
    assert passed(Rates(tmp_path / "rates", seconds=lambda: 10.0), 9, 2) == 2


def test_guests_who_meet_in_one_place_keep_their_own_buckets() -> None:
    rates = Rates(seconds=lambda: 5.0)
    guests = [str(number) for number in range(1_000)]  # of 4,096 places: some hundred share one
    assert [passed(rates, 2, 1, guest=guest) for guest in guests] == [1] * len(guests)


def test_more_guests_than_buckets_still_pass() -> None:
    rates = Rates(seconds=lambda: 5.0)
    for number in range(5_000):
        rates.wait(str(number), "m", 1_000_000)
    assert passed(rates, 1, 1_000_000, guest="new") == 1


def test_who_asks_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    served = FakeServing(Split(model="m", champion="1"), about(requests_a_second=2), FakeLoaded("1"))
    doors = Worker(tmp_path / "tokens.json", {"m": served})
    answers = [ask(doors, "POST", "/models/m/predict", json={"x": 1}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].headers["retry-after"] == "1"
    assert answers[-1].json()["error"]["code"] == "too_many_requests"
    assert ask(doors, "POST", "/models/m/feedback", json={"entity": "a", "kind": "click"}).status_code == 429

"""Through a worker's doors: admin for tokens from this machine, links for whoever holds one, forms bounded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from retrain_platform_tests.gateway.doors_at_work import doors
from retrain_platform_tests.gateway.offices import Office, waiting
from retrain_platform_tests.steps.tiny import Places


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    places = Places()
    waiting(places, "bob")
    return Office(tmp_path_factory.mktemp("home"), places)


@pytest.fixture(scope="module")
def url(office: Office) -> Iterator[str]:
    with doors(office) as found:
        yield found


def test_admin_needs_a_token_and_takes_none_through_a_proxy(office: Office, url: str) -> None:
    named = {"authorization": f"Bearer {office.token}"}
    assert httpx.get(f"{url}/admin/models").status_code == 401
    assert httpx.get(f"{url}/admin/models", headers=named).json() == {"models": ["tiny"]}
    passed_on = httpx.get(f"{url}/admin/models/tiny", headers={**named, "x-forwarded-for": "10.0.0.7"})
    assert passed_on.status_code == 403


def test_nobody_says_by_a_header_who_he_is(office: Office, url: str) -> None:
    headers = {"authorization": f"Bearer {office.token}", "x-retrain-actor": "the-boss"}
    paused = httpx.post(f"{url}/admin/models/tiny/pause", json={"why": "x"}, headers=headers)
    assert paused.json()["entry"]["actor"] == "ana"
    httpx.post(f"{url}/admin/models/tiny/resume", json={"why": "x"}, headers=headers)


def test_a_large_body_and_a_form_of_another_type_are_refused(office: Office, url: str) -> None:
    headers = {"authorization": f"Bearer {office.token}"}
    large = httpx.post(f"{url}/admin/models/tiny/pause", json={"why": "x" * 70_000}, headers=headers)
    assert large.status_code == 413
    at = f"{url}{office.at(office.link())}"
    assert httpx.post(at, data={"why": "x" * 70_000}).status_code == 413
    assert httpx.post(at, json={"why": "x"}).status_code == 415
    assert httpx.put(at).status_code == 405


def test_a_link_is_answered_without_the_loopback_and_with_its_headers(office: Office, url: str) -> None:
    before, at = office.kinds, f"{url}{office.at(office.link())}"
    shown = httpx.get(at, headers={"x-forwarded-for": "10.0.0.7"})
    assert (shown.status_code, shown.headers["referrer-policy"]) == (200, "no-referrer")
    assert office.kinds == before
    form = {"answer": "reject", "why": "worse", "token": office.token}
    done = httpx.post(at, data=form, headers={"x-forwarded-for": "10.0.0.7"})
    assert (done.status_code, office.kinds[-1]) == (200, "rejected by ana")
    assert "used already" in httpx.get(at).text


def test_an_office_that_is_away_is_told(tmp_path: Path) -> None:
    office = Office(tmp_path, Places())
    with doors(office) as url:
        office.home.office("8000").write_text('{"port": 9, "word": "x"}', encoding="utf-8")
        gone = httpx.get(f"{url}/approvals/x")
        assert (gone.status_code, gone.headers["retry-after"]) == (503, "5")
        assert "is away" in gone.json()["error"]["message"]

"""Who is let in: by token, by scope, by model, by where he stands."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from retrain_platform.gateway.doors.bodies import Head
from retrain_platform.gateway.doors.guard import Guard, Guest, must_be_guarded
from retrain_platform.gateway.doors.replies import Refused
from retrain_platform.gateway.doors.tokens import BadTokens, Scope, add_token, find_token, read_tokens, revoke_token
from retrain_platform.release.split import Split
from retrain_platform_tests.gateway.fakes import JSON, FakeLoaded, FakeServing, Worker, about, ask

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HERE, THERE = "127.0.0.1", "192.0.2.7"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gateway" / "tokens.json"


def made(
    path: Path, name: str = "shop", models: tuple[str, ...] = ("*",), scopes: tuple[str, ...] = ("predict",)
) -> str:
    return add_token(path, name, models, scopes, NOW)[1]


def test_only_a_hash_is_kept_and_only_its_owner_reads_it(path: Path) -> None:
    plain = made(path)
    kept = path.read_text()
    assert plain not in kept
    assert plain.split("_", 2)[2] not in kept
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = read_tokens(path)
    assert found is not None
    assert find_token(found, plain) == found[0]


def test_a_token_that_is_nearly_one_is_none(path: Path) -> None:
    plain = made(path)
    tokens = read_tokens(path) or ()
    wrong_end = plain[:-1] + ("A" if plain[-1] != "A" else "B")
    other_id = plain.replace(tokens[0].id, "a" * 10)
    for each in (wrong_end, other_id, plain + "x", plain[:-1], "", "rt__", plain.upper(), f" {plain}"):
        assert find_token(tokens, each) is None


def test_names_are_taken_once_and_revoking_frees_them(path: Path) -> None:
    made(path)
    with pytest.raises(ValueError, match="has a token already"):
        made(path)
    revoke_token(path, "shop")
    made(path)
    with pytest.raises(LookupError, match="names no token; there are shop"):
        revoke_token(path, "shep")


def test_all_mistakes_of_a_token_at_once(path: Path) -> None:
    told = r"NAME == 'a b'.*\n--model == .*\n--scope == 'all', must.*\n--expires =="
    with pytest.raises(ValueError, match=told) as error:
        add_token(path, "a b", [], ["all"], NOW, NOW)
    assert str(error.value).count("\n") == 3
    assert not path.exists()


def test_a_file_that_is_no_list_of_tokens_lets_nobody_in(path: Path) -> None:
    plain = made(path)
    path.write_text("{")
    with pytest.raises(BadTokens, match=r"tokens\.json"):
        read_tokens(path)
    assert refused(Guard(path), plain) == 503
    with pytest.raises(BadTokens):
        must_be_guarded("0.0.0.0", path, open_to_all=False)


def refused(
    guard: Guard,
    plain: str | None = None,
    client: str = HERE,
    model: str | None = "m",
    scope: Scope = "predict",
    forwarded: bool = False,
) -> int:
    """The status of the refusal; 0 where he is let in."""
    token = None if plain is None else f"Bearer {plain}".encode()
    try:
        guard.admit({"client": (client, 4000)}, Head(token=token, forwarded=forwarded), model, scope)
    except Refused as error:
        return error.status
    return 0


@pytest.mark.parametrize(
    ("scopes", "models", "scope", "model", "status"),
    [
        (("predict",), ("*",), "predict", "m", 0),
        (("predict",), ("m",), "predict", "m", 0),
        (("predict",), ("m",), "predict", None, 0),
        (("predict",), ("m",), "predict", "n", 403),
        (("predict",), ("*",), "feedback", "m", 403),
        (("feedback", "admin"), ("*",), "feedback", "m", 0),
        (("feedback",), ("*",), "admin", "m", 403),
        (("admin",), ("*",), "admin", "m", 0),
        (("admin",), ("*",), "predict", "m", 403),
    ],
)
def test_scopes_and_models(
    path: Path, scopes: tuple[str, ...], models: tuple[str, ...], scope: Scope, model: str | None, status: int
) -> None:
    assert refused(Guard(path), made(path, "shop", models, scopes), model=model, scope=scope) == status


def test_without_tokens_the_loopback_is_open_and_nothing_else(path: Path) -> None:
    assert [refused(Guard(path), scope=scope) for scope in ("predict", "feedback", "admin")] == [0, 0, 0]
    public = Guard(path, host="0.0.0.0")
    assert [refused(public, scope=scope) for scope in ("predict", "feedback", "admin")] == [401, 401, 401]
    opened = Guard(path, host="0.0.0.0", open_to_all=True)
    assert [refused(opened, client=THERE, scope=scope) for scope in ("predict", "feedback", "admin")] == [0, 0, 403]
    anywhere = Guard(path, host="0.0.0.0", open_to_all=True, admin_anywhere=True)
    assert refused(anywhere, client=THERE, scope="admin") == 401


def test_admin_comes_from_the_loopback_unless_configured(path: Path) -> None:
    plain = made(path, scopes=("admin",))
    guard, anywhere = Guard(path, host="0.0.0.0"), Guard(path, host="0.0.0.0", admin_anywhere=True)
    assert refused(guard, plain, scope="admin") == 0
    assert refused(guard, plain, client=THERE, scope="admin") == 403
    assert refused(guard, plain, forwarded=True, scope="admin") == 403  # a proxy here speaks for somebody elsewhere
    assert refused(anywhere, plain, client=THERE, scope="admin") == 0
    assert refused(anywhere, None, client=THERE, scope="admin") == 401


def test_who_asked_is_known_by_name(path: Path) -> None:
    plain = made(path)
    token = (read_tokens(path) or ())[0]
    assert Guard(path).admit({}, Head(token=f"bearer {plain}".encode()), "m", "predict") == Guest("shop", token.id)


def test_a_revoked_or_expired_token_is_refused_without_a_restart(path: Path) -> None:
    clock, now = [0.0], [NOW]
    plain = add_token(path, "shop", ["*"], ["predict"], NOW, NOW + timedelta(days=1))[1]
    guard = Guard(path, seconds=lambda: clock[0], now=lambda: now[0])
    assert refused(guard, plain) == 0
    now[0] += timedelta(days=1)
    assert refused(guard, plain) == 401
    now[0] = NOW
    revoke_token(path, "shop")
    clock[0] += 1.0
    assert refused(guard, plain) == 401


def test_a_file_that_goes_does_not_open_a_public_gateway(path: Path) -> None:
    clock = [0.0]
    made(path)
    guard = Guard(path, host="0.0.0.0", seconds=lambda: clock[0])
    assert refused(guard) == 401
    os.remove(path)
    clock[0] += 1.0
    assert refused(guard) == 401


@pytest.mark.parametrize(
    ("host", "starts"), [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False)]
)
def test_a_public_gateway_starts_with_tokens_or_when_told(path: Path, host: str, starts: bool) -> None:
    def start(**more: Any) -> bool:
        try:
            must_be_guarded(host, path, **more)
        except ValueError:
            return False
        return True

    assert start(open_to_all=False) is starts
    assert start(open_to_all=True)
    made(path)
    assert start(open_to_all=False)


def test_the_doors_ask_for_their_scopes(path: Path) -> None:
    doors = Worker(path, {"m": FakeServing(Split(model="m", champion="1"), about(), FakeLoaded("1"))})
    predicts, feeds = made(path, "a"), made(path, "b", scopes=("feedback",))
    click = {"entity": "x", "kind": "click"}
    asked: list[tuple[str, str, dict[str, Any], str]] = [
        ("POST", "/models/m/predict", {"x": 1}, predicts),
        ("POST", "/models/m/invocations", {"instances": [{"x": 1}]}, predicts),
        ("POST", "/models/m/feedback", click, feeds),
        ("GET", "/models/m", {}, predicts),
        ("GET", "/models", {}, predicts),
    ]
    for method, where, body, good in asked:
        other = feeds if good is predicts else predicts
        for plain, status in ((None, 401), (other, 403), (good, 200 if body is not click else 202)):
            head = JSON if plain is None else {**JSON, "authorization": f"Bearer {plain}"}
            answer = ask(doors, method, where, json=body or None, headers=head)
            assert answer.status_code == status, (where, answer.text)
            assert plain is None or plain not in answer.text
    assert doors.log.feedback[0].by == "b"
    for where in ("/health", "/ready", "/metrics", "/docs", "/openapi.json", "/ping", "/version"):
        assert ask(doors, "GET", where).status_code == 200


def test_a_stranger_learns_no_names_of_models(path: Path) -> None:
    doors = Worker(path, {"secret_model": None})
    made(path)
    for name in ("secret_model", "other"):
        answer = ask(doors, "POST", f"/models/{name}/predict", json={})
        assert answer.status_code == 401
        assert "secret_model" not in answer.text

"""`retrain token`: shown once, kept as a hash, taken away by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from retrain_platform_tests.cli.commands import at_home, retrain


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    at_home(monkeypatch, tmp_path, columns=120)
    return tmp_path / "home"


def test_a_token_is_shown_once(home: Path) -> None:
    made = json.loads(
        retrain("token", "add", "shop", "--model", "m", "--scope", "feedback", "--expires", "90d", "--json").stdout
    )
    assert made["token"].startswith(f"rt_{made['id']}_")
    assert (made["name"], made["models"], made["scopes"]) == ("shop", ["m"], ["feedback"])
    listed = retrain("token", "list", "--json")
    assert [each["name"] for each in json.loads(listed.stdout)] == ["shop"]
    secret = made["token"].split("_", 2)[2]
    assert secret not in listed.stdout + retrain("token", "list").stdout
    assert secret not in (home / "gateway" / "tokens.json").read_text()


def test_what_is_said_of_none_one_and_the_last() -> None:
    assert "predict and feedback are open, to this machine alone" in retrain("token", "list").stdout
    said = retrain("token", "add", "shop").stdout
    assert "shop: predict of all models, until it is revoked. It is shown this once." in said
    assert "Nobody is let in now" in retrain("token", "revoke", "shop").stdout
    assert "nobody is let in until one is added" in retrain("token", "list").stdout


def test_wrong_use_is_2_and_no_such_token_1() -> None:
    wrong = retrain("token", "add", "a b", "--scope", "all", "--expires", "0d")
    assert wrong.exit_code == 2
    assert [line.split(" ==")[0] for line in wrong.stderr.splitlines()[:3]] == ["NAME", "--scope", "--expires"]
    assert "as in '30s'" in retrain("token", "add", "shop", "--expires", "soon").stderr
    missing = retrain("token", "revoke", "shop")
    assert (missing.exit_code, missing.stderr.split(";")[0]) == (1, "TOKEN == 'shop' names no token")


def test_a_public_address_needs_tokens_or_a_word(tmp_path: Path) -> None:
    said = retrain("serve", "--host", "0.0.0.0", "--port", "0")
    assert said.exit_code == 2
    assert "retrain token add NAME" in said.stderr

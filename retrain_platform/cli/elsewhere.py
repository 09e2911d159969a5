"""Commands that are done by a gateway on another machine, over its admin API."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote

from pydantic import TypeAdapter

from retrain_platform.cli.errors import fail
from retrain_platform.cli.refusing import refuse
from retrain_platform.dataset.secrets import without_secrets
from retrain_platform.policy.history import Quarantine
from retrain_platform.release.history import Change
from retrain_platform.steps.by_hand.acting import Asked, Moved, NotNow, WrongUse
from retrain_platform.steps.by_hand.moving import Done
from retrain_platform.steps.by_hand.shown import Said, Shown

if TYPE_CHECKING:
    import httpx

TOKEN = "RETRAIN_TOKEN"
_SECONDS = 30.0


class Elsewhere:
    """A gateway's admin API at `url`; the token of RETRAIN_TOKEN says who acts."""

    def __init__(self, url: str) -> None:
        import httpx

        token = os.environ.get(TOKEN, "").strip()
        if not url.startswith(("http://", "https://")):
            fail(f"--gateway == {without_secrets(url)!r}, must begin with http:// or https://")
        if not token:
            fail(f"{TOKEN} == '', must be a token with the scope admin: the gateway asks who you are")
        self._url = without_secrets(url)
        self._client = httpx.Client(
            base_url=url.rstrip("/"), headers={"Authorization": f"Bearer {token}"}, timeout=_SECONDS
        )

    def show(self, model: str) -> Shown:
        """How the model stands."""
        return Shown.model_validate(self._asked("GET", model, "release"))

    def history(self, model: str) -> list[Change]:
        """Every move of its release, oldest first."""
        return TypeAdapter(list[Change]).validate_python(self._asked("GET", model, "release/history"))

    def move(self, what: Moved, model: str, why: str, **fields: Any) -> Done:
        """Move its release by hand."""
        return Done.model_validate(self._asked("POST", model, f"release/{what}", {"why": why, **_given(fields)}))

    def clear(self, model: str, why: str, version: str | None) -> Quarantine:
        """Let the rows in again that are in quarantine since `version` was rolled back."""
        body = {"why": why, **_given({"version": version})}
        return Quarantine.model_validate(self._asked("POST", model, "release/clear", body))

    def ask(self, what: Asked, model: str, why: str, **fields: Any) -> Said:
        """Put something on record."""
        place = {"event": "events", "retrain": "retrains"}.get(what, what)
        return Said.model_validate(self._asked("POST", model, place, {"why": why, **_given(fields)}))

    def _asked(self, method: str, model: str, place: str, body: dict[str, Any] | None = None) -> Any:
        """What the gateway answers; leaves as the command would have done here."""
        import httpx

        try:
            answer = self._client.request(method, f"/admin/models/{quote(model, safe='')}/{place}", json=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            fail(f"the gateway at {self._url} does not answer: {type(error).__name__}: {error}", 1)
        return answer.json() if answer.is_success else self._refused(answer)

    def _refused(self, answer: httpx.Response) -> NoReturn:
        said = _said(answer)
        told = str(said.get("message") or f"the gateway at {self._url} answered {answer.status_code}")
        if answer.status_code == 409:
            refuse(NotNow(told))
        if answer.status_code == 422 and "field" in said:
            refuse(WrongUse(str(said["field"]), said.get("value"), str(said.get("must", ""))))
        if answer.status_code in (401, 403):
            fail(f"{TOKEN}: {told}", 1)
        fail(told, 2 if answer.status_code in (404, 422) else 1)


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _said(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    error = said.get("error") if isinstance(said, dict) else None
    return error if isinstance(error, dict) else {}

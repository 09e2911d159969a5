"""The guard at the doors: lets in who may, by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from retrain_platform.adapters import clock
from retrain_platform.gateway.doors.bodies import Head
from retrain_platform.gateway.doors.replies import Refused
from retrain_platform.gateway.doors.replies import Scope as Request
from retrain_platform.gateway.doors.tokens import BadTokens, Scope, Token, bearer, find_token, read_tokens
from retrain_platform.gateway.processes.listening import is_loopback

_LOOK_SECONDS = 0.5


class Guest(NamedTuple):
    """Who is let in: `name` is what he does is done by, '' where nobody said; `id` is his token's."""

    name: str = ""
    id: str = ""


def must_be_guarded(host: str, tokens: Path, *, open_to_all: bool) -> None:
    """Refuse to serve strangers unguarded.

    Raises:
        ValueError: `host` is reached from elsewhere, there is no file of tokens, and nobody said `--open`.
        BadTokens: the file cannot be read.
    """
    if not is_loopback(host) and not open_to_all and read_tokens(tokens) is None:
        raise ValueError(
            f"--host == {host!r} is reached from other machines and there are no tokens: make one with "
            "`retrain token add NAME`, or let everybody in with --open"
        )


class Guard:
    """Reads the tokens anew when their file changes, looking at most twice a second; a look-up costs microseconds.

    Without a file, predict and feedback are open where the gateway is bound to the loopback or was told `--open`, admin
    to the loopback alone. With one, everything needs a token, and admin comes from the loopback too unless
    `admin_anywhere`. A file that becomes unreadable lets nobody in.
    """

    def __init__(
        self,
        tokens: Path,
        *,
        host: str = "127.0.0.1",
        open_to_all: bool = False,
        admin_anywhere: bool = False,
        now: Callable[[], datetime] = clock.now,
        seconds: Callable[[], float] = clock.seconds,
    ) -> None:
        self._path, self._now, self._seconds = tokens, now, seconds
        self._unguarded = open_to_all or is_loopback(host)
        self._admin_anywhere = admin_anywhere
        self._tokens: tuple[Token, ...] | None = ()
        self._problem = ""
        self._stamp: tuple[int, ...] | None = (-1,)
        self._looked = -1e9

    def admit(self, request: Request, head: Head, model: str | None, scope: Scope) -> Guest:
        """Who asks; `model` None asks of no model in particular.

        Raises:
            Refused: no token (401), or one that is not good for this (403).
        """
        if (now := self._seconds()) - self._looked > _LOOK_SECONDS:
            self._look(now)
        if scope == "admin" and not self._admin_anywhere and not _from_here(request, head):
            raise Refused(403, "admin is open to the loopback alone, here; say --admin-anywhere to change that")
        if self._tokens is None:
            if self._unguarded and (scope != "admin" or _from_here(request, head)):
                return Guest()
            raise _unknown("there are no tokens yet: make one with `retrain token add NAME`")
        if self._problem:
            raise Refused(503, "the gateway cannot read its tokens: nobody is let in until it can")
        return self._known(self._tokens, head, model, scope)

    def _known(self, tokens: tuple[Token, ...], head: Head, model: str | None, scope: Scope) -> Guest:
        plain = bearer((head.token or b"").decode("latin-1"))
        if not plain:
            raise _unknown("send the header `Authorization: Bearer TOKEN`")
        token = find_token(tokens, plain)
        if token is None:
            raise _unknown("this token is not known here: it was mistyped or revoked")
        if token.expires is not None and token.over(self._now()):
            raise _unknown(f"the token of {token.name} expired on {token.expires:%Y-%m-%d}: ask for a new one")
        if not token.allows(model, scope):
            what = scope if model is None else f"{scope} of {model}"
            raise Refused(403, f"the token of {token.name} is not good for {what}")
        return Guest(token.name, token.id)

    def _look(self, now: float) -> None:
        self._looked = now
        try:
            found = self._path.stat()
            stamp: tuple[int, ...] | None = (found.st_mtime_ns, found.st_ino, found.st_size)
        except FileNotFoundError:
            stamp = None
        except OSError:
            stamp = (-2,)
        if stamp == self._stamp and not self._problem:
            return
        self._stamp = stamp
        try:
            self._tokens, self._problem = read_tokens(self._path), ""
        except BadTokens as error:
            self._tokens, self._problem = (), str(error)


def _unknown(message: str) -> Refused:
    return Refused(401, message, headers=[("www-authenticate", "Bearer")])


def _from_here(request: Request, head: Head) -> bool:
    """Whether the client is on this machine; what a proxy passes on is not, wherever the proxy stands."""
    client = request.get("client") or ("",)
    return not head.forwarded and is_loopback(str(client[0]))

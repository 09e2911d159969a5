"""Who may ask what of the gateway: tokens, of which only a hash is kept, and what is open without one."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field, TypeAdapter, ValidationError

from retrain_platform.adapters.atomic import locked, write_atomically
from retrain_platform.dataset.record import Record

Scope = Literal["predict", "feedback", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
EVERY = "*"
"""In the place of a model: all of them, those to come too."""

_FORM = re.compile(r"rt_([a-z0-9]{10})_([A-Za-z0-9_-]{43})")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


class Token(Record):
    """A token as it is kept: `id` is its public part, `digest` the SHA-256 of the whole of it.

    A fast hash is enough, for 32 random bytes cannot be guessed as a password can. `name` is who uses it: what is done
    with it is done `by` that name.
    """

    id: str
    name: str
    models: tuple[str, ...]
    scopes: tuple[Scope, ...]
    digest: str
    created: datetime
    expires: datetime | None = None

    def allows(self, model: str | None, scope: Scope) -> bool:
        """Whether it is good for this; `model` None: for anything of it at all."""
        return scope in self.scopes and (model is None or EVERY in self.models or model in self.models)

    def over(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires is not None and now >= self.expires


class BadTokens(ValueError):
    """The file of tokens cannot be read: nobody is let in by it."""


class _File(Record):
    tokens: tuple[Token, ...] = Field(default=())


_adapter = TypeAdapter(_File)


def read_tokens(path: Path) -> tuple[Token, ...] | None:
    """The tokens that are kept at `path`; None where there is no such file.

    Raises:
        BadTokens: it holds something else.
    """
    try:
        return _adapter.validate_json(path.read_bytes()).tokens
    except FileNotFoundError:
        return None
    except (ValidationError, OSError) as error:
        reason = f"{error.error_count()} mistakes in it" if isinstance(error, ValidationError) else error.strerror
        raise BadTokens(
            f"{path}: {reason}: put back what `retrain token` wrote, or delete it and add them anew"
        ) from None


def add_token(
    path: Path, name: str, models: Sequence[str], scopes: Sequence[str], now: datetime, expires: datetime | None = None
) -> tuple[Token, str]:
    """Make a token, and keep its hash; the second of the pair is the token itself, which is nowhere else.

    Raises:
        ValueError: a name that is taken or none, no or another scope, an expiry that has passed.
        BadTokens: see `read_tokens`.
    """
    _must_be_sound(name, models, scopes, now, expires)
    public = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    plain = f"rt_{public}_{secrets.token_urlsafe(32)}"
    wanted = tuple(scope for scope in SCOPES if scope in scopes)
    token = Token(
        id=public, name=name, models=tuple(models), scopes=wanted, digest=_digest(plain), created=now, expires=expires
    )
    with locked(path.with_name(".tokens.lock")):
        kept = read_tokens(path) or ()
        if any(each.name == name and not each.over(now) for each in kept):
            raise ValueError(f"NAME == {name!r} has a token already: revoke it first, or take another name")
        _write(path, (*kept, token))
    return token, plain


def _must_be_sound(
    name: str, models: Sequence[str], scopes: Sequence[str], now: datetime, expires: datetime | None
) -> None:
    wrong = []
    if not re.fullmatch(r"[\w.@+-]{1,80}", name):
        wrong.append(f"NAME == {name!r}, must be who will use it: letters, digits and . @ + - _, at most 80")
    if not models:
        wrong.append(f"--model == [], must name at least one, or {EVERY!r} for all")
    wrong += [f"--scope == {scope!r}, must be one of {', '.join(SCOPES)}" for scope in scopes if scope not in SCOPES]
    if not scopes:
        wrong.append(f"--scope == [], must be some of {', '.join(SCOPES)}")
    if expires is not None and expires <= now:
        wrong.append(f"--expires == {expires:%Y-%m-%d %H:%M %Z}, must lie ahead")
    if wrong:
        raise ValueError("\n".join(wrong))


def revoke_token(path: Path, which: str) -> Token:
    """Take a token away, by its name or its id; every worker knows within a second.

    Raises:
        LookupError: there is none, or the name has had several.
        BadTokens: see `read_tokens`.
    """
    with locked(path.with_name(".tokens.lock")):
        kept = read_tokens(path) or ()
        found = [each for each in kept if which in (each.id, each.name)]
        if len(found) != 1:
            several = f"names {len(found)} tokens: say the id" if found else "names no token"
            raise LookupError(f"TOKEN == {which!r} {several}; there are {', '.join(_told(kept)) or 'none'}")
        _write(path, tuple(each for each in kept if each is not found[0]))
    return found[0]


def _told(tokens: Sequence[Token]) -> list[str]:
    return [f"{each.name} ({each.id})" for each in tokens]


def _write(path: Path, tokens: tuple[Token, ...]) -> None:
    """A new file, which only its owner reads: `write_atomically` makes them so."""
    write_atomically(path, _File(tokens=tokens).model_dump_json(indent=1).encode())


def bearer(header: str) -> str:
    """The token that a header `Authorization` carries; '' where it carries none."""
    scheme, _, plain = header.partition(" ")
    return plain.strip() if scheme.lower() == "bearer" else ""


def find_token(tokens: Sequence[Token], plain: str) -> Token | None:
    """The token that this text is; compared in the same time whatever is wrong with it."""
    form = _FORM.fullmatch(plain)
    if form is None:
        return None
    known = next((each for each in tokens if each.id == form[1]), None)
    same = hmac.compare_digest(_digest(plain), known.digest if known else "0" * 64)
    return known if same else None


def _digest(plain: str) -> str:
    return hashlib.sha256(plain.encode()).hexdigest()

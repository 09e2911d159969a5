"""What of a spec is secret, and how a text is shown without it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import PlainSerializer, Secret

HIDDEN = "***"
"""What stands where a secret was."""

_WORDS = frozenset(
    {"secret", "password", "passwd", "passphrase", "pwd", "token", "key", "credential", "credentials", "sas", "sig"}
    | {"signature", "apikey", "accountkey", "sharedaccesskey"}
)
_ENDS = ("password", "passwd", "secret", "token")
_IN_USER = re.compile(r"(?<=://)([^:/@\s]*):(\S*)(?=@)")
_NAMED = re.compile(r"""(?:(?<=[?&;'"\s])|^)([A-Za-z][\w.-]*)=([^&;\s'"]+)""")


def says_secret(name: str) -> bool:
    """Whether a name says that its value is secret: by one of its words.

    >>> says_secret("AWS_SECRET_ACCESS_KEY"), says_secret("accountKey"), says_secret("region")
    (True, True, False)
    """
    words = re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())
    whole = any(word in _WORDS or word.endswith(_ENDS) for word in words)
    return whole or "connection_string" in "_".join(words)


def secrets_in(text: str) -> list[str]:
    """The passwords within an address: behind the user's name, and as values whose names say so.

    >>> secrets_in("postgresql://ana:hunter2@db/shop?sslpassword=x&sslmode=require&token=abc")
    ['hunter2', 'x', 'abc']
    """
    found = [match[2] for match in _IN_USER.finditer(text) if match[2]]
    return found + [value for name, value in _NAMED.findall(text) if says_secret(name)]


def without_secrets(text: str) -> str:
    """The text with every password of an address hidden.

    >>> without_secrets("postgresql://ana:hunter2@db/shop?token=abc")
    'postgresql://ana:***@db/shop?token=***'
    """
    text = _IN_USER.sub(rf"\1:{HIDDEN}", text)
    return _NAMED.sub(lambda match: f"{match[1]}={HIDDEN if says_secret(match[1]) else match[2]}", text)


class SecretUrl(Secret[str]):
    """An address that may hold a password; shown and written without it."""

    def _display(self) -> str:
        return without_secrets(self.get_secret_value())


class Option(Secret[str]):
    """A setting of an object store, which may be its key."""

    def _display(self) -> str:
        return HIDDEN


class Address(Secret[str]):
    """An address that is a secret as a whole: a webhook's path is its key. Of it only the scheme is shown."""

    def _display(self) -> str:
        return f"{self.get_secret_value().partition('://')[0]}://{HIDDEN}"


def _shown(options: dict[str, Option]) -> dict[str, str]:
    return {
        name: HIDDEN if says_secret(name) else without_secrets(value.get_secret_value())
        for name, value in options.items()
    }


Options = Annotated[dict[str, Option], PlainSerializer(_shown, when_used="json")]
"""Settings of an object store by name; those whose names say that they are secret are written as `HIDDEN`."""

Place = Annotated[str, PlainSerializer(without_secrets, when_used="json")]
"""An address that is told in errors and reports, without what is secret in it."""


def revealed(options: dict[str, Option]) -> dict[str, str]:
    """The settings as the object store is given them."""
    return {name: value.get_secret_value() for name, value in options.items()}

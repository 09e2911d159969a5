"""Links by which a person answers from a notice: signed, for one version, until a time, good for one answer."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import UTC, datetime

from pydantic import ValidationError

from retrain_platform.dataset.record import Record

_MAC = 16
_FOR = b"approval link"
_LONGEST = 1_000


class LinkTo(Record):
    """What a link is good for: an answer about `version` of `model` until `expires`; `id` tells its one use."""

    model: str
    version: str
    expires: datetime
    id: str


class BadLink(ValueError):
    """A link that is good for nothing, and why."""


def new_link(model: str, version: str, expires: datetime) -> LinkTo:
    """A link that nobody has used."""
    return LinkTo(model=model, version=version, expires=expires.astimezone(UTC), id=secrets.token_hex(8))


def link_text(key: bytes, to: LinkTo) -> str:
    """The last part of the link's address: what it is good for, and that the holder of `key` said so."""
    said = to.model_dump_json().encode()
    return _text(_mac(key, said) + said)


def read_link(key: bytes, text: str, now: datetime) -> LinkTo:
    """What the link is good for.

    Raises:
        BadLink: it is none, of another gateway, or its time is over.
    """
    raw = _bytes(text)
    mac, said = raw[:_MAC], raw[_MAC:]
    if not hmac.compare_digest(mac, _mac(key, said)):
        raise BadLink("this link is none of this gateway's: it was cut or changed on its way, or its key was replaced")
    try:
        to = LinkTo.model_validate_json(said)
    except ValidationError:
        raise BadLink("this link is of another release of the platform: ask for a new one") from None
    if now >= to.expires:
        raise BadLink(f"this link was good until {to.expires:%Y-%m-%d %H:%M} UTC: answer by the command instead")
    return to


def _mac(key: bytes, said: bytes) -> bytes:
    return hashlib.blake2b(said, digest_size=_MAC, key=key, person=_FOR).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        if len(text) > _LONGEST:
            return b""
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""

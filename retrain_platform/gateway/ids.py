"""Ids of answers that say by themselves when, by which version, and that it was this gateway that gave them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import os
import re
from typing import NamedTuple

_MAC = 6
_FORM = re.compile(r"[a-z2-7]{32}(\.\d{1,6})?")


class Issued(NamedTuple):
    """What an id says: microseconds since 1970 UTC, and the version that answered."""

    at: int
    version: str


class Ids:
    """Issues and reads ids of 32 signs: the time, the worker's own count, the version, signed by `key`.

    A record of a batch has its request's id and `.PLACE`. Reading needs no memory of what was issued, so that any
    worker, and one that was started later, knows a late feedback's version at once.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._count = itertools.count(int.from_bytes(os.urandom(2), "big"))

    def issue(self, model: str, version: str, at: int) -> str:
        """A new id; `version` is a whole number, as registries count them."""
        payload = at.to_bytes(7, "big") + (next(self._count) & 0xFFFFFF).to_bytes(3, "big")
        payload += int(version).to_bytes(4, "big")
        return base64.b32encode(payload + self._mac(model, payload)).decode().lower()

    def read(self, model: str, text: str) -> Issued | None:
        """What the id says; None for one that was never issued for this model."""
        if not _FORM.fullmatch(text):
            return None
        raw = base64.b32decode(text.partition(".")[0].upper())
        payload, mac = raw[:-_MAC], raw[-_MAC:]
        if not hmac.compare_digest(mac, self._mac(model, payload)):
            return None
        return Issued(int.from_bytes(payload[:7], "big"), str(int.from_bytes(payload[10:], "big")))

    def _mac(self, model: str, payload: bytes) -> bytes:
        return hashlib.blake2b(payload + model.encode(), digest_size=_MAC, key=self._key).digest()

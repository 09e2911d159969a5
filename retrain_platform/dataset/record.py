"""The frozen value every report, decision and spec section is made of."""

from __future__ import annotations

import hashlib
import json
import math

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A frozen value: equal by content, written as JSON, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def fingerprint(self) -> str:
        """Sixteen hex digits of the SHA-256 of the canonical JSON: same content, same text."""
        return fingerprint(self.model_dump(mode="json"))


def finite(value: float) -> float | None:
    """The number as a record keeps it; None where it is nan or infinite: JSON has no word for those."""
    return float(value) if math.isfinite(value) else None


def fingerprint(content: object) -> str:
    """Sixteen hex digits of the SHA-256 of `content` as canonical JSON (sorted keys)."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]

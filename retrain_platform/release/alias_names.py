"""What the platform's aliases are called in a registry that others use too."""

from __future__ import annotations

import re

from pydantic import field_validator, model_validator

from retrain_platform.dataset.record import Record

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


class AliasNames(Record):
    """The registry's alias for each role. Only these are ever set or taken off."""

    champion: str = "champion"
    challenger: str = "challenger"
    shadow: str = "shadow"

    @field_validator("champion", "challenger", "shadow")
    @classmethod
    def _taken_by_registries(cls, value: str) -> str:
        if not _NAME.fullmatch(value) or value == "latest" or re.fullmatch(r"v\d+", value):
            raise ValueError(f"alias == {value!r}, must be letters, digits, '_' and '-', not 'latest' nor as in 'v3'")
        return value

    @model_validator(mode="after")
    def _each_its_own(self) -> AliasNames:
        names = [self.champion, self.challenger, self.shadow]
        if len(set(names)) < len(names):
            raise ValueError(f"aliases == {names}, must be three different ones")
        return self

    def __getitem__(self, role: str) -> str:
        return str(getattr(self, role))

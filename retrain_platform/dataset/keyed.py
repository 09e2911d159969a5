"""Tables that are matched with the events by columns that both have: configuration only."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from retrain_platform.dataset.record import Record


def _pairs(value: object) -> object:
    """[tailnum] is short for {tailnum: tailnum}."""
    return {name: name for name in value} if isinstance(value, list | tuple) else value


Pairs = Annotated[dict[str, str], BeforeValidator(_pairs), Field(min_length=1)]
"""The events' columns to a table's; a list where both have the same name."""


class Keyed(Record):
    """`on` names the columns that must be equal, the events' to the table's; a list where both have the same name."""

    on: Pairs

    @model_validator(mode="before")
    @classmethod
    def _on_is_a_name(cls, data: object) -> object:
        """YAML 1.1 reads the name `on` as true; Dagster hands attributes over as it reads them."""
        if isinstance(data, dict) and True in data and "on" not in data:
            return {"on" if name is True else name: value for name, value in data.items()}
        return data

"""What a consumer of a model's answers sends, and what it counts on: a file that its owners keep.

{"consumer": "checkout", "expects": [
  {"name": "a flight at night", "send": {"origin": "EWR", "hour": 23}, "answer": {"required": ["prediction"]}},
  {"name": "no origin", "send": {"hour": 23}, "status": 422}]}
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from retrain_platform.dataset.record import Record
from retrain_platform.gateway.staging.asking import Client
from retrain_platform.release.staging import Asked


class Expectation(Record):
    """One request to a `door` of the model, and its answer: the `status`, and a JSON Schema that it must fit."""

    name: str
    send: dict[str, Any]
    door: Literal["predict", "feedback", "invocations"] = "predict"
    status: int = 200
    answer: dict[str, Any] = {}


class Contract(Record):
    """All that one consumer counts on."""

    consumer: str = Field(min_length=1)
    expects: tuple[Expectation, ...] = Field(min_length=1)


class BadContract(ValueError):
    """A file that is no contract; every mistake in it."""


def read_contract(path: Path) -> Contract:
    """The contract in the file.

    Raises:
        BadContract: it cannot be read, or a schema in it is none.
    """
    from jsonschema import SchemaError, validators

    try:
        contract = Contract.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BadContract(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise BadContract(f"{path}: {told}") from error
    for each in contract.expects:
        try:
            validators.validator_for(each.answer).check_schema(each.answer)
        except SchemaError as error:
            raise BadContract(f"{path}: answer of {each.name!r} is no JSON Schema: {error.message}") from error
    return contract


def keeps(contract: Contract, model: str, client: Client) -> Asked:
    """Ask all of it of a gateway."""
    broke = [told for each in contract.expects if (told := _broken(each, model, client))]
    return Asked(name=f"contract of {contract.consumer}", requests=len(contract.expects), broke=tuple(broke))


def _broken(expected: Expectation, model: str, client: Client) -> str:
    """What is not as expected, in a phrase; '' where all is."""
    from jsonschema import validators

    found = client.post(f"/models/{model}/{expected.door}", expected.send)
    if found.status != expected.status:
        return f"{expected.name}: status == {found.status}, must be {expected.status} ({found.said})"
    validator = validators.validator_for(expected.answer)(expected.answer)
    wrong = [
        f"{'.'.join(map(str, each.path)) or 'answer'}: {each.message}" for each in validator.iter_errors(found.body)
    ]
    return f"{expected.name}: {'; '.join(wrong[:3])}" if wrong else ""

"""MLflow's `/invocations`, so that what was written for its scoring server works: its bodies, its answer.

https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/#json-input
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from retrain_platform.gateway.base import BadRequest, Row, Serving
from retrain_platform.gateway.doors.bodies import strict_json
from retrain_platform.gateway.doors.predicting import Given, prediction_of
from retrain_platform.gateway.doors.replies import Refused, as_json

FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_BESIDE = ("params", "signature_name")


def rows_of(serving: Serving, body: bytes) -> list[Row]:
    """The records of a body in any of MLflow's forms. As there, what the model does not know is left aside.

    Raises:
        BadRequest: none or several of the forms, columns of several lengths, and what `Serving.rows_of` refuses.
    """
    known = serving.schema()["properties"]
    records = [{name: value for name, value in record.items() if name in known} for record in _records(body)]
    if not records:
        raise BadRequest(["records == [], must be at least one"])
    return serving.rows_of(records)


def _records(body: bytes) -> list[dict[str, Any]]:
    found = strict_json(body)
    if not isinstance(found, dict):
        raise BadRequest([f"body: must be an object with one of {', '.join(FORMS)}"])
    forms = [name for name in FORMS if name in found]
    unknown = sorted(found.keys() - {*FORMS, *_BESIDE})
    if len(forms) != 1 or unknown:
        has = ", ".join([*forms, *unknown]) or "none"
        raise BadRequest([f"body: must have exactly one of {', '.join(FORMS)}, has {has[:200]}"])
    form = forms[0]
    value = found[form]
    if form == "dataframe_split":
        return _split(value)
    if form == "dataframe_records":
        return _listed(form, value)
    return _columns(form, value) if isinstance(value, dict) else _listed(form, value)


def _split(value: Any) -> list[dict[str, Any]]:
    columns, data = (value.get("columns"), value.get("data")) if isinstance(value, dict) else (None, None)
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise BadRequest(["dataframe_split.columns: must be a list of names"])
    if len(set(columns)) < len(columns):
        raise BadRequest(["dataframe_split.columns: must name each column once"])
    if not isinstance(data, list):
        raise BadRequest(["dataframe_split.data: must be a list of rows"])
    wrong = [place for place, row in enumerate(data) if not isinstance(row, list) or len(row) != len(columns)]
    if wrong:
        raise BadRequest([f"dataframe_split.data[{place}]: must be a list of {len(columns)}" for place in wrong[:20]])
    return [dict(zip(columns, row, strict=True)) for row in data]


def _listed(form: str, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise BadRequest([f"{form}: must be a list of records"])
    wrong = [place for place, record in enumerate(value) if not isinstance(record, dict)]
    if wrong:
        must = "must be a record by name; this model's columns have names"
        raise BadRequest([f"{form}[{place}]: {must}" for place in wrong[:20]])
    return value


def _columns(form: str, value: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Columns by name, each a list, or all of them single values: one record."""
    lengths = {len(column) for column in value.values() if isinstance(column, list)}
    if not lengths:
        return [dict(value)]
    if len(lengths) > 1 or not all(isinstance(column, list) for column in value.values()):
        raise BadRequest([f"{form}: must be lists of one length"])
    return [dict(zip(value, row, strict=True)) for row in zip(*value.values(), strict=True)]


def answer_of(given: Sequence[Given]) -> bytes:
    """MLflow's answer: a number a record; of several classes the likeliest and the probability of each.

    Raises:
        Refused: a record that the model could not answer; this form has no place to say which.
    """
    if any(one.error is not None for one in given):
        places = [str(place) for place, one in enumerate(given) if one.error is not None]
        raise Refused(500, f"the model could not answer {len(places)} of the records: {', '.join(places[:20])}")
    return as_json({"predictions": [_one(one) for one in given]})


def _one(given: Given) -> Any:
    told = prediction_of(given)
    if "chances" not in told:
        return told["prediction"]
    chances = {f"probability_{name}": chance for name, chance in told["chances"].items()}
    return {"predicted": told["prediction"], **chances}

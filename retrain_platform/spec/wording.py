"""From the validator's words to a mistake that says what would do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from retrain_platform.spec.fields import did_you_mean, known_fields, nearest, quoted
from retrain_platform.spec.problem import Path, Problem, dotted, line_of, shown
from retrain_platform.spec.salvage import Mistake, step_into

_SAID = re.compile(r"(\w+) == (.+?), (must .*)", re.DOTALL)
_WORDS = {
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping of names to values",
    "model_type": "must be a mapping of fields",
    "model_attributes_type": "must be a mapping of fields",
    "string_type": "must be a text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "date_type": "must be a date, as in 2024-01-31",
    "date_parsing": "must be a date, as in 2024-01-31",
    "date_from_datetime_parsing": "must be a date, as in 2024-01-31",
}
_PATTERNS = {
    "name": "must be small letters, digits and _, beginning with a letter, as in flight_delay",
    "type": "must be the name of an expectation's class, as in ExpectColumnValuesToNotBeNull",
}


def described(
    mistakes: Sequence[Mistake], attributes: Mapping[str, Any], file: str, node: yaml.Node | None
) -> list[Problem]:
    """Each mistake for people; a field that is missing only because its name is misspelt is said once."""
    meant = {meant_by(one.path, attributes) for one in mistakes if one.kind == "extra_forbidden"} - {None}
    told = [one for one in mistakes if not any(_comes_of(one, path) for path in meant if path)]
    return _merged([_problem(one, attributes, file, node) for one in told])


def _comes_of(one: Mistake, meant: Path) -> bool:
    """Whether the mistake is that `meant` is not there, which it is under a misspelt name."""
    return (one.kind == "missing" and one.path == meant) or (
        one.path == meant[:-1] and f"{meant[-1]} ==" in one.message
    )


def _merged(problems: Sequence[Problem]) -> list[Problem]:
    """One line for a value that could have been any of several things."""
    merged: dict[tuple[str, str], Problem] = {}
    for problem in problems:
        key = (problem.field, problem.value)
        before = merged.get(key)
        cure = f"{before.cure}, or {problem.cure.removeprefix('must be ')}" if before else problem.cure
        merged[key] = problem._replace(cure=cure)
    return list(merged.values())


def meant_by(path: Path, attributes: Mapping[str, Any]) -> Path | None:
    """The field that an unknown one is a slip of the pen for, if there is one."""
    close = nearest(path[-1], known_fields(path[:-1], attributes))
    return (*path[:-1], close) if close else None


_GIVEN = {
    "entity": "must be given: the column of who or what a row is of, which a canary's share is drawn by",
    "event_time": "must be given: the column of when a row happened",
    "start": "must be given: the day on which the first period begins, as in '2024-01-31'",
}
"""What is not plain from the name of a field that must be given."""


def _problem(one: Mistake, attributes: Mapping[str, Any], file: str, node: yaml.Node | None) -> Problem:
    path, value, cure = one.path, shown(one.value), _WORDS.get(one.kind, _own(one.message))
    if one.kind == "extra_forbidden":
        value, cure = "", _unknown_field(path, attributes)
    elif one.kind == "missing":
        value, cure = "", _GIVEN.get(str(path[-1]), "must be given")
    elif one.kind == "union_tag_not_found":
        path, value, cure = (*path, "kind"), "", "must be given: it says which kind this is"
    elif one.kind == "union_tag_invalid":
        path, value, cure = (*path, "kind"), repr(one.context["tag"]), _unknown_kind(one.context)
    elif one.kind == "literal_error":
        cure += did_you_mean(one.value, quoted(one.context["expected"]))
    elif one.kind == "string_pattern_mismatch":
        cure = _PATTERNS.get(str(path[-1]), cure)
    elif (said := _SAID.fullmatch(one.message)) is not None:
        path, value, cure = _said_of(path, said, one, attributes)
    elif one.kind == "value_error":
        value = ""
    if one.value is None and value == "None":
        value = ""
    return Problem(file, line_of(node, path), dotted(path), value, cure + _hint(one))


def _hint(one: Mistake) -> str:
    """How a value of another type is written as what is asked for."""
    if one.value is None and one.kind.endswith(("_type", "_error")) and one.kind != "value_error":
        return ": nothing is written here"
    if isinstance(one.value, Mapping | list):
        return ""
    if one.kind == "tuple_type":
        return f", as in [{one.value!r}]"
    return ": put it in quotes" if one.kind == "string_type" else ""


def _said_of(path: Path, said: re.Match[str], one: Mistake, attributes: Mapping[str, Any]) -> tuple[Path, str, str]:
    """A room's own words, 'field == value, must be ...', put to the field that they name."""
    name, value, cure = said.groups()
    if cure.startswith("must be one of ") and "did you mean" not in cure:
        cure += did_you_mean(value.strip("'"), cure.removeprefix("must be one of ").split(", "))
    here: Any = attributes
    for part in path:
        here = step_into(here, part)
    if isinstance(here, Mapping):
        return ((*path, name), value, cure) if name in here else (path, "", one.message)
    return path, value, cure


def _own(message: str) -> str:
    """pydantic's sentence as a demand."""
    for start in ("Input should be", "Input should", "String should", "Tuple should", "Value should", "List should"):
        if message.startswith(start):
            rest = message.removeprefix(start).strip()
            return f"must be {rest}" if start.endswith("be") else f"must {rest}"
    return message


def _unknown_field(path: Path, attributes: Mapping[str, Any]) -> str:
    known = known_fields(path[:-1], attributes)
    close = meant_by(path, attributes)
    return "is no field here; " + (f"did you mean {close[-1]}?" if close else f"known are {', '.join(known)}")


def _unknown_kind(context: Mapping[str, Any]) -> str:
    kinds = quoted(context["expected_tags"])
    return f"must be one of {', '.join(kinds)}{did_you_mean(context['tag'], kinds)}"

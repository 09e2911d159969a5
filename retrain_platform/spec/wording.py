"""From the validator's words to a mistake that says what would do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from retrain_platform.spec.checking import known_fields
from retrain_platform.spec.problem import Path, Problem, dotted, line_of
from retrain_platform.spec.salvage import Mistake, step_into

_SHOWN = 60
_SAID = re.compile(r"(\w+) == (.+?), (must .*)", re.DOTALL)
_WORDS = {
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping of names to values",
    "model_type": "must be a mapping of fields",
    "model_attributes_type": "must be a mapping of fields",
    "string_type": "must be a text",
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


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """A hint at the nearest known name, or nothing."""
    close = difflib.get_close_matches(str(name), list(known), 1)
    return f"; did you mean {close[0]}?" if close else ""


def meant_by(path: Path, attributes: Mapping[str, Any]) -> Path | None:
    """The field that an unknown one is a slip of the pen for, if there is one."""
    close = difflib.get_close_matches(str(path[-1]), known_fields(path[:-1], attributes), 1)
    return (*path[:-1], close[0]) if close else None


def shown(value: object) -> str:
    """A value as the message shows it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _problem(one: Mistake, attributes: Mapping[str, Any], file: str, node: yaml.Node | None) -> Problem:
    path, value, cure = one.path, shown(one.value), _WORDS.get(one.kind, _own(one.message))
    if one.kind == "extra_forbidden":
        value, cure = "", _unknown_field(path, attributes)
    elif one.kind == "missing":
        value, cure = "", "must be given"
    elif one.kind == "union_tag_not_found":
        path, value, cure = (*path, "kind"), "", "must be given: it says which kind this is"
    elif one.kind == "union_tag_invalid":
        path, value, cure = (*path, "kind"), repr(one.context["tag"]), _unknown_kind(one.context)
    elif one.kind == "literal_error":
        cure += did_you_mean(one.value, re.findall(r"'([^']*)'", str(one.context["expected"])))
    elif one.kind == "string_pattern_mismatch":
        cure = _PATTERNS.get(str(path[-1]), cure)
    elif (said := _SAID.fullmatch(one.message)) is not None:
        path, value, cure = _said_of(path, said, one, attributes)
    elif one.kind == "value_error":
        value = ""
    return Problem(file, line_of(node, path), dotted(path), value, cure)


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
    kinds = str(context["expected_tags"]).replace("'", "").split(", ")
    return f"must be one of {', '.join(kinds)}{did_you_mean(context['tag'], kinds)}"

"""From a `defs.yaml` to a `ModelSpec`, or to all that is wrong with it."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError

from retrain_platform.spec.checking import contradictions, known_fields
from retrain_platform.spec.model import ModelSpec

COMPONENT = "retrain_platform.RetrainedModel"
_SHOWN = 60


class Problem(NamedTuple):
    """One mistake: `line` counts from 1, 0 where the field is missing; `cure` says what would do."""

    file: str
    line: int
    field: str
    value: str
    cure: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return (
            f"{place}: {self.field} == {self.value}: {self.cure}"
            if self.value
            else f"{place}: {self.field}: {self.cure}"
        )


class SpecErrors(ValueError):
    """Every mistake of one file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        many = f"{len(problems)} mistakes" if len(problems) > 1 else "1 mistake"
        super().__init__(f"{many} in {problems[0].file}:\n" + "\n".join(f"  {problem}" for problem in problems))


def read_spec(path: Path, env: Mapping[str, str] = os.environ) -> ModelSpec:
    """The spec in the component file `path`, `{{ env.NAME }}` filled from `env`.

    Raises:
        SpecErrors: with every mistake of the file.
    """
    text = path.read_text(encoding="utf-8")
    try:
        rendered = _render(text, env)
        document, node = yaml.safe_load(rendered), yaml.compose(rendered)
    except (yaml.YAMLError, _Unset) as error:
        raise SpecErrors([Problem(str(path), 0, "the file", "", f"cannot be read: {error}")]) from error
    if not isinstance(document, dict) or not isinstance(document.get("attributes"), dict):
        raise SpecErrors([Problem(str(path), 1, "attributes", "", f"must be there, under type: {COMPONENT}")])
    if document.get("type") != COMPONENT:
        raise SpecErrors([Problem(str(path), 1, "type", repr(document.get("type")), f"must be {COMPONENT}")])
    return spec_from(document["attributes"], str(path), _child(node, "attributes"))


def spec_from(attributes: Mapping[str, Any], file: str = "spec", node: yaml.Node | None = None) -> ModelSpec:
    """The spec that `attributes` describe; `node` is their YAML, for line numbers.

    Raises:
        SpecErrors: with every mistake.
    """
    try:
        spec = ModelSpec.model_validate(dict(attributes))
    except ValidationError as error:
        found = [_problem(dict(detail), attributes, file, node) for detail in error.errors(include_url=False)]
        raise SpecErrors(found) from error
    wrong = [
        Problem(file, _line(node, _split(field)), field, value, cure) for field, value, cure in contradictions(spec)
    ]
    if wrong:
        raise SpecErrors(wrong)
    return spec


def _problem(detail: dict[str, Any], attributes: Mapping[str, Any], file: str, node: yaml.Node | None) -> Problem:
    path = _real_path(detail["loc"], attributes)
    field = _dotted(path)
    line = _line(node, path)
    kind, message = detail["type"], detail["msg"].removeprefix("Value error, ")
    if kind == "extra_forbidden":
        return Problem(file, line, field, _shown(detail["input"]), _unknown_field(path, attributes))
    if kind == "missing":
        return Problem(file, _line(node, path[:-1]), field, "", "must be given")
    if kind == "union_tag_invalid":
        context = detail["ctx"]
        wanted = context["expected_tags"].replace("'", "").split(", ")
        close = difflib.get_close_matches(str(context["tag"]), wanted, 1)
        hint = f"; did you mean {close[0]}?" if close else ""
        return Problem(
            file,
            _line(node, [*path, "kind"]),
            f"{field}.kind",
            repr(context["tag"]),
            f"must be one of {', '.join(wanted)}{hint}",
        )
    if kind == "union_tag_not_found":
        return Problem(file, line, f"{field}.kind", "", "must be given: it says which kind this is")
    return Problem(
        file,
        line,
        field,
        "" if message.startswith(f"{path[-1] if path else ''} ==") else _shown(detail["input"]),
        message,
    )


def _unknown_field(path: Sequence[str | int], attributes: Mapping[str, Any]) -> str:
    known = known_fields(path[:-1], attributes)
    close = difflib.get_close_matches(str(path[-1]), known, 1)
    hint = f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"
    return f"is no field of the spec; {hint}"


def _real_path(loc: Sequence[str | int], data: Any) -> list[str | int]:
    """pydantic's location without the union tags that it puts between field names."""
    path: list[str | int] = []
    for position, part in enumerate(loc):
        last = position == len(loc) - 1
        if isinstance(data, Mapping) and part not in data and not last and data.get("kind") == part:
            continue
        if isinstance(data, Mapping) and last and part not in data and data.get("kind") == part:
            continue
        path.append(part)
        if isinstance(data, Mapping):
            data = data.get(str(part))
        elif isinstance(data, Sequence) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            data = None
    return path


def _dotted(path: Sequence[str | int]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "attributes"


def _split(field: str) -> list[str | int]:
    parts = field.replace("[", ".[").split(".")
    return [int(part[1:-1]) if part.startswith("[") else part for part in parts]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _child(node: yaml.Node | None, part: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child: yaml.Node = node.value[part]
        return child
    return None


def _line(node: yaml.Node | None, path: Sequence[str | int]) -> int:
    """Where the deepest part of `path` that the file has begins."""
    for part in path:
        deeper = _child(node, part)
        if deeper is None:
            break
        node = deeper
    return node.start_mark.line + 1 if node is not None else 0


class _Unset(ValueError):
    """A template names what is not there."""


def _render(text: str, env: Mapping[str, str]) -> str:
    """Fill `{{ env.NAME }}`; Dagster renders the same templates when it loads the component."""
    import jinja2

    try:
        return jinja2.Template(text, undefined=jinja2.StrictUndefined, keep_trailing_newline=True).render(env=dict(env))
    except jinja2.TemplateError as error:
        raise _Unset(f"{error}; set it in the environment") from error

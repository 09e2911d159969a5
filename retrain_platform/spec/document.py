"""A `defs.yaml` as it is written: its YAML, and what is wrong before any field is looked at."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml

from retrain_platform.spec.model import ModelSpec
from retrain_platform.spec.problem import Path, Problem, SpecErrors, child, dotted, line_of, shown

COMPONENT = "retrain_platform.RetrainedModel"
_FIELDS = ("type", "attributes", "template_vars_module", "requirements", "post_processing")
"""What Dagster knows in the file of a component."""


class _Loader(yaml.SafeLoader):
    """YAML as it is, but for a day that no calendar has: it stays a text, for its field to refuse.

    And a name is a text: YAML 1.1 reads the `on` of a join as true.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping, with `on`, `off`, `yes`, `no` as names."""
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:bool":
                key.tag = "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep=deep)

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> Any:
        """The date or time that is written, or its text."""
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError:
            return node.value


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_timestamp)


class Document(NamedTuple):
    """The attributes as they are written, their YAML for line numbers, and what was wrong so far."""

    attributes: Mapping[str, Any]
    node: yaml.Node | None
    problems: list[Problem]


def parse(text: str, file: str, *, of_type: str | None = COMPONENT) -> Document:
    """Read the text of a component file; its type must be `of_type` unless that is None.

    Raises:
        SpecErrors: it is no YAML, or says nothing of a model.
    """
    try:
        data, root = yaml.load(text, _Loader), yaml.compose(text, _Loader)
    except yaml.YAMLError as error:
        raise SpecErrors([_unreadable(error, text, file)]) from error
    if data is None:
        raise SpecErrors([Problem(file, 0, "the file", "", f"is empty, must begin with type: {COMPONENT}")])
    if not isinstance(data, dict):
        raise SpecErrors([Problem(file, 1, "the file", "", "must be a mapping with the fields type and attributes")])
    problems = [*_repeated(root, file), *_wrong_type(data, root, file, of_type), *_unknown(data, root, file)]
    attributes, node = data.get("attributes"), child(root, "attributes")
    if not isinstance(attributes, dict):
        if attributes is not None:
            said = "must be a mapping of fields"
            problems.append(Problem(file, line_of(root, ("attributes",)), "attributes", shown(attributes), said))
        elif not any("did you mean attributes?" in problem.cure for problem in problems):
            said = "must be given: the model's spec stands under it"
            problems.append(Problem(file, line_of(root, ("attributes",)), "attributes", "", said))
        raise SpecErrors(problems)
    return Document(attributes, node, problems)


_SYNTAX = {
    "mapping values are not allowed here": "a ':' stands where none can: look for a name without its ':', "
    "a ':' without a space after it, or a line too far in, here and in the line before",
    r"found character '\t' that cannot start any token": "indent with spaces, not with a tab",
    "but found another document": "one file holds one model: put the next in a folder of its own",
    "could not find expected ':'": "a ':' is missing after a name, here or in the line before",
}
"""The parser's sentences in plain words."""


def _unreadable(error: yaml.YAMLError, text: str, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return Problem(file, 0, "the file", "", f"must be YAML: {error}")
    said = getattr(error, "problem", None) or getattr(error, "context", None) or "it cannot be read"
    if said == "found unexpected end of stream" and getattr(error, "context_mark", None) is not None:
        mark, said = getattr(error, "context_mark", mark), "a quote opens here and is never closed"
    lines = text.splitlines()
    written = lines[mark.line].strip() if mark.line < len(lines) else ""
    first = written and lines[mark.line][mark.column :][:1]
    cure = ""
    if "{{" in written:
        cure = '; put a template in quotes, as in "{{ env.NAME }}"'
    elif first and first in "@`%!*&":
        cure = f"; put a text that begins with {first} in quotes"
    said = f"must be YAML: {_SYNTAX.get(said, said)} (column {mark.column + 1}){cure}"
    return Problem(file, mark.line + 1, "the line", shown(written), said)


def _wrong_type(data: Mapping[str, Any], root: yaml.Node | None, file: str, of_type: str | None) -> Iterator[Problem]:
    if "type" not in data:
        if not any(_meant(name, data) == "type" for name in data):
            yield Problem(file, 1, "type", "", f"must be given: {COMPONENT}")
    elif of_type is not None and data["type"] != of_type:
        yield Problem(file, line_of(root, ("type",)), "type", repr(data["type"]), f"must be {of_type!r}")


def _unknown(data: Mapping[str, Any], root: yaml.Node | None, file: str) -> Iterator[Problem]:
    """Fields beside type and attributes that a component's file does not have; a spec's own belong further in."""
    for name in data:
        if name in _FIELDS:
            continue
        close = _meant(name, data)
        if close is not None:
            cure = f"is no field here; did you mean {close}?"
        elif name in ModelSpec.model_fields:
            cure = "is no field here; move it under attributes, two spaces further in"
        else:
            cure = f"is no field here; known are {', '.join(_FIELDS)}"
        yield Problem(file, line_of(root, (str(name),)), str(name), "", cure)


def _meant(name: object, data: Mapping[str, Any]) -> str | None:
    """The absent field that an unknown one is a slip of the pen for, if there is one."""
    absent = [field for field in _FIELDS if field not in data]
    close = [] if name in _FIELDS or name in ModelSpec.model_fields else difflib.get_close_matches(str(name), absent, 1)
    return close[0] if close else None


def _repeated(node: yaml.Node | None, file: str, path: Path = ()) -> Iterator[Problem]:
    """Names given twice: YAML keeps the last and says nothing."""
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            here = (*path, str(key.value))
            if key.value in seen:
                field = dotted(here[1:] if here[0] == "attributes" else here)
                cure = f"is given twice, first in line {seen[key.value]}: keep one"
                yield Problem(file, key.start_mark.line + 1, field, "", cure)
            seen[str(key.value)] = key.start_mark.line + 1
            yield from _repeated(value, file, here)
    elif isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            yield from _repeated(item, file, (*path, position))

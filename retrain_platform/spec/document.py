"""A `defs.yaml` as it is written: its YAML, its templates, and what is wrong before any field is looked at."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml

from retrain_platform.spec.problem import Path, Problem, SpecErrors, child, dotted, line_of

COMPONENT = "retrain_platform.RetrainedModel"


class Document(NamedTuple):
    """The attributes with their templates filled, their YAML for line numbers, and what was wrong so far.

    `gaps` are the places whose template could not be filled: nothing more can be said of them.
    """

    attributes: Mapping[str, Any]
    node: yaml.Node | None
    problems: list[Problem]
    gaps: frozenset[Path]


def parse(text: str, file: str, env: Mapping[str, str]) -> Document:
    """Read the text of a component file.

    Raises:
        SpecErrors: it is no YAML, or says nothing of a model.
    """
    try:
        data, root = yaml.safe_load(text), yaml.compose(text)
    except yaml.YAMLError as error:
        raise SpecErrors([_unreadable(error, text, file)]) from error
    if data is None:
        raise SpecErrors([Problem(file, 0, "the file", "", f"is empty, must begin with type: {COMPONENT}")])
    if not isinstance(data, dict):
        raise SpecErrors([Problem(file, 1, "the file", "", "must be a mapping with the fields type and attributes")])
    problems = [*_repeated(root, file), *_wrong_type(data, root, file)]
    attributes, node = data.get("attributes"), child(root, "attributes")
    if not isinstance(attributes, dict):
        said = "must be given: the model's spec stands under it" if attributes is None else "must be a mapping"
        raise SpecErrors([*problems, Problem(file, line_of(root, ("attributes",)), "attributes", "", said)])
    unfilled: dict[Path, tuple[str, str]] = {}
    filled = _filled(attributes, (), env, unfilled)
    for path, (value, cure) in unfilled.items():
        problems.append(Problem(file, line_of(node, path), dotted(path), value, cure))
    return Document(filled, node, problems, frozenset(unfilled))


def _unreadable(error: yaml.YAMLError, text: str, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return Problem(file, 0, "the file", "", f"must be YAML: {error}")
    said = getattr(error, "problem", None) or getattr(error, "context", None) or "it cannot be read"
    lines = text.splitlines()
    written = lines[mark.line].strip() if mark.line < len(lines) else ""
    cure = '; put a template in quotes, as in "{{ env.NAME }}"' if "{{" in written else ""
    return Problem(file, mark.line + 1, "the file", "", f"must be YAML: {said} at column {mark.column + 1}{cure}")


def _wrong_type(data: Mapping[str, Any], root: yaml.Node | None, file: str) -> Iterator[Problem]:
    if "type" not in data:
        yield Problem(file, 1, "type", "", f"must be given: {COMPONENT}")
    elif data["type"] != COMPONENT:
        yield Problem(file, line_of(root, ("type",)), "type", repr(data["type"]), f"must be {COMPONENT!r}")


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


def _filled(value: Any, path: Path, env: Mapping[str, str], unfilled: dict[Path, tuple[str, str]]) -> Any:
    """`value` with the templates of its texts filled, one text at a time as Dagster does it."""
    if isinstance(value, dict):
        return {name: _filled(each, (*path, name), env, unfilled) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, (*path, position), env, unfilled) for position, each in enumerate(value)]
    if not isinstance(value, str) or ("{{" not in value and "{%" not in value):
        return value
    text, cure = _rendered(value, env)
    if cure:
        unfilled[path] = (repr(value), cure)
    return text


def _rendered(template: str, env: Mapping[str, str]) -> tuple[str, str]:
    """The filled template, or itself and why it cannot be filled."""
    import jinja2

    missing: list[str] = []

    class Gap(jinja2.Undefined):
        def __str__(self) -> str:
            missing.append(str(self._undefined_name))
            return ""

    try:
        text = jinja2.Template(template, undefined=Gap).render(env=dict(env))
    except Exception as error:  # a template is a small program: it may fail in any way
        return template, f"must be a template such as {{{{ env.NAME }}}}: {error}"
    if not missing:
        return text, ""
    close = difflib.get_close_matches(missing[0], env, 1)
    hint = f"; did you mean {close[0]}?" if close else f": export {missing[0]}=..."
    return template, f"must have {', '.join(missing)} set in the environment{hint}"

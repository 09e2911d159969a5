"""A mistake as people read it, and where in the file it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import yaml

Path = tuple[str | int, ...]
"""A place in a spec: names of fields and positions in lists, from the outside in."""

_SHOWN = 60


class Problem(NamedTuple):
    """One mistake: `line` counts from 1, 0 where the line is not known; `cure` says what would do."""

    file: str
    line: int
    field: str
    value: str
    cure: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.field}{f' == {self.value}, ' if self.value else ': '}{self.cure}"


class SpecErrors(ValueError):
    """Every mistake of one file, in the order of its lines."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        many = f"{len(problems)} mistakes" if len(problems) > 1 else "1 mistake"
        listed = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"{many} in {self.problems[0].file}:\n{listed}")


def shown(value: object) -> str:
    """A value as a message shows it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def dotted(path: Path) -> str:
    """The path as text.

    >>> dotted(("policy", "policies", 1, "every"))
    'policy.policies[1].every'
    """
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "attributes"


def undotted(field: str) -> Path:
    """The path that `dotted` wrote.

    >>> undotted("policy.policies[1].every")
    ('policy', 'policies', 1, 'every')
    """
    parts = field.replace("[", ".[").split(".")
    return tuple(int(part[1:-1]) if part.startswith("[") else part for part in parts)


def child(node: yaml.Node | None, part: str | int) -> yaml.Node | None:
    """The YAML under one name or position; the last of a name that is given twice, as YAML reads it."""
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in reversed(node.value) if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item: yaml.Node = node.value[part]
        return item
    return None


def line_of(node: yaml.Node | None, path: Path) -> int:
    """The line, from 1, of the deepest part of `path` that the file has; a field's is that of its name."""
    line = node.start_mark.line + 1 if node is not None else 0
    for part in path:
        deeper = child(node, part)
        if deeper is None:
            break
        names = node.value if isinstance(node, yaml.MappingNode) else []
        begins = next((key for key, value in names if value is deeper), deeper)
        node, line = deeper, begins.start_mark.line + 1
    return line

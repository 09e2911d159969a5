"""What still stands of a wrong spec, so that one mistake does not hide the next.

A validator stops at the first layer that is wrong. Here each section is validated by itself; what is wrong is taken
out, and the rest is validated again until it stands. The sections that stand can then be held against each other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from retrain_platform.spec.fields import known_fields, nearest, quoted
from retrain_platform.spec.model import ModelSpec
from retrain_platform.spec.problem import Path


class Mistake(NamedTuple):
    """One error of the validator's: where it is in what the user wrote, and what was said."""

    path: Path
    kind: str
    message: str
    value: Any
    context: Mapping[str, Any]


class Remains:
    """A copy of what the user wrote that mistakes are taken out of; it knows where each thing stood."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._stood: dict[int, list[int]] = {}
        self._called: dict[tuple[int, str], str] = {}
        self.data: dict[str, Any] = {name: self._copied(value) for name, value in given.items()}
        self.taken: set[Path] = set()

    def _copied(self, value: Any) -> Any:
        """Every list its own, also where YAML's anchors share one."""
        if isinstance(value, Mapping):
            return {name: self._copied(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            items = [self._copied(each) for each in value]
            self._stood[id(items)] = list(range(len(items)))
            return items
        return value

    def original(self, path: Path) -> Path:
        """Where the user wrote what is now at `path`."""
        found: list[str | int] = []
        data: Any = self.data
        for part in path:
            inside = isinstance(data, list) and isinstance(part, int) and part < len(data)
            called = self._called.get((id(data), str(part)), part)
            found.append(self._stood[id(data)][part] if inside else called)  # type: ignore[index]
            data = step_into(data, part)
        return tuple(found)

    def take(self, path: Path) -> bool:
        """Take out what is at `path`; whether anything was there."""
        holder: Any = self.data
        for part in path[:-1]:
            holder = step_into(holder, part)
        last = path[-1]
        if isinstance(holder, dict) and last in holder:
            self.taken.add(self.original(path))
            del holder[last]
            return True
        if isinstance(holder, list) and isinstance(last, int) and last < len(holder):
            self.taken.add(self.original(path))
            del self._stood[id(holder)][last], holder[last]
            return True
        return False

    def mend(self, path: Path, mistake: Mistake) -> bool:
        """Read a slip of the pen in a field's name or a kind's as what is meant, for what is under it to be seen."""
        holder: Any = self.data
        for part in path[:-1]:
            holder = step_into(holder, part)
        if mistake.kind == "union_tag_invalid":
            inside = step_into(holder, path[-1])
            meant = nearest(mistake.context["tag"], quoted(mistake.context["expected_tags"]))
            if meant is not None:
                self.taken.add((*mistake.path, "kind"))
                inside["kind"] = meant
        elif mistake.kind == "extra_forbidden":
            meant = nearest(path[-1], [name for name in known_fields(path[:-1], self.data) if name not in holder])
            if meant is not None:
                self.taken.add(mistake.path)
                holder[meant] = holder.pop(path[-1])
                self._called[id(holder), meant] = str(path[-1])
        else:
            meant = None
        return meant is not None

    def touched(self, path: Path) -> bool:
        """Whether what was written at `path`, above it or below it was taken out."""
        return any(one[: len(path)] == path[: len(one)] for one in self.taken)

    def explains(self, mistake: Mistake) -> bool:
        """Whether something taken out before, and not the user, made this mistake."""
        if mistake.path in self.taken:
            return True
        under = [one[-1] for one in self.taken if one[:-1] == mistake.path or one[:-2] == mistake.path]
        return any(isinstance(part, int) or re.search(rf"\b{re.escape(part)}\b", mistake.message) for part in under)


class Salvaged(NamedTuple):
    """Every mistake; the sections that stand, those that are not said with their defaults."""

    mistakes: list[Mistake]
    sections: dict[str, Any]
    remains: Remains


def salvage(given: Mapping[str, Any]) -> Salvaged:
    """Find every mistake of each section, and what stands without them."""
    remains, mistakes, sections = Remains(given), [], {}
    for name in given:
        if name not in ModelSpec.model_fields:
            mistakes.append(Mistake((name,), "extra_forbidden", "", given[name], {}))
            remains.mend((name,), mistakes[-1])
    for name, field in ModelSpec.model_fields.items():
        if name in remains.data:
            found, stands = _stand(name, remains)
            mistakes += found
            if name in remains.data:
                sections[name] = stands
        elif field.is_required():
            mistakes.append(Mistake((name,), "missing", "", None, {}))
        if name not in sections and not field.is_required():
            sections[name] = field.get_default(call_default_factory=True, validated_data={})
    return Salvaged(mistakes, sections, remains)


def _stand(name: str, remains: Remains) -> tuple[list[Mistake], Any]:
    """Validate the section, taking out what is wrong, until the rest stands or nothing is left."""
    field = ModelSpec.model_fields[name]
    annotation: Any = Annotated[field.annotation, field]
    adapter: TypeAdapter[Any] = TypeAdapter(annotation)
    mistakes: list[Mistake] = []
    while name in remains.data:
        try:
            return mistakes, adapter.validate_python(remains.data[name])
        except ValidationError as error:
            details = error.errors(include_url=False)
        details = [detail for detail in details if not _emptied(detail, details)]
        places = [place_of((name, *detail["loc"]), remains.data) for detail in details]
        found = [_mistake(remains.original(place), dict(detail)) for place, detail in zip(places, details, strict=True)]
        known = {mistake.path for mistake in mistakes}
        mistakes += [one for one in found if one.path not in known and not remains.explains(one)]
        mended = [remains.mend(place, one) for place, one in zip(places, found, strict=True)]
        if True not in mended and not _taken_out(remains, places, found):
            remains.take((name,))
    return mistakes, None


def _taken_out(remains: Remains, places: Sequence[Path], found: Sequence[Mistake]) -> bool:
    """Take out what is wrong, of a field that is missing what lacks it; whether anything was."""
    wrong = {place[:-1] if one.kind == "missing" else place for place, one in zip(places, found, strict=True)}
    # The last of a list first, so that those before it keep their places.
    return True in [remains.take(place) for place in sorted(wrong, key=_order, reverse=True)]


def _emptied(detail: ErrorDetails, details: Sequence[ErrorDetails]) -> bool:
    """Whether a list is too short only because the parts that are wrong are not counted."""
    return detail["type"] == "too_short" and bool(detail["input"]) and len(details) > 1


def _mistake(path: Path, detail: dict[str, Any]) -> Mistake:
    message = detail["msg"].removeprefix("Value error, ")
    return Mistake(path, detail["type"], message, detail["input"], detail.get("ctx", {}))


def _order(path: Path) -> list[tuple[bool, int, str]]:
    return [(isinstance(p, int), p if isinstance(p, int) else 0, str(p)) for p in path]


def place_of(loc: Sequence[str | int], data: Any) -> Path:
    """The validator's location without what it adds to the names of fields: kinds of a union, types, '[key]'."""
    path: list[str | int] = []
    for position, part in enumerate(loc):
        if isinstance(data, Mapping):
            if part not in data and (data.get("kind") == part or part == "[key]"):
                continue
        elif not (isinstance(data, list) and isinstance(part, int)):
            break
        path.append(part)
        if isinstance(data, Mapping) and part not in data and position < len(loc) - 1:
            break
        data = step_into(data, part)
    return tuple(path)


def step_into(data: Any, part: str | int) -> Any:
    """What is at `part` of a mapping or list, None where nothing is."""
    if isinstance(data, Mapping):
        return data.get(part)
    if isinstance(data, list) and isinstance(part, int) and part < len(data):
        return data[part]
    return None

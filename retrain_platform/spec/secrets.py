"""Secrets come from the environment alone: a literal one in a spec is refused, a filled one is never shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

import yaml

from retrain_platform.dataset.secrets import HIDDEN, says_secret, secrets_in, without_secrets
from retrain_platform.spec.problem import Path, Problem, dotted, line_of, shown, undotted
from retrain_platform.spec.salvage import step_into

_CURE = "must not be written in a spec: put it in the environment and write {{ env.NAME }} here"
_TEMPLATE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_BY_NAME = re.compile(r"""\benv\s*(\(\s*(['"])\w+\2\s*\)|\[\s*(['"])\w+\3\s*\])""")
_FILLED = "\0"
_NOT_NAMES = frozenset({"versions", "on", "params"})
"""Mappings whose names are the user's own, and say nothing of what their values are."""
_LEAST = 3
"""Shorter secrets are hidden where they stand, and not looked for in sentences."""


def literal_secrets(attributes: Mapping[str, Any], file: str, node: yaml.Node | None) -> list[Problem]:
    """Every secret that is written in the spec itself, its value hidden."""
    return [
        Problem(file, line_of(node, path), dotted(path), repr(HIDDEN), _CURE)
        for path, text in _texts(attributes)
        if text and _literal(path, text)
    ]


def _texts(data: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every plain value with its place, as text."""
    if isinstance(data, Mapping):
        for name, value in data.items():
            yield from _texts(value, (*path, str(name)))
    elif isinstance(data, list | tuple):
        for position, value in enumerate(data):
            yield from _texts(value, (*path, position))
    elif data is not None and not isinstance(data, bool):
        yield path, str(data)


def _literal(path: Path, text: str) -> bool:
    """Whether the text, its templates aside, is a secret by its place or holds a password."""
    bare = _TEMPLATE.sub(_bare_template, text)
    if _secret_place(path):
        return _FILLED not in bare
    if path[-1] == "query":
        bare = " ".join(re.findall(r"\S+://\S+", bare))
    found = {*secrets_in(bare), *secrets_in(unquote(bare))} if _an_address(path, bare) else set()
    return any(_FILLED not in secret for secret in found)


def _bare_template(template: re.Match[str]) -> str:
    """A mark for what the environment fills; without its spaces, a template that holds a text of its own."""
    own = any(quote in _BY_NAME.sub("", template[1]) for quote in "'\"")
    return re.sub(r"\s+", "", template[0]) if own else _FILLED


def _secret_place(path: Path) -> bool:
    """Whether what stands there is secret by the name of the field or of the object store's setting."""
    name, holder = path[-1], path[-2] if len(path) > 1 else ""
    if name == "url" and path[:2] == ("notify", "targets"):
        return True  # a webhook's path is its key
    if not isinstance(name, str) or holder in _NOT_NAMES:
        return False
    # An asset's `key` is its name; a key of an object store stands among its `options`.
    return says_secret(name) if holder == "options" else name != "key" and says_secret(name.rpartition("_")[2])


def _an_address(path: Path, text: str) -> bool:
    return "://" in text or path[-1] in ("url", "uri", "dsn") or "options" in path


class Filled:
    """Which secrets the environment gave a spec, so that no sentence repeats them."""

    def __init__(self, written: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        self._written = written
        self._secrets = sorted(_given(given), key=len, reverse=True)

    def hide(self, problem: Problem) -> Problem:
        """The mistake without secrets; where one stands, what is shown is the template."""
        written = _at(self._written, undotted(problem.field))
        value = problem.value
        if value and "{{" in str(written) and any(_may_hold(path) for path, _ in _texts(written, (problem.field,))):
            value = shown(written)
        return problem._replace(value=self._bare(value), cure=self._bare(problem.cure))

    def _bare(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return without_secrets(text) if "://" in text else text


def _may_hold(path: Path) -> bool:
    names = [part for whole in path for part in undotted(str(whole))]
    return any(part in ("url", "uri", "options") for part in names) or _secret_place(tuple(names))


def _given(attributes: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    for path, text in _texts(attributes):
        if _secret_place(path):
            found.add(text)
        elif _an_address(path, text):
            found |= {each for secret in secrets_in(text) for each in (secret, unquote(secret))}
    return {text for text in found if len(text) >= _LEAST and text != HIDDEN}


def _at(data: Any, path: Path) -> Any:
    for part in path:
        data = step_into(data, part)
    return data

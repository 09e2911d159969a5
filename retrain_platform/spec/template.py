"""Templates in a spec's texts, `{{ env.NAME }}` above all: filled one text at a time, every gap on record."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from retrain_platform.spec.problem import Path

_LONE = re.compile(r"\s*\{\{(?P<expression>(?:(?!\}\}|\{\{).)*)\}\}\s*", re.DOTALL)


class Filled(NamedTuple):
    """The attributes with their templates filled; `gaps`: where one could not be, its (value, cure)."""

    attributes: Mapping[str, Any]
    gaps: Mapping[Path, tuple[str, str]]


class Unset(LookupError):
    """A variable that a template asks for and the environment lacks."""


class Environment:
    """`env` of a template: `env.NAME`, or `env('NAME')` and `env('NAME', 'otherwise')` as Dagster has them."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def __getattr__(self, name: str) -> str:
        if name not in self._variables:
            raise AttributeError(name)
        return self._variables[name]

    def __call__(self, name: str, otherwise: str | None = None) -> str:
        """The variable, else `otherwise`.

        Raises:
            Unset: it is not set, and nothing is said instead.
        """
        value = self._variables.get(name, otherwise)
        if value is None:
            raise Unset(name)
        return value


def filled(attributes: Mapping[str, Any], env: Mapping[str, str], names: Mapping[str, Any]) -> Filled:
    """Fill every template from the variables `env` and whatever else a template may name (a host project's `names`).

    A text that is one `{{ name }}` and nothing else takes the value as it is, a list for example.
    """
    gaps: dict[Path, tuple[str, str]] = {}
    scope = {**names, "env": Environment(env)}
    return Filled(_filled(dict(attributes), (), scope, env, gaps), gaps)


def _filled(
    value: Any, path: Path, scope: Mapping[str, Any], env: Mapping[str, str], gaps: dict[Path, tuple[str, str]]
) -> Any:
    if isinstance(value, Mapping):
        return {name: _filled(each, (*path, name), scope, env, gaps) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(each, (*path, position), scope, env, gaps) for position, each in enumerate(value)]
    if not isinstance(value, str) or ("{{" not in value and "{%" not in value):
        return value
    found, cure = _rendered(value, scope, env)
    if cure:
        gaps[path] = (repr(value), cure)
    return found


def _rendered(template: str, scope: Mapping[str, Any], env: Mapping[str, str]) -> tuple[Any, str]:
    """What the template gives, or itself and why it cannot be filled."""
    import jinja2

    missing: list[str] = []

    class Gap(jinja2.Undefined):
        """Stands for what is not set, so that `env.NAME or 'otherwise'` works; said once it is written out."""

        def __str__(self) -> str:
            if not isinstance(self._undefined_obj, Environment):
                self._fail_with_undefined_error()
            missing.append(str(self._undefined_name))
            return ""

    try:
        jinja = jinja2.Environment(undefined=Gap)
        if (lone := _LONE.fullmatch(template)) is None:
            found: Any = jinja.from_string(template).render(scope)
        else:
            found = jinja.compile_expression(lone["expression"].strip(), undefined_to_none=False)(scope)
            found = str(found) if isinstance(found, jinja2.Undefined) else found
    except Unset as error:
        missing.append(str(error))
    except Exception as error:  # a template is a small program: it may fail in any way
        return template, f"must be a template such as {{{{ env.NAME }}}}: {error or type(error).__name__}"
    return (template, _unset(missing, env)) if missing else (found, "")


def _unset(missing: Sequence[str], env: Mapping[str, str]) -> str:
    names = list(dict.fromkeys(missing))
    close = difflib.get_close_matches(names[0], env, 1)
    exports = " ".join(f"{name}=..." for name in names)
    hint = f"; did you mean {close[0]}?" if close else f": export {exports}"
    return f"must have {', '.join(names)} set in the environment{hint}"

"""From a `defs.yaml` to a `ModelSpec`, or to all that is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from retrain_platform.spec.checking import contradictions
from retrain_platform.spec.document import COMPONENT, Document, parse
from retrain_platform.spec.model import ModelSpec
from retrain_platform.spec.problem import Problem, SpecErrors, dotted, line_of, undotted
from retrain_platform.spec.salvage import salvage
from retrain_platform.spec.secrets import Filled, literal_secrets
from retrain_platform.spec.template import filled
from retrain_platform.spec.unfolding import unfolded
from retrain_platform.spec.wording import described

__all__ = ["COMPONENT", "Problem", "SpecErrors", "read_spec", "spec_as_written", "spec_from"]


def read_spec(
    path: Path,
    env: Mapping[str, str] = os.environ,
    *,
    names: Mapping[str, Any] | None = None,
    of_type: str | None = COMPONENT,
) -> ModelSpec:
    """The spec in the component file `path`, `{{ env.NAME }}` filled from `env`.

    `names` are what else templates may name (Dagster's own, and a host project's); of the file's type nothing is
    asked where `of_type` is None.

    Raises:
        SpecErrors: with every mistake of the file.
    """
    file = str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SpecErrors([Problem(file, 0, "the file", "", f"must be readable: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise SpecErrors([Problem(file, 0, "the file", "", f"must be text in UTF-8: {error}")]) from error
    return _filled_spec(parse(text, file, of_type=of_type), file, env, names or {})


def spec_as_written(attributes: Mapping[str, Any], file: str, names: Mapping[str, Any]) -> ModelSpec:
    """As `read_spec`, of attributes that come from no file; `file` is what mistakes are told of.

    Raises:
        SpecErrors: with every mistake.
    """
    return _filled_spec(Document(attributes, None, []), file, os.environ, names)


def _filled_spec(document: Document, file: str, env: Mapping[str, str], names: Mapping[str, Any]) -> ModelSpec:
    given, gaps = filled(document.attributes, env, names)
    literal = literal_secrets(document.attributes, file, document.node)
    problems = [*document.problems, *literal]
    told = {problem.field for problem in literal}
    for path, (value, cure) in gaps.items():
        if dotted(path) not in told:
            problems.append(Problem(file, line_of(document.node, path), dotted(path), value, cure))
    told |= {dotted(path) for path in gaps}
    try:
        spec = spec_from(given, file, document.node)
    except SpecErrors as error:
        secrets = Filled(document.attributes, given)
        rest = [secrets.hide(problem) for problem in error.problems if problem.field not in told]
        raise SpecErrors([*problems, *rest]) from None  # the validator's own words would be told once more
    if problems:
        raise SpecErrors(problems)
    return spec


def spec_from(attributes: Mapping[str, Any], file: str = "spec", node: yaml.Node | None = None) -> ModelSpec:
    """The spec that `attributes` describe; `node` is their YAML, for line numbers.

    Raises:
        SpecErrors: with every mistake: of single fields, and of sections that contradict each other.
    """
    given, of_presets = unfolded(attributes)
    try:
        spec = ModelSpec.model_validate(given)
    except ValidationError:
        told = described(of_presets, attributes, file, node)
        raise SpecErrors([*told, *_mistakes(given, file, node)]) from None
    if of_presets:
        raise SpecErrors(described(of_presets, attributes, file, node))
    wrong = [
        Problem(file, line_of(node, undotted(field)), field, value, cure)
        for field, value, cure in contradictions(spec, lambda path: False)
    ]
    if wrong:
        raise SpecErrors(wrong)
    return spec


def _mistakes(attributes: Mapping[str, Any], file: str, node: yaml.Node | None) -> list[Problem]:
    """What is wrong with single fields, then what contradicts itself among those that stand."""
    mistakes, sections, remains = salvage(attributes)
    standing = ModelSpec.model_construct(**sections)
    found = described(mistakes, attributes, file, node)
    for field, value, cure in contradictions(standing, lambda path: remains.touched(undotted(path))):
        path = remains.original(undotted(field))
        if path not in remains.taken:
            found.append(Problem(file, line_of(node, path), dotted(path), value, cure))
    return found

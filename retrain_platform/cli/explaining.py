"""What `retrain check` tells of a sound spec."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from retrain_platform.cli.plugins import absent, unmet
from retrain_platform.cli.screen import console, hush
from retrain_platform.policy.wording import periods
from retrain_platform.release.advance import stage_periods
from retrain_platform.release.base import Stage
from retrain_platform.release.live.told import told
from retrain_platform.spec import ModelSpec, SpecErrors
from retrain_platform.spec.lives import BY_PERIODS
from retrain_platform.spec.placed import Contradiction
from retrain_platform.spec.problem import Problem, child, line_of, undotted
from retrain_platform.training.ensemble import Ensemble
from retrain_platform.training.search import Found, Search
from retrain_platform.training.sklearn import Sklearn


def further(spec: ModelSpec, path: Path, named: dict[str, Path], *, plugin: bool = False) -> list[str]:
    """What only `retrain check` looks at; gives notes on what could not be looked at yet.

    A model's name given twice in `named`; names of expectations, of estimators and of the user's own functions,
    whose suites are run where `plugin` asks for it; the source's columns.
    Great Expectations and scikit-learn take seconds to import: only a spec that names theirs waits for them.

    Raises:
        SpecErrors: with every mistake.
    """
    node = child(yaml.compose(path.read_text(encoding="utf-8")), "attributes")
    wrong: list[Contradiction] = []
    before = named.setdefault(spec.name, path)
    if before != path:
        wrong.append(("name", repr(spec.name), f"must be another name: {before} has it already"))
    gone = absent(spec)
    wrong += [*_expectations(spec), *_estimators(spec), *_suite_files(spec), *gone]
    wrong += unmet(spec) if plugin and not gone else []
    misfit, notes = _columns(spec)
    problems = [Problem(str(path), line_of(node, undotted(field)), field, *said) for field, *said in [*wrong, *misfit]]
    if problems:
        raise SpecErrors(problems)
    return notes


def _expectations(spec: ModelSpec) -> Iterator[Contradiction]:
    if not spec.checks.expectations:
        return
    from retrain_platform.adapters.great_expectations_gate import unknown_expectations

    hush()
    with console.status("asking Great Expectations"):
        wrong = unknown_expectations(spec.checks)
    yield from (_split(f"checks.{said}") for said in wrong)


def _estimators(spec: ModelSpec) -> Iterator[Contradiction]:
    recipes = spec.training.recipes() if isinstance(spec.training, Ensemble) else [("", spec.training)]
    asked = [(f"training.{path}." if path else "training.", one) for path, one in recipes if isinstance(one, Sklearn)]
    if asked:
        with console.status("asking scikit-learn"):
            for path, recipe in asked:
                yield from _unknown_steps(spec, path, recipe)


def _unknown_steps(spec: ModelSpec, path: str, recipe: Sklearn) -> Iterator[Contradiction]:
    from retrain_platform.adapters.sklearn_learner import cannot_go_on, unknown_estimator, weighs_nothing

    searched, weighed = recipe.with_params(_first_values(recipe.search)), spec.training
    for position, step in enumerate(searched.pipeline):
        last = position + 1 == len(searched.pipeline)
        said = unknown_estimator(step, spec.task if last else None)
        if not said and last and recipe.incremental is not None:
            said = cannot_go_on(step)
        if not said and last and (weighed.half_life is not None or weighed.balance == "weights"):
            said = weighs_nothing(step)
        if said:
            yield _split(f"{path}{f'steps[{position}].' if recipe.steps else ''}{said}")


def _first_values(search: Search | None) -> Found:
    """A value of everything that is searched, so that its name is looked for where `params` are."""
    space = {} if search is None else search.space
    return {name: each.choices[0] if each.choices else each.low or 0 for name, each in space.items()}


def _suite_files(spec: ModelSpec) -> Iterator[Contradiction]:
    """The tables of golden cases and extra sets that cannot be read."""
    from retrain_platform.spec.suites import suite_files

    if not suite_files(spec):
        return
    from retrain_platform.adapters.suite_tables import read_suite_table
    from retrain_platform.steps.workshop import TableUnreadable

    for field, path in suite_files(spec):
        try:
            read_suite_table(Path.cwd(), path)
        except TableUnreadable as error:
            yield field, repr(path), str(error).partition(", ")[2]


def _columns(spec: ModelSpec) -> tuple[list[Contradiction], list[str]]:
    """What the spec names and its source does not have; else why that could not be seen yet."""
    from retrain_platform.adapters.source_columns import recorded_table_columns, source_columns, table_columns
    from retrain_platform.adapters.sources import SourceUnreadable
    from retrain_platform.spec.columns import after_joins, misfits
    from retrain_platform.spec.recordings import recorded_columns

    of = spec.predictions
    try:
        seen = source_columns(spec.source, Path.cwd())
        tables = [table_columns(join, position, Path.cwd()) for position, join in enumerate(spec.source.joins)]
        recorded = None if of is None else recorded_table_columns(of, Path.cwd())
    except SourceUnreadable as error:
        return [_split(str(error))], []
    notes = [each.note for each in (seen, *tables, recorded) if each is not None and each.note]
    wrong, names = after_joins(spec.source.joins, seen.names, [table.names for table in tables])
    if of is not None and recorded is not None:
        wrong += recorded_columns(of, names, recorded.names)
    return (wrong, notes) if names is None else ([*wrong, *misfits(spec, names)], notes)


def _split(said: str) -> Contradiction:
    """A line as 'source.call == X, must ...' or 'source.path: ... must ...' in its field, value and cure."""
    match = re.fullmatch(r"(\S+)(?: == (.+?),|:) ((?:must|is) .*|\S+ must .*)", said, re.DOTALL)
    field, value, cure = match.groups() if match else ("attributes", "", said)
    return field, value or "", cure


def explained(spec: ModelSpec) -> str:
    """The whole spec as YAML, every default said; of a live release not what moves one by its periods."""
    said = spec.model_dump(mode="json")
    if spec.release.live is not None:
        said["release"] = {name: value for name, value in said["release"].items() if name not in BY_PERIODS}
    text: str = yaml.safe_dump(said, sort_keys=False, allow_unicode=True)
    return text


def detectable_lines(spec: ModelSpec) -> list[str]:
    """The smallest fall that each stage can tell, once there is history to say so; of a live release, its plan."""
    from retrain_platform.release.evidence import detectable
    from retrain_platform.resources import settings, values_of
    from retrain_platform.steps.validation.power import paired_error_a_period

    if spec.release.live is not None:
        return told(spec.release.live)
    error = paired_error_a_period(values_of(settings()), spec)
    if error is None:
        return ["what each stage can detect: known once a candidate was examined beside a champion on two days or more"]
    return [
        f"{stage} can tell a fall of {detectable(error, spec.plan, count):.4f} {spec.primary} from none, "
        f"on {periods(count, 'ripe')}"
        for stage, count in _stages(spec)
    ]


def _stages(spec: ModelSpec) -> Iterator[tuple[str, int]]:
    """Each stage with the ripe periods that it is judged on at the earliest.

    A canary step looks back to the release's beginning, for both versions score every row all the while (ADR 3).
    """
    served = stage_periods(spec.plan, spec.period.length())
    yield "shadow", served[Stage.SHADOW]
    steps = spec.release.canary[:-1]  # at 100 it has taken over
    for step, share in enumerate(steps, 1):
        yield f"canary at {share}%", served[Stage.SHADOW] + step * served[Stage.CANARY]
    yield "bake", served[Stage.BAKE]

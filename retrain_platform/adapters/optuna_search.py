"""Optuna proposes what a search tries next: TPE, with the median rule for what is not worth finishing.

Nothing is kept between two proposals: the study is made anew from the trials on record, and each trial has a seed of
its own. So a search that was killed goes on as if it had not been, which Optuna's own storage does not give: it keeps
the killed trial, and loses the state of the sampler's random numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from retrain_platform.training.search import Dimension, Found, Proposal, Search, SearchReport, Trial, TunerMissing

_STARTS = 5
"""Complete trials before the median of them says anything."""
_LEAST_TOLD = 4
"""Complete trials under which no parameter's importance is told."""


class OptunaTuner:
    """A `Tuner`."""

    def propose(self, report: SearchReport, search: Search, *, first: Found, seed: int) -> Proposal:
        """What the next trial tries; see `Tuner`.

        Raises:
            TunerMissing: Optuna is not installed.
        """
        study = _study(report, search, seed)
        if not report.trials and first:
            study.enqueue_trial(dict(first))
        trial = study.ask(_distributions(search))

        def hopeless(scores: Sequence[float]) -> bool:
            trial.report(sum(scores) / len(scores), len(scores))
            return search.prune and bool(trial.should_prune())

        return Proposal({name: trial.params[name] for name in search.space}, hopeless)

    def importance(self, report: SearchReport, search: Search, *, seed: int) -> dict[str, float]:
        """By functional ANOVA over the complete trials (Hutter, Hoos and Leyton-Brown 2014).

        Raises:
            TunerMissing: Optuna is not installed.
        """
        values = [trial.value for trial in report.trials if trial.value is not None]
        if len(values) < _LEAST_TOLD or len(set(values)) < 2:
            return {}
        study = _study(report, search, seed)
        from optuna.importance import FanovaImportanceEvaluator, get_param_importances

        found = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=seed))
        return {name: float(share) for name, share in found.items()}


def _study(report: SearchReport, search: Search, seed: int) -> Any:
    try:
        import optuna
    except ImportError as error:
        raise TunerMissing(
            "training.search is Optuna's, not installed here: pip install 'retrain_platform[tune]'"
        ) from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        direction="maximize" if report.greater_is_better else "minimize",
        sampler=optuna.samplers.TPESampler(seed=_seed(seed, len(report.trials))),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=_STARTS),
    )
    distributions = _distributions(search)
    study.add_trials([_frozen(trial, distributions) for trial in report.trials])
    return study


def _seed(seed: int, number: int) -> int:
    """Another stream for every trial: one seed for all would draw the first ones alike."""
    import numpy as np

    return int(np.random.SeedSequence((seed, number)).generate_state(1)[0])


def _distributions(search: Search) -> dict[str, Any]:
    return {name: _distribution(dimension) for name, dimension in search.space.items()}


def _distribution(dimension: Dimension) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if dimension.choices is not None:
        return CategoricalDistribution(dimension.choices)
    low, high = dimension.low, dimension.high
    if dimension.whole:
        return IntDistribution(low, high, log=dimension.log)
    return FloatDistribution(low, high, log=dimension.log)


def _frozen(trial: Trial, distributions: dict[str, Any]) -> Any:
    import optuna

    running = [sum(trial.scores[:count]) / count for count in range(1, len(trial.scores) + 1)]
    state = {"complete": "COMPLETE", "pruned": "PRUNED", "failed": "FAIL"}[trial.state]
    return optuna.trial.create_trial(
        state=optuna.trial.TrialState[state],
        # A pruned trial's last mean is what TPE ranks it by.
        value=trial.value if trial.state == "complete" else running[-1] if trial.state == "pruned" else None,
        params=dict(trial.params),
        distributions=distributions,
        intermediate_values=dict(enumerate(running, 1)),
    )

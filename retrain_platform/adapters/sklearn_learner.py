"""Fits the `sklearn` recipe: the common preparation, then a scikit-learn pipeline kept without pickles."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Sequence
from copy import deepcopy
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from retrain_platform.adapters.content_digest import digest
from retrain_platform.adapters.labels import named, numbered, numbered_as
from retrain_platform.adapters.package_files import BadPackage, read_package, write_package
from retrain_platform.adapters.sklearn_online import learn_more, learns_whole
from retrain_platform.adapters.sklearn_threads import on_threads
from retrain_platform.dataset.preparation import Preparation, fit_preparation
from retrain_platform.training.base import FitReport, Fitted, Rows, Task
from retrain_platform.training.incremental import CannotContinue, MorePasses
from retrain_platform.training.sklearn import Sklearn, Step

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_MODEL = "pipeline.skops"

_TRUSTED = (
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
)
"""What is read beyond skops's own list: plain data of numpy and scikit-learn, nothing of anybody else's."""


class SklearnLearner:
    """A `Learner`. There are no rounds: `valid` and `rounds` change nothing. `threads` 0 takes scikit-learn's own."""

    def __init__(self, spec: Sklearn, task: Task, *, threads: int = 0) -> None:
        self._spec, self._task, self._threads = spec, task, threads

    def fit(self, train: Rows, *, valid: Rows | None = None, rounds: int | None = None) -> FittedSklearn:
        """Fit on all columns of `train`; see `Learner`. Ranking is by the predicted relevance, whatever the query.

        Raises:
            OneClass: nothing to tell apart; see `Learner`.
            ValueError: labels or weights that cannot be learned from, a step that scikit-learn does not
                have, or an estimator that does not fit the task or takes no weights where there are some.
        """
        (frame, numbers, weights, _), classes = numbered(train, self._task)
        steps = [_built(step, self._spec.seed) for step in self._spec.pipeline]
        if unsuited := _unsuited(steps[-1], self._spec.pipeline[-1], self._task):
            raise ValueError(unsuited)
        preparation = fit_preparation(frame, list(frame.columns), most_categories=self._spec.most_categories)
        pipeline = _pipeline(preparation, steps, one_hot=self._spec.categories == "one_hot")
        weighing = _weighing(pipeline, self._spec.pipeline[-1], weights)
        with on_threads(self._threads):
            pipeline.fit(preparation.transform(frame), numbers, **weighing)
        return FittedSklearn(pipeline, self._task, preparation, _report(pipeline, preparation, classes))

    def continue_from(
        self, base: Fitted, train: Rows, *, valid: Rows | None = None, rounds: int | None = None
    ) -> FittedSklearn:
        """`partial_fit` of the last step on the rows, in their order; the steps before it stay. See `Continuing`."""
        if not isinstance(base, FittedSklearn):
            raise CannotContinue(f"the model is {type(base).__name__}, must be scikit-learn's")
        rows, pipeline = numbered_as(base, train, self._task), deepcopy(base.pipeline)
        matrix = pipeline[:-1].transform(base.preparation.transform(rows.frame))
        with on_threads(self._threads):
            learn_more(pipeline[-1], matrix, rows.labels, rows.weights, self._spec.incremental or MorePasses())
        report = _report(pipeline, base.preparation, base.report.classes)
        return FittedSklearn(pipeline, self._task, base.preparation, report)

    def load(self, folder: Path) -> FittedSklearn:
        """What `save` wrote.

        Raises:
            BadPackage: `folder` holds no fitted model, or one with types that are not trusted.
        """
        return load_sklearn(folder)


class FittedSklearn:
    """A fitted pipeline and its preparation."""

    def __init__(self, pipeline: Any, task: Task, preparation: Preparation, report: FitReport) -> None:
        self.report = report
        self.pipeline, self.preparation = pipeline, preparation
        self._task = task

    def score(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """One number a row; see `Fitted`."""
        if not len(frame):
            return np.empty((0, len(self.report.classes)) if self.report.classes else 0)
        matrix = self.preparation.transform(frame)
        if self._task == "multiclass":
            return np.asarray(self.pipeline.predict_proba(matrix), dtype=np.float64)
        if self._task == "binary":
            return np.asarray(self.pipeline.predict_proba(matrix)[:, 1], dtype=np.float64)
        return np.asarray(self.pipeline.predict(matrix), dtype=np.float64)

    def save(self, folder: Path) -> None:
        """Write pipeline, preparation and report into `folder`.

        Raises:
            BadPackage: the pipeline holds types that could not be read back.
        """
        import skops.io

        data = skops.io.dumps(self.pipeline)
        _refuse_untrusted(skops.io.get_untrusted_types(data=data), folder)
        (folder / _MODEL).write_bytes(data)
        write_package(folder, "sklearn", self._task, self.preparation, self.report)

    def fingerprint(self) -> str:
        """The SHA-256 of all that was fitted: coefficients, trees, means, and the names of the classes."""
        return named(digest(self.pipeline), self.report.classes)


def load_sklearn(folder: Path) -> FittedSklearn:
    """The fitted model in `folder`.

    Raises:
        BadPackage: `folder` holds none, or one with types that are not trusted.
    """
    package = read_package(folder)
    return FittedSklearn(read_skops(folder / _MODEL), package.task, package.preparation, package.report)


def read_skops(path: Path) -> Any:
    """The estimator in the file, built of types that are known to be plain data alone.

    Raises:
        BadPackage: naming the types that are not.
    """
    import skops.io

    _refuse_untrusted(skops.io.get_untrusted_types(file=path), path)
    return skops.io.load(path, trusted=list(_TRUSTED))


def _refuse_untrusted(types: Sequence[str], place: Path) -> None:
    strange = sorted(set(types) - set(_TRUSTED))
    if strange:
        raise BadPackage(f"types == {', '.join(strange)} in the model of {place}, must be known to be plain data")


def weighs_nothing(step: Step) -> str:
    """What is wrong with an estimator that is to learn from weighted rows; empty where it takes weights."""
    from sklearn.utils.validation import has_fit_parameter

    if has_fit_parameter(_kind(step.estimator), "sample_weight"):
        return ""
    return (
        f"estimator == {step.estimator!r}, must take weights of rows (sample_weight), which half_life and "
        "balance: weights give it"
    )


def _weighing(pipeline: Any, last: Step, weights: NDArray[np.float64] | None) -> dict[str, Any]:
    """The argument that hands the weights to the pipeline's last step: those before it only change columns.

    Raises:
        ValueError: it takes none.
    """
    if weights is None:
        return {}
    if said := weighs_nothing(last):
        raise ValueError(said)
    return {f"{pipeline.steps[-1][0]}__sample_weight": weights}


def unknown_estimator(step: Step, task: Task | None) -> str:
    """What is wrong with the step's names, as 'estimator == X, must ...'; empty when scikit-learn has them.

    `task` is given for the last step, whose estimator must suit it.
    """
    try:
        made = _built(step, seed=0)
    except ValueError as error:
        return str(error)
    except Exception as error:  # an estimator's own complaint about its arguments
        return f"params == {step.params}, must suit {step.estimator}: {error}"
    return "" if task is None else _unsuited(made, step, task)


def cannot_go_on(step: Step) -> str:
    """What is wrong with a last step that is to go on learning; empty where it can."""
    try:
        return learns_whole(_kind(step.estimator), step.estimator)
    except ValueError:  # told by `unknown_estimator`
        return ""


def _unsuited(made: Any, step: Step, task: Task) -> str:
    wanted = "predict_proba" if task in ("binary", "multiclass") else "predict"
    return (
        "" if hasattr(made, wanted) else f"estimator == {step.estimator!r}, must have {wanted} where task == {task!r}"
    )


def _kind(dotted: str) -> Any:
    module, _, name = dotted.rpartition(".")
    try:
        there = importlib.import_module(module)
    except ImportError as error:
        raise ValueError(f"estimator == {dotted!r}, must be a class of scikit-learn: {error}") from error
    kind = getattr(there, name, None)
    if not isinstance(kind, type):
        close = get_close_matches(
            name, [each for each in dir(there) if isinstance(getattr(there, each, None), type)], 1
        )
        hint = f"; did you mean {close[0]}?" if close else ""
        raise ValueError(f"estimator == {dotted!r}, must be a class of scikit-learn; {module} has no {name}{hint}")
    return kind


def _built(step: Step, seed: int) -> Any:
    """The step's estimator, with the recipe's seed where it draws at random."""
    kind = _kind(step.estimator)
    known = inspect.signature(kind).parameters
    wrong = sorted(set(step.params) - set(known))
    if wrong:
        raise ValueError(f"params == {', '.join(wrong)}, must be among {', '.join(known)} of {step.estimator}")
    return kind(**step.params, **({"random_state": seed} if "random_state" in known else {}))


def _pipeline(preparation: Preparation, steps: Sequence[Any], *, one_hot: bool) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    texts = list(preparation.categorical)
    numbers = [position for position in range(len(preparation.features)) if position not in texts]
    # An unseen category is nan here, as a missing one is: it gets a column, or a code, of its own.
    codes: list[Any] = [SimpleImputer(strategy="constant", fill_value=-1.0, keep_empty_features=True)]
    if one_hot:
        codes.append(OneHotEncoder(handle_unknown="ignore"))
    columns = ColumnTransformer(
        [
            ("texts", make_pipeline(*codes), texts),
            (
                "numbers",
                make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()),
                numbers,
            ),
        ]
    )
    return make_pipeline(columns, *steps)


def _report(pipeline: Any, preparation: Preparation, classes: tuple[str, ...]) -> FitReport:
    importance = _importance(pipeline, preparation)
    return FitReport(rounds=0, features=preparation.features, importance=importance, classes=classes)


def _importance(pipeline: Any, preparation: Preparation) -> dict[str, float]:
    """The size of each feature's coefficients (their sum over its one-hot columns), or the trees' own
    importance; empty for estimators that tell neither, and behind steps that mix the columns."""
    if len(pipeline) > 2:
        return {}
    last = pipeline[-1]
    weights = getattr(last, "feature_importances_", getattr(last, "coef_", None))
    if weights is None:
        return {}
    totals = dict.fromkeys(preparation.features, 0.0)
    names = pipeline[0].get_feature_names_out([f"x{i}" for i in range(len(preparation.features))])
    sizes = np.abs(np.atleast_2d(weights)).mean(axis=0)  # one row a class, where there are several
    for name, weight in zip(names, sizes, strict=True):
        position = int(name.partition("__")[2].partition("_")[0].removeprefix("x"))
        totals[preparation.features[position]] += float(weight)
    return totals

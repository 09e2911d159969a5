"""From a learner's configuration to the learner."""

from __future__ import annotations

from functools import partial

from retrain_platform.adapters.ensemble_learner import EnsembleLearner
from retrain_platform.adapters.lightgbm_learner import LightGBMLearner
from retrain_platform.adapters.python_learner import OwnLearner
from retrain_platform.adapters.sklearn_learner import SklearnLearner
from retrain_platform.training import LearnerSpec
from retrain_platform.training.base import Learner, Task
from retrain_platform.training.ensemble import Ensemble
from retrain_platform.training.lightgbm import LightGBM
from retrain_platform.training.python import PythonLearner


def learner(spec: LearnerSpec, task: Task, *, threads: int = 0) -> Learner:
    """Who fits this configuration; LightGBM and scikit-learn are imported at the first fit or load.

    `threads` are those of learners that take a number of them; 0 leaves them what they take by themselves.
    """
    if isinstance(spec, LightGBM):
        return LightGBMLearner(spec, task, threads=threads)
    if isinstance(spec, Ensemble):
        return EnsembleLearner(spec, task, partial(learner, threads=threads))
    return OwnLearner(spec, task) if isinstance(spec, PythonLearner) else SklearnLearner(spec, task, threads=threads)

"""From a learner's configuration to the learner."""

from __future__ import annotations

from retrain_platform.adapters.ensemble_learner import EnsembleLearner
from retrain_platform.adapters.lightgbm_learner import LightGBMLearner
from retrain_platform.adapters.python_learner import OwnLearner
from retrain_platform.adapters.sklearn_learner import SklearnLearner
from retrain_platform.training import LearnerSpec
from retrain_platform.training.base import Learner, Task
from retrain_platform.training.ensemble import Ensemble
from retrain_platform.training.lightgbm import LightGBM
from retrain_platform.training.python import PythonLearner


def learner(spec: LearnerSpec, task: Task) -> Learner:
    """Who fits this configuration; LightGBM and scikit-learn are imported at the first fit or load."""
    if isinstance(spec, LightGBM):
        return LightGBMLearner(spec, task)
    if isinstance(spec, Ensemble):
        return EnsembleLearner(spec, task, learner)
    return OwnLearner(spec, task) if isinstance(spec, PythonLearner) else SklearnLearner(spec, task)

"""What a learner is, and the configuration of each: the union is the registry."""

from typing import Annotated, get_args

from pydantic import Field

from retrain_platform.training.ensemble import Ensemble
from retrain_platform.training.lightgbm import LightGBM
from retrain_platform.training.python import PythonLearner
from retrain_platform.training.sklearn import Sklearn

LearnerSpec = Annotated[LightGBM | Sklearn | PythonLearner | Ensemble, Field(discriminator="kind")]
"""The configuration of any learner."""

LEARNERS: tuple[type[LightGBM | Sklearn | PythonLearner | Ensemble], ...] = get_args(get_args(LearnerSpec)[0])
"""Every member of `LearnerSpec`, in the order of the union."""

__all__ = ["LEARNERS", "Ensemble", "LearnerSpec", "LightGBM", "PythonLearner", "Sklearn"]

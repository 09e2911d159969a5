"""Reads the places that rows come from, a module for each kind."""

from retrain_platform.adapters.sources.base import SourceUnreadable
from retrain_platform.adapters.sources.delta import address_of, delta_of
from retrain_platform.adapters.sources.python import function_named
from retrain_platform.adapters.sources.reader import SourceReader

__all__ = ["SourceReader", "SourceUnreadable", "address_of", "delta_of", "function_named"]

"""The user's own functions, by the names that a spec gives them."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


class CannotCall(RuntimeError):
    """No such module or function, or it is none: the field's name, its value, the cure."""


def function_named(call: str, field: str = "call") -> Callable[..., Any]:
    """The function that 'package.module:function' names; `field` is what an error calls it.

    Raises:
        CannotCall: no such module or function, or it is none, or its module cannot be imported.
    """
    module, _, name = call.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        said = f"{error}; install what holds it here, as with pip install -e ."
        raise CannotCall(f"{field} == {call!r}, must name a module that can be imported: {said}") from error
    except AttributeError as error:
        raise CannotCall(f"{field} == {call!r}, must name a function of {module}: {error}") from error
    except Exception as error:  # a module may fail in any way while it is imported
        said = f"{type(error).__name__}: {error}"
        raise CannotCall(f"{field} == {call!r}, must name a module that can be imported: {said}") from error
    if not callable(found):
        raise CannotCall(f"{field} == {call!r}, must be a function, is {type(found).__name__}")
    function: Callable[..., Any] = found
    return function


def handed(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy for a user's function, in which texts are texts: the platform's own columns of them may be categorical."""
    import pandas as pd

    coded = {name: frame[name].astype(object) for name in frame if isinstance(frame[name].dtype, pd.CategoricalDtype)}
    return frame.copy().assign(**{str(name): values for name, values in coded.items()})


def answer_of(call: str, *given: Any, **named: Any) -> Any:
    """What the function answers; of `named`, it is given what it has a parameter for.

    Raises:
        CannotCall: it is not there, or raised; the error by its type and words.
    """
    function = function_named(call)
    try:
        return function(*given, **_known(function, named))
    except Exception as error:  # the user's own code may fail in any way
        said = " ".join(str(error).split())
        raise CannotCall(f"{call} raised {type(error).__name__}: {said}") from error


def takes(call: str, name: str) -> bool:
    """Whether the function has a parameter of this name, or takes any.

    Raises:
        CannotCall: it is not there.
    """
    return name in _known(function_named(call), {name: None})


def _known(function: Callable[..., Any], named: dict[str, Any]) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters.values()
    if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters):
        return named
    names = {one.name for one in parameters}
    return {name: value for name, value in named.items() if name in names}

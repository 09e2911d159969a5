"""The user's own function as a policy."""

from __future__ import annotations

from typing import Literal

from retrain_platform.dataset.calling import CannotCall, answer_of
from retrain_platform.dataset.places import Call
from retrain_platform.dataset.record import Record
from retrain_platform.policy.base import Action, Finding
from retrain_platform.policy.history import History


class PythonPolicy(Record):
    """A function `(history: History) -> Finding`, named as 'package.module:function'.

    It judges what is in the history and nothing else, so that it says the same of the same history. One that
    cannot be called, raises, or answers something else is 'cannot tell', with its error, and asks for nothing.
    """

    kind: Literal["python"] = "python"
    call: Call

    def decide(self, history: History) -> Finding:
        """The function's finding under this policy's name."""
        try:
            found = self.ask(history)
        except CannotCall as error:
            return Finding(trigger=self.kind, verdict="cannot tell", sentence=str(error))
        asked = found.action if found.verdict in ("fired", "holding", "held back") else Action.NONE
        if found.verdict != "fired" and asked.rank > Action.INVESTIGATE.rank:
            asked = Action.WATCH
        said = " ".join(found.sentence.split()) or f"{self.call} gave no reason"
        return found.model_copy(update={"trigger": self.kind, "action": asked, "sentence": said})

    def ask(self, history: History) -> Finding:
        """What the function itself answers.

        Raises:
            CannotCall: it is not there, raised, or answered something else than a `Finding`.
        """
        found = answer_of(self.call, history)
        if not isinstance(found, Finding):
            raise CannotCall(f"{self.call} returned {type(found).__name__}, must return a Finding")
        return found

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        return f"what {self.call} says"

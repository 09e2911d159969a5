"""Messages by apprise: Slack, e-mail, webhooks and a hundred more by one address each."""

from __future__ import annotations

import re
from urllib.parse import unquote

from retrain_platform.dataset.secrets import HIDDEN
from retrain_platform.spec.notify import Severity

_TYPES = {"info": "info", "warning": "warning", "critical": "failure"}
_LEAST = 4
"""Shorter parts of an address are words of it, not secrets."""
_CUT = 300


class AppriseNotifier:
    """`Notifier` by the library apprise, which waits some seconds for a service and no longer."""

    def send(self, url: str, title: str, text: str, severity: Severity) -> str:
        """Send it; '' when it arrived, else why not, without what is secret in the address. Never raises."""
        try:
            return self._send(url, title, text, severity)
        except ImportError:
            return "apprise is not installed: install retrain_platform[notify]"
        except Exception as error:
            return without(url, f"{type(error).__name__}: {error}")

    def _send(self, url: str, title: str, text: str, severity: Severity) -> str:
        import apprise

        place = apprise.Apprise()
        with apprise.LogCapture(level=apprise.logging.WARNING, fmt="%(message)s") as said:
            if not place.add(url):
                return f"{_scheme(url)}://{HIDDEN} is no address that apprise knows: see its list of services"
            if place.notify(body=text, title=title, notify_type=_TYPES[severity], body_format="text"):
                return ""
            told = " ".join(said.getvalue().split()) or "the service did not take it"
        return without(url, told)[:_CUT]


def without(url: str, text: str) -> str:
    """The text without any part of the address that may be secret.

    >>> without("slack://T1JJ3T3L2/A1BRTD4JD/x", "no way to T1JJ3T3L2 by slack")
    'no way to *** by slack'
    """
    rest = url.partition("://")[2]
    parts = {part for whole in (rest, unquote(rest)) for part in re.split(r"[/@:?&=#]+", whole)}
    for part in sorted((part for part in parts if len(part) >= _LEAST), key=len, reverse=True):
        text = text.replace(part, HIDDEN)
    return text


def _scheme(url: str) -> str:
    return url.partition("://")[0]

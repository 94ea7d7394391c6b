"""Messages to users through Apprise, each service in a thread that is abandoned if it takes too long."""

import logging
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from sweeper.core.errors import ConfigurationError
from sweeper.monitoring.notices import Notice


def require_apprise() -> None:
    """Check that messages can be sent at all.

    Raises:
        ConfigurationError: the extra is not installed.
    """
    if find_spec("apprise") is None:
        raise ConfigurationError(
            "[notify] needs Apprise, the extra `notify` (in a clone: pip install '.[notify]'): install it, or remove "
            "the section from the file",
            code="extra_missing",
        )


def services(urls: Sequence[str]) -> list[Any]:
    """The sender for each URL; None for one that Apprise does not know. Nothing is sent yet."""
    # its messages may repeat a URL, and with it a token
    quiet = logging.getLogger("apprise")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    import apprise

    # one at a time: for several, Apprise starts threads for which Python waits when it ends
    return [apprise.Apprise.instantiate(url, suppress_exceptions=True) for url in urls]


def send(service: Any, notices: Sequence[Notice]) -> None:
    """Send messages to one service.

    Raises:
        ConnectionError: the service did not accept one.
        ValueError: the URL is not one of Apprise's.
    """
    if service is None:
        raise ValueError
    for notice in notices:
        if not service.notify(title=notice.title, body=notice.body):
            raise ConnectionError

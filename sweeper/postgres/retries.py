"""Retries a whole transaction while the cause of its failure may pass."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import psycopg
from sqlalchemy import exc

from sweeper.postgres.sqlstate import is_transient, unreachable

if TYPE_CHECKING:
    from stamina.instrumentation import RetryHook

FIRST_ATTEMPTS, RETRY_SECONDS = 10, 60.0

T = TypeVar("T")

_hooks: "list[RetryHook]" = []


def retrying(work: Callable[[], T], *, attempts: int | None = None) -> T:
    """Do ``work``, a whole transaction, again while its failure may pass: for a minute, or ``attempts`` times.

    The minute begins when it is stopped for the first time: before that it may have waited for long, as a commit does
    for a standby that is gone.

    Raises:
        FailedError: it did not pass in time, or the database cannot be reached.
    """
    try:
        try:
            return work()
        except (exc.DBAPIError, psycopg.Error) as error:
            return _again(work, error, attempts)
    except (exc.DBAPIError, psycopg.Error) as error:
        raise unreachable(error) from None


def watch_retries(hook: "RetryHook") -> None:
    """Call this before each retry from now on, instead of a line that the library prints on stdout."""
    _hooks[:] = [hook]


def _again(work: Callable[[], T], error: Exception, attempts: int | None) -> T:
    """Retry after the first attempt, which failed with this error."""
    import stamina  # most runs never need it

    if _hooks:
        stamina.instrumentation.set_on_retry_hooks(_hooks)
    failed = [error]
    for attempt in stamina.retry_context(
        on=is_transient, attempts=attempts, timeout=RETRY_SECONDS, wait_initial=0.05, wait_max=5.0
    ):
        with attempt:
            if failed:
                raise failed.pop()
            return work()
    raise AssertionError("unreachable")

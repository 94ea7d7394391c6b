"""What ``sweeper revert`` and ``sweeper adopt`` share: the user, the confirmation, and how a signal ends them."""

import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from sweeper.cli.options import console, has_terminal
from sweeper.core.errors import ConfigurationError, Exit, FailedError, Interrupted
from sweeper.core.signals import Canceled, Signals

if TYPE_CHECKING:
    from rich.console import Console

    from sweeper.corrections.correction import CorrectionRequest, CorrectionWork
    from sweeper.corrections.result import Correction

R = TypeVar("R", bound="Correction")

Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept for good.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation; needed where there is no terminal.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the exact effect; read-only.")]


def request_now(reason: str) -> "CorrectionRequest":
    """The request: who makes it, and when.

    Raises:
        ConfigurationError: the reason is empty.
    """
    from sweeper.corrections.correction import CorrectionRequest

    if not reason.strip():
        raise ConfigurationError("--reason must say why", code="usage")
    return CorrectionRequest(
        as_of=datetime.now(UTC), asked_at=time.monotonic(), host=socket.gethostname(), reason=reason.strip()
    )


def only_one(sessions: Sequence[str] | None) -> str | None:
    """The session that was named; of two, the parser would keep the last without a word.

    Raises:
        ConfigurationError: several were.
    """
    if sessions and len(sessions) > 1:
        raise ConfigurationError("--session is given twice: name one session a command", code="usage")
    return sessions[0] if sessions else None


def require_answer(*, yes: bool, dry_run: bool) -> None:
    """Check that there is a user to confirm it.

    Raises:
        ConfigurationError: there is no terminal, and no ``--yes``.
    """
    if not (yes or dry_run or has_terminal()):
        raise ConfigurationError(
            "there is no terminal to ask on: look at --dry-run, then give --yes", code="confirmation"
        )


def correct(
    prepare: "Callable[[], CorrectionWork[R]]",
    document: Callable[[R], str],
    show_table: Callable[["Console", R], None],
    *,
    question: str,
    yes: bool,
    dry_run: bool,
    json: bool,
) -> int:
    """Plan, show, ask, do, and show the result."""

    def show(result: R) -> None:
        if json:
            print(document(result))  # noqa: T201
        else:
            show_table(console(), result)

    signals = Signals(Canceled)
    signals.install()
    try:
        work = prepare()
        if dry_run:
            show(work.plan())
            return Exit.DONE
        if not yes:
            plan = work.plan()
            if plan.refunds.sessions and not json:
                show(plan)
            if plan.refunds.sessions and not typer.confirm(question, err=True):
                raise FailedError("declined: nothing was changed", code="declined")
        result = work.execute(signals)
    except Interrupted as interrupted:  # before there was a result
        return 128 + interrupted.signal_number
    except typer.Abort:  # the same, while it was asked
        return 128 + (signals.received or signal.SIGINT)
    show(result)
    if result.error:
        print(f"sweeper: {result.error.message}", file=sys.stderr)  # noqa: T201
    return result.exit_code

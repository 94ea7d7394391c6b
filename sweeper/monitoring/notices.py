"""Messages to users about a run: what happened, how much, and the command to look further."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from sweeper.core.errors import SweeperError
from sweeper.core.results import Outcome, Rate, RunResult


class Notice(NamedTuple):
    """One message; ``cause`` is one of those in the file."""

    cause: str
    title: str
    body: str


def notices_of(result: RunResult, app: str) -> Iterator[Notice]:
    """The messages about how a run ended; ``app`` is its name among several."""
    run = f"`sweeper history {result.run_id}` shows the run."
    if result.outcome is Outcome.FAILED and result.error is not None:
        did = f"It refunded {_sessions(result.refunds.sessions)} before. " if result.refunds.sessions else ""
        yield Notice("failed", f"sweeper: a run of {app} failed", f"{result.error.message}\n\n{did}{run}")
    if result.outcome is Outcome.CAPPED:
        yield Notice(
            "capped",
            f"sweeper: a cap stopped a run of {app}",
            f"{_sessions(result.remaining)} still owed. See policy.max_refunds and policy.max_credits; "
            f"`sweeper run --dry-run` shows what is owed.",
        )
    if result.held:
        yield Notice(
            "held",
            f"sweeper: {_sessions(result.held)} of {app} put on hold",
            "These are not refunded until you decide. `sweeper run --dry-run` shows how many there are and why, "
            "`sweeper explain SESSION` one of them.",
        )


def notice_of_error(error: SweeperError, app: str) -> Notice:
    return Notice(
        "failed", f"sweeper: a run of {app} failed", f"{error.message}\n\n`sweeper check` shows what is wrong."
    )


def notice_of_rate(rate: Rate, app: str) -> Notice:
    usual = 0.0 if rate.usual_per_day is None else rate.usual_per_day
    return Notice(
        "layer_broke",
        f"sweeper: a layer of {app} broke",
        f"It refunded {_sessions(rate.last_day)} in the last day, and {usual:.1f} a day before; most of the rise is of "
        f"{rate.reason}. `sweeper audit` shows more.",
    )


def trial(app: str) -> Notice:
    """A message for testing where messages go."""
    return Notice("trial", f"sweeper: a trial message for {app}", "`sweeper check --notify` sent it. All is well.")


def wanted(notices: Collection[Notice], on: Collection[str]) -> list[Notice]:
    """The messages that the file asks for."""
    return [notice for notice in notices if notice.cause in on]


def _sessions(count: int) -> str:
    return f"{count:,} session{'' if count == 1 else 's'}"

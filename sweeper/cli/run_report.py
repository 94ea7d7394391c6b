"""Reports to monitoring that a run begins and how it ends, whatever happens in between."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sweeper.cli.options import stderr_log
from sweeper.core.errors import Exit, Interrupted, SweeperError
from sweeper.core.results import Amount, Backlog, RunReport, RunResult
from sweeper.core.signals import Signals

if TYPE_CHECKING:
    from sweeper.monitoring.notices import Notice


@dataclass
class RunStatus:
    """What is known of a run so far; it counts as failed until more is known.

    ``summary`` is the document of a run that failed without a result. ``notices`` are messages to people that are sent;
    ``unclaimed`` ones, unless the same was sent within the hour.
    """

    wants_backlog: bool = False
    exit_code: int = Exit.FAILED
    summary: str = ""
    reasons: tuple[str, ...] = ()
    result: RunResult | None = None
    backlog: Backlog | None = None
    app: str = ""
    urls: Sequence[str] = ()
    notices: "list[Notice]" = field(default_factory=list)
    unclaimed: "list[Notice]" = field(default_factory=list)

    def report(self, as_of: datetime, duration_seconds: float) -> RunReport:
        """The report for monitoring, with zero for each reason without refunds."""
        from sweeper.render.json.run import run_document

        known = dict.fromkeys(self.reasons, Amount())
        return RunReport(
            exit_code=int(self.exit_code),
            ended_at=as_of.astimezone(UTC) + timedelta(seconds=duration_seconds),
            duration_seconds=duration_seconds,
            summary=self.summary or (run_document(self.result) if self.result else ""),
            refunded={**known, **(self.result.reasons if self.result else {})} or None,
            backlog=self.backlog,
        )


@contextmanager
def reported(path: Path, signals: Signals, *, as_of: datetime, asked_at: float, wanted: bool) -> Iterator[RunStatus]:
    """Report a run to the endpoints and people in the file, unless it is not ``wanted``, such as a dry run.

    Raises:
        ConfigurationError: a URL in the file needs a variable that the environment does not have.
    """
    if not wanted:
        yield RunStatus()
        return
    from sweeper.config.parsing import load_reporting
    from sweeper.config.secrets import filled_in

    monitoring, notify = filled_in(*load_reporting(path), os.environ)
    if not (monitoring.textfile or monitoring.pushgateway or monitoring.ping or notify.urls):
        yield RunStatus()
        return
    from sweeper.monitoring.endpoints import Monitor
    from sweeper.monitoring.notice_services import require_apprise
    from sweeper.monitoring.notices import notice_of_error
    from sweeper.render.json.error import error_document, interrupted_document

    if notify.urls:
        require_apprise()
    monitor = Monitor(monitoring)
    status = RunStatus(wants_backlog=monitor.counts, app=monitoring.app or str(path), urls=notify.urls)
    monitor.started()
    try:
        yield status
    except SweeperError as error:
        status.exit_code, status.summary = error.exit_code, error_document("run", error)
        status.unclaimed = [notice_of_error(error, status.app)]
        raise
    except Exception:
        crash = SweeperError("an internal error, which the log of the run has", code="internal")
        status.unclaimed = [notice_of_error(crash, status.app)]
        raise
    except Interrupted as signal:
        status.exit_code, status.summary = 128 + signal.signal_number, interrupted_document()
        raise
    finally:
        with signals.shielded():
            report = status.report(as_of, time.monotonic() - asked_at)
            problems = monitor.ended(
                report, urls=status.urls, notices=_new_notices(status, notify.on, path, report.ended_at)
            )
        if problems:
            _log(problems)


def _new_notices(status: RunStatus, on: Sequence[str], path: Path, now: datetime) -> "list[Notice]":
    """The messages to send: claimed in the database, or remembered here if that could not be reached."""
    if not status.urls:
        return []
    from sweeper.monitoring.notices import wanted
    from sweeper.monitoring.sent_notices import SentNotices

    sent = SentNotices(_state_folder(), path)
    found = wanted(status.unclaimed, on)
    return [*status.notices, *(notice for notice in found if sent.claim(notice.cause, now))]


def _state_folder() -> Path | None:
    """The folder for state by https://specifications.freedesktop.org/basedir-spec/latest/."""
    given = os.environ.get("XDG_STATE_HOME")
    try:
        return (Path(given) if given else Path.home() / ".local" / "state") / "sweeper"
    except RuntimeError:  # this user has no home
        return None


def _log(problems: dict[str, str]) -> None:
    log = stderr_log()
    for endpoint, why in problems.items():
        log.warning("monitoring_failed", endpoint=endpoint, why=why)

"""Reports a run to monitoring: that it begins and how it ends, whatever happens in between."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sweeper.cli.options import stderr_log
from sweeper.core.errors import Exit, Interrupted, SweeperError
from sweeper.core.results import Amount, Backlog, RunReport, RunResult
from sweeper.core.signals import Signals


@dataclass
class RunStatus:
    """What is known of a run so far; as long as nothing is, it failed."""

    wants_backlog: bool = False
    exit_code: int = Exit.FAILED
    summary: str = ""
    reasons: tuple[str, ...] = ()
    result: RunResult | None = None
    backlog: Backlog | None = None

    def report(self, as_of: datetime, duration_seconds: float) -> RunReport:
        """The report for monitoring: zero for each reason that nothing was refunded for."""
        known = dict.fromkeys(self.reasons, Amount())
        return RunReport(
            exit_code=int(self.exit_code),
            ended_at=as_of.astimezone(UTC) + timedelta(seconds=duration_seconds),
            duration_seconds=duration_seconds,
            summary=self.summary,
            refunded={**known, **(self.result.reasons if self.result else {})} or None,
            backlog=self.backlog,
        )


@contextmanager
def reported(config: Path, signals: Signals, *, as_of: datetime, asked_at: float, wanted: bool) -> Iterator[RunStatus]:
    """Report a run to monitoring, unless it is not ``wanted``, such as a dry run."""
    if not wanted:
        yield RunStatus()
        return
    from sweeper.config.parsing import load_monitoring
    from sweeper.monitoring.endpoints import Monitor
    from sweeper.render.json.error import error_document, interrupted_document

    monitor = Monitor(load_monitoring(config))
    status = RunStatus(wants_backlog=monitor.counts)
    monitor.started()
    try:
        yield status
    except SweeperError as error:
        status.exit_code, status.summary = error.exit_code, error_document("run", error)
        raise
    except Interrupted as signal:
        status.exit_code, status.summary = 128 + signal.signal_number, interrupted_document("run")
        raise
    finally:
        with signals.shielded():
            problems = monitor.ended(status.report(as_of, time.monotonic() - asked_at))
        if problems:
            _log(problems)


def _log(problems: dict[str, str]) -> None:
    log = stderr_log()
    for endpoint, why in problems.items():
        log.warning("monitoring_failed", endpoint=endpoint, why=why)

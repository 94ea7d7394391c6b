"""One run for one file, from its flags to its output."""

import socket
import sys
import time
from collections.abc import Mapping as Mapped
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sweeper.cli.options import console, open_database, parse_time
from sweeper.cli.run_report import RunStatus, reported
from sweeper.core.errors import Exit, Interrupted, SweeperError
from sweeper.core.signals import Signals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sweeper.app.mapping import Mapping
    from sweeper.config.model import Settings
    from sweeper.core.results import RunResult
    from sweeper.postgres.database import Database
    from sweeper.sweep.context import RunRequest
    from sweeper.sweep.rehearsal import FailedItem, Rehearsal


# how many of the named sessions that a run does not refund are explained
_EXPLAINED = 20


@dataclass(frozen=True)
class RunFlags:
    """The flags of ``sweeper run`` for each of its runs; unless ``patient``, the server is tried only once."""

    dry_run: bool = False
    exit_code: bool = False
    json: bool = False
    full: bool = False
    since: str | None = None
    sessions: tuple[str, ...] = ()
    policy: Mapped[str, object] = field(default_factory=dict)
    by: str | None = None
    reason: str | None = None
    accepted: frozenset[str] = frozenset()
    patient: bool = True


def sweep_file(path: Path, flags: RunFlags, signals: Signals, *, name: str | None = None) -> int:
    """One run for one file; its exit code. ``name`` is what the file is called if there are several.

    Raises:
        SweeperError: the run could not begin.
    """
    asked_at, as_of = time.monotonic(), datetime.now(UTC)
    # monitoring does not cover a manual run for a few sessions
    wanted = not (flags.dry_run or flags.sessions)
    try:
        with reported(path, signals, as_of=as_of, asked_at=asked_at, wanted=wanted) as status:
            settings, request = _read_flags(path, flags, as_of, asked_at)
            result = _sweep(settings, request, signals, status, dry_run=flags.dry_run)
            _show(result, len({*flags.sessions}), json=flags.json, name=name)
            unexplained = not flags.json and result.error is None and result.exit_code != Exit.CAPPED
            if unexplained and result.refunds.sessions < len({*flags.sessions}):
                _show_why_not(settings, request, result)
    except Interrupted as signal:  # before there was a result
        if flags.json:
            from sweeper.render.json.error import interrupted_document

            print(interrupted_document(config=name))  # noqa: T201
        return 128 + signal.signal_number
    if flags.dry_run and result.error is None:
        return Exit.FOUND if flags.exit_code and (result.refunds.sessions or result.remaining) else Exit.DONE
    return result.exit_code


def show_error(error: SweeperError, *, json: bool, name: str) -> int:
    """Show why the run for one of several files could not begin; its exit code."""
    if json:
        from sweeper.render.json.error import error_document

        print(error_document("run", error, config=name))  # noqa: T201
    # errors in the file itself begin with its name already
    said = error.message if error.message.startswith(name) else f"{name}: {error.message}"
    print(f"sweeper: {said}", file=sys.stderr)  # noqa: T201
    return error.exit_code


def _read_flags(path: Path, flags: RunFlags, as_of: datetime, asked_at: float) -> "tuple[Settings, RunRequest]":
    from sweeper.config.parsing import apply_overrides, load
    from sweeper.postgres.retries import FIRST_ATTEMPTS
    from sweeper.sweep.context import RunRequest

    settings = apply_overrides(load(path), flags.policy)
    return settings, RunRequest(
        as_of=as_of,
        asked_at=asked_at,
        host=socket.gethostname(),
        session_ids=flags.sessions,
        since=parse_time("--since", flags.since),
        full=flags.full,
        caps_by_hand=frozenset(name for name in ("max_refunds", "max_credits") if flags.policy.get(name) is not None),
        by=flags.by,
        reason=flags.reason,
        accepted=flags.accepted,
        first_attempts=FIRST_ATTEMPTS if flags.patient else 1,
        clock=time.time,
    )


def _sweep(
    settings: "Settings", request: "RunRequest", signals: Signals, status: RunStatus, *, dry_run: bool
) -> "RunResult":
    status.reasons = settings.all_reasons
    with open_database("sweeper run") as database:
        result = _plan(database, settings, request) if dry_run else _execute(database, settings, request, signals)
        status.exit_code, status.result = result.exit_code, result
        if status.wants_backlog:
            from sweeper.monitoring.backlog import read_backlog

            with signals.shielded():
                status.backlog = read_backlog(database, settings, request, result)
        if status.urls:
            with signals.shielded():
                _choose_notices(status, database, settings, request, result)
        return result


def _choose_notices(
    status: RunStatus, database: "Database", settings: "Settings", request: "RunRequest", result: "RunResult"
) -> None:
    from sweeper.monitoring.new_notices import read_new_notices
    from sweeper.monitoring.notices import notices_of

    notices = read_new_notices(database, settings, request, result, status.app)
    if notices is None:
        status.unclaimed = list(notices_of(result, status.app))
    else:
        status.notices = notices


def _plan(database: "Database", settings: "Settings", request: "RunRequest") -> "RunResult":
    from sweeper.sweep.dry_run import plan

    return plan(database, settings, request, rehearsal=_rehearsal_of(database, settings, request))


def _execute(database: "Database", settings: "Settings", request: "RunRequest", signals: Signals) -> "RunResult":
    from sweeper.cli.progress import watching
    from sweeper.sweep.run import execute

    with watching(settings.logging.event_prefix) as observer:
        rehearsal = _rehearsal_of(database, settings, request)
        return execute(database, settings, request, signals=signals, observer=observer, rehearsal=rehearsal)


def _show(result: "RunResult", named: int, *, json: bool, name: str | None) -> None:
    if json:
        from sweeper.render.json.run import run_document

        print(run_document(result, config=name))  # noqa: T201
    elif named or sys.stdout.isatty() or result.dry_run or _has_news(result):
        from sweeper.render.terminal.run import show_run

        if name:
            print(f"{name}:")  # noqa: T201
        show_run(console(), result)
    if result.error:
        print(f"sweeper: {f'{name}: ' if name else ''}{result.error.message}", file=sys.stderr)  # noqa: T201


def _show_why_not(settings: "Settings", request: "RunRequest", result: "RunResult") -> None:
    """Explain the named sessions that this run did not refund."""
    from sweeper.explain.explain import Explainer
    from sweeper.render.terminal.explain import show_reasons

    with open_database("sweeper run") as database:
        explainer = Explainer(database, settings, replace(request, session_ids=()))
        named = dict.fromkeys(request.session_ids)
        found = [explainer.session(session_id) for session_id in [*named][:_EXPLAINED]]
        unpaid = [one for one in found if not one.is_paid_by(result.run_id)]
        show_reasons(console(), unpaid, dry_run=result.dry_run)


def _has_news(result: "RunResult") -> bool:
    # cron mails whatever is printed: a run that found nothing says nothing
    return bool(result.exit_code or result.refunds.sessions or result.already_refunded or result.skipped)


def _rehearsal_of(database: "Database", settings: "Settings", request: "RunRequest") -> "Rehearsal":
    """The rehearsal for a run, with the items of `check`.

    Raises:
        ConfigurationError: an accepted name is not that of an item.
    """
    from sweeper.sweep.rehearsal import check_names

    check_names(request.accepted)

    def rehearse(mapping: "Mapping") -> "Sequence[FailedItem]":
        from sweeper.check.rehearsal.rehearse import failed_items  # not needed once a run has paid

        return failed_items(database, settings, request.as_of, mapping)

    return rehearse

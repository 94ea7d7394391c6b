"""``sweeper run``."""

import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from sweeper.cli.options import Config, Json, console, load_connection, load_settings, parse_time, wants_colour
from sweeper.cli.rehearsing import rehearsal_of
from sweeper.cli.reporting import RunStatus, reported
from sweeper.core.errors import ConfigurationError, Exit, Interrupted
from sweeper.core.signals import Cancelled, Signals

if TYPE_CHECKING:
    from sweeper.config.model import Settings
    from sweeper.core.results import RunResult
    from sweeper.postgres.database import Database
    from sweeper.sweep.context import RunRequest


def run(
    config: Config = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what a run would do; read-only.")] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="With --dry-run: exit 5 when something is owed.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Look at sessions started since then; may only raise the floor."),
    ] = None,
    stuck_after: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="Time without a sign of life that makes a session stuck."),
    ] = None,
    grace: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="Time that a failed session is left to the other layers."),
    ] = None,
    batch_size: Annotated[int | None, typer.Option(metavar="N", help="Sessions a transaction.")] = None,
    max_refunds: Annotated[int | None, typer.Option(metavar="N", help="Cap of this run, in sessions.")] = None,
    max_credits: Annotated[str | None, typer.Option(metavar="N", help="Cap of this run, in credits.")] = None,
    max_amount: Annotated[
        str | None, typer.Option(metavar="N", help="Cap of one refund, in credits; above it, hold.")
    ] = None,
    session: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Only this session, without grace and floor; may be repeated."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Start at the floor, and look again at what is on hold.")
    ] = False,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Let this item of check's rehearsal fail, for this mapping; may be repeated.",
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Refund every session that is owed, exactly once."""
    asked_at, as_of = time.monotonic(), datetime.now(UTC)
    if exit_code and not dry_run:
        raise ConfigurationError("--exit-code goes with --dry-run", code="usage")
    policy = {
        "stuck_after": stuck_after,
        "grace": grace,
        "batch_size": batch_size,
        "max_refunds": max_refunds,
        "max_credits": max_credits,
        "max_amount": max_amount,
    }
    signals = Signals(Cancelled)
    signals.install()
    # a run by hand, of a session or two, is not the one that monitoring waits for
    wanted = not (dry_run or session)
    try:
        with reported(config, signals, as_of=as_of, asked_at=asked_at, wanted=wanted) as status:
            settings, request = _read_flags(config, policy, session or [], since, as_of, asked_at, full=full)
            request = replace(request, accepted=frozenset(accept or []))
            result = _sweep(settings, request, signals, status, dry_run=dry_run)
            _show(result, len({*(session or [])}), json=json)
    except Interrupted as signal:  # before there was anything to sum up
        if json:
            _print_interrupted()
        return 128 + signal.signal_number
    if dry_run and result.error is None:
        return Exit.FOUND if exit_code and (result.refunds.sessions or result.remaining) else Exit.DONE
    return result.exit_code


def _read_flags(
    config: Config,
    policy: Mapping[str, object],
    sessions: list[str],
    since: str | None,
    as_of: datetime,
    asked_at: float,
    *,
    full: bool,
) -> "tuple[Settings, RunRequest]":
    from sweeper.config.parsing import apply_overrides
    from sweeper.sweep.context import RunRequest

    settings = apply_overrides(load_settings(config), policy)
    return settings, RunRequest(
        as_of=as_of,
        asked_at=asked_at,
        host=socket.gethostname(),
        session_ids=tuple(sessions),
        since=parse_time("--since", since),
        full=full,
        caps_by_hand=frozenset(name for name in ("max_refunds", "max_credits") if policy[name] is not None),
    )


def _sweep(
    settings: "Settings", request: "RunRequest", signals: Signals, status: RunStatus, *, dry_run: bool
) -> "RunResult":
    from sweeper.monitoring.backlog import read_backlog
    from sweeper.postgres.database import Database
    from sweeper.render.json.run import run_document

    status.reasons = settings.all_reasons
    database = Database(load_connection(), application_name="sweeper run")
    try:
        result = _plan(database, settings, request) if dry_run else _execute(database, settings, request, signals)
        status.exit_code, status.summary, status.result = result.exit_code, run_document(result), result
        if status.wants_backlog:
            with signals.shielded():
                status.backlog = read_backlog(database, settings, request, result)
        return result
    finally:
        database.close()


def _plan(database: "Database", settings: "Settings", request: "RunRequest") -> "RunResult":
    from sweeper.sweep.dry_run import plan

    return plan(database, settings, request, rehearsal=rehearsal_of(database, settings, request))


def _execute(database: "Database", settings: "Settings", request: "RunRequest", signals: Signals) -> "RunResult":
    from sweeper.cli.progress import watching
    from sweeper.sweep.run import execute

    with watching(settings.logging.event_prefix, colour=wants_colour()) as observer:
        rehearsal = rehearsal_of(database, settings, request)
        return execute(database, settings, request, signals=signals, observer=observer, rehearsal=rehearsal)


def _print_interrupted() -> None:
    from sweeper.render.json.error import interrupted_document

    print(interrupted_document("run"))  # noqa: T201


def _show(result: "RunResult", named: int, *, json: bool) -> None:
    if json:
        from sweeper.render.json.run import run_document

        print(run_document(result))  # noqa: T201
    elif named or sys.stdout.isatty() or result.dry_run or _has_news(result):
        from sweeper.render.terminal.run import show_run

        show_run(console(), result, named=named)
    if result.error:
        print(f"sweeper: {result.error.message}", file=sys.stderr)  # noqa: T201


def _has_news(result: "RunResult") -> bool:
    # cron mails whatever is printed: a run that found nothing says nothing
    return bool(result.exit_code or result.refunds.sessions or result.already_refunded or result.skipped)

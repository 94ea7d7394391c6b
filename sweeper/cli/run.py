"""``sweeper run``."""

from pathlib import Path
from typing import Annotated

import typer

from sweeper.cli.options import Json, a_file, config_paths
from sweeper.core.errors import ConfigurationError, Interrupted
from sweeper.core.signals import Canceled, Signals


def run(
    config: Annotated[
        list[Path] | None,
        typer.Option(
            "--config",
            metavar="FILE",
            parser=a_file,
            help="The mapping and the policy, or a folder of such files; may be repeated: swept one after the other. "
            "Else SWEEPER_CONFIG, else ./sweeper.toml.",
        ),
    ] = None,
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
    batch_size: Annotated[int | None, typer.Option(metavar="N", help="Sessions in each transaction.")] = None,
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
    by: Annotated[
        str | None, typer.Option(metavar="NAME", help="With --session: who decided; kept, and shown by explain.")
    ] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="With --by: why.")] = None,
    every: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="Sweep repeatedly until a signal ends it; for hosts without cron."),
    ] = None,
    json: Json = False,
) -> int:
    """Refund every session that is owed, exactly once."""
    if exit_code and not dry_run:
        raise ConfigurationError("--exit-code needs --dry-run", code="usage")
    from sweeper.cli.several_runs import sweep_every, sweep_once
    from sweeper.cli.single_run import RunFlags

    by, reason = _decision(by, reason, session or [])
    flags = RunFlags(
        dry_run=dry_run,
        exit_code=exit_code,
        json=json,
        full=full,
        since=since,
        sessions=tuple(dict.fromkeys(session or ())),
        policy={
            "stuck_after": stuck_after,
            "grace": grace,
            "batch_size": batch_size,
            "max_refunds": max_refunds,
            "max_credits": max_credits,
            "max_amount": max_amount,
        },
        by=by,
        reason=reason,
        accepted=frozenset(accept or ()),
    )
    seconds = None if every is None else _seconds(every)
    if seconds is not None and session:
        raise ConfigurationError("--every and --session cannot be used together", code="usage")

    signals = Signals(Canceled)
    signals.install()
    try:
        if seconds is None:
            return sweep_once(config_paths(config or ()), flags, signals)
        return sweep_every(config_paths(config or ()), flags, signals, seconds=seconds)
    except Interrupted as signal:  # between two runs
        return 128 + signal.signal_number


def _decision(by: str | None, reason: str | None, sessions: list[str]) -> tuple[str | None, str | None]:
    if by is None and reason is None:
        return None, None
    if not sessions:
        raise ConfigurationError("--by and --reason need --session", code="usage")
    if not (by and by.strip() and reason and reason.strip()):
        raise ConfigurationError("--by must say who, and --reason why: give both", code="usage")
    return by.strip(), reason.strip()


def _seconds(every: str) -> float:
    from sweeper.config.values import parse_duration

    try:
        seconds = parse_duration(every).total_seconds()
    except ValueError as error:
        raise ConfigurationError(f"--every: {error}", code="usage") from None
    if not seconds:
        raise ConfigurationError("--every must be more than zero, such as 5m", code="usage")
    return seconds

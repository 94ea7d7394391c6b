"""What in the app's rows contradicts the mapping: statuses, amounts and their charges, times, durations."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from sweeper.app.reader import Reader
from sweeper.app.transactions import app_transaction
from sweeper.check.context import CheckContext
from sweeper.check.rehearsal.samples import Samples, sampled, sampling
from sweeper.check.rehearsal.times.running import Heartbeat, find_end, not_moving, read_heartbeat
from sweeper.check.result import Check, failure, ok, warning
from sweeper.config.model import STUCK_AFTER_DEFAULT, Settings
from sweeper.core.durations import describe_duration
from sweeper.postgres.errors import Refusal, TooSlow
from sweeper.postgres.templates import fill
from sweeper.postgres.timeouts import Timeouts
from sweeper.postgres.transaction import Row
from sweeper.sweep.selection import before

_NULLS_ARE_MANY, _ENOUGH, _A_FEW = 0.2, 10, 3
_WHOLE_TABLE_MS, _SAMPLE_MS = 3_000, 60_000
_DURATIONS_OF = timedelta(days=30)
# how many of the newest sessions are read, and how many sessions or months are named
_NEWEST, _SAMPLES, _MONTHS = 100_000, 3, 6
# fewer amounts in a month say nothing about the mapping
_FEW = 3
# a last sign of life that may be the time for which a session is planned
_PLANNED = re.compile(r"\bgreatest\s*\(", re.IGNORECASE)


def check_statuses(context: CheckContext) -> Iterator[Check]:
    """Whether sessions have statuses that no list names."""
    try:
        rows, where = _unnamed(context, sampled=False), ""
    except TooSlow:  # without an index on the status this would read the whole table
        rows, where = _unnamed(context, sampled=True), " in a sample of one in 100 pages"
    if rows:
        listed = ", ".join(f"{'null' if row.status is None else repr(row.status)} ({row.sessions})" for row in rows)
        yield warning(
            f"sessions have statuses that no list names, and are never refunded: {listed}{where}",
            "name each in sessions.failed, sessions.running, or sessions.succeeded when nothing is owed; then: "
            "sweeper install",
        )
    else:
        yield ok(f"every session's status{where} is in one of the lists")


def _unnamed(context: CheckContext, *, sampled: bool) -> Sequence[Row]:
    own, mapping = context.settings.sessions, context.mapping
    statement = mapping.statement("list_statuses", choices={"sampled": sampled})
    timeouts = Timeouts(statement_ms=_SAMPLE_MS if sampled else _WHOLE_TABLE_MS)
    with app_transaction(context.database, mapping, timeouts, read_only=True) as transaction:
        return transaction.rows(statement, {"named": [*own.failed, *own.running, *own.succeeded]})


def check_amounts(context: CheckContext) -> Iterator[Check]:
    """Whether failed sessions, or else running ones, have an amount at all."""
    try:
        with sampling(context) as samples:
            rows = samples.ask("look_at_newest", **samples.chosen(samples.failed))
            # those that were refunded have amounts: what is left cost nothing
            found = [*map(sampled, rows)]
            is_known = any(one.is_owed for one in found if one.is_refunded) or samples.is_netted()
            live = [*map(sampled, samples.try_read("look_at_newest", samples.running))]
            settled = [*map(sampled, samples.try_read("look_at_newest", samples.settled_ids()))]
    except Refusal as refusal:
        yield _fails("newest failed sessions", refusal, "a run pays the others, and puts it on hold")
        return
    own, running = context.settings.sessions, [one for one in live if not one.never]
    unpaid = [row for row in rows if row.unpaid]
    nulls = sum(row.amount is None for row in unpaid)
    owed, payable, done = ([one for one in some if one.unpaid and one.is_owed] for some in (found, running, settled))
    alone = all(one.excluded for one in running) and not any(one.excluded for one in found)
    # where those that succeeded have amounts, it may be taken at the end, or what runs now is free
    few = settled and len(owed) * 10 <= len(found) and len(done) * 10 <= len(settled)
    # if nothing else shows what the app refunded itself, it is what has no amount
    netted = context.settings.ledger is None and own.exclude is None and own.charged is None
    enough = _ENOUGH if payable or done or len(running) < _A_FEW else _A_FEW  # if those that run have none either
    if len(unpaid) >= enough and not owed and not is_known:
        yield warning(
            f"none of the {len(unpaid)} newest failed sessions that nobody has refunded has an amount "
            "above zero: nothing would be refunded",
            "sessions.amount: what was charged, less what was delivered",
        )
    elif len(running) >= _ENOUGH and not payable and (alone or few):
        yield warning(
            f"none of the {len(running)} newest running sessions, such as {running[0].session_id}, would be refunded "
            f"if it were stuck, and {len(owed)} of {len(found)} newest failed ones",
            "sessions.exclude, ledger.where: true of what the app has refunded alone; or sessions.amount",
        )
    elif len(unpaid) >= _ENOUGH and nulls / len(unpaid) > _NULLS_ARE_MANY and not netted:
        yield warning(
            f"{nulls} of the {len(unpaid)} newest failed sessions have no amount: nothing would be refunded for them",
            "look at sessions.amount; right for a session without a charge, wrong where the expression misses it",
        )
    else:
        known = f"{len(unpaid) - nulls} of the {len(unpaid)}"
        yield ok(f"{known} newest failed sessions that nobody has refunded have an amount")


def check_future_times(context: CheckContext) -> Iterator[Check]:
    """Whether sessions failed, or were last active, later than now: grace or stuck_after never passes for them."""
    latest = context.as_of + context.settings.policy.max_clock_skew
    rows = _of_newest(context, "find_future_times", {"as_of": latest})
    if isinstance(rows, Check):
        yield rows
        return
    if _PLANNED.search(context.settings.sessions.active_at or ""):
        rows = [row for row in rows if not row.running]
    if not rows:
        yield ok("no session failed, or was last active, later than now")
        return
    running = sum(row.running for row in rows)
    kinds = (("failed", len(rows) - running), ("last active", running))
    found = " and ".join(f"{count} {what}" for what, count in kinds if count)
    samples = ", ".join(row.sample for row in rows[:_SAMPLES])
    yield warning(
        f"of the newest sessions {found} later than now, such as {samples}: none of them is refunded "
        "before that moment",
        "fix their rows, or what writes them; sweeper run --session ID pays a failed one at once",
    )


def _of_newest(context: CheckContext, statement: str, binds: dict[str, object]) -> Sequence[Row] | Check:
    """The rows that a statement gives for the newest sessions, or the item for one that the database refuses."""
    try:
        with context.reading() as transaction:
            given = {"newest": _NEWEST, "payable_again": False, **binds}
            return transaction.rows(context.mapping.statement(statement), given)
    except Refusal as refusal:
        return _fails("newest sessions", refusal, "not checked")


def _fails(sessions: str, refusal: Refusal, what_then: str) -> Check:
    return warning(
        f"an expression of the mapping fails for one of the {sessions} (SQLSTATE {refusal.sqlstate}): {what_then}",
        "sweeper run --dry-run names it; fix its row, or the expression",
    )


def check_uncharged(context: CheckContext) -> Iterator[Check]:
    """How many amounts have no charge in the app's books, by month: they are not refunded."""
    if not context.mapping.knows_charges:
        yield ok("not looked at: the file does not say what was charged (sessions.charged)")
        return
    rows = _of_newest(context, "count_uncharged", {})
    if isinstance(rows, Check):
        yield rows
        return
    without = [row for row in rows if row.uncharged]
    missed = [row for row in without if row.uncharged == row.amounts >= _FEW]
    if missed:
        yield warning(
            f"no amount above zero has a charge in the app's books in {_months(missed)}: nothing is "
            "refunded for these sessions",
            "look at sessions.charged: where do the books have the charges of these months?",
        )
    elif without:
        yield ok(f"amounts above zero without a charge in the app's books, which owe nothing: {_months(without)}")
    else:
        yield ok("every amount above zero has a charge in the app's books")


def _months(rows: Sequence[Row]) -> str:
    named = [f"{row.month} ({row.uncharged} of {row.amounts})" for row in rows[:_MONTHS]]
    return ", ".join(named) + (f" and {len(rows) - _MONTHS} months more" if len(rows) > _MONTHS else "")


def check_durations(samples: Samples) -> Iterator[Check]:
    """Whether ``stuck_after`` is longer than real work takes."""
    context, own, settings = samples.context, samples.own, samples.settings
    if own.stuck_at is not None:
        yield ok("not used: sessions.stuck_at is each session's own deadline; without one it is never stuck")
        return
    limits = [limit for status in own.running if (limit := settings.stuck_after(status)) is not None]
    limit = min(limits, default=STUCK_AFTER_DEFAULT)
    by_status = "".join(_by_status(settings))
    if not limits and own.running:
        yield ok(f"no running session is ever stuck{by_status}")
        return
    heartbeat = read_heartbeat(context)
    if own.ended_at is None or not own.succeeded:
        yield _shorter_than_an_end(context, limit, heartbeat) or _not_compared(
            own.active_at, f"{describe_duration(limit)}{by_status}", heartbeat
        )
        return
    row = _durations(context, own.ended_at)
    if not row.sessions:
        yield ok(f"{describe_duration(limit)}{by_status}; no session of the last 30 days succeeded to compare it with")
        return
    longest, p99 = timedelta(seconds=row.longest), timedelta(seconds=row.p99)
    took = f"sessions that succeeded took up to {describe_duration(longest)} (p99 {describe_duration(p99)})"
    if longest > limit and heartbeat.seen:
        yield ok(f"{describe_duration(limit)} without a sign of life, and active_at was seen to move; {took}")
    elif longest > limit:
        regular = timedelta(seconds=row.silent) > limit and row.sessions >= _ENOUGH
        doubt = f"; active_at = {own.active_at!r}: {not_moving(heartbeat)}" if heartbeat.doubted else ""
        yield (failure if regular else warning)(
            f"{took}, longer than stuck_after = {describe_duration(limit)}: such a session would be "
            f"closed and refunded while it is still running{doubt}",
            f'policy.stuck_after = "{int(longest.total_seconds() * 1.5) // 3600 + 1}h", or map a heartbeat to '
            "sessions.active_at",
        )
    else:
        yield ok(f"{describe_duration(limit)}{by_status}; {took}")


def _durations(context: CheckContext, ended_at: str) -> Row:
    """How long sessions that succeeded took, and how long before their end they last showed a sign of life."""
    own = context.settings.sessions
    with context.reading() as transaction:
        reader = Reader(transaction, context.mapping.schema)
        slots = {
            **context.mapping.slots,
            "ended_at": reader.expression("sessions.ended_at", ended_at, context.mapping.sessions).sql,
            "beat": reader.expression("sessions.active_at", own.active_at, context.mapping.sessions).sql
            if own.active_at
            else "NULL",
        }
        binds = {"since": before(context.as_of, _DURATIONS_OF)}
        return transaction.row(fill("sample_durations", slots, {"brief": context.reads_a_part}), binds)


def _shorter_than_an_end(context: CheckContext, limit: timedelta, heartbeat: Heartbeat) -> Check | None:
    """A warning where a column that may have the end says that sessions take longer than ``stuck_after``."""
    own = context.settings.sessions
    column = None if own.ended_at or not own.succeeded or heartbeat.seen else find_end(context)
    row = _durations(context, column.quoted) if column else None
    if column is None or row is None or row.sessions < _ENOUGH or timedelta(seconds=row.silent) <= limit:
        return None
    return warning(
        f"{describe_duration(limit)}; sessions.ended_at is not mapped, and {column.name} of sessions "
        f"that succeeded is up to {describe_duration(timedelta(seconds=row.longest))} after their start: if that is "
        "their end, such a session would be closed and refunded while it is still running",
        f"sessions.ended_at = {column.quoted!r}, and a longer policy.stuck_after",
    )


def _by_status(settings: Settings) -> Iterator[str]:
    """Which running statuses a table of durations leaves to the default, and which are never stuck."""
    limits = settings.policy.stuck_after
    if isinstance(limits, dict):
        left_out = [status for status in settings.sessions.running if status not in limits]
        if left_out:
            yield f"; the default of {describe_duration(STUCK_AFTER_DEFAULT)} for {', '.join(left_out)}"
        never = [status for status, limit in limits.items() if limit is None]
        if never:
            yield f"; never stuck: {', '.join(never)}"


def _not_compared(active_at: str | None, limit: str, heartbeat: Heartbeat) -> Check:
    """The result where no real session can be compared."""
    said = f"{limit}; not compared with real sessions: sessions.ended_at is not mapped"
    if heartbeat.doubted:
        return warning(
            f"{said}, and active_at = {active_at!r} was not seen to move: {not_moving(heartbeat)}",
            "map sessions.ended_at, or what moves while the work goes on to sessions.active_at",
        )
    return ok(f"{limit} without a sign of life" if heartbeat.seen else said)

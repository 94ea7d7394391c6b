"""``sweeper install``: sweeper's own tables, the guard and the index that a sweep reads.

Every check comes before the first write. The tables are made in one transaction; the indexes on the app's own
tables are built CONCURRENTLY, outside any; the fingerprint, without which no run begins, is written after them.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime

from sweeper.config.model import Settings
from sweeper.core.errors import ConfigurationError, FailedError
from sweeper.core.results import InstallResult
from sweeper.install.indexes.blockers import BlockerWatch
from sweeper.install.indexes.index import Index
from sweeper.install.indexes.indexes import remaining_steps
from sweeper.install.lock import only_installation
from sweeper.install.plan import Steps, plan
from sweeper.install.release import apply_release, plan_release, release_script_of
from sweeper.install.script import printed
from sweeper.install.surroundings import read_surroundings
from sweeper.postgres.clocks import check_clocks
from sweeper.postgres.database import Database
from sweeper.postgres.errors import STOPPED, Busy, Refusal, TooSlow
from sweeper.postgres.retries import retrying
from sweeper.postgres.timeouts import Timeouts

_WRITE_TIMEOUTS = Timeouts(lock_ms=5_000, statement_ms=60_000)
# a lock that stops the app is waited for only briefly, because everyone after it in the queue waits as long
_PART_TIMEOUTS = Timeouts(lock_ms=500, statement_ms=60_000)
_PART_TRIES, _PART_WAIT_SECONDS, _ROUNDS = 20, 0.5, 5
_CONCURRENTLY = "CONCURRENTLY"
# a ledger with millions of rows may be rewritten
_TAKEOVER_TIMEOUTS = Timeouts(lock_ms=5_000, statement_ms=0)


def install(
    database: Database,
    settings: Settings,
    *,
    as_of: datetime | None,
    asked_at: float,
    fence: bool = False,
    rekey: bool = False,
    release: bool = False,
    keeper: Database | None = None,
    watch: BlockerWatch | None = None,
) -> InstallResult:
    """Install or upgrade; without ``as_of``, only return the SQL that would do it.

    ``asked_at`` is ``time.monotonic()`` at the moment ``as_of``.

    With ``fence`` a refunded session can no longer go on; an existing fence is kept up to date. With ``rekey``
    existing refunds get the key of the file, where it is another. ``release`` only drops the fence and the
    index on live sessions, for a migration of the app.
    ``keeper``, another connection to the same database, keeps a second installation out; ``watch``, over a
    third, reports what an index build waits for.

    Raises:
        ConfigurationError: the file does not fit the database, or rows of the app's ledger break the guard;
            nothing was changed.
        FailedError: the role may not do it, the clocks differ, or an index could not be built.
    """
    schema = settings.database.schema_
    surroundings = retrying(lambda: read_surroundings(database), attempts=1)
    if surroundings.standby:
        raise ConfigurationError("this server is a standby: install on the primary", code="standby")
    if as_of is not None:  # it becomes the floor
        check_clocks(
            surroundings.clock,
            as_of,
            asked_at,
            limit=settings.policy.max_clock_skew,
            otherwise="nothing was installed, because the floor, before which no session is refunded, would be wrong; "
            "set both clocks by NTP",
        )
    search_path = surroundings.search_path(schema)

    def work() -> InstallResult:
        with only_installation(keeper, schema):
            if release:
                away = plan_release(database, schema)
                if as_of is None:
                    return InstallResult(sql=release_script_of(away), actions=())
                return InstallResult(sql="", actions=tuple(apply_release(database, away)))
            steps = plan(database, settings, search_path, as_of, fence=fence, rekey=rekey)
            if as_of is None:
                return InstallResult(sql=printed(steps), actions=())
            applied = tuple(_apply(database, settings.sessions.timezone, steps, watch))
            return InstallResult(sql="", actions=applied, notes=steps.notes)

    with _reported():
        return retrying(work, attempts=1)


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except Busy:
        raise FailedError("another transaction holds a lock for too long; run it again", code="busy") from None
    except TooSlow:
        raise FailedError(
            "the server's statement_timeout is too short for this: raise it for this role, then run it again",
            code="too_slow",
        ) from None
    except Refusal as refusal:
        raise FailedError(
            f"the database says: {refusal.message} (SQLSTATE {refusal.sqlstate})", code="refused"
        ) from None


def _apply(database: Database, timezone: str, steps: Steps, watch: BlockerWatch | None) -> Iterator[str]:

    def send(*scripts: str) -> None:
        with database.transaction(
            timeouts=_TAKEOVER_TIMEOUTS, search_path=steps.search_path, timezone=timezone
        ) as transaction:
            for script in scripts:
                transaction.script(script)

    if scripts := (*steps.own.scripts, *steps.own.additions):
        send(*scripts)
        yield from steps.own.made
    if steps.indexes.live_function:
        with database.transaction(timeouts=_WRITE_TIMEOUTS) as transaction:
            transaction.script(steps.indexes.live_function)
    yield from _build_indexes(database, steps, watch)
    send(steps.functions, steps.settings)
    yield from steps.own.translated
    if steps.protected_again:
        yield f"made {steps.protected_again} append-only again"
    if steps.new_fence:
        yield f"put the fence on {steps.new_fence}"
    for drop in steps.indexes.drop_obsolete:
        _outside(database, drop, watch)
        yield "dropped an index of the previous mapping"
    for drop in steps.indexes.drop_functions:
        with database.transaction(timeouts=_WRITE_TIMEOUTS) as transaction:
            transaction.script(drop)


def _build_indexes(database: Database, steps: Steps, watch: BlockerWatch | None) -> Iterator[str]:
    indexes = steps.indexes
    for drop in indexes.drop_broken:
        _outside(database, drop, watch)
        yield "dropped an index that a broken build had left"
    for drop in indexes.drop_stale:
        _outside(database, drop, watch)
        yield "dropped the index on live sessions: values of the status may have been renamed since it was built"
    for index in indexes.build:
        if index.partitioned is not None:
            yield from _build_in_parts(database, steps, index, watch)
            continue
        _build(database, index, watch)
        yield f"created {'unique ' if index.unique else ''}index {index.name} on {index.table}"


def _build(database: Database, index: Index, watch: BlockerWatch | None) -> None:
    try:
        _outside(database, index.create, watch)
    except STOPPED:
        # an index that a failed CONCURRENTLY leaves behind slows every write and guards nothing
        _outside(database, index.drop, watch)
        raise


def _build_in_parts(database: Database, steps: Steps, index: Index, watch: BlockerWatch | None) -> Iterator[str]:
    """Build the index of a partitioned table; finished steps stay when a later one fails.

    Raises:
        FailedError: partitions are added, or dropped, faster than they get their index.
    """
    for _ in range(_ROUNDS):
        for step in index.steps:
            try:
                _outside(database, step.statement, watch)
            except STOPPED:
                if step.undo:
                    _outside(database, step.undo, watch)
                if step in _remaining_parts(database, steps, index).steps:
                    raise
                break  # its partition was detached or dropped in the meantime
            if step.done:
                yield step.done
        index = _remaining_parts(database, steps, index)
        if not index.steps:
            return
    raise FailedError(f"the partitions of {index.table} keep changing: run it again", code="busy")


def _remaining_parts(database: Database, steps: Steps, index: Index) -> Index:
    with database.transaction(timeouts=_WRITE_TIMEOUTS) as transaction:
        return remaining_steps(transaction, steps.mapping, index)


def _outside(database: Database, statement: str, watch: BlockerWatch | None) -> None:
    if _CONCURRENTLY not in statement:
        _with_short_locks(database, statement)
        return
    with watch.over(statement) if watch else nullcontext(), database.outside_transaction() as connection:
        connection.script(statement)


def _with_short_locks(database: Database, statement: str) -> None:
    """Do a quick step that locks a whole table, such as attaching an index, with a short wait for the lock."""
    for left in range(_PART_TRIES, 0, -1):
        try:
            with database.transaction(timeouts=_PART_TIMEOUTS) as transaction:
                transaction.script(statement)
        except Busy:
            if left == 1:
                raise
            time.sleep(_PART_WAIT_SECONDS)
        else:
            return

"""``sweeper install``: sweeper's own tables, the guard and the index that a sweep walks.

Every check comes before the first write. The tables are made in one transaction; the indexes on the app's own
tables are built CONCURRENTLY, outside any; the fingerprint, without which no run begins, is written after them.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from sweeper.app.mapping import Ledger, Mapping, read_mapping
from sweeper.app.search_path import require_own_path
from sweeper.config.model import Settings
from sweeper.core.errors import ConfigurationError, FailedError, SweeperError
from sweeper.core.results import InstallResult
from sweeper.install.blockers import BlockerWatch
from sweeper.install.functions import functions, has_fence
from sweeper.install.grants import grants
from sweeper.install.indexes import Changes, Index, compare
from sweeper.install.protections import is_append_only
from sweeper.install.release import apply_release, plan_release, printed_release
from sweeper.install.state import SCHEMA_VERSION, has_own_guard, read_installation, read_surroundings
from sweeper.install.takeover import Takeover, plan_takeover
from sweeper.postgres.clocks import check_clocks
from sweeper.postgres.database import Database
from sweeper.postgres.errors import Busy, Refusal, TooSlow
from sweeper.postgres.retries import retrying
from sweeper.postgres.templates import fill, fill_script, quote_name, quote_text
from sweeper.postgres.timeouts import Timeouts
from sweeper.postgres.transaction import Transaction

_WRITE_TIMEOUTS = Timeouts(lock_ms=5_000, statement_ms=60_000)
# a ledger of millions may be written anew
_TAKEOVER_TIMEOUTS = Timeouts(lock_ms=5_000, statement_ms=0)
# an index build may take hours on a large table
_KEEPER_TIMEOUTS = Timeouts(idle_ms=0)
_LOCK_TRIES, _LOCK_WAIT_SECONDS = 300, 0.2


@dataclass(frozen=True)
class _Steps:
    """All that an installation will do, checked."""

    own: Takeover
    indexes: Changes
    functions: str
    settings: str
    grants: dict[str, str]
    new_fence: str
    search_path: str
    surroundings: str
    mended: str
    notes: tuple[str, ...]


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
    """Install or upgrade; without ``as_of`` only write down the SQL that would do it.

    ``asked_at`` is ``time.monotonic()`` at the moment ``as_of``.

    With ``fence`` a refunded session can no longer go on; one that stands already is kept up to date. With ``rekey``
    the refunds that there are get the key of the file, where it is another. ``release`` only takes the fence and the
    index on live sessions away, for a migration of the app.
    ``keeper``, another connection to the same database, keeps a second installation out meanwhile; ``watch``, over a
    third, tells what an index build waits for.

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
        with _alone(keeper, schema):
            if release:
                away = plan_release(database, schema)
                if as_of is None:
                    return InstallResult(sql=printed_release(away), actions=())
                return InstallResult(sql="", actions=tuple(apply_release(database, away)))
            steps = _plan(database, settings, search_path, as_of, fence=fence, rekey=rekey)
            if as_of is None:
                return InstallResult(sql=_printed(steps), actions=())
            applied = tuple(_apply(database, settings.sessions.timezone, steps, watch))
            return InstallResult(sql="", actions=applied, notes=steps.notes)

    with _in_plain_words():
        return retrying(work, attempts=1)


@contextmanager
def _in_plain_words() -> Iterator[None]:
    try:
        yield
    except Busy:
        raise FailedError("another transaction holds a lock for too long; run it again", code="busy") from None
    except TooSlow:
        raise FailedError(
            "the server's statement_timeout is too short for this: lift it for this role, then run it again",
            code="too_slow",
        ) from None
    except Refusal as refusal:
        raise FailedError(
            f"the database says: {refusal.message} (SQLSTATE {refusal.sqlstate})", code="refused"
        ) from None


@contextmanager
def _alone(keeper: Database | None, schema: str) -> Iterator[None]:
    """Wait until no other installation of this schema is at work, then keep others out.

    The lock is an open transaction's: one of the session would get lost behind PgBouncer. It has no snapshot
    while it idles, so the index builds do not wait for it.
    """
    if keeper is None:
        yield
        return
    for _ in range(_LOCK_TRIES):
        with keeper.transaction(timeouts=_KEEPER_TIMEOUTS) as transaction:
            if any(row.taken for row in transaction.rows(_lock_of(transaction, schema))):
                yield
                return
        time.sleep(_LOCK_WAIT_SECONDS)
    raise FailedError("another `sweeper install` is at work in this schema; try again when it is done", code="busy")


def _lock_of(transaction: Transaction, schema: str) -> str:
    locks = f"{quote_name(schema)}.locks"
    if transaction.rows(fill("find_table", {}), {"name": locks}):
        return fill("lock_installer", {"locks": locks})
    digest = sha256(f"sweeper install {schema}".encode()).digest()
    return fill("lock_first_installer", {"install_lock": str(int.from_bytes(digest[:8], signed=True))})


def _plan(
    database: Database, settings: Settings, search_path: str, as_of: datetime | None, *, fence: bool, rekey: bool
) -> _Steps:
    """Check everything, and decide what is to be done; changes nothing."""
    timeouts, zone = Timeouts(statement_ms=0, idle_ms=60_000), settings.sessions.timezone
    with database.transaction(timeouts=timeouts, search_path=search_path, timezone=zone) as transaction:
        if as_of is not None:  # before anything of the app's SQL is planned, for which the server may call a function
            require_own_path(transaction, settings, search_path)
        mapping = read_mapping(transaction, settings, search_path)
        fenced = has_fence(transaction, mapping)
        installed = read_installation(transaction, mapping.schema)
        mapping = replace(mapping, fenced=fence or fenced or (installed is not None and installed.fence))
        slots = _slots(mapping, as_of)
        own = plan_takeover(transaction, mapping, installed, slots, rekey=rekey)
        _check_writes(transaction, mapping)
        _check_partitions(mapping)
        own_guard = own.scripts != () or bool(own.translation) or has_own_guard(transaction, mapping)
        indexes = compare(transaction, mapping, installed.bound_labels if installed else None, own_guard=own_guard)
        _check_ledger_rows(transaction, mapping, settings, as_of)
        unprotected = installed is not None and not is_append_only(transaction, mapping)
        notes = _notes(transaction, mapping)
        rights = {}
        if as_of is None:
            rights = _rights(transaction, mapping)
        else:
            _check_owner(mapping, indexes.build)
    slots |= {
        "guard_index": _name_of(indexes.guard),
        "live_index": _name_of(indexes.live),
        "bound_key": quote_text(installed.charge_key) if installed and installed.charge_key else "NULL",
        "was_empty": "true" if own.was_empty else "false",
    }
    # what ALTER DEFAULT PRIVILEGES of the database gives does not stick to what is made in between
    before, after = fill_script("note_objects", slots), fill_script("revoke_defaults", slots)
    made = [fill_script("append_only", slots)] if unprotected else []
    made.append(functions(mapping, max_amount=settings.policy.max_amount))
    return _Steps(
        own,
        indexes,
        "\n\n".join([fill_script("begin_mapping", slots), own.translation, before, *made, after]),
        fill_script("write_settings", slots),
        rights,
        mapping.sessions.qualified if mapping.fenced and not fenced else "",
        search_path,
        fill_script("set_surroundings", {"path": search_path, "timezone": quote_text(zone)}),
        f"{mapping.schema}.refunds and {mapping.schema}.reversals" if unprotected else "",
        notes,
    )


def _notes(transaction: Transaction, mapping: Mapping) -> tuple[str, ...]:
    """What whoever installs should know, a line each."""
    if not transaction.row(fill("read_owner", {}), {"schema_name": mapping.schema}).superuser:
        return ()
    return (
        "refund() runs with the rights of a superuser, its owner: `sweeper install --print` ends with a role of its "
        "own for it",
    )


def _apply(database: Database, timezone: str, steps: _Steps, watch: BlockerWatch | None) -> Iterator[str]:
    if steps.own.scripts:
        with database.transaction(
            timeouts=_TAKEOVER_TIMEOUTS, search_path=steps.search_path, timezone=timezone
        ) as opened:
            for script in steps.own.scripts:
                opened.script(script)
        yield from steps.own.made
    if steps.indexes.live_function:
        with database.transaction(timeouts=_WRITE_TIMEOUTS) as transaction:
            transaction.script(steps.indexes.live_function)
    yield from _build_indexes(database, steps.indexes, watch)
    with database.transaction(
        timeouts=_TAKEOVER_TIMEOUTS, search_path=steps.search_path, timezone=timezone
    ) as transaction:
        transaction.script(steps.functions)
        transaction.script(steps.settings)
    yield from steps.own.translated
    if steps.mended:
        yield f"made {steps.mended} append-only again"
    if steps.new_fence:
        yield f"put the fence on {steps.new_fence}"
    for drop in steps.indexes.drop_obsolete:
        _outside(database, drop, watch)
        yield "dropped an index of the mapping before"
    for drop in steps.indexes.drop_functions:
        with database.transaction(timeouts=_WRITE_TIMEOUTS) as transaction:
            transaction.script(drop)


def _build_indexes(database: Database, indexes: Changes, watch: BlockerWatch | None) -> Iterator[str]:
    for drop in indexes.drop_broken:
        _outside(database, drop, watch)
        yield "dropped an index that a broken build had left"
    for drop in indexes.drop_stale:
        _outside(database, drop, watch)
        yield "dropped the index on live sessions: values of the status may have been renamed since it was built"
    for index in indexes.build:
        _build(database, index, watch)
        yield f"created {'unique ' if index.unique else ''}index {index.name} on {index.table}"


def _build(database: Database, index: Index, watch: BlockerWatch | None) -> None:
    try:
        _outside(database, index.create, watch)
    except (Refusal, TooSlow, Busy, SweeperError):
        # what CONCURRENTLY leaves behind when it fails costs every write and guards nothing
        _outside(database, index.drop, watch)
        raise


def _outside(database: Database, statement: str, watch: BlockerWatch | None) -> None:
    with watch.over(statement) if watch else nullcontext(), database.outside_transaction() as connection:
        connection.script(statement)


def _slots(mapping: Mapping, as_of: datetime | None) -> dict[str, str]:
    return {
        **mapping.slots,
        # printed SQL may wait for days until somebody runs it: the floor is the moment it runs
        "installed_at": quote_text(as_of.isoformat()) if as_of else "now()",
        "schema_version": str(SCHEMA_VERSION),
        "fingerprint": quote_text(mapping.fingerprint),
        "search_path": quote_text(mapping.search_path),
        "charge_key": quote_text(mapping.key.to_json()),
        "status_labels": quote_text(mapping.status_labels.to_json()) if mapping.status_labels else "NULL",
        "fence_wanted": "true" if mapping.fenced else "false",
        "settings_text": quote_text(mapping.slots["settings"]),
    }


def _name_of(index: Index | None) -> str:
    return quote_text(index.qualified) if index else "NULL"


def _printed(steps: _Steps) -> str:
    parts = ["-- sweeper install, as SQL. Feed it to psql with ON_ERROR_STOP set."]
    if steps.own.scripts:
        parts += ["-- 1. The tables, in one transaction.", "BEGIN;", steps.surroundings, *steps.own.scripts, "COMMIT;"]
    if steps.indexes.live_function:
        parts += ["BEGIN;", steps.indexes.live_function, "COMMIT;"]
    parts += [
        "-- 2. The indexes, each outside any transaction: not in a migration that opens one.",
        *steps.indexes.drop_broken,
        *steps.indexes.drop_stale,
        *(index.create for index in steps.indexes.build),
        "-- 3. refund() and the mapping that is now installed, in one transaction. Without it no run begins.",
        "BEGIN;",
        steps.surroundings,
        steps.functions,
        steps.settings,
        "COMMIT;",
    ]
    if obsolete := (*steps.indexes.drop_obsolete, *steps.indexes.drop_functions):
        parts += ["-- 4. What the mapping before needed, outside any transaction.", *obsolete]
    parts.append("-- 5. Rights, for roles that you name: take away the dashes.")
    parts += ["\n".join(f"-- {line}" for line in text.splitlines()) for text in steps.grants.values()]
    return "\n\n".join(parts) + "\n"


def _check_writes(transaction: Transaction, mapping: Mapping) -> None:
    """Let the server plan what a refund writes to the app's tables: it names a value that does not fit."""
    probes = [("sessions.close", fill("probe_close", mapping.slots))]
    if mapping.ledger:
        for name, values in (("insert", mapping.ledger.insert), ("reverse", mapping.ledger.reverse)):
            slots = {
                "ledger": mapping.slots["ledger"],
                "columns": ", ".join(values),
                "values": ", ".join(values.values()),
                "refund": mapping.ledger.refund,
            }
            if values:
                probes.append((f"ledger.{name}", fill("probe_insert", slots)))
    for key, probe in probes:
        try:
            with transaction.savepoint():
                transaction.rows(probe)
        except (Refusal, SweeperError) as error:
            if getattr(error, "code", "") != "privilege":  # the role that runs may differ from the one that installs
                raise ConfigurationError(f"{key}: {error.message}", code="mapping") from None


def _check_partitions(mapping: Mapping) -> None:
    ledger = mapping.ledger
    if ledger is None or ledger.table.partition_key is None:
        return
    key = ledger.table.partition_key
    columns = key[key.index("(") + 1 : key.rindex(")")]
    if any(quote_name(column.strip().strip('"')) not in ledger.key.split(", ") for column in columns.split(",")):
        raise ConfigurationError(
            f"ledger.table: {ledger.table.name} is partitioned by {key}, and Postgres can keep a unique index over all "
            f"partitions only when it contains the partition key: ({ledger.key}) does not, so nothing would stop a "
            "second refund in another partition. Leave [ledger] out (sweeper's own ledger is the guard then), or map "
            "a table that is not partitioned",
            code="partitioned_ledger",
        )


def _rights(transaction: Transaction, mapping: Mapping) -> dict[str, str]:
    try:
        return grants(transaction, mapping)
    except SweeperError as error:
        if error.code != "privilege":
            raise
        return {"": "left out: to work them out takes the right to make a temporary view"}


def _check_owner(mapping: Mapping, indexes: tuple[Index, ...]) -> None:
    if mapping.fenced and not mapping.sessions.owned:
        raise FailedError(
            f"only the owner of {mapping.sessions.name} can put the fence on it: run `sweeper install` as its owner, "
            "or give the owner what `sweeper install --print` writes. Nothing was changed",
            code="privilege",
        )
    for index in indexes:
        if not index.owned:
            raise FailedError(
                f"only the owner of {index.table} can add an index to it: run `sweeper install` as its owner, or give "
                "the owner what `sweeper install --print` writes. Nothing was changed",
                code="privilege",
            )


def _check_ledger_rows(transaction: Transaction, mapping: Mapping, settings: Settings, as_of: datetime | None) -> None:
    if mapping.ledger is None or settings.ledger is None:
        return
    rows = transaction.rows(mapping.statement("list_double_refunds"))
    if not rows:
        return
    samples = ", ".join(f"{row.session_id} ({row.refunds} refunds)" for row in rows)
    newer = _newer_rows(mapping.ledger, mapping.timezone, as_of)
    raise ConfigurationError(
        f"{rows[0].sessions} sessions have more than one refund in {mapping.ledger.table.name}, which the guard does "
        f"not allow: {samples}. Nothing was changed. Mend them, or let the guard cover only what comes from now on, "
        f"in [ledger]:\n  guard = '''({settings.ledger.where}) AND {newer} '''",
        code="guard_broken_by_rows",
    )


def _newer_rows(ledger: Ledger, timezone: str, as_of: datetime | None) -> str:
    times = [column for column in ledger.table.columns.values() if column.base_type.startswith("timestamp")]
    if not times or as_of is None:
        return "<what is true of new rows only>"
    # the time of creation if its name says so, else the first there is
    column = min(times, key=lambda column: "creat" not in column.name.lower())
    local = as_of.astimezone(ZoneInfo(timezone)).replace(microsecond=0)
    moment = local if column.base_type.endswith("with time zone") else local.replace(tzinfo=None)
    return f"{column.quoted} >= '{moment.isoformat(sep=' ')}'"

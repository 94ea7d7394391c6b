"""The locks of an installation: against batches under another mapping, and against a second installation."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sweeper.app.mapping import Mapping
from sweeper.core.errors import ConfigurationError, FailedError
from sweeper.postgres.database import Database
from sweeper.postgres.templates import fill, quote_name, quote_text
from sweeper.postgres.timeouts import Timeouts
from sweeper.postgres.transaction import Transaction

# an index build may take hours on a large table
_KEEPER_TIMEOUTS = Timeouts(idle_ms=0)
_LOCK_TRIES, _LOCK_WAIT_SECONDS = 300, 0.2


def lock_installation(transaction: Transaction, mapping: Mapping) -> None:
    """Keep `sweeper install` from putting another mapping in place until this transaction ends.

    Raises:
        ConfigurationError: it did so since this command began, or there is nothing to lock.
        Busy: it is doing so at this moment.
    """
    rows = transaction.rows(mapping.statement("lock_installation"))
    if not rows:
        raise ConfigurationError(
            "the row that says which mapping is installed is missing in sweeper's table locks: run `sweeper install`",
            code="not_installed",
        )
    if rows[0].fingerprint != mapping.fingerprint:
        raise ConfigurationError(
            "another mapping was installed while this command was running: what it had done by then stands, and it "
            "does nothing more. Run it again",
            code="mapping_changed",
        )


def require_same_names(transaction: Transaction, mapping: Mapping) -> None:
    """Check, once a batch has locked or read all its tables, that they are those that the run began with.

    Raises:
        ConfigurationError: another table or column has taken the name of one that the file names.
    """
    mapped = [mapping.sessions, *([mapping.ledger.table] if mapping.ledger else [])]
    tables = {table.qualified: table.oid for table in mapped} | mapping.key.tables
    binds = {"bound_tables": json.dumps(tables), "bound_columns": json.dumps(mapping.key.columns)}
    for row in transaction.rows(fill("find_taken_names", {}), binds):
        raise ConfigurationError(
            f"a migration of the app has given the name {row.name} to another table or column while this command was "
            "running: what it had done by then stands, and it does nothing more. Run it again",
            code="mapping_changed",
        )


@contextmanager
def only_installation(keeper: Database | None, schema: str) -> Iterator[None]:
    """Wait until no other installation of this schema is running, then keep others out.

    The lock belongs to an open transaction: a session's lock would be lost behind PgBouncer. It has no snapshot
    while it idles, so the index builds do not wait for it. It is asked for again and again: a statement that waited
    for it would have a snapshot meanwhile, and the index builds of the other installation would wait for this one.
    """
    if keeper is None:
        yield
        return
    for _ in range(_LOCK_TRIES):
        with keeper.transaction(timeouts=_KEEPER_TIMEOUTS) as transaction:
            if _take(transaction, schema):
                yield
                return
        time.sleep(_LOCK_WAIT_SECONDS)
    raise FailedError(
        "another `sweeper install` is running in this schema; try again when it has finished", code="busy"
    )


def _take(transaction: Transaction, schema: str) -> bool:
    locks = f"{quote_name(schema)}.locks"
    found = transaction.rows(fill("find_table", {}), {"name": locks})
    # on a node of Citus a row lock keeps its snapshot, for which the index builds would wait
    if found and not found[0].has_citus:
        slots = {"locks": locks, "schema_text": quote_text(schema)}
        if transaction.rows(fill("lock_installer", slots)):
            return True
        if transaction.rows(fill("find_installer", slots)):
            return False
        # somebody emptied the table: the installation inserts the row again
    return bool(transaction.row(fill("lock_first_installer", {"schema_text": quote_text(schema)})).taken)

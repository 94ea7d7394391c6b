"""``sweeper install --release``: drops what depends on the app's status column, for a migration."""

from collections.abc import Iterator
from dataclasses import dataclass

from sweeper.core.errors import ConfigurationError
from sweeper.install.indexes.indexes import drop_live_indexes
from sweeper.install.state import read_installation
from sweeper.install.surroundings import CATALOG_TIMEOUTS
from sweeper.postgres.database import Database
from sweeper.postgres.templates import fill, fill_script, quote_name, quote_text
from sweeper.postgres.timeouts import Timeouts
from sweeper.postgres.transaction import Transaction

_WRITE_TIMEOUTS = Timeouts(lock_ms=5_000, statement_ms=60_000)


@dataclass(frozen=True)
class Step:
    """Something to drop: the SQL, and the line that reports it."""

    sql: str
    done: str
    in_transaction: bool


def plan_release(database: Database, schema: str) -> tuple[Step, ...]:
    """What depends on the status column, as installed: the mapping may no longer fit the table.

    Raises:
        ConfigurationError: sweeper is not installed in ``schema``.
    """
    with database.transaction(timeouts=CATALOG_TIMEOUTS) as transaction:
        if read_installation(transaction, schema) is None:
            raise ConfigurationError(
                f"sweeper is not installed in this database (schema {schema}): nothing of it can block a migration",
                code="not_installed",
            )
        indexes = drop_live_indexes(transaction, schema)
        drops = (Step(drop, f"dropped index {name}", in_transaction=False) for name, drop in indexes)
        return (*_fences(transaction, schema), *drops)


def _fences(transaction: Transaction, schema: str) -> Iterator[Step]:
    settings = f"{quote_name(schema)}.settings"
    for row in transaction.rows(fill("list_fences", {}), {"schema_name": schema}):
        table = quote_name(row.schema_name, row.table_name)
        slots = {
            "settings": settings,
            "settings_text": quote_text(settings),
            "fence": quote_name(row.name),
            "sessions": table,
        }
        yield Step(fill_script("release_fence", slots), f"took the fence off {table}", in_transaction=True)


def apply_release(database: Database, steps: tuple[Step, ...]) -> Iterator[str]:
    for step in steps:
        if step.in_transaction:
            with database.transaction(timeouts=_WRITE_TIMEOUTS) as transaction:
                transaction.script(step.sql)
        else:
            with database.outside_transaction() as connection:
                connection.script(step.sql)
        yield step.done


def release_script_of(steps: tuple[Step, ...]) -> str:
    """The same as SQL, for psql."""
    listed = [{"statement": step.sql, "in_transaction": "yes" if step.in_transaction else ""} for step in steps]
    return fill_script("release_script", {}, {"steps": listed})

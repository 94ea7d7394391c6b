"""``sweeper install``: sweeper's own tables, the guard and the index that a sweep walks.

Every check comes before the first write. The tables are made in one transaction; the indexes on the app's own
tables are built CONCURRENTLY, outside any; the fingerprint, without which no run begins, is written last.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sweeper.database import Database, Refusal, Timeouts, Transaction
from sweeper.errors import ConfigurationError, FailedError
from sweeper.installation import (
    SCHEMA_VERSION,
    Installation,
    has_own_guard,
    read_installation,
    read_surroundings,
)
from sweeper.mapping import Mapping, read_mapping
from sweeper.results import InstallResult
from sweeper.settings import Settings
from sweeper.statements import fill, fill_script, quote_name, quote_text

# an index build may take hours on a large table, and waits for every older transaction to end
_BUILD_TIMEOUTS = Timeouts(lock_ms=250, statement_ms=0, idle_ms=60_000)


@dataclass(frozen=True)
class Index:
    """An index that sweeper needs on a table."""

    schema: str
    name: str
    table: str
    key: str
    unique: bool
    predicate: str
    concurrently: bool

    @property
    def qualified(self) -> str:
        """Its name as SQL."""
        return f"{quote_name(self.schema)}.{quote_name(self.name)}"

    @property
    def create(self) -> str:
        """The statement that builds it."""
        slots = {
            "unique": "UNIQUE " if self.unique else "",
            "concurrently": "CONCURRENTLY " if self.concurrently else "",
            "index_name": quote_name(self.name),
            "table": self.table,
            "key": self.key,
            "predicate": f" WHERE {self.predicate}" if self.predicate else "",
        }
        return fill_script("install/create_index", slots)


def drop_statement(qualified: str) -> str:
    """The statement that removes an index without stopping the app."""
    return fill_script("install/drop_index", {"concurrently": "CONCURRENTLY ", "index": qualified})


def install(database: Database, settings: Settings, *, as_of: datetime | None) -> InstallResult:
    """Install or upgrade; without ``as_of`` only write down the SQL that would do it.

    Raises:
        ConfigurationError: the file does not fit the database, or rows of the app's ledger break the guard;
            nothing was changed.
        FailedError: the role may not do it, or an index could not be built.
    """
    surroundings = read_surroundings(database)
    if surroundings.standby:
        raise ConfigurationError("this server is a standby: install on the primary", code="standby")
    zone = settings.sessions.timezone
    with database.transaction(
        timeouts=Timeouts(statement_ms=0), search_path=surroundings.search_path, timezone=zone
    ) as transaction:
        mapping = read_mapping(transaction, settings, surroundings.search_path)
        installed = read_installation(transaction, mapping.schema)
        _check_own_types(transaction, mapping, installed)
        _check_partitions(mapping)
        _check_ledger_rows(transaction, mapping)
        indexes = list(_indexes(mapping, own_guard=installed is None or has_own_guard(transaction, mapping)))
        broken, missing = _compare(transaction, indexes)
        obsolete = _obsolete(installed, indexes)
        scripts = list(_scripts(mapping, installed, as_of, indexes))
    drops = [drop_statement(name) for name in [*broken, *obsolete]]
    builds = [index.create for index in missing]
    if as_of is None:
        return InstallResult(sql=_printed(scripts, drops, builds), actions=())
    actions = _apply(database, mapping, installed, scripts, drops, missing)
    return InstallResult(sql="", actions=tuple(actions))


def _apply(
    database: Database,
    mapping: Mapping,
    installed: Installation | None,
    scripts: list[str],
    drops: list[str],
    missing: list[Index],
) -> list[str]:
    actions = []
    *tables, settings_row = scripts
    if tables:
        with database.transaction(timeouts=_BUILD_TIMEOUTS) as transaction:
            transaction.rows(fill("install/lock_installation", {"install_lock": mapping.slots["caps_lock"]}))
            if installed or not read_installation(transaction, mapping.schema):  # nobody was quicker
                for script in tables:
                    transaction.script(script)
                actions.append(f"created schema {mapping.schema} and its tables")
    for drop in drops:
        _build(database, drop)
        actions.append("dropped an index that a broken or older installation left")
    for index in missing:
        try:
            _build(database, index.create)
        except (Refusal, FailedError):
            # what CONCURRENTLY leaves behind when it fails costs every write and guards nothing
            _build(database, drop_statement(index.qualified))
            raise
        actions.append(f"created {'unique ' if index.unique else ''}index {index.name} on {index.table}")
    with database.transaction(timeouts=_BUILD_TIMEOUTS) as transaction:
        transaction.script(settings_row)
    return actions


def _build(database: Database, statement: str) -> None:
    with database.outside_transaction() as connection:
        connection.script(statement)


def _scripts(
    mapping: Mapping, installed: Installation | None, as_of: datetime | None, indexes: list[Index]
) -> Iterator[str]:
    slots = {
        **mapping.slots,
        # printed SQL may wait for days until somebody runs it: the floor is the moment it runs
        "installed_at": quote_text(as_of.isoformat()) if as_of else "now()",
        "schema_version": str(SCHEMA_VERSION),
        "fingerprint": quote_text(mapping.fingerprint),
        "search_path": quote_text(mapping.search_path),
        "guard_index": next((quote_text(i.qualified) for i in indexes if i.unique and i.predicate), "NULL"),
        "live_index": next((quote_text(i.qualified) for i in indexes if not i.unique), "NULL"),
    }
    if installed is None:
        yield fill_script("install/001_tables", slots)
    yield fill_script("install/write_settings", slots)


def _printed(scripts: list[str], drops: list[str], builds: list[str]) -> str:
    *tables, settings_row = scripts
    parts = ["-- sweeper install, as SQL. Feed it to psql with ON_ERROR_STOP set."]
    if tables:
        parts += ["-- 1. The tables, in one transaction.", "BEGIN;", *tables, "COMMIT;"]
    parts += [
        "-- 2. The indexes, each outside any transaction: not in a migration that opens one.",
        *drops,
        *builds,
    ]
    parts += ["-- 3. Last: the mapping that is now installed. Without it no run begins.", settings_row]
    return "\n\n".join(parts) + "\n"


def _indexes(mapping: Mapping, *, own_guard: bool) -> Iterator[Index]:
    if not own_guard:
        yield _index("guard", mapping.schema, mapping.slots["refunds"], "session_id, attempt", unique=True)
    if mapping.ledger:
        ledger = mapping.ledger
        yield _index(
            "guard", ledger.table.schema, mapping.slots["ledger"], ledger.key, unique=True,
            predicate=ledger.guard, concurrently=ledger.table.partition_key is None,
        )  # fmt: skip
        if ledger.guard != ledger.where:  # a narrow guard does not help to look up older refunds
            yield _index("refunds", ledger.table.schema, mapping.slots["ledger"], ledger.key, predicate=ledger.where)
    if mapping.sessions.partition_key is None:
        live = f"{mapping.slots['status_column']} IN ({mapping.slots['live']})"
        yield _index("live", mapping.sessions.schema, mapping.slots["sessions"], mapping.live_key, predicate=live)


def _index(
    purpose: str,
    schema: str,
    table: str,
    key: str,
    *,
    unique: bool = False,
    predicate: str = "",
    concurrently: bool = True,
) -> Index:
    definition = "\x00".join((table, key, predicate, str(unique)))
    # the name carries its definition, so that an index that is there by name is the right one
    name = f"sweeper_{purpose}_{sha256(definition.encode()).hexdigest()[:10]}"
    return Index(schema, name, table, key, unique, predicate, concurrently)


def _compare(transaction: Transaction, indexes: list[Index]) -> tuple[list[str], list[Index]]:
    """The names of those that are there and not valid, and those to build."""
    broken, missing = [], []
    for index in indexes:
        found = transaction.rows(
            fill("catalogue/find_index", {}), {"schema_name": index.schema, "index_name": index.name}
        )
        if found and not found[0].valid:
            broken.append(index.qualified)
        if not found or not found[0].valid:
            missing.append(index)
    return broken, missing


def _obsolete(installed: Installation | None, indexes: list[Index]) -> list[str]:
    if installed is None:
        return []
    wanted = {index.qualified for index in indexes}
    return [name for name in (installed.guard_index, installed.live_index) if name and name not in wanted]


def _check_own_types(transaction: Transaction, mapping: Mapping, installed: Installation | None) -> None:
    if installed is None:
        return
    rows = transaction.rows(fill("catalogue/list_column_types", {}), {"table_name": mapping.slots["refunds"]})
    for row in rows:
        wanted = mapping.slots["session_type" if row.name == "session_id" else "account_type"]
        if row.type != wanted:
            raise ConfigurationError(
                f"{mapping.schema}.refunds.{row.name} is {row.type}, and the mapping now gives {wanted}: the ledger "
                "was made for other ids. Name another schema in database.schema, or mend the mapping",
                code="mapping",
            )


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


def _check_ledger_rows(transaction: Transaction, mapping: Mapping) -> None:
    if mapping.ledger is None:
        return
    rows = transaction.rows(mapping.statement("list_double_refunds"))
    if not rows:
        return
    samples = ", ".join(f"{row.session_id} ({row.refunds} refunds)" for row in rows)
    guard = f"guard = '''({mapping.ledger.where}) AND {_newer_rows(mapping)}'''"
    raise ConfigurationError(
        f"{rows[0].sessions} sessions have more than one refund in {mapping.ledger.table.name}, which the guard does "
        f"not allow: {samples}. Nothing was changed. Mend them, or let the guard cover only what comes from now on, "
        f"in [ledger]:\n  {guard}",
        code="guard_broken_by_rows",
    )


def _newer_rows(mapping: Mapping) -> str:
    assert mapping.ledger is not None  # noqa: S101 - the caller has looked
    times = [c for c in mapping.ledger.table.columns.values() if c.base_type.startswith("timestamp")]
    # the time of creation if its name says so, else the first there is
    times.sort(key=lambda column: "creat" not in column.name.lower())
    return f"{times[0].quoted} >= '<today>'" if times else "<what is true of new rows only>"

"""The indexes that sweeper adds to the app's tables: compares wanted and existing ones, and gives the SQL."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256

from sweeper.app.catalog import Table
from sweeper.app.mapping import Mapping
from sweeper.app.status_labels import StatusLabels
from sweeper.core.errors import ConfigurationError, SweeperError
from sweeper.install.guard import find_app_guard
from sweeper.install.indexes.index import Index, drop_index, indexable_predicate, probe_index
from sweeper.install.indexes.partition_indexes import missing_steps
from sweeper.postgres.errors import Refusal
from sweeper.postgres.templates import fill, fill_script, quote_name, quote_text
from sweeper.postgres.transaction import Row, Transaction


@dataclass(frozen=True)
class Changes:
    """What must be done to the indexes before the new mapping is recorded in the database, and after.

    ``live_function`` makes the function that the index on live sessions calls; empty without such an index.
    """

    live_function: str
    drop_broken: tuple[str, ...]
    drop_stale: tuple[str, ...]
    build: tuple[Index, ...]
    drop_obsolete: tuple[str, ...]
    drop_functions: tuple[str, ...]
    guard: Index | None
    live: Index | None


def compare(transaction: Transaction, mapping: Mapping, bound: StatusLabels | None, *, own_guard: bool) -> Changes:
    """Compare the wanted indexes with the existing ones; ``bound`` is what the existing ones were built with.

    Raises:
        ConfigurationError: the mapping asks for an index that Postgres cannot have.
    """
    wanted = [_canonical(transaction, index) for index in _wanted(mapping, own_guard=own_guard)]
    if mapping.status.column is None:
        wanted = list(_with_status(transaction, mapping, wanted))
    found = _own_indexes(transaction, mapping.schema)
    wanted = [_with_steps(transaction, mapping, index, found) for index in wanted]
    names = {name for index in wanted for name in [(index.schema, index.name), *(step.name for step in index.steps)]}
    valid = {(row.schema_name, row.name) for row in found if row.valid}
    ours = [row for row in found if row.schema_name != mapping.schema]
    guard = next((index for index in wanted if index.table == mapping.slots.get("ledger")), None)
    if (
        guard
        and guard.unique
        and (guard.schema, guard.name) not in valid
        and (theirs := find_app_guard(transaction, mapping))
    ):
        wanted.remove(guard)
        guard = replace(guard, name=theirs)
    live = next((index for index in wanted if "_live_" in index.name), None)
    calls_ours = live is not None and live.calls_ours
    stale = set[tuple[str, str]]()
    if (
        live is not None
        and mapping.status_labels
        and not mapping.status_labels.surely_same(bound, mapping.live_statuses)
    ):
        stale = {(live.schema, live.name)} & valid
    return Changes(
        live_function=live_function(mapping) if calls_ours else "",
        # the index of a partitioned table is not valid until its last part is attached
        drop_broken=tuple(
            _drop_found(row)
            for row in found
            if not row.valid and not (row.partitioned and (row.schema_name, row.name) in names)
        ),
        drop_stale=tuple(index.drop for index in wanted if (index.schema, index.name) in stale),
        build=tuple(index for index in wanted if (index.schema, index.name) not in valid - stale),
        drop_obsolete=tuple(_drop_found(row) for row in ours if row.valid and (row.schema_name, row.name) not in names),
        drop_functions=tuple(_drop_live_functions(transaction, mapping, kept=calls_ours)),
        guard=guard,
        live=live,
    )


def _wanted(mapping: Mapping, *, own_guard: bool) -> Iterator[Index]:
    slots = mapping.slots
    if not own_guard:
        yield _named(
            mapping, "guard", Index(mapping.schema, "", slots["refunds"], "session_id, attempt, again", unique=True)
        )
    if mapping.ledger:
        ledger = mapping.ledger
        guard = Index(
            ledger.table.schema, "", slots["ledger"], ledger.key, unique=True, predicate=ledger.guard,
            owned=ledger.table.owned, partitioned=_oid_of_partitioned(ledger.table),
        )  # fmt: skip
        if ledger.guarded:
            yield _named(mapping, "guard", guard)
        if ledger.guard != ledger.where or not ledger.guarded:  # a narrow guard does not help to find older refunds
            yield _named(mapping, "refunds", replace(guard, unique=False, predicate=ledger.where))
    yield _on_sessions(mapping, mapping.live_predicate, calls_ours=bool(slots["live_function"]))


def _on_sessions(mapping: Mapping, predicate: str = "", *, calls_ours: bool = False) -> Index:
    sessions = mapping.sessions
    index = Index(
        sessions.schema, "", sessions.qualified, mapping.live_key, predicate=predicate, owned=sessions.owned,
        calls_ours=calls_ours, partitioned=_oid_of_partitioned(sessions),
    )  # fmt: skip
    return _named(mapping, "live", index)


def _drop_found(row: Row) -> str:
    return drop_index(row.schema_name, row.name, partitioned=row.partitioned)


def _oid_of_partitioned(table: Table) -> int | None:
    return None if table.partition_key is None else table.oid


def _own_indexes(transaction: Transaction, schema: str) -> Sequence[Row]:
    return transaction.rows(fill("list_own_indexes", {}), {"mark": _mark(schema), "schema_name": schema})


def _with_steps(transaction: Transaction, mapping: Mapping, index: Index, found: Sequence[Row]) -> Index:
    """The index with its remaining steps, if its table is partitioned; ``found`` are our existing ones."""
    if index.partitioned is None:
        return index
    there = {(row.schema_name, row.name) for row in found if row.valid or row.partitioned}
    purpose = index.name.split("_")[1]

    def named(table: str) -> str:
        return _named(mapping, purpose, replace(index, table=table)).name

    return replace(index, steps=missing_steps(transaction, index, named, there))


def remaining_steps(transaction: Transaction, mapping: Mapping, index: Index) -> Index:
    """The same index of a partitioned table with the steps that remain now: partitions come and go."""
    return _with_steps(transaction, mapping, index, _own_indexes(transaction, mapping.schema))


def _with_status(transaction: Transaction, mapping: Mapping, wanted: list[Index]) -> Iterator[Index]:
    """The indexes for a status that is an expression: the one on live sessions uses it, or covers all sessions."""
    for index in wanted:
        if not index.calls_ours:
            yield index
        elif predicate := indexable_predicate(transaction, mapping):
            yield replace(index, predicate=predicate)
        else:
            yield from map(partial(_canonical, transaction), _of_all_sessions(mapping))


def _of_all_sessions(mapping: Mapping) -> Iterator[Index]:
    if mapping.starts_in_column:
        yield _on_sessions(mapping)


def live_index_name(mapping: Mapping) -> str | None:
    """The name of the wanted index on live sessions, as SQL."""
    return next((index.qualified for index in _wanted(mapping, own_guard=True) if "_live_" in index.name), None)


def unconditional_index_name(mapping: Mapping) -> str | None:
    """The index on all sessions, as SQL, for a status that no index can have."""
    return next((index.qualified for index in _of_all_sessions(mapping)), None) if not mapping.status.column else None


def drop_live_indexes(transaction: Transaction, schema: str) -> Iterator[tuple[str, str]]:
    """The indexes on live sessions that an installation created: the name of each, and the statement to drop it."""
    for row in _own_indexes(transaction, schema):
        if row.name.startswith("sweeper_live_") or not row.name.startswith("sweeper_"):
            yield row.name, _drop_found(row)


def live_function(mapping: Mapping) -> str:
    """The SQL that creates the function of the index on live sessions."""
    owner = mapping.sessions.owner
    slots = {**mapping.slots, "owner": quote_name(owner), "owner_text": quote_text(owner)}
    return fill_script("live", slots, mapping.choices)


def _drop_live_functions(transaction: Transaction, mapping: Mapping, *, kept: bool) -> Iterator[str]:
    """The statements that drop the functions of earlier indexes."""
    rows = transaction.rows(fill("list_live_functions", {}), {"schema_name": mapping.schema})
    for row in rows:
        function = f"{mapping.slots['schema']}.{row.name}"
        if not (kept and function == mapping.slots["live_function"]):
            yield fill_script("drop_live", {"live_function": function})


def _mark(schema: str) -> str:
    return sha256(f"sweeper {schema}".encode()).hexdigest()[:8]


def _named(mapping: Mapping, purpose: str, index: Index) -> Index:
    # The name says whose index it is, so that two mappings do not drop each other's, and has a digest of its
    # definition, so that an index with this name is the right one.
    definition = "\x00".join((index.table, index.key, index.predicate, str(index.unique), mapping.timezone))
    digest = sha256(definition.encode()).hexdigest()[:10]
    return replace(index, name=f"sweeper_{purpose}_{_mark(mapping.schema)}_{digest}")


def _canonical(transaction: Transaction, index: Index) -> Index:
    """The index as the server writes it: every name with its schema and every time with its zone.

    It is built outside any transaction, where neither the mapping's search path nor its time zone is in force.
    """
    slots = {"table": index.table, "key": index.key, "predicate": index.predicate}
    partial = bool(index.predicate) and not index.calls_ours
    try:
        probe = probe_index(transaction, fill_script("probe_index", slots, {"partial": partial}))
    except (Refusal, SweeperError) as error:
        predicate = f" WHERE {index.predicate}" if index.predicate else ""
        predicate = predicate.replace("(\n", "(").replace("\n)", ")")
        raise ConfigurationError(
            f"Postgres cannot build the index that sweeper needs on {index.table} ({index.key}){predicate}: "
            f"{error.message}",
            code="mapping",
        ) from None
    if probe is None:  # it is written as in the file
        return index
    keys = ", ".join(f"({key})" for key in probe.keys)
    return replace(index, key=keys, predicate=index.predicate if index.calls_ours else probe.predicate or "")

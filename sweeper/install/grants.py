"""Which rights each role needs, down to the columns, as the server derives them from the mapping."""

import re
from dataclasses import dataclass

from sweeper.app.mapping import Mapping
from sweeper.app.reader import Reader
from sweeper.config.model import Settings
from sweeper.ledger.past import past_slots
from sweeper.postgres.templates import fill, fill_script, quote_name
from sweeper.postgres.transaction import Transaction

# the name of each role in print, for the user to replace
ROLES = {
    "grant_runner": "sweeper_runner",
    "grant_layer": "sweeper_layer",
    "grant_auditor": "sweeper_auditor",
    "grant_owner": "sweeper_owner",
}
_GRANT = re.compile(r"GRANT (.+?)(?: \((.+)\))? ON (?:SCHEMA )?(.+) TO \w+;")


@dataclass(frozen=True)
class Read:
    """A table that the mapping reads; ``row_security`` is whether policies may hide rows of it."""

    schema: str
    name: str
    columns: tuple[str, ...]
    row_security: bool = False


def grants(transaction: Transaction, mapping: Mapping, settings: Settings) -> dict[str, str]:
    """The GRANT statements, by the name of their file.

    Raises:
        SweeperError: this role may not make a temporary view, or not read what the mapping reads.
    """
    reads, sequences = _reads(transaction, mapping, settings), _sequences(transaction, mapping)
    return {name: fill_grant(mapping, name, role, reads, sequences) for name, role in ROLES.items()}


def granted_to_all_roles(mapping: Mapping) -> frozenset[tuple[str, str, str]]:
    """What the printed roles together may do to sweeper's own schema and tables.

    Each is (object as SQL, column or "", privilege). Who owns the functions has no more than a runner.
    """
    lines = [
        line
        for name in ROLES
        if name != "grant_owner"
        for line in fill_grant(mapping, name, "role", [], []).splitlines()
    ]
    matches = [match for line in lines if (match := _GRANT.fullmatch(line)) and mapping.slots["schema"] in match[3]]
    return frozenset(
        (named, column, privilege)
        for match in matches
        for privilege in match[1].split(", ")
        for named in match[3].split(", ")
        for column in (match[2] or "").split(", ")
    )


def _reads(transaction: Transaction, mapping: Mapping, settings: Settings) -> list[Read]:
    slots, own = dict(mapping.slots), settings.ledger
    past = mapping.ledger is not None and own is not None and own.past is not None
    if mapping.ledger and own:
        reader = Reader(transaction, mapping.schema)
        of_past = past_slots(reader, own, mapping.ledger.table, mapping.slots)
        slots |= {"past_account": "NULL", "past_amount": "NULL", **of_past}
    with transaction.undone():
        transaction.script(fill_script("probe_reading", slots, {**mapping.choices, "past": past}))
        rows = transaction.rows(fill("list_read_columns", {}), {"own_schema": mapping.schema})
    return [Read(row.schema_name, row.table_name, tuple(row.columns), row.row_security) for row in rows]


def _sequences(transaction: Transaction, mapping: Mapping) -> list[str]:
    if mapping.ledger is None:
        return []
    table = mapping.ledger.table
    written = [column.name for column in table.columns.values() if column.quoted in mapping.ledger.insert]
    binds = {"table_oid": table.oid, "written": written}
    rows = transaction.rows(fill("list_default_sequences", {}), binds)
    return [quote_name(row.schema_name, row.sequence_name) for row in rows]


def fill_grant(mapping: Mapping, name: str, role: str, reads: list[Read], sequences: list[str]) -> str:
    """The statements of the file ``name``, for one role."""
    schemas = [read.schema for read in reads]
    tables = [
        {
            # once for each schema
            "table_schema": quote_name(read.schema) if read.schema not in schemas[:number] else "",
            "table": quote_name(read.schema, read.name),
            "columns": ", ".join(map(quote_name, read.columns)),
        }
        for number, read in enumerate(reads)
    ]
    lists = {"reads": tables, "ledger_sequences": [{"sequence": sequence} for sequence in sequences]}
    choices = {**mapping.choices, **lists, "row_security": any(read.row_security for read in reads)}
    return fill_script(name, {**mapping.slots, "role": role}, choices)

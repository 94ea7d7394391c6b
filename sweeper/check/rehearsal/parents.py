"""Refunds of a whole, such as a batch of pages, where the file maps the parts as sessions."""

from collections.abc import Sequence

from sweeper.check.rehearsal.refund_traces import rows_that_name
from sweeper.check.rehearsal.samples import Samples
from sweeper.postgres.errors import Refusal, StatementError, TooSlow

_TABLES_AT_MOST = 6


def refunded_wholes(samples: Samples, session_ids: Sequence[str], words: str) -> dict[str, tuple[int, str]]:
    """By column of another table: how many sessions have a row there that looks like a refund of their whole, and one.

    The owner of a session is not such a whole: refunds that name a user may be for anything.
    """
    mapping, own = samples.context.mapping, samples.context.settings
    accounts = samples.table("accounts.table", own.accounts.table).oid if own.accounts else 0
    references = samples.ask("list_references", {})
    tables = {row.oid: row.as_sql for row in samples.tables()}
    found: dict[str, tuple[int, str]] = {}
    if not accounts or mapping.is_by_account:
        return found
    for row in [row for row in references if row.table_oid == mapping.sessions.oid][:_TABLES_AT_MOST]:
        column = mapping.sessions.columns.get(row.column_name)
        beside = [one for one in references if one.target_oid == row.target_oid and one.table_oid in tables]
        beside = [one for one in beside if one.table_oid != mapping.sessions.oid]
        is_owner = row.target_oid in {accounts, mapping.sessions.oid}
        is_owner |= column == mapping.sessions.column(own.sessions.account)
        if column is None or is_owner or not beside or not samples.sees(mapping.sessions, [column]):
            continue
        try:
            parents = samples.read("list_texts", session_ids, {"column": column.quoted})
        except (Refusal, StatementError, TooSlow):
            continue
        for one in beside[:_TABLES_AT_MOST]:
            table = samples.table("table", tables[one.table_oid])
            refunded = rows_that_name(samples, table, one.column_name, [each.value for each in parents], words)
            parts = [each.session_id for each in parents if each.value in refunded]
            if parts:
                found[f"{table.qualified}.{one.column_name}"] = (len(parts), parts[0])
    return found

"""Refunds of a whole where the file maps its parts as sessions, such as a batch of pages, and the other way around."""

from collections.abc import Sequence

from sweeper.check.rehearsal.marks.refund_traces import rows_that_name
from sweeper.check.rehearsal.samples import Samples

_TABLES_AT_MOST = 6


def refunded_wholes(samples: Samples, session_ids: Sequence[str]) -> dict[str, list[str]]:
    """By column of another table: the sessions that have a row there which looks like a refund of their whole.

    The owner of a session is not such a whole: refunds that name a user may be for anything.
    """
    mapping, accounts = samples.mapping, samples.accounts
    tables = samples.readable_oids()
    found: dict[str, list[str]] = {}
    if accounts is None or mapping.is_by_account:
        return found
    for row in samples.references(of=mapping.sessions)[:_TABLES_AT_MOST]:
        column = mapping.sessions.columns.get(row.column_name)
        beside = [one for one in samples.references() if one.target_oid == row.target_oid and one.table_oid in tables]
        beside = [one for one in beside if one.table_oid != mapping.sessions.oid]
        is_owner = row.target_oid in {accounts.oid, mapping.sessions.oid}
        is_owner |= column == mapping.sessions.column(samples.own.account)
        if column is None or is_owner or not beside or not samples.sees(mapping.sessions, [column]):
            continue
        parents = samples.try_read("list_texts", session_ids, column=column)
        for one in beside[:_TABLES_AT_MOST]:
            table = samples.table(one.table_oid)
            refunded = rows_that_name(samples, table, one.column_name, [each.value for each in parents])
            parts = [each.session_id for each in parents if each.value in refunded]
            if parts:
                found[f"{table.qualified}.{one.column_name}"] = parts
    return found


def refunded_parts(samples: Samples, session_ids: Sequence[str]) -> dict[str, list[str]]:
    """By column of another table: the sessions that have a part of which a row there looks like a refund."""
    mapping = samples.mapping
    tables = samples.readable_oids() - {mapping.sessions.oid}
    found: dict[str, list[str]] = {}
    links = [row for row in samples.references(to=mapping.sessions) if row.table_oid in tables]
    for row in [] if mapping.is_by_account else links[:_TABLES_AT_MOST]:
        further = [one for one in samples.references() if one.target_oid == row.table_oid and one.table_oid in tables]
        further = [one for one in further if one.table_oid != row.table_oid][:_TABLES_AT_MOST]
        part = samples.table(row.table_oid)
        key = part.columns.get(further[0].target_column) if further else None
        if key is None or not samples.sees(part, [key, part.columns[row.column_name]]):
            continue
        link = part.columns[row.column_name]
        parts = samples.try_ask("list_parts", table=part, key=key, link=link, session_ids=list(session_ids))
        for one in further if parts else []:
            table = samples.table(one.table_oid)
            refunded = rows_that_name(samples, table, one.column_name, [each.part for each in parts])
            sessions = sorted({each.session_id for each in parts if each.part in refunded})
            if sessions:
                found[f"{table.qualified}.{one.column_name}"] = sessions
    return found

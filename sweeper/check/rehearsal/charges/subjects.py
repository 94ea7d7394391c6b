"""Whether a subquery of the file counts rows about other things as those of the session with the same number."""

import re
from collections.abc import Iterator, Sequence

from sweeper.app.catalog import Column, Table, has_subquery
from sweeper.check.context import failure, warning
from sweeper.check.rehearsal.ledger.app_ledger import AppLedger, account_of_rows
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.result import Check
from sweeper.postgres.transaction import Row

_WORD = re.compile(r"\w+")
_ID = re.compile(r"(_id|Id|_key)$")
_KIND = re.compile(r"_?(type|kind|class|model|ct|content_type(_id)?)$", re.IGNORECASE)
# nearly all rows about sessions name one, and its account; many rows about something else do not
_NEARLY_ALL, _HALF, _FEW, _ENOUGH = 0.9, 0.5, 0.1, 3


def check_subjects(samples: Samples) -> Iterator[Check]:
    """Rows that refer to their subject by kind and number, of which the file reads only the number."""
    own, mapping = samples.settings.sessions, samples.mapping
    if mapping.is_by_account:
        return
    texts = {key: getattr(own, key) for key in ("charged", "amount", "exclude")}
    texts = {key: text for key, text in texts.items() if text and has_subquery(text)}
    if not texts:
        return
    for key, text in texts.items():
        if found := next(_check_text(samples, key, text), None):
            yield found
            return


def check_ledger_subjects(samples: Samples, ledger: AppLedger) -> Iterator[Check]:
    """Refunds of something else that ``ledger.where`` takes for those of the session with the same number."""
    own, where = ledger.section, samples.mapping.slots["ledger_where"]
    if own.past is not None or samples.mapping.is_by_account:
        return
    for column, kind in _pairs(ledger.table, set(_WORD.findall(own.session.lower()))):
        rows = _count(samples, ledger.table, (column, kind), ledger.account, filter=where)
        if wrong := _of_something_else(rows, "", reads_kind=False):
            yield failure(
                "ledger",
                f"ledger.where = {own.where!r} is true of rows whose {kind.name} is {wrong.kind!r}: these are about "
                f"something else, and {wrong.known} have a session's number in {column.name}, such as "
                f"{named(wrong.about)}, which would not be refunded",
                f"ledger.where: and {kind.quoted} = what rows about these sessions have there",
            )
            return


def _check_text(samples: Samples, key: str, text: str) -> Iterator[Check]:
    words, value = set(_WORD.findall(text.lower())), samples.expression(key, text)
    for row in samples.tables():
        if row.table_name.lower() not in words or row.oid == samples.mapping.sessions.oid:
            continue
        table = samples.table("table", row.as_sql)
        for column, kind in _pairs(table, words):
            rows = _count(samples, table, (column, kind), account_of_rows(samples, table), value=value)
            if wrong := _of_something_else(rows, text, reads_kind=kind.name.lower() in words):
                yield _failed(key, table, column, kind, wrong)
            elif other := next((row for row in rows if _names_others(row, text)), None):
                yield _not_charged(samples, key, table, kind, other)


def _pairs(table: Table, words: set[str]) -> Iterator[tuple[Column, Column]]:
    """Number columns that the file reads, each with the column that has the kind of its subject."""
    for name, column in table.columns.items():
        if name.lower() in words and _ID.search(name):
            base = _ID.sub("", name).lower()
            for other, kind in table.columns.items():
                # what object_id is about may be called content_type_id alone
                of = _KIND.sub("", other).lower() or "object"
                if other != name and _KIND.search(other) and of == base:
                    yield column, kind


def _count(
    samples: Samples, table: Table, pair: tuple[Column, Column], account: Column | None, **slots: str
) -> Sequence[Row]:
    """What the newest rows of a table refer to, by the column for the number and that for the kind."""
    key = samples.key_of(table)
    if key is None or not samples.sees(table, [key, *pair, *([account] if account else [])]):
        return []
    named_as = {"table": table.qualified, "key": key.quoted, "column": pair[0].quoted, "kind_column": pair[1].quoted}
    accounts = {"account_column": account.quoted if account else ""}
    return samples.try_ask(  # empty where a number is one that no session could have
        "count_subjects", {"value": "NULL", "filter": "true", **named_as, **accounts, **slots},
        {"account_column": account is not None},
    )  # fmt: skip


def _of_something_else(rows: Sequence[Row], text: str, *, reads_kind: bool) -> Row | None:
    """A kind of rows about something else that the file takes for rows about sessions."""
    meant = {row.kind: (row.same if any(one.same for one in rows) else row.known) for row in rows}
    own = [row for row in rows if meant[row.kind] >= max(_ENOUGH, row.rows * _NEARLY_ALL)]
    about = {session for row in own for session in row.about}
    for row in rows:
        if not own or row.known < _ENOUGH or meant[row.kind] >= row.rows * _HALF:
            continue
        # another condition may leave them out, but not if the file gives a value for a session that has no other row
        named_alone = not reads_kind and "'" not in text
        if named_alone or len(set(row.valued) - about) >= _ENOUGH:
            return row
    return None


def _names_others(row: Row, text: str) -> bool:
    """Whether rows of a kind that the file names are about sessions, and name the accounts of hardly any."""
    about_sessions = row.known >= max(_ENOUGH, row.rows * _NEARLY_ALL)
    return row.has_account and f"'{row.kind}'" in text and about_sessions and row.same < row.known * _FEW


def _failed(key: str, table: Table, column: Column, kind: Column, wrong: Row) -> Check:
    return failure(
        "charges",
        f"sessions.{key} counts rows of {table.name} as those of a session whose {column.name} is its number and whose "
        f"{kind.name} is {wrong.kind!r}: these are about something else, and {wrong.known} have a session's number, "
        f"such as {named(wrong.about)}",
        f"sessions.{key}: and {kind.quoted} = what rows about these sessions have there",
    )


def _not_charged(samples: Samples, key: str, table: Table, kind: Column, other: Row) -> Check:
    """A question: the rows may be of the other side, or name the member of a team that pays."""
    payer, column = samples.settings.sessions.account, account_of_rows(samples, table)
    where = f" in {column.name}" if column else ""
    return warning(
        "charges",
        f"sessions.{key} reads rows of {table.name} whose {kind.name} is {other.kind!r}, and sessions.account = "
        f"{payer!r} is another account than they name{where} for {other.known - other.same} of {other.known} sessions, "
        f"such as {named(other.about)}: which of them was charged?",
        "sessions.account: who was charged",
    )

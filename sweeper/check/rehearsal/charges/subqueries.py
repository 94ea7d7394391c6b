"""Whether a subquery of the file counts rows of something else, or of somebody else, as those of the session."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sweeper.app.catalog import Column, Table, has_subquery
from sweeper.check.rehearsal.ledger.app_ledger import AppLedger, account_of_rows
from sweeper.check.rehearsal.reading import UNANSWERED
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.result import Check, failure, warning
from sweeper.postgres.transaction import Row

_WORD = re.compile(r"\w+")
_ID = re.compile(r"(_id|Id|_key)$")
_KIND = re.compile(r"_?(type|kind|class|model|ct|content_type(_id)?)$", re.IGNORECASE)
# nearly all rows about sessions name one, and its account; many rows about something else do not
_NEARLY_ALL, _HALF, _FEW, _ENOUGH = 0.9, 0.5, 0.1, 3
_KEYS = ("account", "status", "amount", "charged", "exclude", "never")
_LOOKED_AT = 200


def check_subjects(samples: Samples) -> Iterator[Check]:
    """Rows that refer to their subject by kind and number, of which the file reads only the number."""
    own, mapping = samples.own, samples.mapping
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
        if wrong := _of_something_else(samples, ledger.table, (column, kind), rows, named_alone=True):
            yield failure(
                f"ledger.where = {own.where!r} is true of rows whose {kind.name} is {wrong.kind!r}: these are about "
                f"something else, and {wrong.known} have a session's number in {column.name}, such as "
                f"{named(wrong.about)}, which would not be refunded",
                f"ledger.where: add AND {kind.quoted} = the value that rows about these sessions have",
            )
            return


def _check_text(samples: Samples, key: str, text: str) -> Iterator[Check]:
    words, value = set(_WORD.findall(text.lower())), samples.expression(key, text)
    for row in samples.tables():
        if row.table_name.lower() not in words or row.oid == samples.sessions.oid:
            continue
        table = samples.table(row.oid)
        pairs = [*_pairs(table, words)]
        # by a number such as that of a content type, or by a word, in whatever column
        named_alone = "'" not in text and words.isdisjoint(kind.name.lower() for _, kind in pairs)
        for column, kind in pairs:
            rows = _count(samples, table, (column, kind), account_of_rows(samples, table), value=value)
            if wrong := _of_something_else(samples, table, (column, kind), rows, named_alone=named_alone):
                yield failure(
                    f"sessions.{key} counts rows of {table.name} as those of a session whose {column.name} is its "
                    f"number and whose {kind.name} is {wrong.kind!r}: these are about something else, and "
                    f"{wrong.known} have a session's number, such as {named(wrong.about)}",
                    f"sessions.{key}: add AND {kind.quoted} = the value that rows about these sessions have",
                )
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
    given = {"value": "NULL", "filter": "true", "column": pair[0], "kind_column": pair[1], "account_column": account}
    # empty where a number is one that no session could have
    return samples.ask_table(table, "count_subjects", UNANSWERED, **{**given, **slots})


def _of_something_else(
    samples: Samples, table: Table, pair: tuple[Column, Column], rows: Sequence[Row], *, named_alone: bool
) -> Row | None:
    """A kind of rows about something else that the file takes for rows about sessions."""
    meant = {row.kind: (row.same if any(one.same for one in rows) else row.known) for row in rows}
    own = [row.kind for row in rows if meant[row.kind] >= max(_ENOUGH, row.rows * _NEARLY_ALL)]
    for row in rows:
        if not own or row.known < _ENOUGH or meant[row.kind] >= row.rows * _HALF:
            continue
        # another condition may leave them out, but not if the file gives a value for a session that has no other row
        if named_alone or len(_unmentioned(samples, table, pair, row.valued, own)) >= _ENOUGH:
            return row
    return None


def _unmentioned(
    samples: Samples, table: Table, pair: tuple[Column, Column], session_ids: Sequence[str], kinds: Sequence[str]
) -> Sequence[Row]:
    """Those of some sessions that no row of these kinds is about; none where finding them takes too long."""
    given = {"column": pair[0], "kind_column": pair[1], "ids": [*session_ids], "kinds": [*kinds]}
    return samples.ask_table(table, "find_unmentioned", UNANSWERED, **given) if session_ids else []


def _names_others(row: Row, text: str) -> bool:
    """Whether rows of a kind that the file names are about sessions, and name the accounts of hardly any."""
    about_sessions = row.known >= max(_ENOUGH, row.rows * _NEARLY_ALL)
    return row.has_account and f"'{row.kind}'" in text and about_sessions and row.same < row.known * _FEW


def _not_charged(samples: Samples, key: str, table: Table, kind: Column, other: Row) -> Check:
    """A question: the rows may be of the other side, or name the member of a team that pays."""
    payer, column = samples.own.account, account_of_rows(samples, table)
    where = f" in {column.name}" if column else ""
    return warning(
        f"sessions.{key} reads rows of {table.name} whose {kind.name} is {other.kind!r}, and sessions.account = "
        f"{payer!r} is another account than they name{where} for {other.known - other.same} of {other.known} sessions, "
        f"such as {named(other.about)}: which of them was charged?",
        "sessions.account: who was charged",
    )


@dataclass(frozen=True)
class _Key:
    """A foreign key of several columns between a table and the sessions: each column of it with that of a session.

    A row that many sessions may name, ``by_row``, has no single session that it belongs to.
    """

    table: Table
    pairs: tuple[tuple[Column, Column], ...]
    by_row: bool


def check_parts_of_keys(samples: Samples) -> Iterator[Check]:
    """Rows of another tenant that have the number of the session, or of what it names."""
    texts = {key: str(getattr(samples.own, key) or "") for key in _KEYS}
    texts = {key: text for key, text in texts.items() if has_subquery(text)}
    if not texts or samples.mapping.is_by_account:
        return
    for one in _keys_of_several(samples, " ".join(texts.values()).lower()):
        for key, text in texts.items():
            if found := next(_check_key(samples, key, text, one), None):
                yield found
                return


def _keys_of_several(samples: Samples, texts: str) -> Iterator[_Key]:
    sessions = samples.sessions
    tables = {row.oid for row in samples.tables() if row.table_name.lower() in texts}
    for row in samples.ask("list_composite_references") if tables else ():
        by_row = row.table_oid == sessions.oid
        oid = row.target_oid if by_row else row.table_oid
        if oid not in tables or oid == sessions.oid or not (by_row or row.target_oid == sessions.oid):
            continue
        table = samples.table(oid)
        theirs, ours = (row.target_columns, row.columns) if by_row else (row.columns, row.target_columns)
        columns = [(table.columns.get(a), sessions.columns.get(b)) for a, b in zip(theirs, ours, strict=True)]
        pairs = tuple((a, b) for a, b in columns if a is not None and b is not None)
        if len(pairs) == len(columns):
            yield _Key(table, pairs, by_row)


def _check_key(samples: Samples, key: str, text: str, one: _Key) -> Iterator[Check]:
    """A text that reads the session in one place only, and compares there one column of the key.

    A column that has the same name in both, such as the tenant's, may rightly be compared alone.
    """
    if one.table.name.lower() not in text.lower() or len(re.findall(r"\bs\s*\.", text)) != 1:
        return
    compared = [(a, b) for a, b in one.pairs if a.name != b.name and _compares(text, a, b)]
    others = [pair for pair in one.pairs if not _is_compared(text, pair[0])]
    for column, own in compared:
        for other, other_own in others:
            found = _find(samples, one.table, (column, own), (other, other_own))
            if len(found) >= _ENOUGH:
                # the text may choose among such rows, such as the versions of a price
                yield (warning if one.by_row else failure)(
                    f"sessions.{key} counts rows of {one.table.name} as those of a session by {column.name} alone, and "
                    f"rows of another {other.name} have the same, for {len(found)} of the newest sessions, such as "
                    f"{named(found)}: a foreign key of {column.name} and {other.name} says which are the session's",
                    f"sessions.{key}: and {other.quoted} = s.{other_own.quoted}",
                )


def _name(column: Column) -> str:
    return rf'"?(?<!\w){re.escape(column.name)}(?!\w)"?(?:\s*::\s*\w+)?'


def _compares(text: str, column: Column, own: Column) -> bool:
    """Whether a column is compared with the session's."""
    theirs, ours = rf"(?:\w+\s*\.\s*)?{_name(column)}", rf"s\s*\.\s*{_name(own)}"
    return bool(re.search(rf"{theirs}\s*=\s*{ours}|{ours}\s*=\s*{theirs}", text, re.IGNORECASE))


def _is_compared(text: str, column: Column) -> bool:
    """Whether a column is compared with anything, as far as the text shows."""
    name = _name(column)
    said = rf"{name}\s*(?:=|\bin\b|\bis\b|,|\))|(?:=|\(|,)\s*(?:\w+\s*\.\s*)?{name}|\busing\b|\bnatural\b"
    return bool(re.search(said, text, re.IGNORECASE))


def _find(samples: Samples, table: Table, pair: tuple[Column, Column], other: tuple[Column, Column]) -> Sequence[str]:
    """Sessions for which there is a row of another, by the first of the two pairs alone."""
    (column, own), (other_column, other_own) = pair, other
    sessions = samples.sessions
    if not samples.sees(table, [column, other_column]) or not samples.sees(sessions, [own, other_own]):
        return []
    session_ids = samples.live(_LOOKED_AT)
    given = {"table": table, "column": column, "link": own, "other_column": other_column, "other_link": other_own}
    return [row.session_id for row in samples.try_read("find_partly_keyed", session_ids, **given)]

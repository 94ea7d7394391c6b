"""The row of a refund in the app's own ledger, with the value of each column."""

from collections.abc import Mapping
from dataclasses import replace

from sweeper.config.parsing import OPEN_QUESTION
from sweeper.init import words
from sweeper.init.accounts.paths import Path, owner_columns
from sweeper.init.answers import Candidate, Line, unknown
from sweeper.init.evidence import Column, Evidence, Table, expression
from sweeper.init.sessions.sessions import Session
from sweeper.postgres.templates import quote_text

TEXT_TYPES = ("text", "character varying", "character", "bpchar")
LEFT_EMPTY = ""
_OWN_KEY = "refund_id::text"
_EACH_ROW = "true"
_A_TEXT = "A text is written in quotes of SQL: \"'Refund'\"."
_SHOWN_AT_MOST = 40
_OF_CODES = "a code such as workflow_failure or stuck: write a text instead if customers read it"
# what the app's customers read: our codes do not belong there
_SHOWN = frozenset({"description", "title", "label", "message", "text"})


def insert_lines(
    evidence: Evidence, table: Table, known: Mapping[str, str], path: Path | None, session: Session,
    refunds: str | None, link: Column, *, is_known: bool,
) -> list[Line]:  # fmt: skip
    """Each column with its value; ``known`` are the certain ones.

    A required column that nothing fits stays an open question, and so does a second column that may name an owner, and
    one that the app's own refunds fill with different values. ``is_known`` is whether sessions.account is no question.
    """
    payer = account_value(evidence, table, path, session)
    owners = [
        c for c in table.columns if c.words & (words.OWNER | {"member"}) and "id" in c.words and c.name not in known
    ]
    lines = []
    for column in table.columns:
        if column.generated or known.get(column.name) == LEFT_EMPTY:
            continue
        pays = bool(payer and payer[0] == column)
        value = known.get(column.name) or (payer[1] if payer and pays else _by_name(column))
        if value is None and _is_touched(evidence, table, column, refunds):
            value = "at"
        doubt = column in owners and not pays and len(owners) > 1
        # one owner may have several accounts, or the session lead to several, and then it is open what the account is
        open_path = path is not None and not (path.unique and is_known)
        several = pays and open_path and column.name not in known
        is_own_key = value == _OWN_KEY and column.name not in known
        if is_own_key and (keys := _session_keys(evidence, table, column, refunds, link)):
            question = (
                f"The app's rows name their session in {column.as_sql}, such as {', '.join(keys)}: its own code may "
                "find a refund by that. What will ours have?"
            )
            found = [Candidate(_OWN_KEY, "a key of our own: the app's code does not find our row by it")]
            lines.append(unknown(column.as_sql, question, found))
        elif doubt or several or (value is None and column.required):
            found = _from_session(evidence, column, session)
            found += [Candidate(value, "if sessions.account is that")] if several and value else []
            question = f"What does {column.as_sql} hold in the row of a refund?"
            lines.append(unknown(column.as_sql, question, found))
        elif value:
            lines.append(Line(column.as_sql, value, _OF_CODES if value == "reason" else ""))
        elif seen := _seen(evidence, table, column, refunds):
            question = (
                f"The app's refunds have different values in {column.as_sql}, such as {seen}. What will ours have?"
            )
            question += f" {_A_TEXT}" if column.is_text else ""
            lines.append(unknown(column.as_sql, question, _from_session(evidence, column, session)))
    return lines


def _from_session(evidence: Evidence, column: Column, session: Session) -> list[Candidate]:
    """What it may hold: the session's column of the same name, or else those that refer to the same table."""
    same = [c for c in session.table.columns if c.name == column.name and c.name != "id"]
    if same:
        return [Candidate(f"s.{c.as_sql}", "what the session has there") for c in same]
    own = evidence.reference(column)
    references = evidence.references(session.table) if own else []
    return [
        Candidate(f"s.{other.column.as_sql}", f"the session's own reference to {other.target.as_sql}")
        for other in references
        if own and (other.target, other.target_column) == (own.target, own.target_column)
    ]


def _seen(evidence: Evidence, table: Table, column: Column, refunds: str | None) -> str:
    """Some of the different values that the app's own refunds have in a column; a single one may be its default."""
    values = [] if column.not_null or column.is_time else _texts(evidence, table, column, refunds)
    return ", ".join(values) if len(values) > 1 else ""


def _texts(evidence: Evidence, table: Table, column: Column, refunds: str | None) -> list[str]:
    """Up to three values that the app's own refunds have in a column, cut to a line."""
    if refunds is None:
        return []
    values = [value if len(value) <= _SHOWN_AT_MOST else f"{value[:_SHOWN_AT_MOST]}..."
              for value in texts_of(evidence, table, column, refunds)]  # fmt: skip
    return [" ".join(value.split()) for value in values]


def _session_keys(evidence: Evidence, table: Table, column: Column, refunds: str | None, link: Column) -> list[str]:
    """Some of the values by which the app's refunds name their session in a unique column; empty if they do not.

    Where there is no refund yet, other rows show how the app makes such values.
    """
    theirs = _texts(evidence, table, column, refunds)
    values = theirs or _texts(evidence, table, column, _EACH_ROW)
    if not values:
        return []
    of_rows = refunds if refunds and theirs else _EACH_ROW
    condition = expression("names_session", column=column, link=link, refunds=of_rows)
    looked = evidence.count_true(table, condition)
    return values if looked and looked[0] == looked[1] else []


def reverse_lines(table: Table, lines: list[Line], amount: Column, kinds: list[Column], link: Column) -> list[Line]:
    """The row that takes a refund back, as comments for the user: the negative amount, and no session.

    Empty where only the refund's own row can have its link to the session.
    """
    if link.is_unique and link.not_null:
        return []
    notes = {column.as_sql for column in table.columns if _is_note(column)}
    reversed_lines = []
    for line in lines:
        value = line.value if isinstance(line.value, str) else OPEN_QUESTION
        if line.key == link.as_sql and not link.not_null:
            continue
        if line.key == amount.as_sql:
            value = value.removeprefix("-") if value.startswith("-") else f"-{value}"
        elif line.key in {kind.as_sql for kind in kinds}:
            value = OPEN_QUESTION
        elif line.key in notes and value.startswith("'"):  # it says that credits came back
            value = "detail"
        elif value.startswith("refund_id"):
            value = value.replace("refund_id", "gen_random_uuid()")
        reversed_lines.append(replace(line, value=value, question="", candidates=(), proposed=True))
    return reversed_lines


def account_value(evidence: Evidence, table: Table, path: Path | None, session: Session) -> tuple[Column, str] | None:
    """The column for a row's account, and its value for a refund to that account."""
    if path is None:
        owners = owner_columns(evidence, session.table)
        if len(owners) != 1:
            return None
        same = [c for c in table.columns if c.name == owners[0].name and c.type == owners[0].type]
        return (same[0], "account_id") if same else None
    own = evidence.reference(path.key)
    by_way = None
    for reference in evidence.references(table):
        named = reference.target == path.table and reference.target_column == path.key
        shared = own and reference.target == own.target and reference.target_column == own.target_column
        if named or shared:  # this table uses the name that the session has for the account
            return reference.column, as_type("account_id", path.key, reference.column)
        if reference.target == path.table:
            wanted = reference.target_column
            row = expression("account_row", wanted=wanted, accounts=path.table, key=path.key)
            by_way = reference.column, row
    if by_way:
        return by_way
    found = [
        column
        for column in table.columns
        if column.type == path.key.type
        and (column.words & words.OWNER or column.name == path.column.name)
        and not evidence.reference(column)
    ]
    return (found[0], "account_id") if len(found) == 1 else None


def as_type(name: str, has: Column, wanted: Column) -> str:
    """A value of the refund, in the type of its column."""
    return name if has.type == wanted.type else f"{name}::{wanted.type}"


def note_value(evidence: Evidence, table: Table, column: Column, refunds: str, amount: Column) -> str | None:
    """The text for customers in each of the app's refunds; ``LEFT_EMPTY`` if they never have one there."""
    values = texts_of(evidence, table, column, refunds) if _is_note(column) else []
    if len(values) == 1:
        return quote_text(values[0])
    may_be_empty = _is_note(column) and not values and not column.required
    return LEFT_EMPTY if may_be_empty and texts_of(evidence, table, amount, refunds) else None


def texts_of(evidence: Evidence, table: Table, column: Column, condition: str) -> list[str]:
    """Up to three values, as texts, in a column of the newest rows that a condition selects."""
    return [str(text) for (text,) in evidence.rows("draft_texts", table, column=column, condition=condition)]


def _is_note(column: Column) -> bool:
    return column.is_text and bool(column.words & (_SHOWN | words.NOTE))


def _is_touched(evidence: Evidence, table: Table, column: Column, refunds: str | None) -> bool:
    """Whether it says when a row last changed, and the app's own refunds have it from the start, as ORMs write it."""
    if refunds is None or not column.is_time or "updated" not in column.words:
        return False
    return bool(texts_of(evidence, table, column, refunds))


def _by_name(column: Column) -> str | None:
    if column.is_primary and column.type == "uuid":
        return "refund_id"
    if column.is_unique and column.required and column.type in TEXT_TYPES:  # such as an idempotency key
        return _OWN_KEY
    if column.is_time and column.words & {"created", "at", "updated", "inserted", "booked", "date", "timestamp"}:
        return "at" if column.required or {"created", "inserted", "booked"} & column.words else None
    return "reason" if column.is_text and column.words & words.NOTE and not column.words & _SHOWN else None

"""The app's own list of what it booked: whether there is one, which rows are refunds, and what a new one needs."""

from dataclasses import dataclass, replace

from sweeper.draft import words
from sweeper.draft.accounts import Account
from sweeper.draft.evidence import Column, Evidence, Table
from sweeper.draft.sessions import Session
from sweeper.settings import OPEN_QUESTION
from sweeper.statements import fill_expression, quote_text

_GENERIC = frozenset({"reference", "ref", "source", "related", "entity", "subject"})
_TEXT_TYPES = ("text", "character varying", "character")


@dataclass(frozen=True)
class Ledger:
    """A table of the app's transactions that names the session."""

    table: Table
    session: Column
    amount: Column
    kind: Column | None
    refunds: tuple[str, ...]
    charges: tuple[str, ...]
    signs: dict[str, int]
    insert: dict[str, str]
    score: int

    @property
    def where(self) -> str:
        """Which of its rows are refunds."""
        if self.kind is None:
            return "true"
        if not self.refunds:
            return OPEN_QUESTION
        listed = ", ".join(quote_text(value) for value in self.refunds)
        return f"{self.kind.as_sql} = {listed}" if len(self.refunds) == 1 else f"{self.kind.as_sql} IN ({listed})"


def find_ledgers(evidence: Evidence, session: Session, account: Account | None) -> list[Ledger]:
    """Tables that look like a ledger of this app's credits and name the session, the likeliest first."""
    found = []
    for table in evidence.tables:
        if table in (session.table, account.table if account and account.balance else None) or table.key is None:
            continue
        ledger = _read_ledger(evidence, table, session, account)
        if ledger and ledger.score >= 7:
            found.append(ledger)
    return sorted(found, key=lambda ledger: -ledger.score)


def _read_ledger(evidence: Evidence, table: Table, session: Session, account: Account | None) -> Ledger | None:
    amount = _amount_column(table)
    named, sure = _session_column(evidence, table, session)
    if amount is None or named is None:
        return None
    kind, values = _kind_column(evidence, table)
    own = tuple(value for value in values if not _words_of(value) & words.OTHER_MONEY)
    refunds = tuple(sorted((value for value in own if _words_of(value) & words.REFUND), key=len))
    charges = tuple(value for value in own if _words_of(value) & words.CHARGE and value not in refunds)
    of_refunds = "refund" in table.words
    score = sure + 2 + 4 * bool(refunds) + (kind is not None) + 3 * of_refunds
    score += 2 * bool(table.words & words.LEDGER) + bool(table.words & words.CREDITS)
    score -= 3 * bool(table.words & words.OTHER_MONEY)
    score += 2 * (_account_value(evidence, table, account) is not None)
    signs = _signs(evidence, table, kind, amount)
    told = Ledger(table, named, amount, None if of_refunds else kind, refunds, charges, signs, {}, score)
    return replace(told, insert=_insert(evidence, told, session, account, kind))


def _words_of(value: str) -> frozenset[str]:
    return frozenset(words.words(value))


def _amount_column(table: Table) -> Column | None:
    best = max(table.columns, key=_score_amount)
    return best if _score_amount(best) else None


def _score_amount(column: Column) -> int:
    if not column.is_number or column.is_unique or "id" in column.words or column.words & words.NOT_A_DELTA:
        return 0
    return 3 * ("amount" in column.words or "delta" in column.words) + 2 * bool(column.words & words.DELTA)


def _session_column(evidence: Evidence, table: Table, session: Session) -> tuple[Column | None, int]:
    for reference in evidence.references(table):
        if reference.target == session.table and reference.target_column == session.key:
            return reference.column, 3 + reference.declared
    # text for a uuid, or called after the head of the name: job_id for prediction_jobs
    head = words.words(session.table.name)[-1:]
    for column in table.columns:
        spoken = words.words(column.name)
        fits = column.type == session.key.type or column.type in _TEXT_TYPES
        if fits and spoken[-1:] == ("id",) and spoken[:-1] and spoken[-2:-1] == head:
            return column, 3
    for column in table.columns:
        fits = column.type == session.key.type or column.type in _TEXT_TYPES
        if fits and column.words & _GENERIC and "id" in column.words:
            return column, 1
    return None, 0


def _account_value(evidence: Evidence, table: Table, account: Account | None) -> tuple[Column, str] | None:
    """The column that says whose row it is, and what it is set to for a refund of that account."""
    if account is None:
        return None
    own = evidence.reference(account.key)
    by_way = None
    for reference in evidence.references(table):
        named = reference.target == account.table and reference.target_column == account.key
        shared = own and reference.target == own.target and reference.target_column == own.target_column
        if named or shared:  # what a session calls the account, this table calls it too
            return reference.column, _as_type("account_id", account.key, reference.column)
        if reference.target == account.table:
            slots = {
                "wanted": reference.target_column.as_sql,
                "accounts": account.table.as_sql,
                "key": account.key.as_sql,
            }
            by_way = reference.column, fill_expression("draft/expressions/account_row", slots)
    if by_way:
        return by_way
    return next(
        (
            (column, "account_id")
            for column in table.columns
            if column.type == account.key.type and column.words & words.OWNER and not evidence.reference(column)
        ),
        None,
    )


def _kind_column(evidence: Evidence, table: Table) -> tuple[Column | None, tuple[str, ...]]:
    """The column that tells a refund from a charge, and its values: one with a value for refunds before others."""
    assert table.key is not None  # noqa: S101 - only such tables are looked at
    found = []
    for column in table.columns:
        if not (column.category == "E" or column.is_text) or not column.words & words.KIND:
            continue
        values = list(column.labels or column.literals)
        if not column.labels:
            slots = {"column": column.as_sql, "table": table.as_sql, "key": table.key.as_sql}
            values += [str(row[0]) for row in evidence.rows("draft/sample_values", slots)]
        speaks = any(_words_of(value) & words.REFUND for value in values) and len(values) < 40
        named = bool({"type", "kind"} & column.words)
        found.append((2 * speaks + named, column, tuple(dict.fromkeys(values)) if len(values) < 40 else ()))
    best = max(found, key=lambda scored: scored[0], default=(0, None, ()))
    return best[1], best[2]


def _signs(evidence: Evidence, table: Table, kind: Column | None, amount: Column) -> dict[str, int]:
    """For each kind of row, 1 when its amounts go up, -1 when they go down."""
    assert table.key is not None  # noqa: S101 - only such tables are looked at
    slots = {
        "kind": kind.as_sql if kind else "'refund'",
        "amount": amount.as_sql,
        "table": table.as_sql,
        "key": table.key.as_sql,
    }
    rows = evidence.rows("draft/sample_signs", slots)
    return {str(name): 1 if above > below else -1 for name, above, below in rows}  # type: ignore[operator]


def _insert(
    evidence: Evidence, ledger: Ledger, session: Session, account: Account | None, kind: Column | None
) -> dict[str, str]:
    """What each column of a refund's row is set to; a required column that nothing fits stays an open question."""
    payer = _account_value(evidence, ledger.table, account)
    down = [ledger.signs[value] < 0 for value in ledger.refunds if value in ledger.signs]
    known = {
        ledger.session.name: _as_type("session_id", session.key, ledger.session),
        ledger.amount.name: "-amount" if down and all(down) else "amount",
    }
    if payer:
        known[payer[0].name] = payer[1]
    if kind:
        known[kind.name] = quote_text(ledger.refunds[0]) if ledger.refunds else OPEN_QUESTION
    values = {}
    for column in ledger.table.columns:
        value = known.get(column.name) or _by_name(column)
        if column.generated:
            continue
        if value or column.required:
            values[column.as_sql] = value or OPEN_QUESTION
    return values


def _as_type(name: str, has: Column, wanted: Column) -> str:
    return name if has.type == wanted.type else f"{name}::{wanted.type}"


def _by_name(column: Column) -> str | None:
    if column.is_primary and column.type == "uuid":
        return "refund_id"
    if column.is_primary and column.required and column.type in _TEXT_TYPES:
        return "refund_id::text"
    if column.is_time and column.words & {"created", "at", "updated", "inserted", "booked", "date", "timestamp"}:
        return "at" if column.required or {"created", "inserted", "booked"} & column.words else None
    return "reason" if column.is_text and column.words & words.NOTE else None

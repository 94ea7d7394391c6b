"""The app's own list of what it booked: whether there is one, and which of its rows are refunds and charges."""

from dataclasses import dataclass

from sweeper.config.parsing import OPEN_QUESTION
from sweeper.init import words
from sweeper.init.accounts import Account
from sweeper.init.entries import TEXT_TYPES, account_value, as_type, entry
from sweeper.init.evidence import Column, Evidence, Table
from sweeper.init.kinds import Kind, kind_column, read_kinds, values_of
from sweeper.init.sessions import Session
from sweeper.postgres.templates import quote_text


@dataclass(frozen=True)
class Charge:
    """Which rows of a ledger charge a session, and the sign that makes their amount a positive one."""

    sign: str
    condition: str


@dataclass(frozen=True)
class Ledger:
    """A table of the app's transactions that names the session."""

    table: Table
    session: Column
    amount: Column
    where: str
    charges: tuple[Charge, ...]
    insert: dict[str, str]
    score: int


@dataclass(frozen=True)
class _Naming:
    """The column that names the session, how sure that is, and how it says that it is a session that it names."""

    column: Column
    sure: int
    of_sessions: tuple[Column, str] | None = None

    @property
    def condition(self) -> str:
        if self.of_sessions is None:
            return ""
        column, value = self.of_sessions
        return f"{column.as_sql} = {quote_text(value)}"


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
    naming = _naming(evidence, table, session)
    if amount is None or naming is None:
        return None
    column, values = kind_column(evidence, table, naming.column)
    kinds = read_kinds(evidence, table, column, values, amount, naming.column)
    refunds = tuple(sorted((kind.value for kind in kinds if kind.is_refund), key=len))
    all_are_refunds = "refund" in table.words
    named_so = bool(table.words & (words.BOOKS | words.CREDITS))
    payer = account_value(evidence, table, account)
    if [bool(refunds) or all_are_refunds, named_so, payer is not None].count(True) < 2:
        return None  # any table of parts or logs names a session and counts something
    score = naming.sure + 2 + 4 * bool(refunds) + (column is not None) + 3 * all_are_refunds
    score += 2 * bool(table.words & words.LEDGER) + bool(table.words & words.CREDITS)
    score -= 3 * bool(table.words & words.OTHER_MONEY)
    score += 2 * (payer is not None)
    down = [kind.down for kind in kinds if kind.value in refunds and (kind.down or kind.names_sessions)]
    known = {
        naming.column.name: as_type("session_id", session.key, naming.column),
        amount.name: "-amount" if down and all(down) else "amount",
    }
    if column:
        known[column.name] = quote_text(refunds[0]) if refunds else OPEN_QUESTION
    if naming.of_sessions:
        known[naming.of_sessions[0].name] = quote_text(naming.of_sessions[1])
    return Ledger(
        table,
        naming.column,
        amount,
        _where(naming, column, refunds, kinds, amount, all_are_refunds=all_are_refunds),
        _charges(naming, column, kinds, amount),
        entry(evidence, table, known, account),
        score,
    )


def _where(
    naming: _Naming,
    column: Column | None,
    refunds: tuple[str, ...],
    kinds: list[Kind],
    amount: Column,
    *,
    all_are_refunds: bool,
) -> str:
    """Which rows are refunds; an open question where neither a kind nor the sign of the amounts shows it."""
    listed = ", ".join(quote_text(value) for value in refunds)
    if all_are_refunds:
        return naming.condition or "true"
    if column and refunds:
        of_kind = f"{column.as_sql} = {listed}" if len(refunds) == 1 else f"{column.as_sql} IN ({listed})"
    elif column is None and any(kind.is_charge for kind in kinds):
        of_kind = f"{amount.as_sql} > 0"
    else:
        return OPEN_QUESTION
    return f"{of_kind} AND {naming.condition}" if naming.condition else of_kind


def _charges(naming: _Naming, column: Column | None, kinds: list[Kind], amount: Column) -> tuple[Charge, ...]:
    also = f" AND {naming.condition}" if naming.condition else ""
    return tuple(
        Charge(
            "-" if kind.down else "",
            (f"{column.as_sql} = {quote_text(kind.value)}" if column else f"{amount.as_sql} < 0") + also,
        )
        for kind in kinds
        if kind.is_charge
    )


def _amount_column(table: Table) -> Column | None:
    best = max(table.columns, key=_score_amount)
    return best if _score_amount(best) else None


def _score_amount(column: Column) -> int:
    if not column.is_number or column.is_unique or "id" in column.words or column.words & words.NOT_A_DELTA:
        return 0
    return 3 * ("amount" in column.words or "delta" in column.words) + 2 * bool(column.words & words.DELTA)


def _naming(evidence: Evidence, table: Table, session: Session) -> _Naming | None:
    for reference in evidence.references(table):
        if reference.target == session.table and reference.target_column == session.key:
            return _Naming(reference.column, 3 + reference.declared)
    # text for a uuid, or called after the head of the name: job_id for prediction_jobs
    head = words.words(session.table.name)[-1:]
    fitting = [column for column in table.columns if column.type == session.key.type or column.type in TEXT_TYPES]
    for column in fitting:
        spoken = words.words(column.name)
        if spoken[-1:] == ("id",) and spoken[:-1] and spoken[-2:-1] == head:
            return _Naming(column, 3)
    for column in fitting:
        if words.words(column.name)[-1:] == ("id",) and column.words & words.WORK and not evidence.reference(column):
            return _Naming(column, 2)
    for column in fitting:
        generic = column.words & words.POLYMORPHIC
        if generic and "id" in column.words:
            return _Naming(column, 1, _of_sessions(evidence, table, session, generic))
    return None


def _of_sessions(
    evidence: Evidence, table: Table, session: Session, generic: frozenset[str]
) -> tuple[Column, str] | None:
    """Beside ``source_id``, the ``source_type`` and what it says of a session."""
    for column in table.columns:
        if column.words & generic and column.words & {"type", "kind", "table", "model"}:
            named = [value for value in values_of(evidence, table, column) if _is_called(session.table, value)]
            return (column, named[0]) if len(named) == 1 else None
    return None


def _is_called(table: Table, value: str) -> bool:
    said, name = words.words(value), words.words(table.name)
    return bool(said) and said == name[-len(said) :]

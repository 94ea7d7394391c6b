"""The app's own ledger: whether there is one, and which of its rows are refunds and charges."""

from dataclasses import replace

from sweeper.config.parsing import OPEN_QUESTION
from sweeper.core.text import word_set
from sweeper.init import words
from sweeper.init.accounts.balances import Balance
from sweeper.init.accounts.paths import Path
from sweeper.init.evidence import Column, Evidence, Table, expression
from sweeper.init.ledger.doubts import find_doubts, find_nameless
from sweeper.init.ledger.ledger import Charge, Ledger, compare_rows, session_key
from sweeper.init.ledger.refund_rows import account_value, as_type, texts_of
from sweeper.init.ledger.row_kinds import RowKind, kind_column, read_kinds, says_kind, says_what
from sweeper.init.ledger.session_link import SessionLink, find_session_link
from sweeper.init.sessions.sessions import Session
from sweeper.init.values import is_ever_set
from sweeper.postgres.templates import quote_text

_NO_AMOUNT = word_set("id at by version attempt try count number time created updated status state type kind code")
_CURRENCIES = frozenset({"usd", "cent", "eur"})


def find_ledgers(evidence: Evidence, session: Session, path: Path | None, balance: Balance | None) -> list[Ledger]:
    """Tables that look like a ledger of this app's credits and name the session, the most likely first."""
    found = []
    for table in evidence.tables:
        if table in (session.table, balance.table if balance else None) or table.key is None:
            continue
        ledger = _read_ledger(evidence, table, session, path)
        if ledger and ledger.score >= 7:
            found.append(ledger)
    found = [_with_links(evidence, session, ledger) for ledger in found]
    found.sort(key=lambda ledger: (not ledger.named, -ledger.score))  # rows that name sessions show more than names
    found = [replace(ledger, names_sessions=_names_sessions(evidence, session, ledger)) for ledger in found]
    found = [replace(ledger, doubts=find_doubts(evidence, session, ledger, balance)) for ledger in found]
    found = [_with_wider(evidence, session, ledger) for ledger in found]
    return [replace(ledger, nameless=find_nameless(evidence, session, ledger)) for ledger in found]


def _read_ledger(evidence: Evidence, table: Table, session: Session, path: Path | None) -> Ledger | None:
    amount = amount_column(table)
    link = find_session_link(evidence, table, session) if amount else None
    if amount is None or link is None or {"refund", "request"} <= table.words:
        return None  # a request is none
    if not is_ever_set(evidence, table, amount):
        return None
    column, values = kind_column(evidence, table, link.column)
    if column and says_what(column, link.column):
        link = replace(link, of_sessions=None, kinds=())
    kinds = read_kinds(evidence, table, column, values, amount, link.column)
    refunds = tuple(sorted((kind.value for kind in kinds if kind.is_refund), key=len))
    released = _released(kinds, refunds)
    refunds += released
    all_are_refunds = "refund" in table.words or {"give", "back"} <= table.words
    named_so = bool(table.words & (words.BOOKS | words.CREDITS))
    payer = account_value(evidence, table, path, session)
    if [bool(refunds) or all_are_refunds, named_so, payer is not None].count(True) < 2:
        return None  # a table of parts or logs also names sessions and has numbers
    score = link.sure + 2 + 4 * bool(refunds) + (column is not None) + 3 * all_are_refunds
    score += 2 * bool(table.words & words.LEDGER) + bool(table.words & words.CREDITS)
    score -= 3 * bool(table.words & words.OTHER_MONEY)
    score += 2 * (payer is not None)
    down = [kind.down for kind in kinds if kind.value in refunds and (kind.down or kind.names_sessions)]
    known = {
        link.column.name: as_type("session_id", session.key, link.column),
        amount.name: "-amount" if down and all(down) else "amount",
    }
    # a refund may be zero or negative there, and the sign of other kinds is unknown
    if released or (not down and amount.words & words.SPENT):
        known[amount.name] = OPEN_QUESTION
    charges = _charges(link, column, kinds, amount)
    condition = _refunds(table, column, refunds, kinds, amount, all_are_refunds=all_are_refunds)
    # where a refund has two amounts, such as of two pools, neither is the whole
    if others := _amounts_beside(evidence, table, amount, condition):
        known |= dict.fromkeys((amount.name, *(other.name for other in others)), OPEN_QUESTION)
    if column:
        known[column.name] = quote_text(refunds[0]) if len(refunds) == 1 else OPEN_QUESTION
    if link.of_sessions:
        known[link.of_sessions[0].name] = link.type_value
    signed = bool(charges) and all((charge.sign == "-") != bool(down and all(down)) for charge in charges)
    let_go = _let_go(column, kinds) if condition is None else ""
    also_up = _also_up(kinds, refunds)
    return Ledger(
        table, link, amount, column, condition, charges, known, signed, score, refunds, also_up, let_go=let_go
    )


def _let_go(column: Column | None, kinds: list[RowKind]) -> str:
    """The condition of rows that release what was reserved for a session, if no kind of row is called a refund."""
    named = [quote_text(one.value) for one in kinds if one.names_sessions and one.words & words.RELEASE]
    return f"{column.as_sql} = {named[0]}" if column and len(named) == 1 else ""


def _released(kinds: list[RowKind], refunds: tuple[str, ...]) -> tuple[str, ...]:
    """Kinds of rows that release what was reserved for a session, if no kind is named as a refund."""
    if not refunds or any(kind.names_sessions for kind in kinds if kind.value in refunds):
        return ()
    return tuple(kind.value for kind in kinds if kind.names_sessions and not kind.down and kind.words & words.RELEASE)


def _also_up(kinds: list[RowKind], refunds: tuple[str, ...]) -> tuple[str, ...]:
    """Kinds of rows that give credits to sessions, as refunds do and charges do not, under another name."""
    if not any(kind.down and kind.is_charge for kind in kinds):
        return ()
    up = [kind for kind in kinds if kind.names_sessions and not kind.down and not kind.is_charge]
    others = tuple(kind.value for kind in up if kind.value not in refunds)
    return others if any(kind.value in refunds for kind in up) else ()


def _with_wider(evidence: Evidence, session: Session, ledger: Ledger) -> Ledger:
    """Refunds and the kinds beside them, if no session has rows of both: then either may be its refund."""
    kind = ledger.kind
    if kind is None:
        return ledger
    conditions = {one: _is_one_of(kind, (one,)) for one in ledger.also_up}
    others = tuple(
        one for one, condition in conditions.items()
        if (looked := compare_rows(evidence, session, ledger, f"{condition}{ledger.link.also}")) and looked[1]
        and not _is_of_successes(evidence, session, ledger, f"{condition}{ledger.link.also}")
    )  # fmt: skip
    if not others:
        return ledger
    wider = _is_one_of(kind, (*ledger.refund_kinds, *others))
    both = compare_rows(evidence, session, ledger, f"{wider}{ledger.link.also}")
    if not both or both[2] > 1:
        return ledger
    return replace(ledger, also_up=others, wider=wider, known=ledger.known | {kind.name: OPEN_QUESTION})


def _is_of_successes(evidence: Evidence, session: Session, ledger: Ledger, condition: str) -> bool:
    """Whether sessions that succeeded have such rows, and no others: a bonus, or what they did not use."""
    if not (succeeded := session.condition("succeeded")):
        return False
    has_row = expression("refunded_in_ledger", ledger=ledger.table, session=ledger.link.column,
                         key=session_key(session, ledger), refunds=condition)  # fmt: skip
    others = f"({succeeded}) IS NOT TRUE"
    looked = evidence.counts("draft_marked_failures", session.table, condition=has_row, failed=others)
    return bool(looked) and looked[0] > 0 and not looked[1]


def _is_one_of(column: Column, values: tuple[str, ...]) -> str:
    listed = ", ".join(quote_text(value) for value in values)
    return f"{column.as_sql} = {listed}" if len(values) == 1 else f"{column.as_sql} IN ({listed})"


def _refunds(
    table: Table,
    column: Column | None,
    refunds: tuple[str, ...],
    kinds: list[RowKind],
    amount: Column,
    *,
    all_are_refunds: bool,
) -> str | None:
    if all_are_refunds:
        return "true"
    if column and refunds:
        return _is_one_of(column, refunds)
    by_sign = column is None and not says_kind(table) and any(kind.is_charge for kind in kinds)
    return f"{amount.as_sql} > 0" if by_sign else None


def _charges(link: SessionLink, column: Column | None, kinds: list[RowKind], amount: Column) -> tuple[Charge, ...]:
    also = f" AND {link.condition}" if link.condition else ""
    return tuple(
        Charge(
            "-" if kind.down else "",
            (f"{column.as_sql} = {quote_text(kind.value)}" if column else f"{amount.as_sql} < 0") + also,
        )
        for kind in kinds
        if kind.is_charge
    )


def _with_links(evidence: Evidence, session: Session, ledger: Ledger) -> Ledger:
    """How many rows name a session by the column that sounds like it; ``linked`` also if there are no rows."""
    rows, known, _ = compare_rows(evidence, session, ledger, f"s.{ledger.link.column.as_sql} IS NOT NULL") or (0, 0, 0)
    return replace(ledger, linked=not rows or bool(known), named=known)


def _names_sessions(evidence: Evidence, session: Session, ledger: Ledger) -> bool:
    """Whether a refund row names a session; true if there is no refund row."""
    if ledger.kind is None:  # then only the sign shows it
        return True
    looked = compare_rows(evidence, session, ledger, ledger.refunds or "true")
    return not looked or not looked[0] or bool(looked[1])


def amount_column(table: Table) -> Column | None:
    for foreign in (words.NOT_A_DELTA, words.NOT_A_DELTA - _CURRENCIES):  # or the credits are money
        best = max(table.columns, key=lambda column: _score_amount(column, foreign))
        if _score_amount(best, foreign):
            return best
    # minutes, where the credits are minutes
    units = [c for c in table.columns if c.is_number and not c.is_unique and c.words & words.UNITS]
    if table.words & words.BOOKS and len(units) == 1:
        return units[0]
    # in a table of refunds alone, the one number that has no other meaning
    numbers = [c for c in table.columns if c.is_number and not c.is_unique and not c.words & _NO_AMOUNT]
    return numbers[0] if "refund" in table.words and len(numbers) == 1 else None


def _amounts_beside(evidence: Evidence, table: Table, amount: Column, refunds: str | None) -> list[Column]:
    """Other columns that are amounts as much as this one by their names, and that the app's refunds fill."""
    best = _score_amount(amount, words.NOT_A_DELTA)
    alike = [one for one in table.columns if one != amount and _score_amount(one, words.NOT_A_DELTA) >= best > 0]
    return [
        one for one in alike if any(value.strip("0.") for value in texts_of(evidence, table, one, refunds or "true"))
    ]


def _score_amount(column: Column, foreign: frozenset[str]) -> int:
    if not column.is_number or column.is_unique or "id" in column.words or column.words & foreign:
        return 0
    return 3 * ("amount" in column.words or "delta" in column.words) + 2 * bool(column.words & words.DELTA)
